package finding

import (
	"fmt"

	"pushbench/report"
	"pushbench/report/format"
	"pushbench/report/review"
	"pushbench/report/sweep"
	"pushbench/scenarios"
)

// along says which ends of the axis the numbers of a sweep are from.
func along(axis sweep.Axis) string {
	first, last := axis.Values[0].Text, axis.Values[len(axis.Values)-1].Text
	return fmt.Sprintf("from %s %s to %s, ", axis.Parameter, first, last)
}

// overSweep says a figure at both ends of the axis and how the curves lie to WebSocket's, of the first and the last slice: "p99 was 1.80 ms → 14.2 ms over a
// WebSocket and 6.05 ms → 4.30 ms with long-polling (falls below at ≈1000/s)".
func overSweep(g format.Group, s sweep.Sweep, f scenarios.Figure) saying {
	byCell := map[int]review.Reading{}
	for _, r := range review.Readings(g, f) {
		byCell[r.Arm.Cell] = r
	}
	var said saying
	shown := s.Slices
	if len(shown) > 2 {
		shown = []sweep.Slice{shown[0], shown[len(shown)-1]}
	}
	for i, slice := range shown {
		part := swept{byCell, slice, ordersOf(s.Axis, slice, f)}.say()
		if i == 0 {
			part.text = figures[f].noun + " was " + part.text
		}
		if slice.Name != "" {
			part.text = "with " + slice.Name + " " + part.text
		}
		said = said.and(part)
	}
	if more := len(s.Slices) - len(shown); more > 0 {
		said.text += fmt.Sprintf("; %d more combinations stand in the tables", more)
	}
	return said
}

// swept is one slice with the readings of its cells, and how its curves lie to WebSocket's.
type swept struct {
	byCell map[int]review.Reading
	slice  sweep.Slice
	orders orders
}

// say lists the curves with their numbers.
func (s swept) say() saying {
	said := saying{trust: s.orders.trust}
	var parts []string
	for _, c := range s.slice.Curves {
		from, to := s.number(c.Points[0]), s.number(c.Points[len(c.Points)-1])
		text := from.text
		if to.text != from.text {
			text += " → " + to.text
		}
		said.trust = said.trust.Worse(from.trust).Worse(to.trust)
		parts = append(parts, text+" "+wayOf(c)+suffix(" ", bracketed(s.orders.words[c.Arm.Name])))
	}
	said.text = listing(parts)
	return said
}

// number is a curve's at one value of the axis.
func (s swept) number(p format.Arm) saying {
	r, ok := s.byCell[p.Index]
	switch {
	case p.Cell == nil || !ok:
		return saying{report.NotMeasured, format.NA}
	case r.Arm.Invalid:
		return saying{report.NotValid, "invalid"}
	case !tail(r).Value.Known:
		return saying{report.NotMeasured, tail(r).Value.Text}
	case tail(r).Value.Rough:
		return saying{report.TooFew, tail(r).Value.Text}
	}
	return saying{report.Firm, tail(r).Value.Text}
}

// wayOf is a curve's way: its name has no parameters.
func wayOf(c sweep.Curve) string {
	return way(review.ArmRef{Name: c.Arm.Name, Transport: c.Arm.Cell.Transport})
}

// orders say of a slice's curves, by their names, how they lie to WebSocket's.
type orders struct {
	trust report.FindingTrust
	words map[string]string
}

// ordersOf has no words for a figure that is not drawn as curves. It stands on the first curve that WebSocket is held against.
func ordersOf(axis sweep.Axis, slice sweep.Slice, f scenarios.Figure) orders {
	said := orders{report.Firm, map[string]string{}}
	m, ok := sweep.MetricOf(f)
	if !ok {
		return said
	}
	all := slice.Compare(axis, m)
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
