package report

import "pushbench/results"

// recoveryColumns are the way back from an outage.
var recoveryColumns = []column{
	{head: "clients", dim: counts, read: ofRecovery(func(v *results.Recovery) value { return count(v.Clients) })},
	{head: "back", dim: counts, stays: true, read: ofRecovery(func(v *results.Recovery) value { return count(v.Back) })},
	{head: "session", per: " p50", dim: latency, read: ofRecovery(func(v *results.Recovery) value { return percentileOf(v.Reconnect, p50Of) })},
	{head: "session", per: " p99", dim: latency, read: ofRecovery(func(v *results.Recovery) value { return percentileOf(v.Reconnect, p99Of) })},
	{head: "caught up", per: " p50", dim: latency, read: ofRecovery(func(v *results.Recovery) value { return percentileOf(v.Total, p50Of) })},
	{head: "caught up", per: " p99", dim: latency, read: ofRecovery(func(v *results.Recovery) value { return percentileOf(v.Total, p99Of) })},
	{head: "all back", dim: latency, read: ofRecovery(func(v *results.Recovery) value { return whole(v.Full) })},
	{head: "failed", per: "opens", dim: counts, begins: true, read: ofRecovery(func(v *results.Recovery) value { return count(v.FailedOpens) })},
	{head: "peak", per: "opens/s", dim: counts, read: ofRecovery(func(v *results.Recovery) value { return value{num: v.PeakConnects} })},
	{head: "server", dim: cpu, read: ofRecovery(func(v *results.Recovery) value { return whole(v.ServerCPU) })},
	{head: "gen", dim: cpu, read: ofRecovery(func(v *results.Recovery) value { return whole(v.GeneratorCPU) })},
	{head: "gen", per: "cpu", dim: percent, read: ofRecovery(func(v *results.Recovery) value { return share(v.GeneratorCPUShare) })},
	{head: "missed", dim: counts, read: ofRecovery(func(v *results.Recovery) value { return count(v.Missed) })},
}

const recoveryNote = "recovery: from the instant at which all connections were cut, until a client had a session again, and until it had also received what was " +
	"published meanwhile; CPU from the cut until all were back, gen cpu as a share: near 100% it is the generator that took the time."

func p50Of(s *results.Summary) int64 { return s.P50 }
func p99Of(s *results.Summary) int64 { return s.P99 }

func ofRecovery(read func(*results.Recovery) value) func(row) value {
	return func(r row) value {
		if r.Cell.Recovery == nil {
			return none()
		}
		return read(r.Cell.Recovery)
	}
}

func percentileOf(s *results.Summary, pick func(*results.Summary) int64) value {
	if s = samples(s); s == nil {
		return none()
	}
	return count(pick(s))
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

// addSessions adds the tables of what became of clients' sessions, where the scenario is about that: one for each that holds other rows.
func (b *block) addSessions() {
	for i, t := range b.tables {
		if (i == 0 || t.heading != "") && has(t.rows, func(c *results.Cell) bool { return c.Recovery != nil }) {
			recovery := newTable("recovery", recoveryColumns, t.rows)
			recovery.heading = t.heading
			b.tables = append(b.tables, recovery)
			b.sessionNotes = []string{recoveryNote}
		}
	}
}

func has(rows []row, what func(*results.Cell) bool) bool {
	for _, r := range rows {
		if what(r.Cell) {
			return true
		}
	}
	return false
}
