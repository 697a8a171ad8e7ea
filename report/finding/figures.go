package finding

import (
	"fmt"
	"slices"

	"pushbench/report/format"
	"pushbench/scenarios"
)

// figure is how a number is said.
type figure struct {
	// subject and object stand before and after the number: "the server spent" 18.3 µs "of CPU on each message".
	subject func(scenarios.Scenario) string
	object  func(scenarios.Scenario) string
	// noun is what a table would call it, and what a sweep says of it.
	noun string
	// also are further numbers that a sweep says before it, and absent says of an arm that it can have none.
	also   []further
	absent func(format.Arm) bool
	// chart shows it, sweepChart over a swept parameter.
	chart, sweepChart string
}

// further is a number of a figure that is not what arms are compared by.
type further struct {
	part int
	verb string
}

// nounOf is the noun in a group's sentence: where some read slowly, latency is that of the others.
func (f figure) nounOf(g format.Group) string {
	if f.noun == tailNoun && slices.ContainsFunc(g.Arms, func(a format.Arm) bool { return a.Cell.Slow != nil }) {
		return tailNoun + " of the others"
	}
	return f.noun
}

const tailNoun = "p99"

func always(text string) func(scenarios.Scenario) string {
	return func(scenarios.Scenario) string { return text }
}

// The charts, by the names their files have.
const (
	chartPercentiles = "percentiles"
	chartOverhead    = "overhead"
	chartCost        = "cost"
	chartOverTime    = "over-time"
	chartAnswer      = "answer"
	chartClientCost  = "client-cost"
	chartSweep       = "sweep"
	chartSweepCost   = "sweep-cost"
	chartSweepAnswer = "sweep-answer"
)

var figures = map[scenarios.Figure]figure{
	scenarios.AnswerLatency: {
		subject: received, object: always(""), noun: tailNoun, chart: chartPercentiles, sweepChart: chartSweep,
	},
	scenarios.AnswerBusiest: {
		subject: inBusiest, object: always(""), noun: "p99 of the busiest stage", chart: chartOverTime, sweepChart: chartSweepAnswer,
	},
	scenarios.AnswerUplink: {
		subject: func(s scenarios.Scenario) string { return "what a user" + place(s) + " sent arrived after" },
		object:  always(""), noun: "p99 of a message up", chart: chartAnswer, sweepChart: chartSweepAnswer,
	},
	scenarios.AnswerLastReceiver: {
		subject: func(s scenarios.Scenario) string { return everyone(s) + " had a message after" },
		object:  always(""), noun: "p99 of the last receiver", chart: chartAnswer, sweepChart: chartSweepAnswer,
	},
	scenarios.AnswerConnect: {
		subject: func(s scenarios.Scenario) string { return "the session of a user" + place(s) + " was open after" },
		object:  always(""), noun: "p99 of connecting", chart: chartAnswer, sweepChart: chartSweepAnswer,
	},
	scenarios.AnswerJoin: {
		subject: func(s scenarios.Scenario) string { return "a user" + place(s) + " who came had a session after" },
		object:  always(""), noun: "p99 of coming", chart: chartAnswer, sweepChart: chartSweepAnswer,
		absent: func(a format.Arm) bool { return a.Cell.Attendance == nil },
	},
	scenarios.AnswerOpening: {
		subject: always("opening a session took"), object: always(""), noun: "the server's CPU to open a session", chart: chartAnswer, sweepChart: chartSweepAnswer,
		also: []further{{0, "opening a session took"}, {1, "sessions were opened at"}},
	},
	scenarios.AnswerRecovery: {
		subject: func(s scenarios.Scenario) string {
			if s.Outage.Kill {
				return "a user" + place(s) + " of the server that was killed was back and had all that the next one knew after"
			}
			return "a user" + place(s) + " whose connection was cut was back and had all it missed after"
		},
		object: always(""), noun: "the time until all were back", chart: chartAnswer, sweepChart: chartSweepAnswer,
		also: []further{{2, "the server's CPU until all were back was"}},
	},
	scenarios.AnswerOverhead: {
		subject: always("each message took"), object: onTop, noun: "the overhead of a message", chart: chartOverhead, sweepChart: chartSweepAnswer,
	},
	scenarios.AnswerWire: {
		subject: always("each message took"), object: always("at the socket, itself included"), noun: "what a message took at the socket", chart: chartOverhead, sweepChart: chartSweepAnswer,
	},
	scenarios.AnswerConnections: {
		subject: always("a user opened"), object: always("connections"), noun: "connections per user", chart: chartAnswer, sweepChart: chartSweepAnswer,
	},
	scenarios.AnswerServerCPU: {
		subject: always("the server spent"), object: always("of CPU on each message"), noun: "server CPU per message", chart: chartCost, sweepChart: chartSweepCost,
	},
	scenarios.AnswerServerMemory: {
		subject: always("a connected user took"), object: always("of the server's memory"), noun: "server memory per user", chart: chartClientCost, sweepChart: chartSweepAnswer,
	},
	scenarios.AnswerUpkeep: {
		subject: always("an hour of a connected user took"), object: always(""), noun: "the traffic of an hour", chart: chartAnswer, sweepChart: chartSweepAnswer,
	},
	scenarios.AnswerLost: {
		subject: always("users missed"), object: always("messages"), noun: "lost messages", chart: chartAnswer, sweepChart: chartSweep,
	},
}

// received is who had a message, before the time it took.
func received(s scenarios.Scenario) string {
	switch s.Pattern {
	case scenarios.Broadcast:
		if slow := s.SlowClients(); slow > 0 {
			return fmt.Sprintf("a message reached each of the other %s users%s after", format.Grouped(int64(s.Clients-slow)), place(s))
		}
		return fmt.Sprintf("a message reached each of %s users%s after", format.Grouped(int64(s.Clients)), place(s))
	case scenarios.Echo:
		return "a message of a user" + place(s) + " came back after"
	case scenarios.Rooms:
		return fmt.Sprintf("a message reached each member of its room of %d%s after", s.Audience(), place(s))
	}
	return "a message reached a user" + place(s) + " after"
}

// inBusiest is "with 2,000 users and 20 messages/s a message reached a user after".
func inBusiest(s scenarios.Scenario) string {
	i := s.Stages.Busiest()
	if i < 0 {
		return received(s)
	}
	stage := s.Stages[i]
	return fmt.Sprintf("with %s users and %s messages/s a message reached a user%s after", format.Grouped(int64(stage.Clients)), format.Trim(float64(stage.Rate)), place(s))
}

func everyone(s scenarios.Scenario) string {
	if s.Pattern == scenarios.Rooms {
		return fmt.Sprintf("everyone in a room of %d%s", s.Audience(), place(s))
	}
	return fmt.Sprintf("all %s users%s", format.Grouped(int64(s.Clients)), place(s))
}

// onTop is what overhead is on top of.
func onTop(s scenarios.Scenario) string {
	if s.PayloadMax > s.Payload || s.Payload <= 0 {
		return "on top of its own size"
	}
	return "on top of its " + format.In(format.ByteUnits, float64(s.Payload))
}
