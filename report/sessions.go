package report

import "pushbench/results"

// recoveryColumns are the way back from an outage.
var recoveryColumns = []column{
	recoveryColumn("clients", "", "clients", counts, func(v *results.Recovery) value { return count(v.Clients) }),
	recoveryColumn("back", "", "clients back", counts, func(v *results.Recovery) value { return count(v.Back) }),
	recoveryColumn("session", " p50", "session again, p50", latency, func(v *results.Recovery) value { return percentileOf(v.Within(v.Reconnect), 0.5, p50Of) }),
	recoveryColumn("session", " p99", "session again, p99", latency, func(v *results.Recovery) value { return percentileOf(v.Within(v.Reconnect), 0.99, p99Of) }),
	recoveryColumn("caught up", " p50", "caught up, p50", latency, func(v *results.Recovery) value { return percentileOf(v.Within(v.Total), 0.5, p50Of) }),
	recoveryColumn("caught up", " p99", "caught up, p99", latency, func(v *results.Recovery) value { return percentileOf(v.Within(v.Total), 0.99, p99Of) }),
	allBack,
	beginning(recoveryColumn("failed", "opens", "failed attempts to open", counts, func(v *results.Recovery) value { return count(v.FailedOpens) })),
	recoveryColumn("peak", "opens/s", "most sessions opened per second", counts, func(v *results.Recovery) value { return value{num: v.PeakConnects} }),
	recoveryColumn("server", "", "server CPU until all back", cpu, func(v *results.Recovery) value { return whole(v.ServerCPU) }),
	recoveryColumn("gen", "", "generator CPU until all back", cpu, func(v *results.Recovery) value { return whole(v.GeneratorCPU) }),
	recoveryColumn("gen", "cpu", "generator CPU share", percent, func(v *results.Recovery) value { return share(v.GeneratorCPUShare) }),
	recoveryColumn("missed", "", "missed while away", counts, func(v *results.Recovery) value { return count(v.Missed) }),
}

// fallbackColumns are clients whose upgrade to WebSocket failed.
var fallbackColumns = []column{
	fellBack,
	{head: "connect", per: " p50", name: "first session, p50", dim: latency, read: func(r row) value { return percentileOf(r.Cell.Connect, 0.5, p50Of) }},
	{head: "connect", per: " p99", name: "first session, p99", dim: latency, read: func(r row) value { return percentileOf(r.Cell.Connect, 0.99, p99Of) }},
}

var fellBack = column{head: "fell", per: "back", name: "sessions that fell back", dim: counts, read: func(r row) value {
	if r.Cell.Sessions == nil {
		return none()
	}
	return count(r.Cell.Sessions.FellBack)
}}

func fellBackSome(c *results.Cell) bool { return c.Sessions != nil && c.Sessions.FellBack > 0 }

const fallbackNote = "fallback: sessions that were opened over long-polling after the upgrade to WebSocket had failed, and how long clients took to their first one."

// killedColumns are what became of a server that was killed, and of what it knew.
var killedColumns = []column{
	noServer,
	recoveryColumn("sent", "later", "published later", counts, func(v *results.Recovery) value { return count(v.PublishedLate) }),
	{head: "lost", dim: counts, read: func(r row) value { return count(r.Cell.Delivery.Missed + r.Cell.Delivery.Undelivered) }},
	{head: "lost", per: "share", name: "share lost", dim: percent, read: func(r row) value {
		d := r.Cell.Delivery
		if d.Expected == 0 {
			return none()
		}
		return value{num: 100 * float64(d.Missed+d.Undelivered) / float64(d.Expected)}
	}},
	{head: "told", per: "of reset", name: "told of a reset", dim: counts, read: func(r row) value {
		if r.Cell.Sessions == nil {
			return none()
		}
		return count(r.Cell.Sessions.Resets)
	}},
}

var noServer = recoveryColumn("no", " server", "no server", latency, func(v *results.Recovery) value { return whole(v.Down) })

func wasKilled(c *results.Cell) bool { return c.Recovery != nil && c.Recovery.Down != nil }

const killedNote = "server killed: how long there was none, the messages that the application kept until there was another, what clients never received of all that was " +
	"published, and how often one was told that the log it stood in is gone."

var allBack = recoveryColumn("all back", "", "all back", latency, func(v *results.Recovery) value { return whole(v.Full) })

const recoveryNote = "recovery: from the instant at which all connections were cut, or the server killed, until a client had a session again, and until it had also received what was " +
	"published meanwhile; peak opens/s: ten times the most that were opened in a tenth of a second; CPU from the cut until all were back, gen cpu as a share: near 100% it is the generator that took the time."

func p50Of(s *results.Summary) int64 { return s.P50 }
func maxOf(s *results.Summary) int64 { return s.Max }
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
