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
	{head: "overhead", per: "/msg", name: "overhead per message", dim: wire, read: readUplink(func(u *results.Uplink) value {
		if s := samples(u.Overhead); s != nil {
			return value{num: s.Mean}
		}
		return none()
	})},
	{head: "reqs", per: "/msg", name: "requests per message", dim: plain, read: readUplink(func(u *results.Uplink) value {
		if u.Delivery.Delivered == 0 {
			return none()
		}
		return value{num: float64(u.SteadyRequests) / float64(u.Delivery.Delivered)}
	})},
	upCount("missed", "missed", func(d results.Delivery) int64 { return d.Missed }),
	upCount("undeliv", "undelivered", func(d results.Delivery) int64 { return d.Undelivered }),
	upCount("dupl", "duplicated", func(d results.Delivery) int64 { return d.Duplicated }),
}

// slowColumns are what the clients received that read slowly, and what they cost the server at most.
var slowColumns = []column{
	{head: "clients", name: "slow clients", dim: counts, read: readSlow(func(s *results.SlowReaders) value { return count(s.Clients) })},
	slowColumn("p50", 0.5, func(s *results.Summary) int64 { return s.P50 }),
	slowColumn("p99", 0.99, func(s *results.Summary) int64 { return s.P99 }),
	{head: "delivered", dim: percent, read: readSlow(func(s *results.SlowReaders) value {
		if s.Expected == 0 {
			return none()
		}
		return value{num: 100 * float64(s.Delivered) / float64(s.Expected)}
	})},
	{head: "missed", dim: counts, read: readSlow(func(s *results.SlowReaders) value { return count(s.Missed) })},
	{head: "told", name: "losses they were told of", dim: counts, stays: true, read: readSlow(func(s *results.SlowReaders) value { return count(s.Announced) })},
	{head: "behind", name: "undelivered at the end", dim: counts, read: readSlow(func(s *results.SlowReaders) value { return count(s.Undelivered) })},
	{head: "cut off", name: "sessions cut off", dim: counts, read: readSlow(func(s *results.SlowReaders) value { return count(s.CutOff) })},
	{head: "server", per: " peak", name: "server memory at most", dim: memory, read: func(r row) value {
		if r.Cell.Server == nil || r.Cell.Server.RSSPeak == nil {
			return none()
		}
		return count(*r.Cell.Server.RSSPeak)
	}},
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

func upCount(head, name string, pick func(results.Delivery) int64) column {
	return column{head: head, name: name, dim: counts, read: readUplink(func(u *results.Uplink) value { return count(pick(u.Delivery)) })}
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
