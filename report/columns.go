package report

import (
	"cmp"
	"slices"

	"pushbench/report/format"
	"pushbench/results"
)

// column is one quantity of a table: two header lines, the second completed by the unit, and how to read it from a row. Where there is room it goes by its full
// name, which is the head's without one.
type column struct {
	head, per string
	name      string
	dim       dimension
	read      func(row) value
	// stays columns never fold away from the one before; glued ones stand close to it, too: a ratio without its number says little.
	stays, glued bool
	// begins makes a column the first of the next fold wherever the table has to fold at all: a group of metrics stays together.
	begins bool
}

func (c column) fullName() string { return cmp.Or(c.name, c.head) }

// row is one arm with the WebSocket cell it is compared with, nil where the run has none.
type row struct {
	format.Arm
	base *results.Cell
	// value is the swept parameter's, padded to one width for a table; empty without a sweep.
	value string
	// stage is the part of the cell's steady phase that the row is of; nil for the whole.
	stage *results.Stage
}

// ratioOf is the column that divides the one it follows by the same reading of the WebSocket cell. Nothing is compared with an invalid cell.
func ratioOf(c column) column {
	return column{dim: ratio, per: "÷ WS", name: c.fullName() + " ÷ WebSocket's", stays: true, glued: true, read: func(r row) value {
		if r.base == nil || r.base.Verdict != results.Valid {
			return none()
		}
		return c.read(r).over(c.read(row{Arm: format.Arm{Cell: r.base}}))
	}}
}

var (
	p50      = column{head: "p50", dim: latency, read: percentile(0.5, func(s *results.Summary) int64 { return s.P50 })}
	p99      = column{head: "p99", dim: latency, read: percentile(0.99, func(s *results.Summary) int64 { return s.P99 })}
	maximum  = column{head: "max", dim: latency, read: percentile(0, func(s *results.Summary) int64 { return s.Max })}
	interval = column{head: "p99 95% CI", name: "p99, 95 % interval", dim: latency, read: readInterval}
	spread   = column{head: "spread", per: "p99", name: "spread of the rounds' p99", dim: percent, read: readSpread}
	missed   = column{head: "missed", dim: counts, read: func(r row) value { return count(r.Cell.Delivery.Missed) }}
	undeliv  = column{head: "undeliv", name: "undelivered", dim: counts, stays: true, read: func(r row) value { return count(r.Cell.Delivery.Undelivered) }}
	dupl     = column{head: "dupl", name: "duplicated", dim: counts, stays: true, read: func(r row) value { return count(r.Cell.Delivery.Duplicated) }}

	overhead = column{head: "overhead", per: "/msg", name: "overhead per message", dim: wire, read: readOverhead}
	requests = column{head: "reqs", per: "/msg", name: "requests per message", dim: plain, read: func(r row) value { return number(r.Cell.Wire.RequestsPerMessage) }}
	batch    = column{head: "msgs", per: "/resp", name: "messages per response", dim: plain, read: func(r row) value { return number(r.Cell.Wire.MessagesPerResponse) }}
	conns    = column{head: "conns", per: "/client", name: "connections per client", dim: plain, read: readConns}
	srvCPU   = column{head: "server", per: "/msg", name: "server CPU per message", dim: cpu, read: readServer(func(s *results.Server) *float64 { return s.CPUPerMessage })}
	srvMem   = column{head: "server", per: "/client", name: "server memory per client", dim: memory, read: readServer(func(s *results.Server) *float64 { return s.RSSPerClient })}
	genMem   = column{head: "gen", per: "/client", name: "generator memory per client", dim: memory, read: func(r row) value { return number(r.Cell.Generator.RSSPerClient) }}
	srvShare = column{head: "server", per: "cpu", name: "server CPU share", dim: percent, read: readShare}
	genCPU   = column{head: "gen", per: "/msg", name: "generator CPU per message", dim: cpu, read: func(r row) value { return number(r.Cell.Generator.CPUPerMessage) }}
	verdict  = column{head: "valid", dim: words, read: readVerdict}
)

var (
	latencyColumns = []column{p50, ratioOf(p50), p99, ratioOf(p99), maximum, interval, spread, missed, undeliv, dupl}
	costColumns    = []column{overhead, ratioOf(overhead), requests, batch, conns, srvCPU, ratioOf(srvCPU), srvMem, genCPU, verdict}
)

// samples is a summary, or nil where it holds none: a summary of nothing has percentiles of zero that mean nothing.
func samples(s *results.Summary) *results.Summary {
	if s == nil || s.Count == 0 {
		return nil
	}
	return s
}

func percentile(q float64, pick func(*results.Summary) int64) func(row) value {
	return func(r row) value { return percentileOf(r.Cell.Latency, q, pick) }
}

// readInterval tells an interval that needs more samples from one that could not be computed at all.
func readInterval(r row) value {
	s := samples(r.Cell.Latency)
	if s == nil {
		return none()
	}
	if ci, ok := s.CI["p99"]; ok {
		return value{num: float64(ci[0]), hi: float64(ci[1])}
	}
	if !format.Enough(s.Independent, 0.99) {
		return value{trust: tooFew}
	}
	return none()
}

// readSpread is (largest − smallest) ÷ median of the rounds' p99, in percent; one round has no spread.
func readSpread(r row) value {
	var all []float64
	for i := range r.Cell.Rounds {
		if s := samples(r.Cell.Rounds[i].Latency); s != nil {
			all = append(all, float64(s.P99))
		}
	}
	slices.Sort(all)
	if len(all) < 2 {
		return none()
	}
	median := (all[(len(all)-1)/2] + all[len(all)/2]) / 2
	if median <= 0 {
		return none()
	}
	return value{num: 100 * (all[len(all)-1] - all[0]) / median}
}

func readOverhead(r row) value {
	if s := samples(r.Cell.Wire.Overhead); s != nil {
		return value{num: s.Mean}
	}
	return none()
}

// readConns divides by the rounds too: each round's clients connect anew, and the cell sums its rounds.
func readConns(r row) value {
	sessions := r.Cell.Clients * max(1, len(r.Cell.Rounds))
	if sessions <= 0 {
		return none()
	}
	return value{num: float64(r.Cell.Wire.Connections) / float64(sessions)}
}

func readServer(pick func(*results.Server) *float64) func(row) value {
	return func(r row) value {
		if r.Cell.Server == nil {
			return none()
		}
		return number(pick(r.Cell.Server))
	}
}

func readShare(r row) value {
	if r.Cell.Server == nil || r.Cell.Server.CPUShare == nil {
		return none()
	}
	return value{num: 100 * *r.Cell.Server.CPUShare}
}

func readVerdict(r row) value {
	if r.Invalid() {
		return value{word: "NO"}
	}
	return value{word: "yes"}
}
