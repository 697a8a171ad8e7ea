package finding

import (
	"fmt"
	"slices"
	"strings"

	"pushbench/report"
	"pushbench/report/format"
	"pushbench/report/review"
	"pushbench/scenarios"
)

// clause says one figure of all arms: those of one WebSocket arm together, and those without one by themselves. Of the others the one that the scenario names
// first is what WebSocket is held against.
func clause(g format.Group, f scenarios.Figure) saying {
	readings := review.Readings(g, f)
	slices.SortStableFunc(readings, func(a, b review.Reading) int {
		return slices.Index(g.Scenario.Transports, a.Arm.Transport) - slices.Index(g.Scenario.Transports, b.Arm.Transport)
	})
	var said saying
	for _, set := range sets(readings) {
		said = said.and(set.say(figures[f], g.Scenario))
	}
	return said
}

// set are arms that are held against one another.
type set struct {
	// base is the WebSocket arm, nil without one; arms are the others in the scenario's order.
	base *review.Reading
	arms []review.Reading
}

func sets(all []review.Reading) []set {
	var out []set
	place := map[int]int{} // base → set
	for i, r := range all {
		at, known := place[r.Base]
		if !known {
			at = len(out)
			place[r.Base] = at
			out = append(out, set{})
		}
		if r.Base == r.Arm.Cell {
			out[at].base = &all[i]
			continue
		}
		out[at].arms = append(out[at].arms, r)
	}
	return out
}

// say is "over a WebSocket … 20.3 ms (p99 20.6 ms), with long-polling 20.3 ms (p99 29.4 ms, 8.80 ± 0.3 ms more); p99 was 112 ms with …".
func (s set) say(f figure, work scenarios.Scenario) saying {
	first, others := s.leading()
	if first == nil {
		return saying{report.NotValid, s.invalidOnly()}
	}
	said := saying{report.Firm, way(first.Arm) + " " + f.subject(work) + " " + valueText(*first, "") + suffix(" ", f.object(work))}
	if !measured(*first) {
		said = saying{report.NotMeasured, f.noun + " was not measured " + way(first.Arm)}
	}
	said.trust = said.trust.Worse(trustOf(*first))
	if s.base == nil || len(s.arms) == 0 {
		said.trust = said.trust.Worse(report.Alone)
	}
	if len(others) > 0 {
		main := others[0]
		said.trust = said.trust.Worse(trustOf(main))
		said.text += ", " + way(main.Arm) + " " + valueText(main, relation(main)) + brief(f, others[1:])
	}
	return said.and(s.unsaid())
}

// leading are the arm that the sentence begins with, WebSocket's where it may be quoted, and the other valid ones.
func (s set) leading() (first *review.Reading, others []review.Reading) {
	if s.base != nil && !s.base.Arm.Invalid {
		first = s.base
	}
	for i, r := range s.arms {
		switch {
		case r.Arm.Invalid:
		case first == nil:
			first = &s.arms[i]
		default:
			others = append(others, r)
		}
	}
	return first, others
}

// unsaid names the arms that may not be quoted.
func (s set) unsaid() saying {
	var names []string
	if s.base != nil && s.base.Arm.Invalid {
		names = append(names, s.base.Arm.Name)
	}
	for _, r := range s.arms {
		if r.Arm.Invalid {
			names = append(names, r.Arm.Name)
		}
	}
	if len(names) == 0 {
		return saying{}
	}
	trust := report.Firm
	if s.base != nil && s.base.Arm.Invalid || len(s.arms) > 0 && s.arms[0].Arm.Invalid {
		trust = report.NotValid
	}
	return saying{trust, strings.Join(names, ", ") + ": invalid, not quoted"}
}

func (s set) invalidOnly() string { return s.unsaid().text }

// measured says that the reading's first number was measured; another that is missing says itself why.
func measured(r review.Reading) bool { return len(r.Parts) > 0 && r.Parts[0].Value.Known }

// valueText is "18.3 µs", or of two numbers "20.3 ms (p99 20.6 ms)", with what follows in the brackets.
func valueText(r review.Reading, relation string) string {
	if !measured(r) {
		return format.NA
	}
	var aside []string
	for _, p := range r.Parts[1:] {
		aside = append(aside, partText(p))
	}
	if relation != "" {
		aside = append(aside, relation)
	}
	if len(aside) == 0 {
		return r.Parts[0].Value.Text
	}
	return r.Parts[0].Value.Text + " (" + strings.Join(aside, ", ") + ")"
}

func partText(p review.Part) string {
	if !p.Value.Known && p.Value.Text != format.NA {
		return p.Value.Text
	}
	return strings.TrimSpace(p.Name + " " + p.Value.Text)
}

// tail is the number by which arms are compared: the last, which is a figure's p99 where it has one.
func tail(r review.Reading) review.Part { return r.Parts[len(r.Parts)-1] }

// relation is how an arm stands against WebSocket's.
func relation(r review.Reading) string {
	p := tail(r)
	switch {
	case p.Counted && p.Times.Known:
		return times(p.Times)
	case p.Counted:
		return ""
	case p.Order == review.Untold:
		return p.Difference + ", " + notTold
	case p.Order == review.Unproven:
		return p.Difference + ", " + noInterval
	}
	return p.Difference
}

func times(v review.Value) string {
	if v.Text == format.Sig(1) {
		return "the same"
	}
	return v.Text + " times as much"
}

func trustOf(r review.Reading) report.FindingTrust {
	trust := report.Firm
	for _, p := range r.Parts {
		if !p.Value.Known {
			trust = trust.Worse(report.NotMeasured)
		}
		if p.Value.Rough {
			trust = trust.Worse(report.TooFew)
		}
	}
	switch p := tail(r); p.Order {
	case review.Untold:
		return trust.Worse(report.NotTold)
	case review.Unproven:
		return trust.Worse(report.NoInterval)
	}
	return trust
}

// brief are the other arms: only the number that is compared, and whether it is told apart.
func brief(f figure, others []review.Reading) string {
	if len(others) == 0 {
		return ""
	}
	if len(others[0].Parts) == 1 {
		out := ""
		for _, r := range others {
			out += ", " + way(r.Arm) + " " + valueText(r, flag(r))
		}
		return out
	}
	var parts []string
	for _, r := range others {
		p := tail(r)
		parts = append(parts, p.Value.Text+suffix(" ", bracketed(flag(r)))+" "+way(r.Arm))
	}
	return fmt.Sprintf("; %s was %s", f.noun, listing(parts))
}

// flag says of an arm in passing that its order is not told.
func flag(r review.Reading) string {
	switch tail(r).Order {
	case review.Untold:
		return notTold
	case review.Unproven:
		return noInterval
	}
	return ""
}

func bracketed(s string) string {
	if s == "" {
		return ""
	}
	return "(" + s + ")"
}

func suffix(before, s string) string {
	if s == "" {
		return ""
	}
	return before + s
}

// listing is "a", "a and b", "a, b and c".
func listing(items []string) string {
	n := len(items)
	if n < 2 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:n-1], ", ") + " and " + items[n-1]
}
