package report

import (
	"slices"

	"pushbench/report/format"
	"pushbench/results"
	"pushbench/scenarios"
)

// beside is a table that stands behind the usual ones, of a block that not every cell has or not every reader asks for.
type beside struct {
	title   string
	columns []column
	// asked says whether a workload is about it; nil is always.
	asked func(*scenarios.Scenario) bool
	// has says whether a cell has the block; without any there is no table.
	has func(*results.Cell) bool
	// rows are those that stand for an arm; nil is the arm's own.
	rows func(row) []row
}

// besides are the tables of further blocks, in the order they are shown.
var besides = []beside{
	{title: "sent up", columns: uplinkColumns, has: func(c *results.Cell) bool { return c.Uplink != nil }},
	{title: "the last receiver", columns: lastColumns, asked: asksForLast, has: func(c *results.Cell) bool { return samples(c.Last) != nil }},
	{title: "by transport", columns: partColumns, has: func(c *results.Cell) bool { return len(c.ByTransport) > 0 }, rows: partRows},
	{title: "a client's hour", columns: upkeepColumns, asked: asksForUpkeep, has: func(c *results.Cell) bool { return c.Upkeep != nil && c.Upkeep.Hourly != nil }},
	{title: "opening sessions", columns: openingColumns, asked: asksForOpening, has: func(c *results.Cell) bool { return c.Opening != nil && c.Opening.PerSession != nil }},
	{title: "slow readers", columns: slowColumns, has: func(c *results.Cell) bool { return c.Slow != nil }},
	{title: "compression", columns: compressionColumns, has: func(c *results.Cell) bool { return c.Wire.Unpacked != nil }},
	{title: "recovery", columns: recoveryColumns, has: func(c *results.Cell) bool { return c.Recovery != nil }},
	{title: "fallback", columns: fallbackColumns, has: fellBackSome},
	{title: "server killed", columns: killedColumns, has: wasKilled},
	{title: "users come and go", columns: attendanceColumns, has: func(c *results.Cell) bool { return c.Attendance != nil }},
	{title: "stages", columns: stageColumns, has: func(c *results.Cell) bool { return len(c.Stages) > 0 }, rows: stagesOf},
}

func asksForUpkeep(s *scenarios.Scenario) bool {
	return slices.Contains(s.Answers(), scenarios.AnswerUpkeep)
}

func asksForLast(s *scenarios.Scenario) bool {
	return slices.Contains(s.Answers(), scenarios.AnswerLastReceiver)
}

// lastColumns are until everyone had a message.
var lastColumns = []column{lastP50, ratioOf(lastP50), lastP99, ratioOf(lastP99), {head: "max", dim: latency, read: func(r row) value { return percentileOf(r.Cell.Last, 0, maxOf) }}}

var (
	lastP50 = column{head: "p50", dim: latency, read: func(r row) value { return percentileOf(r.Cell.Last, 0.5, p50Of) }}
	lastP99 = column{head: "p99", dim: latency, read: func(r row) value { return percentileOf(r.Cell.Last, 0.99, p99Of) }}
)

// besideTables are those of the rows' further blocks.
func besideTables(s *scenarios.Scenario, rows []row, heading string) []table {
	var tables []table
	for _, b := range besides {
		if b.asked != nil && !b.asked(s) {
			continue
		}
		var with []row
		for _, r := range rows {
			switch {
			case !b.has(r.Cell):
			case b.rows != nil:
				with = append(with, b.rows(r)...)
			default:
				with = append(with, r)
			}
		}
		if len(with) == 0 {
			continue
		}
		if b.rows != nil {
			alignValues(with)
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
	{head: "overhead", per: "/msg", name: overhead.name, dim: wire, read: readUplink(func(u *results.Uplink) value {
		if s := samples(u.Overhead); s != nil {
			return value{num: s.Mean}
		}
		return none()
	})},
	{head: "reqs", per: "/msg", name: requests.name, dim: plain, read: readUplink(func(u *results.Uplink) value {
		if u.Delivery.Delivered == 0 {
			return none()
		}
		return value{num: float64(u.SteadyRequests) / float64(u.Delivery.Delivered)}
	})},
	upCount("missed", "", func(d results.Delivery) int64 { return d.Missed }),
	upCount("undeliv", undeliv.name, func(d results.Delivery) int64 { return d.Undelivered }),
	upCount("dupl", dupl.name, func(d results.Delivery) int64 { return d.Duplicated }),
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

const upkeepNote = "a client's hour: bytes both ways, requests, empty answers, connections opened and CPU of the steady phase, for one client in one hour, " +
	"whether or not messages came; and the memory that server and generator add for a client."

// upkeepColumns are what keeping a session takes in an hour.
var upkeepColumns = []column{
	hourlyBytes, ratioOf(hourlyBytes),
	hourly("reqs", "requests", plain, func(h *results.Hourly) *float64 { return &h.Requests }),
	hourly("empty", "empty answers", plain, func(h *results.Hourly) *float64 { return &h.EmptyResponses }),
	hourly("conns", "connections opened", plain, func(h *results.Hourly) *float64 { return &h.Connections }),
	hourlyCPU, ratioOf(hourlyCPU),
	hourly("gen cpu", "generator CPU", cpu, func(h *results.Hourly) *float64 { return h.GeneratorCPU }),
	srvMem, genMem, verdict,
}

var (
	hourlyBytes = hourly("bytes", "bytes, both ways", wire, func(h *results.Hourly) *float64 { return &h.Bytes })
	hourlyCPU   = hourly("server cpu", "server CPU", cpu, func(h *results.Hourly) *float64 { return h.ServerCPU })
)

func hourly(head, name string, d dimension, pick func(*results.Hourly) *float64) column {
	return column{head: head, name: name, dim: d, read: func(r row) value {
		if r.Cell.Upkeep == nil || r.Cell.Upkeep.Hourly == nil {
			return none()
		}
		return number(pick(r.Cell.Upkeep.Hourly))
	}}
}
