package report

import (
	"fmt"
	"maps"

	"pushbench/report/format"
	"pushbench/results"
	"pushbench/scenarios"
)

// ruled is a threshold's line: what became of one rule at one arm.
type ruled struct {
	outcome results.Outcome
	text    string
}

// rules are the lines of the thresholds of a group's scenario.
func rules(g format.Group, judged []results.ThresholdResult) []ruled {
	var lines []ruled
	for _, r := range judged {
		if r.Scenario == g.Scenario.Name {
			lines = append(lines, ruled{r.Outcome, ruleText(r, g.Arms)})
		}
	}
	return lines
}

func ruleText(r results.ThresholdResult, arms []format.Arm) string {
	text := format.Clean(r.Rule)
	if name := armName(r, arms); name != "" {
		text += " · " + name
		if r.Measured != nil {
			text += " " + Measured(*r.Measured, r.Unit)
		}
	}
	if r.Outcome == results.Inconclusive {
		text += " · inconclusive"
	}
	if r.Note != "" {
		text += fmt.Sprintf(" (%s)", format.Clean(r.Note))
	}
	return text
}

// armName is the name that the tables give to the arm a rule was held against.
func armName(r results.ThresholdResult, arms []format.Arm) string {
	for _, a := range arms {
		if a.Cell.Transport == r.Transport && a.Cell.Target == r.Target && maps.Equal(a.Cell.Params, r.Params) {
			return a.Name
		}
	}
	return format.Clean(string(r.Transport))
}

// Measured writes a value in its unit, as people read it: 12.3 ms, 812 B, 0.5%.
func Measured(v float64, unit scenarios.Unit) string {
	switch unit {
	case scenarios.UnitNanoseconds:
		return format.Nanoseconds(v)
	case scenarios.UnitBytes:
		return format.Bytes(v)
	case scenarios.UnitMessages:
		return format.Count(int64(v))
	case scenarios.UnitPercent:
		return format.Sig(v) + "%"
	}
	return format.Sig(v)
}

func (r ruled) mark() string {
	switch r.outcome {
	case results.Passed:
		return "✓ "
	case results.Failed:
		return "✗ "
	}
	return "? "
}

func (p *printer) rule(r ruled) {
	colour := yellow
	switch r.outcome {
	case results.Passed:
		colour = green
	case results.Failed:
		colour = red
	}
	p.paragraph(colour, r.mark(), r.text)
}
