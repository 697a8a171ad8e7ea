package html

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"pushbench/report/format"
	"pushbench/report/sweep"
	"pushbench/scenarios"
)

// curveSlice is the curves of a sweep with all other parameters held fixed.
type curveSlice struct {
	Name   string
	Arms   []arm
	Panels []curvePanel
}

// curvePanel is one metric over the axis, with its crossovers.
type curvePanel struct {
	Title, Axis, Scale string
	X, Y               []tick
	Lines              []curveLine
	Marks              []curveMark
	Finding            string
}

type curveLine struct {
	Arm arm
	// Strokes are runs of neighbouring points in a square of 100 by 100; a value that was not measured parts them.
	Strokes []string
	Points  []curvePoint
}

type curvePoint struct {
	X, Y, Title string
	// At, Value, Least and Most are a row of the table; the ends are empty where there is no range.
	At, Value, Least, Most string
	// Low and High are the ends of the range, empty where there is none.
	Low, High string
	Hollow    bool
}

// curveMark is a crossover: a place, or where only the bracket is known a band of some Width from X on.
type curveMark struct{ X, Width, Text string }

// curveMetrics are drawn for each slice: what answers the question, then what every sweep has.
func curveMetrics(s *scenarios.Scenario) []sweep.Metric {
	usual := []sweep.Metric{sweep.P50, sweep.P99, sweep.ServerCPU, sweep.Batch}
	own := slices.DeleteFunc(sweep.Answers(s), func(a sweep.Metric) bool {
		return slices.ContainsFunc(usual, func(m sweep.Metric) bool { return m.Name == a.Name })
	})
	return append(own, usual...)
}

// newCurves draws a sweep; nothing if g is none.
func newCurves(g format.Group) []curveSlice {
	s, swept := sweep.Of(g)
	if !swept {
		return nil
	}
	var out []curveSlice
	for _, slice := range s.Slices {
		c := curveSlice{Name: slice.Name}
		for _, curve := range slice.Curves {
			c.Arms = append(c.Arms, curveArm(curve))
		}
		for _, m := range curveMetrics(&g.Scenario) {
			c.Panels = append(c.Panels, newCurvePanel(s.Axis, slice, m))
		}
		out = append(out, c)
	}
	return out
}

func curveArm(c sweep.Curve) arm {
	return arm{ID: c.Arm.Index, Name: c.Arm.Name, Dash: c.Arm.Look.Dash, Marker: int(c.Arm.Look.Marker), look: c.Arm}
}

func newCurvePanel(axis sweep.Axis, slice sweep.Slice, m sweep.Metric) curvePanel {
	p := curvePanel{Title: m.Title, Axis: axis.Parameter, Scale: "log scale"}
	if m.Name == sweep.P50.Name || m.Name == sweep.P99.Name {
		p.Finding = slice.Finding(axis, m)
	}
	span, ok := spanOf(curveValues(slice, m))
	if !ok {
		return p
	}
	place := curvePlane{axis, span}
	for i, v := range axis.Values {
		p.X = append(p.X, tick{X: percent(place.x(axis.Position(i))), Text: v.Text})
	}
	for _, v := range span.ticks() {
		p.Y = append(p.Y, tick{X: percent(place.y(v)), Text: m.Write(v)})
	}
	for _, c := range slice.Curves {
		p.Lines = append(p.Lines, place.line(c, m))
	}
	for _, c := range slice.Compare(axis, m) {
		for _, x := range c.Crossings {
			p.Marks = append(p.Marks, place.mark(c.Curve.Arm.Name+" "+crossingVerb(x.Falls), x))
		}
	}
	return p
}

func (p curvePlane) mark(what string, x sweep.Crossing) curveMark {
	if x.Located {
		return curveMark{X: percent(p.x(x.Position)), Text: what + " ≈" + x.Text}
	}
	from, to := p.x(p.axis.Position(x.From)), p.x(p.axis.Position(x.To))
	return curveMark{percent(from), percent(to - from), fmt.Sprintf("%s somewhere between %s and %s", what, p.axis.Values[x.From].Text, p.axis.Values[x.To].Text)}
}

func crossingVerb(falls bool) string {
	if falls {
		return "lower from"
	}
	return "higher from"
}

func curveValues(slice sweep.Slice, m sweep.Metric) []float64 {
	var values []float64
	for _, c := range slice.Curves {
		for i := range c.Points {
			if v, ok := m.Of(c.Cell(i)); ok {
				values = append(values, v)
			}
			if c.Cell(i) == nil {
				continue
			}
			if r, ok := m.RangeOf(c.Cell(i)); ok {
				values = append(values, r.Lo, r.Hi)
			}
		}
	}
	return values
}

// curvePlane maps positions and values to percent of the drawing.
type curvePlane struct {
	axis sweep.Axis
	span logSpan
}

func (p curvePlane) x(position float64) float64 {
	first, last := p.axis.Position(0), p.axis.Position(len(p.axis.Values)-1)
	if last <= first {
		return 50
	}
	return 13 + 84*(position-first)/(last-first)
}

func (p curvePlane) y(v float64) float64 {
	return 100 - p.span.at(min(max(v, p.span.lo), p.span.hi))
}

func (p curvePlane) line(c sweep.Curve, m sweep.Metric) curveLine {
	line := curveLine{Arm: curveArm(c)}
	var stroke []string
	flush := func() {
		if len(stroke) > 1 && p.axis.Ordered {
			line.Strokes = append(line.Strokes, strings.Join(stroke, " "))
		}
		stroke = nil
	}
	for i := range c.Points {
		v, ok := m.Of(c.Cell(i))
		if !ok || v <= 0 {
			flush()
			continue
		}
		x, y := p.x(p.axis.Position(i)), p.y(v)
		stroke = append(stroke, fmt.Sprintf("%.2f,%.2f", x, y))
		point := curvePoint{X: percent(x), Y: percent(y), Hollow: c.Points[i].Invalid()}
		point.At, point.Value = p.axis.Values[i].Text, p.words(c, i, m)
		point.Title = fmt.Sprintf("%s at %s: %s", line.Arm.Name, point.At, point.Value)
		if point.Hollow {
			point.Title += " (invalid)"
		}
		if r, ranged := m.RangeOf(c.Cell(i)); ranged && r.Lo > 0 {
			point.Low, point.High = percent(p.y(r.Lo)), percent(p.y(r.Hi))
			point.Least, point.Most = m.Write(r.Lo), m.Write(r.Hi)
		}
		line.Points = append(line.Points, point)
	}
	flush()
	return line
}

// words are a point's number with what weakens it.
func (p curvePlane) words(c sweep.Curve, i int, m sweep.Metric) string {
	v, _ := m.Of(c.Cell(i))
	text := m.Write(v)
	if math.IsNaN(v) {
		return format.NA
	}
	if !m.Firm(c.Cell(i)) {
		text = "~" + text
	}
	return text
}
