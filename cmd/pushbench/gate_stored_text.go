package main

import (
	"cmp"
	"fmt"
	"strings"

	"pushbench/report"
	"pushbench/report/gate"
	"pushbench/results"
)

// The methods below say what a gate of stored runs found; a nil one, of a gate in pairs, adds nothing.

// findings are what the thresholds say, as far as a verdict needs it.
func (s *storedRuns) findings() []gate.Finding {
	if s == nil {
		return nil
	}
	var found []gate.Finding
	for _, t := range s.Thresholds {
		v := gate.Inconclusive
		switch t.Outcome {
		case results.Passed:
			v = gate.Pass
		case results.Failed:
			v = gate.Fail
		}
		found = append(found, gate.Finding{Verdict: v})
	}
	return found
}

func (s *storedRuns) text(b *strings.Builder) {
	if s == nil {
		return
	}
	for _, t := range s.Thresholds {
		fmt.Fprintf(b, "%-12s  %-16s  ", t.Outcome, cmp.Or(string(t.Transport), "-"))
		wrap(b, "", thresholdText(t), 80-len("inconclusive  longpoll-newconn  "))
	}
}

func (s *storedRuns) markdown(b *strings.Builder) {
	if s == nil {
		return
	}
	for _, t := range s.Thresholds {
		fmt.Fprintf(b, "- %s %s: %s\n", t.Outcome, t.Transport, cell(thresholdText(t)))
	}
}

// thresholdText is a rule, what was measured for it, and how far to trust that.
func thresholdText(t results.ThresholdResult) string {
	text := t.Rule
	if t.Measured != nil {
		text += ": " + report.Measured(*t.Measured, t.Unit)
	}
	if t.Note != "" {
		text += " (" + t.Note + ")"
	}
	return text
}

// statement says what was compared, and what that cannot rule out.
func (s *storedRuns) statement(all []gate.Evidence) string {
	rounds := 0
	if len(all) > 0 {
		rounds = len(all[0].Pairs)
	}
	const minute = "2006-01-02 15:04 UTC"
	text := fmt.Sprintf("Stored runs: the baseline of %s, the candidate of %s, %d rounds on the same schedules. ",
		s.Baseline.Created.UTC().Format(minute), s.Candidate.Created.UTC().Format(minute), rounds)
	if s.Injected != "" {
		text += "The baseline's server was told to make faults (" + s.Injected + "). "
	}
	if s.Milliseconds {
		return text + "They were not measured in turns: whatever changed on the machine in between counts as a change of the server, in latency and cost. " +
			"Neither alpha nor a pass holds against that; to decide, measure in pairs (--baseline-ref, --baseline-cmd)."
	}
	return text + "Latency and cost were not compared, since between two runs the machine changes too: a slower server is not ruled out. " +
		"To gate milliseconds, measure in pairs (--baseline-ref, --baseline-cmd)."
}
