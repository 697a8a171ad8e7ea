package report

import (
	"slices"

	"pushbench/results"
	"pushbench/scenarios"
)

// asksForOpening says whether a workload is about opening sessions.
func asksForOpening(s *scenarios.Scenario) bool {
	return slices.ContainsFunc(s.Answers(), func(f scenarios.Figure) bool { return f == scenarios.AnswerConnect || f == scenarios.AnswerOpening })
}

const openingNote = "opening sessions: how long a client waits for a session when all come at once, how many were opened a second, and what one takes: bytes both ways, " +
	"connections, CPU of both processes."

// openingColumns are what opening a session takes.
var openingColumns = []column{
	connectP50, ratioOf(connectP50), connectP99, ratioOf(connectP99),
	{head: "rate", per: "/s", name: "sessions opened a second", dim: counts, read: readOpening(func(o *results.Opening) *float64 { return o.PerSecond })},
	beginning(openingBytes), ratioOf(openingBytes),
	{head: "conns", per: "/session", name: "connections", dim: plain, read: readOpening(func(o *results.Opening) *float64 { return &o.PerSession.Connections })},
	openingCPU, ratioOf(openingCPU),
	{head: "gen", per: "/session", name: "generator CPU", dim: cpu, read: readOpening(func(o *results.Opening) *float64 { return o.PerSession.GeneratorCPU })},
	verdict,
}

var (
	connectP50   = column{head: "p50", dim: latency, read: func(r row) value { return percentileOf(r.Cell.Connect, 0.5, p50Of) }}
	connectP99   = column{head: "p99", dim: latency, read: func(r row) value { return percentileOf(r.Cell.Connect, 0.99, p99Of) }}
	openingBytes = column{head: "bytes", per: "/session", name: "bytes, both ways", dim: wire, read: readOpening(func(o *results.Opening) *float64 { return &o.PerSession.Bytes })}
	openingCPU   = column{head: "server", per: "/session", name: "server CPU", dim: cpu, read: readOpening(func(o *results.Opening) *float64 { return o.PerSession.ServerCPU })}
)

func readOpening(pick func(*results.Opening) *float64) func(row) value {
	return func(r row) value {
		if o := r.Cell.Opening; o != nil && o.PerSession != nil {
			return number(pick(o))
		}
		return none()
	}
}
