package finding

import (
	"fmt"
	"strings"

	"pushbench/report"
	"pushbench/report/format"
	"pushbench/report/review"
	"pushbench/report/sweep"
	"pushbench/scenarios"
)

// overSweep says a figure at both ends of the axis and where the curves cross, of the first and the last slice.
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
	for _, slice := range shown {
		part := swept{byCell, s.Axis, slice}.say(figures[f].noun)
		if slice.Name != "" {
			part.text = "with " + slice.Name + ", " + part.text
		}
		said = said.and(part.with(crossings(s.Axis, slice, f)))
	}
	if more := len(s.Slices) - len(shown); more > 0 {
		said.text += fmt.Sprintf("; %d more combinations stand in the tables", more)
	}
	return said
}

// with appends what follows from the numbers.
func (s saying) with(o saying) saying {
	if o.text == "" {
		return s
	}
	return saying{s.trust.Worse(o.trust), s.text + ": " + o.text}
}

// swept is one slice with the readings of its cells.
type swept struct {
	byCell map[int]review.Reading
	axis   sweep.Axis
	slice  sweep.Slice
}

// say is "at rate 200/s p99 was 1.80 ms over a WebSocket and 6.05 ms with long-polling, at 1600/s 14.2 ms and 4.30 ms".
func (s swept) say(noun string) saying {
	last := len(s.axis.Values) - 1
	said := s.at(0, true)
	said.text = fmt.Sprintf("at %s %s %s was %s", s.axis.Parameter, s.axis.Values[0].Text, noun, said.text)
	if last == 0 {
		return said
	}
	end := s.at(last, false)
	return saying{said.trust.Worse(end.trust), said.text + fmt.Sprintf(", at %s %s", s.axis.Values[last].Text, end.text)}
}

// at lists the curves' numbers at a value of the axis.
func (s swept) at(i int, named bool) saying {
	said := saying{trust: report.Firm}
	var parts []string
	for _, c := range s.slice.Curves {
		text := format.NA
		r, ok := s.byCell[c.Points[i].Index]
		switch {
		case c.Points[i].Cell == nil || !ok:
			said.trust = said.trust.Worse(report.NotMeasured)
		case r.Arm.Invalid:
			text, said.trust = "invalid", said.trust.Worse(report.NotValid)
		case !tail(r).Value.Known:
			text, said.trust = tail(r).Value.Text, said.trust.Worse(report.NotMeasured)
		default:
			text = tail(r).Value.Text
			if tail(r).Value.Rough {
				said.trust = said.trust.Worse(report.TooFew)
			}
		}
		if named {
			text += " " + wayOf(c)
		}
		parts = append(parts, text)
	}
	said.text = listing(parts)
	return said
}

// wayOf is a curve's way: its name has no parameters.
func wayOf(c sweep.Curve) string {
	return way(review.ArmRef{Name: c.Arm.Name, Transport: c.Arm.Cell.Transport})
}

// crossings says where the curves cross WebSocket's.
func crossings(axis sweep.Axis, slice sweep.Slice, f scenarios.Figure) saying {
	m, ok := sweep.MetricOf(f)
	if !ok {
		return saying{trust: report.Firm}
	}
	all := slice.Compare(axis, m)
	if len(all) == 0 {
		return saying{trust: report.Alone}
	}
	said := saying{trust: report.Firm}
	var parts []string
	for i, c := range all {
		if i == 0 && len(c.Crossings) == 0 && c.Untold > 0 {
			said.trust = report.NotTold
		}
		noun := c.Curve.Arm.Name
		if noun == c.Curve.Arm.Look.Name {
			noun = format.ProseOf(c.Curve.Arm.Cell.Transport).Noun
		}
		parts = append(parts, noun+" "+c.Text())
	}
	said.text = strings.Join(parts, ", ")
	return said
}
