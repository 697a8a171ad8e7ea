package sweep

import (
	"pushbench/report/format"
	"pushbench/results"
	"pushbench/scenarios"
)

// answers are the metrics of each figure that a question is answered with; the last is the one that arms are compared by. Losses have none: most are zero, and a
// table says that better than a curve.
var answers = map[scenarios.Figure][]Metric{
	scenarios.AnswerLatency: {P50, P99},
	scenarios.AnswerBusiest: {
		percentile("p50 of the busiest stage", "p50 of the busiest stage", 0.5, busiest), percentile("p99 of the busiest stage", "p99 of the busiest stage", 0.99, busiest),
	},
	scenarios.AnswerUplink: {
		percentile("p50 of a message up", "p50 of the way up", 0.5, uplink), percentile("p99 of a message up", "p99 of the way up", 0.99, uplink),
	},
	scenarios.AnswerLastReceiver: {
		percentile("p50 of the last receiver", "p50 of the last receiver", 0.5, lastReceiver), percentile("p99 of the last receiver", "p99 of the last receiver", 0.99, lastReceiver),
	},
	scenarios.AnswerConnect: {
		percentile("p50 of connecting", "p50 of connecting", 0.5, connecting), percentile("p99 of connecting", "p99 of connecting", 0.99, connecting),
	},
	scenarios.AnswerJoin: {
		percentile("p50 of coming", "p50 of coming", 0.5, joining), percentile("p99 of coming", "p99 of coming", 0.99, joining),
	},
	scenarios.AnswerOpening: {
		opening("bytes to open a session", format.ByteUnits, true, func(o *results.Opening) *float64 { return &o.PerSession.Bytes }),
		opening("sessions opened a second", plainUnits, false, func(o *results.Opening) *float64 { return o.PerSecond }),
		opening("server CPU to open a session", format.TimeUnits, false, func(o *results.Opening) *float64 { return o.PerSession.ServerCPU }),
	},
	scenarios.AnswerRecovery: {
		percentile("p50 of recovery", "p50 of recovery", 0.5, recovery), percentile("p99 of recovery", "p99 of recovery", 0.99, recovery),
		{Name: "server CPU until all are back", Title: "server CPU until all are back", Units: format.TimeUnits, read: func(m *results.Measured, _ float64) *float64 {
			if m.Recovery == nil || m.Recovery.ServerCPU == nil {
				return nil
			}
			spent := float64(*m.Recovery.ServerCPU)
			return &spent
		}},
		{Name: "recovery of all", Title: "until all are back", Units: format.TimeUnits, read: func(m *results.Measured, _ float64) *float64 {
			if m.Recovery == nil || m.Recovery.Full == nil {
				return nil
			}
			all := float64(*m.Recovery.Full)
			return &all
		}},
	},
	scenarios.AnswerOverhead: {
		{Name: "overhead per message", Title: "overhead per message", Units: format.ByteUnits, counted: true, read: func(m *results.Measured, _ float64) *float64 {
			if m.Wire.Overhead == nil || m.Wire.Overhead.Count == 0 {
				return nil
			}
			return &m.Wire.Overhead.Mean
		}},
	},
	scenarios.AnswerWire: {
		{Name: "bytes of a message at the socket", Title: "bytes of a message at the socket", Units: format.ByteUnits, counted: true, read: func(m *results.Measured, _ float64) *float64 {
			return known(m.BytesPerMessage())
		}},
	},
	scenarios.AnswerConnections: {
		{Name: "connections per client", Title: "connections per client", Units: plainUnits, counted: true, read: func(m *results.Measured, sessions float64) *float64 {
			return known(float64(m.Wire.Connections)/sessions, sessions > 0)
		}},
	},
	scenarios.AnswerUpkeep: {
		hourly("requests per client-hour", plainUnits, true, func(h *results.Hourly) *float64 { return &h.Requests }),
		hourly("server CPU per client-hour", format.TimeUnits, false, func(h *results.Hourly) *float64 { return h.ServerCPU }),
		hourly("bytes per client-hour", format.ByteUnits, true, func(h *results.Hourly) *float64 { return &h.Bytes }),
	},
	scenarios.AnswerServerCPU:    {ServerCPU},
	scenarios.AnswerServerMemory: {ofServer("server memory per client", format.ByteUnits, func(s *results.Server) *float64 { return s.RSSPerClient })},
}

// Answers are the metrics of the figures that a scenario's question is answered with.
func Answers(s *scenarios.Scenario) []Metric {
	var all []Metric
	for _, f := range s.Answers() {
		all = append(all, answers[f]...)
	}
	return all
}

// MetricOf is the metric of a figure that arms are compared by; ok is false where there is none.
func MetricOf(f scenarios.Figure) (m Metric, ok bool) {
	all := answers[f]
	if len(all) == 0 {
		return Metric{}, false
	}
	return all[len(all)-1], true
}

func hourly(name string, units []format.Unit, counted bool, pick func(*results.Hourly) *float64) Metric {
	return Metric{Name: name, Title: name, Units: units, counted: counted, read: func(m *results.Measured, _ float64) *float64 {
		if m.Upkeep == nil || m.Upkeep.Hourly == nil {
			return nil
		}
		return pick(m.Upkeep.Hourly)
	}}
}

func opening(name string, units []format.Unit, counted bool, pick func(*results.Opening) *float64) Metric {
	return Metric{Name: name, Title: name, Units: units, counted: counted, read: func(m *results.Measured, _ float64) *float64 {
		if m.Opening == nil || m.Opening.PerSession == nil {
			return nil
		}
		return pick(m.Opening)
	}}
}

func latency(m *results.Measured) *results.Summary { return m.Latency }

func lastReceiver(m *results.Measured) *results.Summary { return m.Last }

func connecting(m *results.Measured) *results.Summary { return m.Connect }

func busiest(m *results.Measured) *results.Summary {
	if s := m.BusiestStage(); s != nil {
		return s.Latency
	}
	return nil
}

func joining(m *results.Measured) *results.Summary {
	if m.Attendance == nil {
		return nil
	}
	return m.Attendance.Join
}

func uplink(m *results.Measured) *results.Summary {
	if m.Uplink == nil {
		return nil
	}
	return m.Uplink.Latency
}

func recovery(m *results.Measured) *results.Summary {
	if m.Recovery == nil {
		return nil
	}
	return m.Recovery.Within(m.Recovery.Total)
}
