package report

import (
	"pushbench/report/format"
	"pushbench/results"
)

// beside is a table that stands behind the usual ones, of a block that not every cell has.
type beside struct {
	title   string
	columns []column
	// has says whether a cell has the block; without any there is no table.
	has func(*results.Cell) bool
}

// besides are the tables of further blocks, in the order they are shown.
var besides = []beside{
	{"sent up", uplinkColumns, func(c *results.Cell) bool { return c.Uplink != nil }},
	{"slow readers", slowColumns, func(c *results.Cell) bool { return c.Slow != nil }},
	{"compression", compressionColumns, func(c *results.Cell) bool { return c.Wire.Unpacked != nil }},
	{"recovery", recoveryColumns, func(c *results.Cell) bool { return c.Recovery != nil }},
}

// besideTables are those of the rows' further blocks.
func besideTables(rows []row, heading string) []table {
	var tables []table
	for _, b := range besides {
		var with []row
		for _, r := range rows {
			if b.has(r.Cell) {
				with = append(with, r)
			}
		}
		if len(with) == 0 {
			continue
		}
		t := newTable(b.title, b.columns, with)
		t.heading, t.beside = heading, true
		tables = append(tables, t)
	}
	return tables
}

// uplinkColumns are what clients sent to the application.
var uplinkColumns = []column{
	upP50, ratioOf(upP50), upP99, ratioOf(upP99), upColumn("max", 0, func(s *results.Summary) int64 { return s.Max }),
	{head: "overhead", per: "/msg", dim: wire, read: readUplink(func(u *results.Uplink) value {
		if s := samples(u.Overhead); s != nil {
			return value{num: s.Mean}
		}
		return none()
	})},
	{head: "reqs", per: "/msg", dim: plain, read: readUplink(func(u *results.Uplink) value {
		if u.Delivery.Delivered == 0 {
			return none()
		}
		return value{num: float64(u.SteadyRequests) / float64(u.Delivery.Delivered)}
	})},
	upCount("missed", func(d results.Delivery) int64 { return d.Missed }),
	upCount("undeliv", func(d results.Delivery) int64 { return d.Undelivered }),
	upCount("dupl", func(d results.Delivery) int64 { return d.Duplicated }),
}

// slowColumns are what the clients received that read slowly, and what they cost the server at most.
var slowColumns = []column{
	{head: "clients", dim: counts, read: readSlow(func(s *results.SlowReaders) value { return count(s.Clients) })},
	slowColumn("p50", 0.5, func(s *results.Summary) int64 { return s.P50 }),
	slowColumn("p99", 0.99, func(s *results.Summary) int64 { return s.P99 }),
	{head: "delivered", dim: percent, read: readSlow(func(s *results.SlowReaders) value {
		if s.Expected == 0 {
			return none()
		}
		return value{num: 100 * float64(s.Delivered) / float64(s.Expected)}
	})},
	{head: "missed", dim: counts, read: readSlow(func(s *results.SlowReaders) value { return count(s.Missed) })},
	{head: "told", dim: counts, stays: true, read: readSlow(func(s *results.SlowReaders) value { return count(s.Announced) })},
	{head: "behind", dim: counts, read: readSlow(func(s *results.SlowReaders) value { return count(s.Undelivered) })},
	{head: "cut off", dim: counts, read: readSlow(func(s *results.SlowReaders) value { return count(s.CutOff) })},
	{head: "server", per: " peak", dim: memory, read: func(r row) value {
		if r.Cell.Server == nil || r.Cell.Server.RSSPeak == nil {
			return none()
		}
		return count(*r.Cell.Server.RSSPeak)
	}},
}

// compressionColumns are what messages measure and what they took, of a server that was to compress them.
var compressionColumns = []column{
	{head: "message", per: " itself", dim: wire, read: readWire(func(w *results.Wire) float64 { return perMessage(w, *w.Unpacked) })},
	{head: "compressed", dim: wire, read: readWire(func(w *results.Wire) float64 { return perMessage(w, w.PayloadBytes) })},
	{head: "of it", dim: percent, stays: true, read: readWire(func(w *results.Wire) float64 { return 100 * float64(w.PayloadBytes) / float64(max(1, *w.Unpacked)) })},
	{head: "with overhead", dim: wire, read: readWire(func(w *results.Wire) float64 { return perMessage(w, w.PayloadBytes+w.OverheadBytes) })},
	{head: "of it", dim: percent, stays: true, read: readWire(func(w *results.Wire) float64 {
		return 100 * float64(w.PayloadBytes+w.OverheadBytes) / float64(max(1, *w.Unpacked))
	})},
}

func perMessage(w *results.Wire, bytes int64) float64 {
	return float64(bytes) / float64(w.SteadyMessages)
}

func readWire(read func(*results.Wire) float64) func(row) value {
	return func(r row) value {
		if w := &r.Cell.Wire; w.Unpacked != nil && w.SteadyMessages > 0 {
			return value{num: read(w)}
		}
		return none()
	}
}

func slowColumn(head string, q float64, pick func(*results.Summary) int64) column {
	return column{head: head, dim: latency, read: readSlow(func(s *results.SlowReaders) value { return percentileOf(s.Latency, q, pick) })}
}

func readSlow(read func(*results.SlowReaders) value) func(row) value {
	return func(r row) value {
		if r.Cell.Slow == nil {
			return none()
		}
		return read(r.Cell.Slow)
	}
}

var (
	upP50 = upColumn("p50", 0.5, func(s *results.Summary) int64 { return s.P50 })
	upP99 = upColumn("p99", 0.99, func(s *results.Summary) int64 { return s.P99 })
)

func upColumn(head string, q float64, pick func(*results.Summary) int64) column {
	return column{head: head, dim: latency, read: readUplink(func(u *results.Uplink) value { return percentileOf(u.Latency, q, pick) })}
}

func upCount(head string, pick func(results.Delivery) int64) column {
	return column{head: head, dim: counts, read: readUplink(func(u *results.Uplink) value { return count(pick(u.Delivery)) })}
}

func readUplink(read func(*results.Uplink) value) func(row) value {
	return func(r row) value {
		if r.Cell.Uplink == nil {
			return none()
		}
		return read(r.Cell.Uplink)
	}
}

// percentileOf is a summary's percentile, marked where too few independent samples stand behind it.
func percentileOf(s *results.Summary, q float64, pick func(*results.Summary) int64) value {
	if s = samples(s); s == nil {
		return none()
	}
	v := count(pick(s))
	if !format.Enough(s.Independent, q) {
		v.trust = rough
	}
	return v
}
