package chart

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"pushbench/report/format"
	"pushbench/results"
)

// spreads is every round's p50 and p99, a row for each arm: how far apart repetitions lie.
func spreads(arms []series) figure {
	lo, hi := math.Inf(1), 0.0
	for _, s := range arms {
		for i := range s.Cell.Rounds {
			if l := s.Cell.Rounds[i].Latency; l != nil && l.Count > 0 {
				lo, hi = min(lo, float64(l.P50)), max(hi, float64(l.P99))
			}
		}
	}
	if hi == 0 {
		lo, hi = 1e6, 1e9
	}
	s := logSpan(lo, hi)
	return figure{kind: Rounds, title: "p50 and p99 of every round", caption: []string{
		"Upper marks of a row: p50, lower ones: p99, a mark for each round; the bars span them. Rounds of all arms alternated. Hollow: an invalid round.",
		"A difference between arms that is smaller than the rounds' own says nothing.",
	}, body: func(c draw.Canvas) {
		area := draw.Crop(c, 30, -labelWidth, 0, 0)
		p := newPlot("latency, log scale", "")
		p.HideY()
		p.X.Min, p.X.Max, p.X.Scale, p.X.Tick.Marker = s.lo, s.hi, logScale{}, logTicks(s, format.TimeUnits)
		p.Y.Min, p.Y.Max = 0, 1
		p.Add(grid{onlyX: true}, spreadPlotter(arms))
		p.Draw(area)
		data := p.DataCanvas(area)
		for i, band := range bands(data, len(arms)) {
			drawLabel(data, arms[i], vg.Point{X: data.Max.X + 16, Y: (band.Min.Y + band.Max.Y) / 2}, percentileText(arms[i]))
		}
		if len(arms) == 0 {
			noSamples(data)
		}
	}}
}

type spreadPlotter []series

// Plot implements plot.Plotter.
func (arms spreadPlotter) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	for i, band := range bands(c, len(arms)) {
		c.StrokeLine2(draw.LineStyle{Color: axis, Width: 0.75}, band.Min.X, band.Min.Y, band.Max.X, band.Min.Y)
		height := band.Max.Y - band.Min.Y
		arms[i].marks(c, band.Min.Y+0.68*height, x, func(s *results.Summary) int64 { return s.P50 })
		arms[i].marks(c, band.Min.Y+0.28*height, x, func(s *results.Summary) int64 { return s.P99 })
	}
}

// marks draws one percentile of every round at height y, and a bar from the smallest to the largest.
func (s series) marks(c draw.Canvas, y vg.Length, x func(float64) vg.Length, pick func(*results.Summary) int64) {
	lo, hi := vg.Length(math.Inf(1)), vg.Length(math.Inf(-1))
	type mark struct {
		at    vg.Length
		valid bool
	}
	var marks []mark
	for i := range s.Cell.Rounds {
		r := &s.Cell.Rounds[i]
		if r.Latency == nil || r.Latency.Count == 0 {
			continue
		}
		at := x(float64(pick(r.Latency)))
		lo, hi = min(lo, at), max(hi, at)
		marks = append(marks, mark{at, r.Verdict == results.Valid})
	}
	if len(marks) == 0 {
		return
	}
	c.StrokeLine2(draw.LineStyle{Color: tint(colourOf(s.Arm), 0.45), Width: 5}, lo, y, hi, y)
	for _, m := range marks {
		glyph := glyphOf(s.Arm)
		if !m.valid {
			glyph.Shape = draw.RingGlyph{}
		}
		c.DrawGlyphNoClip(glyph, vg.Point{X: m.at, Y: y})
	}
}
