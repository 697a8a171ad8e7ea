package report

import "pushbench/results"

// recoveryColumns are the way back from an outage.
var recoveryColumns = []column{
	recoveryColumn("clients", "", "clients", counts, func(v *results.Recovery) value { return count(v.Clients) }),
	recoveryColumn("back", "", "clients back", counts, func(v *results.Recovery) value { return count(v.Back) }),
	recoveryColumn("session", " p50", "session again, p50", latency, func(v *results.Recovery) value { return percentileOf(v.Reconnect, 0.5, p50Of) }),
	recoveryColumn("session", " p99", "session again, p99", latency, func(v *results.Recovery) value { return percentileOf(v.Reconnect, 0.99, p99Of) }),
	recoveryColumn("caught up", " p50", "caught up, p50", latency, func(v *results.Recovery) value { return percentileOf(v.Total, 0.5, p50Of) }),
	recoveryColumn("caught up", " p99", "caught up, p99", latency, func(v *results.Recovery) value { return percentileOf(v.Total, 0.99, p99Of) }),
	allBack,
	beginning(recoveryColumn("failed", "opens", "failed attempts to open", counts, func(v *results.Recovery) value { return count(v.FailedOpens) })),
	recoveryColumn("peak", "opens/s", "most sessions opened per second", counts, func(v *results.Recovery) value { return value{num: v.PeakConnects} }),
	recoveryColumn("server", "", "server CPU until all back", cpu, func(v *results.Recovery) value { return whole(v.ServerCPU) }),
	recoveryColumn("gen", "", "generator CPU until all back", cpu, func(v *results.Recovery) value { return whole(v.GeneratorCPU) }),
	recoveryColumn("gen", "cpu", "generator CPU share", percent, func(v *results.Recovery) value { return share(v.GeneratorCPUShare) }),
	recoveryColumn("missed", "", "missed while away", counts, func(v *results.Recovery) value { return count(v.Missed) }),
}

var allBack = recoveryColumn("all back", "", "all back", latency, func(v *results.Recovery) value { return whole(v.Full) })

const recoveryNote = "recovery: from the instant at which all connections were cut, until a client had a session again, and until it had also received what was " +
	"published meanwhile; CPU from the cut until all were back, gen cpu as a share: near 100% it is the generator that took the time."

func p50Of(s *results.Summary) int64 { return s.P50 }
func p99Of(s *results.Summary) int64 { return s.P99 }

func recoveryColumn(head, per, name string, dim dimension, read func(*results.Recovery) value) column {
	return column{head: head, per: per, name: name, dim: dim, read: func(r row) value {
		if r.Cell.Recovery == nil {
			return none()
		}
		return read(r.Cell.Recovery)
	}}
}

// whole is a figure that may not have been measured.
func whole(n *int64) value {
	if n == nil {
		return none()
	}
	return count(*n)
}

// share is one in percent.
func share(f *float64) value {
	if f == nil {
		return none()
	}
	return value{num: 100 * *f}
}
