package chart

import (
	"fmt"
	"math"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"pushbench/report/format"
	"pushbench/report/recorded"
)

// timeline is an arm's latency second by second, its rounds one after another.
type timeline struct {
	series
	steps []step
}

// step is what is drawn of one second, or of several where a run has more than the slide has room for.
type step struct {
	from, to      time.Duration // on the chart's axis, on which rounds follow one another
	first         bool          // of its round
	warmup        bool
	mark          string // what begins here
	p50, p99, max float64
}

// maxSteps bounds an arm's steps: more are not told apart at 1,920 pixels, and the rasteriser slows down.
const maxSteps = 400

// timelines is latency over time, a row for each arm.
func timelines(arms []series, source *recorded.Histograms) (figure, error) {
	var all []timeline
	joined := false
	for _, s := range arms {
		seconds, err := source.Seconds(s.Index, s.Cell.Rounds)
		if err != nil {
			return figure{}, fmt.Errorf("%s: %w", s.Name, err)
		}
		t := timeline{s, marked(inARow(seconds), seconds, s.Cell.Stages)}
		joined = joined || len(t.steps) > maxSteps
		t.steps = thinned(t.steps)
		all = append(all, t)
	}
	f := figure{kind: OverTime, title: "latency over time", caption: []string{
		"Band: p50 to p99 of the messages due in each second; thin line: the slowest. Grey: warm-up, in no other figure. Rounds stand one after another.",
		"A second's p99 describes few messages and estimates nothing.",
	}}
	if joined {
		f.caption = append(f.caption, "Neighbouring seconds are joined; of each group the highest p50, p99 and maximum are drawn.")
	}
	f.body = func(c draw.Canvas) { drawTimelines(c, all) }
	return f, nil
}

// inARow puts rounds one after another on one axis.
func inARow(seconds []recorded.Second) []step {
	var steps []step
	var offset, end, start time.Duration
	round := -1
	for _, s := range seconds {
		first := s.Round != round
		if first {
			round, offset, start = s.Round, end, s.Start
		}
		end = max(end, offset+s.End-start)
		steps = append(steps, step{
			from: offset + s.Start - start, to: offset + s.End - start, first: first, warmup: s.Warmup,
			p50: float64(s.P50), p99: float64(s.P99), max: float64(s.Max),
		})
	}
	return steps
}

// thinned joins neighbours of one round and phase, keeping the highest: a stall must not be averaged away.
func thinned(steps []step) []step {
	size := (len(steps) + maxSteps - 1) / maxSteps
	if size <= 1 {
		return steps
	}
	var out []step
	joined := 0
	for _, s := range steps {
		last := len(out) - 1
		if last < 0 || joined >= size || s.first || s.mark != "" || s.warmup != out[last].warmup {
			out, joined = append(out, s), 1
			continue
		}
		o := &out[last]
		o.to, o.p50, o.p99, o.max = s.to, max(o.p50, s.p50), max(o.p99, s.p99), max(o.max, s.max)
		joined++
	}
	return out
}

func drawTimelines(c draw.Canvas, all []timeline) {
	area := draw.Crop(c, 62, -labelWidth, 0, 0)
	p := newPlot("time, rounds one after another", "")
	p.HideY()
	end := 0.0
	for _, t := range all {
		for _, s := range t.steps {
			end = max(end, float64(s.to))
		}
	}
	ticks := linearTicks(end, format.TimeUnits)
	p.X.Min, p.X.Max, p.X.Tick.Marker = 0, max(1, end), ticks
	p.Y.Min, p.Y.Max = 0, 1
	y := timelineAxis(all)
	p.Add(grid{onlyX: true}, timelinesPlotter{all, y})
	p.Draw(area)
	data := p.DataCanvas(area)
	for i, band := range bands(data, len(all)) {
		drawLabel(data, all[i].series, vg.Point{X: data.Max.X + 16, Y: (band.Min.Y + band.Max.Y) / 2}, percentileText(all[i].series))
	}
	if len(all) == 0 {
		noSamples(data)
	}
}

// timelineAxis is one logarithmic axis for all rows, so that arms can be compared by height.
func timelineAxis(all []timeline) span {
	lo, hi := math.Inf(1), 1.0
	for _, t := range all {
		for _, s := range t.steps {
			lo, hi = min(lo, max(1, s.p50)), max(hi, s.max)
		}
	}
	return logSpan(min(lo, hi), hi)
}

type timelinesPlotter struct {
	all []timeline
	y   span
}

// Plot implements plot.Plotter.
func (t timelinesPlotter) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	for i, band := range bands(c, len(t.all)) {
		y := func(v float64) vg.Length {
			return band.Min.Y + vg.Length(min(1, logScale{}.Normalize(t.y.lo, t.y.hi, v)))*(band.Max.Y-band.Min.Y)
		}
		at := func(d time.Duration) vg.Length { return min(c.Max.X, x(float64(d))) }
		t.frame(c, band, y)
		if len(t.all[i].steps) == 0 {
			sty := styleOf(labelSize, false, inkGrey)
			sty.XAlign = draw.XCenter
			write(c, sty, vg.Point{X: (band.Min.X + band.Max.X) / 2, Y: (band.Min.Y + band.Max.Y) / 2}, "no samples")
		}
		for _, run := range stretches(t.all[i].steps) {
			drawStretch(c, t.all[i].series, run, band, at, y)
		}
		drawMarks(c, t.all[i].steps, band, at)
	}
}

// frame labels the row's ends and the decades between.
func (t timelinesPlotter) frame(c draw.Canvas, band vg.Rectangle, y func(float64) vg.Length) {
	c.StrokeLine2(draw.LineStyle{Color: axis, Width: 0.75}, band.Min.X, band.Min.Y, band.Max.X, band.Min.Y)
	sty := styleOf(captionSize, false, inkGrey)
	sty.XAlign = draw.XRight
	free := band.Min.Y - linePitch
	for _, tick := range logTicks(t.y, format.TimeUnits) {
		at := y(tick.Value)
		if at-free < linePitch {
			continue
		}
		free = at
		c.StrokeLine2(draw.LineStyle{Color: rule, Width: 0.5}, band.Min.X, at, band.Max.X, at)
		write(c, sty, vg.Point{X: band.Min.X - 5, Y: at}, tick.Label)
	}
}

// stretches are runs of steps of one round and phase, with no second missing between them.
func stretches(steps []step) [][]step {
	var out [][]step
	for i, s := range steps {
		if i == 0 || s.first || s.warmup != steps[i-1].warmup || s.from > steps[i-1].to {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], s)
	}
	return out
}

// drawStretch draws steps as flat pieces: what is known of a second holds for the whole of it.
func drawStretch(c draw.Canvas, s series, run []step, band vg.Rectangle, x func(time.Duration) vg.Length, y func(float64) vg.Length) {
	if run[0].warmup {
		fillRect(c, shaded, x(run[0].from), band.Min.Y, x(run[len(run)-1].to), band.Max.Y)
	}
	outline := func(v func(step) float64) []vg.Point {
		var points []vg.Point
		for _, st := range run {
			points = append(points, vg.Point{X: x(st.from), Y: y(v(st))}, vg.Point{X: x(st.to), Y: y(v(st))})
		}
		return points
	}
	p50, p99 := outline(func(st step) float64 { return st.p50 }), outline(func(st step) float64 { return st.p99 })
	around := slices.Clone(p99)
	for _, point := range slices.Backward(p50) {
		around = append(around, point)
	}
	colour := colourOf(s.Arm)
	c.FillPolygon(tint(colour, 0.3), around)
	c.StrokeLines(draw.LineStyle{Color: colour, Width: 2}, p50)
	c.StrokeLines(draw.LineStyle{Color: tint(colour, 0.7), Width: 1.2}, p99)
	c.StrokeLines(draw.LineStyle{Color: inkGrey, Width: 0.6}, outline(func(st step) float64 { return st.max }))
}
