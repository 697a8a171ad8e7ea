package finding

import (
	"slices"

	"pushbench/report"
	"pushbench/report/format"
	"pushbench/report/review"
	"pushbench/report/sweep"
	"pushbench/scenarios"
)

// choices are parameters whose values are alternatives: whoever sweeps one asks what the other value changes, whatever else is swept.
var choices = []string{"http", "compression"}

// sweepOf reads a group as a sweep to be told, along a choice where one is swept; chosen says that it is.
func sweepOf(g format.Group) (s sweep.Sweep, chosen, ok bool) {
	for _, path := range choices {
		if s, ok = sweep.Along(g, path); ok {
			return s, true, true
		}
	}
	s, ok = sweep.Of(g)
	return s, false, ok
}

// told is a sweep as it is told.
type told struct {
	sweep.Sweep
	group format.Group
	// chosen axes are of alternatives: a curve's ends are held against each other, not the curves.
	chosen bool
}

// say is all figures over the sweep.
func (t told) say(all []scenarios.Figure) saying {
	var said saying
	for i, f := range all {
		said = said.and(t.figure(f, i == 0))
	}
	said.text = along(t.Axis) + said.text
	if len(t.Slices) > mostSlices || slices.ContainsFunc(t.Slices, func(s sweep.Slice) bool { return len(s.Curves) > mostCurves }) {
		said.text += "; the rest stands in the tables"
	}
	return said
}

// mostSlices and mostCurves are what a sentence holds.
const (
	mostSlices = 2
	mostCurves = 3
)

// shown are the first and the last slice; of alternatives further figures are told in the last alone, which keeps the sentence short.
func (t told) shown(leading bool) []sweep.Slice {
	n := len(t.Slices)
	switch {
	case t.further(leading):
		return t.Slices[n-1:]
	case n > mostSlices:
		return []sweep.Slice{t.Slices[0], t.Slices[n-1]}
	}
	return t.Slices
}

// further says that a figure of alternatives follows the one in which the slice, and what there is no alternative for, were named.
func (t told) further(leading bool) bool { return t.chosen && !leading }

// figure says a figure at both ends of the axis and how the curves lie to WebSocket's: "p99 was 1.80 ms → 14.2 ms over a WebSocket and 6.05 ms → 4.30 ms with
// long-polling (falls below at ≈1000/s)". Its further numbers come first, without that.
func (t told) figure(f scenarios.Figure, leading bool) saying {
	byCell := map[int]review.Reading{}
	for _, r := range review.Readings(t.group, f) {
		byCell[r.Arm.Cell] = r
	}
	if f == scenarios.AnswerLost && noneLost(byCell) {
		return saying{report.Firm, "nobody missed a message"}
	}
	how := figures[f]
	what := swept{figure: f, byCell: byCell, axis: t.Axis, absent: how.absent, chosen: t.chosen, further: t.further(leading)}
	var said saying
	for _, n := range how.also {
		what.part = n.part
		said = said.and(t.number(what, n.verb))
	}
	what.part = last
	said = said.and(t.number(what, how.nounOf(t.group)+" was"))
	if f == scenarios.AnswerLatency {
		said = said.and(t.transits(byCell))
	}
	return said
}

// number says one number, slice by slice, after the words that it begins with.
func (t told) number(what swept, verb string) saying {
	var said saying
	for i, slice := range t.shown(!what.further) {
		what.slice, what.orders = slice, t.orders(slice, what.figure, what.part)
		part := what.say()
		if i == 0 {
			part.text = verb + " " + part.text
		}
		if !what.further {
			part.text = held(t.Sweep, slice) + part.text
		}
		said = said.and(part)
	}
	return said
}

func noneLost(all map[int]review.Reading) bool {
	for _, r := range all {
		if v := r.Parts[0].Value; r.Arm.Invalid || !v.Known || v.Number != 0 {
			return false
		}
	}
	return len(all) > 0
}

// last stands for the number that arms are compared by.
const last = -1

// swept is a number of a figure in one slice, and how its curves lie to WebSocket's.
type swept struct {
	figure scenarios.Figure
	part   int
	absent func(format.Arm) bool
	byCell map[int]review.Reading
	axis   sweep.Axis
	// chosen and further are of [told].
	chosen, further bool
	slice           sweep.Slice
	orders          orders
}

// say lists the curves with their numbers.
func (s swept) say() saying {
	said := saying{trust: s.orders.trust}
	var parts []string
	curves := s.slice.Curves[:min(len(s.slice.Curves), mostCurves)]
	words, shared := s.orders.of(curves)
	for _, c := range curves {
		from, to := s.at(c.Points[0]), s.at(c.Points[len(c.Points)-1])
		text, word := from.text, words[c.Arm.Name]
		switch {
		case from.text == "":
			text = to.text
		case to.text == "" && s.further:
			continue
		case to.text == "" && s.chosen:
			word = setting(s.axis, s.axis.Values[0]) + " only"
		case to.text != "" && to.text != from.text:
			text += " → " + to.text
		}
		if text == "" {
			continue
		}
		said.trust = said.trust.Worse(from.trust).Worse(to.trust)
		parts = append(parts, text+" "+wayOf(c)+suffix(" ", bracketed(word)))
	}
	said.text = listing(parts) + suffix(" ", bracketed(shared))
	return said
}

// at is a curve's number at one value of the axis; without a text where there can be none.
func (s swept) at(p format.Arm) saying {
	r, ok := s.byCell[p.Index]
	switch {
	case p.Cell == nil && s.chosen, p.Cell != nil && s.absent != nil && s.absent(p):
		return saying{}
	case p.Cell == nil || !ok:
		return saying{report.NotMeasured, format.NA}
	case r.Arm.Invalid:
		return saying{report.NotValid, "invalid"}
	}
	v := tail(r).Value
	if s.part != last {
		v = r.Parts[s.part].Value
	}
	switch {
	case !v.Known:
		return saying{report.NotMeasured, v.Text}
	case v.Rough:
		return saying{report.TooFew, v.Text}
	}
	return saying{report.Firm, v.Text}
}

// wayOf is a curve's way: its name has no parameters.
func wayOf(c sweep.Curve) string {
	return way(review.ArmRef{Name: c.Arm.Name, Transport: c.Arm.Cell.Transport})
}

// orders say of a slice's curves, by their names, how they lie to WebSocket's, or of alternatives how their ends lie to each other.
type orders struct {
	trust report.FindingTrust
	words map[string]string
}

const (
	noInterval = "no interval"
	notTold    = "not told apart"
)

// of are the words of curves; shared is said once, where there are several without an interval and none with one.
func (o orders) of(curves []sweep.Curve) (words map[string]string, shared string) {
	without := 0
	for _, c := range curves {
		switch o.words[c.Arm.Name] {
		case noInterval:
			without++
		case "":
		default:
			return o.words, ""
		}
	}
	if without < 2 {
		return o.words, ""
	}
	return nil, "no intervals"
}

// orders has no words for a number that is not drawn as curves. It stands on the first curve that WebSocket is held against.
func (t told) orders(slice sweep.Slice, f scenarios.Figure, part int) orders {
	said := orders{report.Firm, map[string]string{}}
	m, ok := sweep.MetricOf(f)
	if !ok || part != last {
		return said
	}
	if t.chosen {
		return alternatives(slice, m)
	}
	all := slice.Compare(t.Axis, m)
	for _, c := range all {
		said.words[c.Curve.Arm.Name] = c.Brief()
	}
	switch {
	case len(all) == 0:
		said.trust = report.Alone
	case len(all[0].Crossings) == 0 && all[0].Unproven > 0:
		said.trust = report.NoInterval
	case len(all[0].Crossings) == 0 && all[0].Untold > 0:
		said.trust = report.NotTold
	}
	return said
}

// alternatives holds the ends of each curve against each other.
func alternatives(slice sweep.Slice, m sweep.Metric) orders {
	said := orders{"", map[string]string{}}
	for _, c := range slice.Curves[:min(len(slice.Curves), mostCurves)] {
		from, to := c.Cell(0), c.Cell(len(c.Points)-1)
		if from == nil || to == nil {
			continue
		}
		switch order, unproven := m.Order(from, to); {
		case unproven:
			said.words[c.Arm.Name], said.trust = noInterval, said.trust.Worse(report.NoInterval)
		case order == 0 && !m.Counted():
			said.words[c.Arm.Name], said.trust = notTold, said.trust.Worse(report.NotTold)
		}
		said.trust = said.trust.Worse(report.Firm)
	}
	if said.trust == "" {
		said.trust = report.Alone
	}
	return said
}
