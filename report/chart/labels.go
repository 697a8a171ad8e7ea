package chart

import (
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"pushbench/report/format"
)

// labelPitch is the height of a label of two lines.
const labelPitch = 38 * vg.Length(1)

// drawLabels names each arm to the right of its curve's end, joined to it by a hairline, spread so that no two overlap. Arms without a curve come below.
func drawLabels(data draw.Canvas, p *plot.Plot, arms []series, curves []curve) {
	_, y := p.Transforms(&data)
	end := map[int]vg.Length{}
	for _, s := range curves {
		end[s.Index] = y(s.ns[len(s.ns)-1])
	}
	ends := make([]vg.Length, len(arms))
	for i, s := range arms {
		ends[i] = data.Min.Y
		if at, drawn := end[s.Index]; drawn {
			ends[i] = at
		}
	}
	places := spread(ends, labelPitch, data.Min.Y+labelPitch/2, data.Max.Y-labelPitch/2)
	left := data.Max.X + 16
	for i, s := range arms {
		if at, drawn := end[s.Index]; drawn {
			data.StrokeLine2(draw.LineStyle{Color: axis, Width: 0.7}, data.Max.X+2, at, left-2, places[i])
		}
		drawLabel(data, s, vg.Point{X: left, Y: places[i]}, percentileText(s))
	}
}

// drawLabel is a sample of the arm's line and marker, its name, and below it a line of numbers.
func drawLabel(c draw.Canvas, s series, at vg.Point, numbers string) {
	const swatch = 48
	c.StrokeLine2(lineOf(s.Arm, 2.5), at.X, at.Y+8, at.X+swatch, at.Y+8)
	c.DrawGlyphNoClip(glyphOf(s.Arm), vg.Point{X: at.X + swatch/2, Y: at.Y + 8})
	room := labelWidth - 22
	name := fitting(s.label(), room-swatch-6)
	write(c, name, vg.Point{X: at.X + swatch + 6, Y: at.Y + 8}, clipLabel(name, s, room-swatch-6))
	small := styleOf(captionSize, false, inkGrey)
	write(c, small, vg.Point{X: at.X, Y: at.Y - 9}, clipTo(small, numbers, room))
}

// fitting is the style for a label: smaller where it would not fit, since the end of a name is what tells two targets apart.
func fitting(label string, width vg.Length) textStyle {
	sty := styleOf(labelSize, true, inkDark)
	if sty.Width(label) > width {
		return styleOf(captionSize-0.5, true, inkDark)
	}
	return sty
}

// fittingAll is one style for labels that stand beside one another: smaller for all where one would not fit.
func fittingAll(labels []string, width vg.Length) textStyle {
	for _, label := range labels {
		if sty := fitting(label, width); sty.Font.Size < vg.Points(labelSize) {
			return sty
		}
	}
	return fitting("", width)
}

// heading stands above a panel, on two lines where one is too short.
func heading(c draw.Canvas, at vg.Point, text string, sty textStyle, room vg.Length) {
	const pitch = 13
	lines := wrapTo(sty, text, room, 2)
	if len(lines) > 1 {
		at.Y += pitch / 3
	}
	for i, line := range lines {
		write(c, sty, vg.Point{X: at.X, Y: at.Y - vg.Length(i)*pitch}, clipTo(sty, line, room))
	}
}

// clipLabel shortens the name but never what says that the arm is invalid.
func clipLabel(sty textStyle, s series, width vg.Length) string {
	mark := s.label()[len(s.Name):]
	return clipTo(sty, s.Name, width-sty.Width(mark)) + mark
}

// percentileText has the two numbers people compare, marked "~" where too few independent samples carry them, as in the table.
func percentileText(s series) string {
	return quantileText(s, s.latency, 0.5) + " · " + quantileText(s, s.latency, 0.99)
}

func quantileText(s series, h *hdrhistogram.Histogram, q float64) string {
	if h == nil {
		return percentName(q) + " " + format.NA
	}
	mark := " "
	if !format.Enough(s.independent(), q) {
		mark = " ~"
	}
	return percentName(q) + mark + format.Nanoseconds(at(h, q))
}

// spread moves places as little as needed to be pitch apart within lo and hi, keeping their order; where there is no room, pitch shrinks.
func spread(places []vg.Length, pitch, lo, hi vg.Length) []vg.Length {
	order := make([]int, len(places))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case places[a] < places[b]:
			return -1
		case places[a] > places[b]:
			return 1
		}
		return b - a // equal ends: the first arm on top
	})
	if n := len(places); n > 1 {
		pitch = min(pitch, (hi-lo)/vg.Length(n-1))
	}
	out := make([]vg.Length, len(places))
	floor := lo
	for _, i := range order {
		out[i] = max(places[i], floor)
		floor = out[i] + pitch
	}
	ceiling := hi
	for _, i := range slices.Backward(order) {
		out[i] = min(out[i], ceiling)
		ceiling = out[i] - pitch
	}
	return out
}

// noSamples says in the middle of the axes that there is nothing on them.
func noSamples(c draw.Canvas) {
	sty := styleOf(titleSize, false, inkGrey)
	sty.XAlign = draw.XCenter
	write(c, sty, c.Center(), "no samples")
}

// grid draws light lines at the labelled ticks, under everything else.
type grid struct{ onlyX bool }

// Plot implements plot.Plotter.
func (g grid) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	line := draw.LineStyle{Color: rule, Width: 0.75}
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		if t.Value > p.X.Max {
			continue // a bar chart's last tick may lie beyond its axis
		}
		c.StrokeLine2(line, x(t.Value), c.Min.Y, x(t.Value), c.Max.Y)
	}
	if g.onlyX {
		return
	}
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		c.StrokeLine2(line, c.Min.X, y(t.Value), c.Max.X, y(t.Value))
	}
}
