package chart

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"pushbench/report/format"
	"pushbench/report/sweep"
)

// facet is one panel of a sweep: a measure of a slice over the axis. Panels are drawn without gonum's axes, which take their margins from their labels, so
// that panels beside one another would not stand level.
type facet struct {
	grids
	measure
	slice       sweep.Slice
	y           vertical
	comparisons []sweep.Comparison

	data             draw.Canvas
	head             vg.Length // above the data
	leftmost, lowest bool
}

// inset keeps the first and last points off the frame, and headroom the highest off the title.
const (
	inset    = 12 * vg.Length(1)
	headroom = 8 * vg.Length(1)
)

// xAt is where a position of the axis stands.
func (f facet) xAt(position float64) vg.Length {
	first, last := f.axis.Position(0), f.axis.Position(len(f.axis.Values)-1)
	share := 0.5
	if last > first {
		share = (position - first) / (last - first)
	}
	return f.data.Min.X + inset + vg.Length(share)*(f.data.Max.X-f.data.Min.X-2*inset)
}

func (f facet) yAt(v float64) vg.Length {
	return f.data.Min.Y + vg.Length(f.y.at(v))*(f.data.Max.Y-f.data.Min.Y-headroom)
}

func (f facet) curves() []sweep.Curve { return f.slice.Curves[:min(len(f.slice.Curves), maxArms)] }

func (f facet) draw() {
	f.drawY()
	f.drawX()
	f.title()
	f.drawMarks()
	for _, c := range f.curves() {
		f.line(c)
	}
	for _, c := range f.curves() {
		f.glyphs(c)
	}
	if !f.measured() {
		sty := styleOf(captionSize, false, inkGrey)
		sty.XAlign = draw.XCenter
		write(f.data, sty, f.data.Center(), "not measured")
	}
}

func (f facet) measured() bool {
	any := false
	points(f.slice, f.Metric, func(float64, sweep.Range) { any = true })
	return any
}

// title names the measure, or the slice where there are several; then the measure stands beside the row.
func (f facet) title() {
	room := f.data.Max.X - f.data.Min.X
	text := f.heading()
	if fitting(text, room).Width(text) > room {
		text = f.measure.title // the axis shows whether it is logarithmic
	}
	if f.slice.Name != "" {
		sty := styleOf(captionSize+0.5, true, inkDark)
		if text = f.slice.Name; sty.Width(text) > room {
			text = "… = " + f.slice.Values
		}
		if f.leftmost {
			f.rowTitle()
		}
		write(f.data, sty, vg.Point{X: f.data.Min.X, Y: f.data.Max.Y + f.head - headLine/2 - 2}, clipTo(sty, text, room))
		return
	}
	var titles []string
	for _, m := range f.rows {
		titles = append(titles, m.title)
	}
	heading(f.data, vg.Point{X: f.data.Min.X, Y: f.data.Max.Y + f.head - headLine/2 - 2}, text, fittingAll(append(titles, text), room), room)
}

func (f facet) heading() string {
	if f.y.log {
		return f.measure.title + ", log scale"
	}
	return f.measure.title
}

// rowTitle stands upright beside the y axis of the first panel.
func (f facet) rowTitle() {
	flat := styleOf(captionSize+0.5, true, inkDark)
	text := clipTo(flat, f.heading(), f.data.Max.Y-f.data.Min.Y+f.head)
	upright := flat
	upright.Rotation, upright.XAlign = math.Pi/2, draw.XCenter
	write(f.data, upright, vg.Point{X: f.data.Min.X - tickRoom - rowTitleRoom + 8, Y: (f.data.Min.Y + f.data.Max.Y) / 2}, text)
}

// linePitch is the least distance between the labels of an upright axis.
const linePitch = 14 * vg.Length(1)

// drawY rules a line at every tick. Powers of ten have the first claim to a label, the others where there is room.
func (f facet) drawY() {
	sty := styleOf(tickSize, false, inkGrey)
	sty.XAlign = draw.XRight
	var taken []vg.Length
	for _, powers := range []bool{true, false} {
		for _, t := range f.y.ticks {
			y := f.yAt(t.Value)
			near := slices.ContainsFunc(taken, func(other vg.Length) bool { return max(y-other, other-y) < linePitch })
			if isPower(t.Value) != powers {
				continue
			}
			f.data.StrokeLine2(draw.LineStyle{Color: rule, Width: 0.75}, f.data.Min.X, y, f.data.Max.X, y)
			if f.leftmost && !near {
				taken = append(taken, y)
				write(f.data, sty, vg.Point{X: f.data.Min.X - 6, Y: y + 1.5}, t.Label)
			}
		}
	}
}

func isPower(v float64) bool {
	if v <= 0 {
		return v == 0
	}
	e := math.Log10(v)
	return math.Abs(e-math.Round(e)) < 1e-9
}

// drawX labels the values as the scenario writes them; of those that would overlap only the first.
func (f facet) drawX() {
	sty := styleOf(tickSize, false, inkGrey)
	if len(f.slices) > 3 {
		sty = styleOf(captionSize-0.5, false, inkGrey)
	}
	sty.XAlign = draw.XCenter
	base := f.data.Min.Y
	f.data.StrokeLine2(draw.LineStyle{Color: axis, Width: 1}, f.data.Min.X, base, f.data.Max.X, base)
	free := f.data.Min.X - tickRoom
	for i, v := range f.axis.Values {
		x := f.xAt(f.axis.Position(i))
		f.data.StrokeLine2(draw.LineStyle{Color: axis, Width: 0.75}, x, base-4, x, base)
		text := clipTo(sty, v.Text, 90)
		if half := sty.Width(text) / 2; x-half >= free {
			write(f.data, sty, vg.Point{X: x, Y: base - 13}, text)
			free = x + half + 7
		}
	}
	label := styleOf(labelSize-1, false, inkDark)
	label.XAlign = draw.XCenter
	text := f.axis.Parameter
	if f.axis.Log {
		text += ", log scale"
	}
	if f.lowest {
		write(f.data, label, vg.Point{X: (f.data.Min.X + f.data.Max.X) / 2, Y: base - valueRoom - axisNameRoom/2 + 3}, clipTo(label, text, f.data.Max.X-f.data.Min.X+panelGap))
	}
}

// mark is a crossover with a place, and the curve that crosses.
type mark struct {
	curve sweep.Curve
	sweep.Crossing
}

// maxMarks keeps curves that cross again and again from filling the panel's head; the caption has them all.
const maxMarks = 3

func (f facet) marks() []mark {
	var out []mark
	for _, c := range f.comparisons {
		for _, x := range c.Crossings {
			if x.Located && len(out) < maxMarks {
				out = append(out, mark{c.Curve, x})
			}
		}
	}
	return out
}

// text is as long as the room allows; the value always stands in it.
func (m mark) text(sty textStyle, room vg.Length) string {
	verb := " higher from ≈"
	if m.Falls {
		verb = " lower from ≈"
	}
	for _, s := range []string{m.curve.Arm.Name + verb + m.Text, m.curve.Arm.Name + " ≈" + m.Text, "≈" + m.Text} {
		if sty.Width(s) <= room {
			return s
		}
	}
	return m.Text
}

// drawMarks draws a vertical line at each crossover up to its label above the panel.
func (f facet) drawMarks() {
	sty := styleOf(captionSize+0.5, true, inkDark)
	for i, m := range f.marks() {
		x, y := f.xAt(m.Position), f.data.Max.Y+headLine*vg.Length(i)+headLine/2
		line := draw.LineStyle{Color: inkGrey, Width: 1.2, Dashes: []vg.Length{4, 3}}
		f.data.StrokeLine2(line, x, f.data.Min.Y, x, y)
		sty.Color = shade(colourOf(m.curve.Arm))
		before, after := x-f.data.Min.X-5, f.data.Max.X-x-5
		text := m.text(sty, max(before, after))
		left := x + 5
		if before > after {
			left = x - 5 - sty.Width(text)
		}
		write(f.data, sty, vg.Point{X: left, Y: y}, text)
	}
}

// shade darkens a colour so that text in it can be read on white.
func shade(c color.NRGBA) color.NRGBA {
	return color.NRGBA{uint8(float64(c.R) * 0.8), uint8(float64(c.G) * 0.8), uint8(float64(c.B) * 0.8), 0xFF}
}

// place is where a point of a curve stands, if it was measured.
func (f facet) place(c sweep.Curve, i int) (vg.Point, bool) {
	v, ok := f.Metric.Of(c.Cell(i))
	return vg.Point{X: f.xAt(f.axis.Position(i)), Y: f.yAt(v)}, ok
}

// line joins neighbouring points, thin where either end is invalid or carried by too few samples. Over values without order nothing is joined, and a value
// that was not measured leaves a gap.
func (f facet) line(c sweep.Curve) {
	if !f.axis.Ordered {
		return
	}
	thin := lineOf(c.Arm, 1.1)
	thin.Color = tint(colourOf(c.Arm), 0.75)
	var run []vg.Point
	strong := true
	flush := func() {
		if sty := thin; len(run) > 1 {
			if strong {
				sty = lineOf(c.Arm, 3)
			}
			f.data.StrokeLines(sty, run)
		}
	}
	for i := range c.Points {
		at, ok := f.place(c, i)
		if !ok {
			flush()
			run = nil
			continue
		}
		if n := len(run); n > 0 {
			if firm := f.firm(c, i-1) && f.firm(c, i); firm != strong {
				flush()
				run, strong = run[n-1:n:n], firm
			}
		}
		run = append(run, at)
	}
	flush()
}

func (f facet) firm(c sweep.Curve, i int) bool {
	return !c.Points[i].Invalid() && f.Metric.Firm(c.Cell(i))
}

// glyphs draws whiskers and markers, hollow for an invalid cell.
func (f facet) glyphs(c sweep.Curve) {
	for i := range c.Points {
		at, ok := f.place(c, i)
		if !ok {
			continue
		}
		if r, ranged := f.Metric.RangeOf(c.Cell(i)); ranged {
			f.data.StrokeLine2(draw.LineStyle{Color: colourOf(c.Arm), Width: 1.2}, at.X, f.yAt(r.Lo), at.X, f.yAt(r.Hi))
		}
		glyph := glyphOf(c.Arm)
		if c.Points[i].Invalid() {
			hollow(f.data, glyph, at)
			continue
		}
		f.data.DrawGlyphNoClip(glyph, at)
	}
}

// hollow draws the outline of a marker and paper within.
func hollow(c draw.Canvas, glyph draw.GlyphStyle, at vg.Point) {
	glyph.Radius *= 1.2
	if _, strokes := glyph.Shape.(draw.PlusGlyph); strokes {
		glyph.Shape = disc{} // a plus has no inside
	}
	c.DrawGlyphNoClip(glyph, at)
	glyph.Color, glyph.Radius = paper, glyph.Radius*0.6
	c.DrawGlyphNoClip(glyph, at)
}

// names stands to the right of a row, each arm level with its curve's last point and joined to it by a hairline. An arm that the last panel lacks says so, and stands
// where it ends in another: a sample of its line at the axis would read as a value.
func (f facet) names(arms []format.Arm) {
	points := make([]vg.Point, len(arms))
	ends := make([]vg.Length, len(arms))
	for i, a := range arms {
		points[i] = f.end(a)
		ends[i] = max(f.height(a), f.data.Min.Y)
	}
	const pitch = 22
	left := f.data.Max.X + 16
	room := nameRoom - 16 - swatchSize - 6
	for i, y := range spread(ends, pitch, f.data.Min.Y, f.data.Max.Y) {
		name := arms[i].Name
		if at := points[i]; at != (vg.Point{}) {
			f.data.StrokeLine2(draw.LineStyle{Color: axis, Width: 0.7}, at.X+7, at.Y, left-3, y)
		} else {
			name += ": " + format.NA
		}
		f.data.StrokeLine2(lineOf(arms[i], 2.5), left, y, left+swatchSize, y)
		f.data.DrawGlyphNoClip(glyphOf(arms[i]), vg.Point{X: left + swatchSize/2, Y: y})
		sty := fitting(name, room)
		write(f.data, sty, vg.Point{X: left + swatchSize + 6, Y: y + 1.5}, clipTo(sty, name, room))
	}
}

// height is where an arm's curve ends: in this panel, or else in the last one of the row that has it; panels of a row share their upright scale. It is 0 if none has.
func (f facet) height(a format.Arm) vg.Length {
	height := f.end(a).Y
	for i := len(f.slices) - 1; i >= 0 && height == 0; i-- {
		f.slice = f.slices[i]
		height = f.end(a).Y
	}
	return height
}

// end is the last point of an arm's curve; the zero point if nothing of it is drawn here.
func (f facet) end(a format.Arm) vg.Point {
	var last vg.Point
	for _, c := range f.curves() {
		for i := range c.Points {
			if at, ok := f.place(c, i); ok && c.Arm.Name == a.Name {
				last = at
			}
		}
	}
	return last
}
