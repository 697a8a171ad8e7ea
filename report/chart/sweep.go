package chart

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"pushbench/report/format"
	"pushbench/report/sweep"
)

// maxSlices is how many values of further parameters a slide holds side by side.
const maxSlices = 6

// sweepFigures are the charts of a swept scenario over the swept parameter: latency, what a message costs the server, and what answers the question besides.
func sweepFigures(s sweep.Sweep, answers []sweep.Metric) []figure {
	shown := s.Slices[:min(len(s.Slices), maxSlices)]
	latency := grids{axis: s.Axis, columns: s.Columns(), slices: shown, rows: []measure{
		{sweep.P50, "latency p50", format.TimeUnits}, {sweep.P99, "latency p99", format.TimeUnits},
	}, sharedY: true, crossings: true}
	cost := grids{axis: s.Axis, columns: s.Columns(), slices: shown, rows: []measure{
		{sweep.ServerCPU, "server CPU per message", format.TimeUnits}, {sweep.Batch, "messages per response", []format.Unit{{Size: 1}}},
	}}
	figures := []figure{
		{kind: Sweep, title: "latency over " + s.Axis.Parameter, caption: latency.caption(), body: latency.draw},
		{kind: SweepCost, title: "cost over " + s.Axis.Parameter, caption: cost.caption(), body: cost.draw},
	}
	if rows := further(answers, slices.Concat(latency.rows, cost.rows)); len(rows) > 0 {
		answer := grids{axis: s.Axis, columns: s.Columns(), slices: shown, rows: rows}
		figures = append(figures, figure{kind: SweepAnswer, title: "the answer over " + s.Axis.Parameter, caption: answer.caption(), body: answer.draw})
	}
	if len(s.Slices) > len(shown) {
		for i := range figures {
			figures[i].caption = append(figures[i].caption, fmt.Sprintf("Only the first %d of %d columns are drawn; the table has them all.", len(shown), len(s.Slices)))
		}
	}
	return figures
}

// mostMeasures is how many measures a slide of answers holds.
const mostMeasures = 4

// further are the answers that no other chart shows; where they are too many, medians stay out first, since arms are compared by tails.
func further(answers []sweep.Metric, shown []measure) []measure {
	var out []measure
	for _, a := range answers {
		if !slices.ContainsFunc(shown, func(m measure) bool { return m.Name == a.Name }) {
			out = append(out, measure{a, a.Title, a.Units})
		}
	}
	if len(out) > mostMeasures {
		out = slices.DeleteFunc(out, func(m measure) bool { return m.Median() })
	}
	return out[:min(len(out), mostMeasures)]
}

// measure is a metric with its words on a slide.
type measure struct {
	sweep.Metric
	title string
	units []format.Unit
}

// grids is panels in a grid: a row for each measure and a column for each slice; the measures stand side by side where there is only one slice.
type grids struct {
	axis      sweep.Axis
	columns   string // the parameters that differ between columns
	slices    []sweep.Slice
	rows      []measure
	sharedY   bool // the measures are alike and share one axis
	crossings bool
}

// points calls f for every measured point of a slice, with the range it lies in (its own value where there is none).
func points(s sweep.Slice, m sweep.Metric, f func(v float64, r sweep.Range)) {
	for _, c := range s.Curves[:min(len(s.Curves), maxArms)] {
		for _, p := range c.Points {
			if v, ok := m.Of(p.Cell); ok {
				r, ranged := m.RangeOf(p.Cell)
				if !ranged {
					r = sweep.Range{Lo: v, Hi: v}
				}
				f(v, r)
			}
		}
	}
}

// arms are those of all slices, each once: a run that was cut short lacks some in its last slice.
func (g grids) arms() []format.Arm {
	var out []format.Arm
	for _, s := range g.slices {
		for _, c := range s.Curves[:min(len(s.Curves), maxArms)] {
			if !slices.ContainsFunc(out, func(a format.Arm) bool { return a.Name == c.Arm.Name }) {
				out = append(out, c.Arm)
			}
		}
	}
	return out[:min(len(out), maxArms)]
}

// vertical is the y axis of one or several panels.
type vertical struct {
	span  span
	log   bool
	ticks plot.ConstantTicks
}

// vertical covers the given measures in all slices, so that panels can be compared by height.
func (g grids) vertical(measures []measure) vertical {
	lo, hi := math.Inf(1), 0.0
	for _, m := range measures {
		for _, s := range g.slices {
			points(s, m.Metric, func(v float64, r sweep.Range) { lo, hi = min(lo, v, r.Lo), max(hi, v, r.Hi) })
		}
	}
	if math.IsInf(lo, 1) {
		return vertical{span: span{0, 1}} // nothing measured, nothing to label
	}
	units := measures[0].units
	if hi > 0 && hi/max(1, lo) >= logRatio {
		s := logSpan(lo, hi)
		return vertical{s, true, logTicks(s, units)}
	}
	ticks := linearTicks(hi, units)
	return vertical{span{0, ticks[len(ticks)-1].Value}, false, ticks}
}

// at is where v stands between the ends of the axis, 0 to 1.
func (a vertical) at(v float64) float64 {
	if a.log {
		return min(1, logScale{}.Normalize(a.span.lo, a.span.hi, v))
	}
	return max(0, min(1, (v-a.span.lo)/(a.span.hi-a.span.lo)))
}

const (
	panelGap     = 22 * vg.Length(1)
	tickRoom     = 58 * vg.Length(1) // left of a panel for the labels of its y axis
	rowTitleRoom = 20 * vg.Length(1) // left of these for the title of a row
	nameRoom     = 196 * vg.Length(1)
	valueRoom    = 26 * vg.Length(1) // below a panel for the values
	axisNameRoom = 20 * vg.Length(1) // below the lowest for the parameter
	headLine     = 17 * vg.Length(1)
	swatchSize   = 34 * vg.Length(1)
)

// panels lays the grid out.
func (g grids) panels() [][]facet {
	axes := make([]vertical, len(g.rows))
	for i, m := range g.rows {
		axes[i] = g.vertical([]measure{m})
		if g.sharedY {
			axes[i] = g.vertical(g.rows)
		}
	}
	var rows [][]facet
	for i, m := range g.rows {
		var row []facet
		for _, s := range g.slices {
			row = append(row, facet{grids: g, measure: m, slice: s, y: axes[i], comparisons: g.comparisons(s, m.Metric)})
		}
		rows = append(rows, row)
	}
	if len(g.slices) == 1 {
		return [][]facet{slices.Concat(rows...)}
	}
	return rows
}

func (g grids) comparisons(s sweep.Slice, m sweep.Metric) []sweep.Comparison {
	if !g.crossings {
		return nil
	}
	return s.Compare(g.axis, m)
}

// draw draws all panels at equal sizes, with y labels where the axis changes, and the curves' names to the right of each row.
func (g grids) draw(c draw.Canvas) {
	rows := g.panels()
	free := c.Max.Y - c.Min.Y - axisNameRoom
	for _, row := range rows {
		free -= rowHead(row) + valueRoom
	}
	top := c.Max.Y
	for i, row := range rows {
		top -= rowHead(row)
		band := c
		band.Max.X -= nameRoom
		band.Max.Y, band.Min.Y = top, top-free/vg.Length(len(rows))
		g.drawRow(band, row, i == len(rows)-1)
		top = band.Min.Y - valueRoom
	}
}

// drawRow draws the panels of a row, c being the height of their data.
func (g grids) drawRow(c draw.Canvas, row []facet, lowest bool) {
	own := len(g.slices) == 1 && !g.sharedY // each panel has a y axis of its own
	labels := 1
	if own {
		labels = len(row)
	}
	x := c.Min.X
	if len(g.slices) > 1 {
		x += rowTitleRoom
	}
	n := vg.Length(len(row))
	width := (c.Max.X - x - tickRoom*vg.Length(labels) - panelGap*(n-1)) / n
	for j, f := range row {
		f.leftmost, f.lowest = j == 0 || own, lowest
		if f.leftmost {
			x += tickRoom
		}
		f.head, f.data = rowHead(row), c
		f.data.Min.X, f.data.Max.X = x, x+width
		f.draw()
		if j == len(row)-1 {
			f.names(g.arms())
		}
		x += width + panelGap
	}
}

// rowHead is the height above a row's panels: the title, and a line for each labelled crossover of the panel that has most.
func rowHead(row []facet) vg.Length {
	most := 0
	for _, f := range row {
		most = max(most, len(f.marks()))
	}
	return headLine*vg.Length(1+most) + 8
}

// caption says what was found, and explains only what occurs.
func (g grids) caption() []string {
	var out []string
	if g.crossings {
		out = g.findings()
	}
	if len(g.slices) > 1 {
		out = append(out, "Columns: "+g.columns+".")
	}
	return append(out, g.signs().caption(g.crossings)...)
}

// signs are what occurs in a chart and needs a word.
type signs struct{ ranged, weak, invalid, gap bool }

func (g grids) signs() signs {
	var s signs
	for _, slice := range g.slices {
		for _, c := range slice.Curves {
			for _, p := range c.Points {
				s.gap = s.gap || p.Cell == nil
				s.invalid = s.invalid || p.Cell != nil && p.Invalid()
				for _, m := range g.rows {
					_, measured := m.Of(p.Cell)
					s.weak = s.weak || measured && !m.Firm(p.Cell)
				}
			}
		}
		for _, m := range g.rows {
			points(slice, m.Metric, func(_ float64, r sweep.Range) { s.ranged = s.ranged || r.Lo < r.Hi })
		}
	}
	return s
}

func (s signs) caption(intervals bool) []string {
	var out []string
	for _, c := range []struct {
		occurs bool
		text   string
	}{
		{s.ranged && intervals, "Whiskers: 95 % confidence interval, or the range of the rounds where there is none."},
		{s.ranged && !intervals, "Whiskers: the range of the rounds."},
		{s.weak, "Thin lines: too few independent samples to carry the percentile."},
		{s.invalid, "Hollow: an invalid measurement, not to be quoted."},
		{s.gap, "Gaps: not measured."},
	} {
		if c.occurs {
			out = append(out, c.text)
		}
	}
	return out
}

// findings are the same words as under the table for one slice; for several there is no room.
func (g grids) findings() []string {
	var out []string
	located, bracketed := false, false
	for _, s := range g.slices {
		for _, m := range g.rows {
			out = append(out, s.Finding(g.axis, m.Metric)+".")
			for _, c := range s.Compare(g.axis, m.Metric) {
				for _, x := range c.Crossings {
					located, bracketed = located || x.Located, bracketed || !x.Located
				}
			}
		}
	}
	switch {
	case len(g.slices) == 1:
		return out
	case located:
		return []string{"Vertical lines: crossovers with WebSocket; in panels without one none can be placed, and the table says why."}
	case bracketed:
		return []string{"There are crossovers with WebSocket, but none can be placed between two neighbouring values; the table says what can be told."}
	}
	return []string{"No crossover with WebSocket can be told in the range, in any panel."}
}
