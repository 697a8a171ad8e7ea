package scenarios

import (
	"fmt"
	"slices"

	"github.com/google/jsonschema-go/jsonschema"
)

// Figure is a number that answers a scenario's question. It goes by the same word as the metric in thresholds, where there is one.
type Figure string

// The figures a question can be answered with.
const (
	AnswerLatency      Figure = "latency"        // p50 and p99 of what clients received, from the instant each message was due
	AnswerBusiest      Figure = "busiest_stage"  // the same of the stage with most users × messages
	AnswerUplink       Figure = "uplink"         // p50 and p99 of what clients sent to the application
	AnswerLastReceiver Figure = "last_receiver"  // until everyone had a message, p50 and p99
	AnswerConnect      Figure = "connect"        // from the dial to a session that receives
	AnswerJoin         Figure = "join"           // from the dial to a session that receives, of users that came while messages were sent
	AnswerOpening      Figure = "opening"        // what opening a session takes: bytes, how many a second, server CPU
	AnswerRecovery     Figure = "recovery"       // from the cut of an outage until a client had a session and all that it had missed, and until all had
	AnswerOverhead     Figure = "overhead_bytes" // per message, at the client's socket, both ways
	AnswerWire         Figure = "wire_bytes"     // per message, the message itself with its overhead, at the client's socket, both ways
	AnswerConnections  Figure = "connections"    // that a client opened
	AnswerServerCPU    Figure = "server_cpu"     // per message
	AnswerServerMemory Figure = "server_memory"  // per client
	AnswerUpkeep       Figure = "upkeep"         // what a session takes in an hour, whether or not messages come: bytes, requests, server CPU
	AnswerLost         Figure = "lost"           // messages that a client passed over or still waited for at the end
)

// Figures lists every figure.
var Figures = []Figure{
	AnswerLatency, AnswerBusiest, AnswerUplink, AnswerLastReceiver, AnswerConnect, AnswerJoin, AnswerOpening, AnswerRecovery, AnswerOverhead, AnswerWire, AnswerConnections,
	AnswerServerCPU, AnswerServerMemory, AnswerUpkeep, AnswerLost,
}

// Answers are the figures that answer the scenario's question, the first of them first: those it names, else what its pattern is usually run for.
func (s *Scenario) Answers() []Figure {
	if len(s.Answer) > 0 {
		return s.Answer
	}
	if s.Rate == 0 {
		return []Figure{AnswerServerMemory, AnswerUpkeep}
	}
	switch s.Pattern {
	case Echo:
		return []Figure{AnswerLatency, AnswerConnections}
	case Duplex:
		return []Figure{AnswerUplink, AnswerLatency}
	case Rooms:
		return []Figure{AnswerLastReceiver}
	}
	return []Figure{AnswerLatency}
}

// mostAnswers is how many figures still make one sentence.
const mostAnswers = 3

func answerParameter() Parameter {
	p := listParameter("answer", "The figures that answer the question; left out, what the pattern is usually run for.", nil)
	p.identity = true
	p.Allowed = fmt.Sprintf("a list of at most %d of %s", mostAnswers, joined(Figures))
	p.items = func(s *Scenario) []string { return textsOf(s.Answer) }
	p.setItems = func(s *Scenario, items []string) {
		s.Answer = nil
		for _, item := range items {
			s.Answer = append(s.Answer, Figure(item))
		}
	}
	p.checkItem = figureProblem
	p.check = func(s *Scenario) string {
		if n := len(s.Answer); n > mostAnswers {
			return fmt.Sprintf("names %d figures, more than one sentence can hold", n)
		}
		return ""
	}
	p.schema = func() *jsonschema.Schema {
		return &jsonschema.Schema{Type: "array", MaxItems: jsonschema.Ptr(mostAnswers), UniqueItems: true, Items: enumSchema(Figures)}
	}
	return p.asList()
}

func figureProblem(items []string, i int) string {
	switch known := textsOf(Figures); {
	case !slices.Contains(known, items[i]):
		return fmt.Sprintf("%q is not a figure%s", items[i], didYouMean(items[i], known))
	case slices.Contains(items[:i], items[i]):
		return fmt.Sprintf("%s is there twice", items[i])
	}
	return ""
}
