package chart

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"pushbench/report/format"
	"pushbench/report/review"
)

// breakEven is the map of where a WebSocket pays, in the colours and words of the page: the model's ratio as areas, the measured cells as dots.
func breakEven(b *review.BreakEven) figure {
	f := figure{kind: BreakEven, title: "break-even map", body: breakEvenMap{b}.draw, caption: []string{
		"Polling is " + b.Polling.Name + ". Areas: the model. Dots: measured, in the colour of what was measured; the ringed one is this workload. Below: measured, then modelled.",
	}}
	f.caption = append(f.caption, b.Notes...)
	return f
}

// breakEvenMap lays the surfaces of a map out side by side.
type breakEvenMap struct{ *review.BreakEven }

const (
	mapGap      = 26 * vg.Length(1)
	mapHead     = 20 * vg.Length(1) // a surface's title
	mapFoot     = 44 * vg.Length(1) // the values and the name of the x axis
	readingLine = 16 * vg.Length(1)
)

func (m breakEvenMap) draw(c draw.Canvas) {
	top := m.legend(c) - 10
	bottom := c.Min.Y + mapFoot + readingLine*vg.Length(min(len(m.Dots), mostReadings))
	n := vg.Length(len(m.Surfaces))
	width := (c.Max.X - c.Min.X - tickRoom - mapGap*(n-1)) / n
	for i, s := range m.Surfaces {
		area := c
		area.Min.X = c.Min.X + tickRoom + vg.Length(i)*(width+mapGap)
		area.Max.X = area.Min.X + width
		area.Min.Y, area.Max.Y = bottom, top-mapHead
		title := styleOf(labelSize, true, inkDark)
		write(c, title, vg.Point{X: area.Min.X, Y: area.Max.Y + mapHead/2}, clipTo(title, s.Title, width))
		p := m.plane(area)
		p.surface(s)
		p.axes(i == 0)
		p.dots(m.Dots, m.Polling, s.Name)
		p.readings(m.Dots, s.Name)
	}
}

// legend names the bands and the line, and returns where it ends.
func (m breakEvenMap) legend(c draw.Canvas) vg.Length {
	sty := styleOf(captionSize+0.5, false, inkGrey)
	at := vg.Point{X: c.Min.X + tickRoom, Y: c.Max.Y - 6}
	for _, band := range review.Bands {
		fillRect(c, band.Light, at.X, at.Y-6, at.X+12, at.Y+6)
		c.StrokeLines(draw.LineStyle{Color: axis, Width: 0.5}, []vg.Point{{X: at.X, Y: at.Y - 6}, {X: at.X + 12, Y: at.Y - 6}, {X: at.X + 12, Y: at.Y + 6}, {X: at.X, Y: at.Y + 6}, {X: at.X, Y: at.Y - 6}})
		write(c, sty, vg.Point{X: at.X + 17, Y: at.Y}, band.Text)
		at.X += 17 + sty.Width(band.Text) + 14
	}
	c.StrokeLine2(turnLine, at.X, at.Y, at.X+18, at.Y)
	write(c, sty, vg.Point{X: at.X + 23, Y: at.Y}, "break-even")
	return at.Y - 8
}

var turnLine = draw.LineStyle{Color: inkDark, Width: 2}

// mapPlane is one surface's place on the slide; both axes are logarithmic.
type mapPlane struct {
	draw.Canvas
	x, y span
}

func (m breakEvenMap) plane(c draw.Canvas) mapPlane {
	return mapPlane{c, span{m.Rates[0], m.Rates[len(m.Rates)-1]}, span{m.RTTs[0], m.RTTs[len(m.RTTs)-1]}}
}

func (p mapPlane) at(rate, rtt float64) vg.Point {
	x, y := logScale{}.Normalize(p.x.lo, p.x.hi, min(rate, p.x.hi)), logScale{}.Normalize(p.y.lo, p.y.hi, min(rtt, p.y.hi))
	return vg.Point{X: p.Min.X + vg.Length(x)*(p.Max.X-p.Min.X), Y: p.Min.Y + vg.Length(y)*(p.Max.Y-p.Min.Y)}
}

// surface fills the regions, with a hairline of their own colour that closes the seams, and draws the line where the model turns.
func (p mapPlane) surface(s review.Surface) {
	for _, r := range s.Regions {
		outline := []vg.Point{p.at(r.LowFrom, r.Low), p.at(r.LowTo, r.Low), p.at(r.HighTo, r.High), p.at(r.HighFrom, r.High)}
		colour := review.Bands[r.Band].Light
		p.FillPolygon(colour, outline)
		p.StrokeLines(draw.LineStyle{Color: colour, Width: 0.6}, append(outline, outline[0]))
	}
	for i := 1; i < len(s.Regions); i++ {
		if a, b := s.Regions[i-1], s.Regions[i]; a.Turns(b) {
			p.StrokeLines(turnLine, []vg.Point{p.at(b.LowFrom, b.Low), p.at(b.HighFrom, b.High)})
		}
	}
}

// axes labels decades; only the first panel has the labels of the shared upright axis.
func (p mapPlane) axes(first bool) {
	sty, rules := styleOf(tickSize-1, false, inkGrey), draw.LineStyle{Color: translucent(axis), Width: 0.6}
	sty.XAlign = draw.XCenter
	for _, v := range decades(p.x) {
		at := p.at(v, p.y.lo)
		p.StrokeLine2(rules, at.X, p.Min.Y, at.X, p.Max.Y)
		write(p.Canvas, sty, vg.Point{X: at.X, Y: p.Min.Y - 10}, format.Plain(v))
	}
	sty.XAlign = draw.XRight
	for _, v := range decades(p.y) {
		at := p.at(p.x.lo, v)
		p.StrokeLine2(rules, p.Min.X, at.Y, p.Max.X, at.Y)
		if first {
			write(p.Canvas, sty, vg.Point{X: p.Min.X - 6, Y: at.Y}, format.Plain(v)+" ms")
		}
	}
	label := styleOf(captionSize, false, inkDark)
	label.XAlign = draw.XCenter
	write(p.Canvas, label, vg.Point{X: (p.Min.X + p.Max.X) / 2, Y: p.Min.Y - 26}, "messages per client per minute")
	if first {
		label.Rotation = math.Pi / 2
		write(p.Canvas, label, vg.Point{X: p.Min.X - tickRoom + 8, Y: (p.Min.Y + p.Max.Y) / 2}, "round-trip time")
	}
}

func decades(s span) []float64 {
	var out []float64
	for e := math.Ceil(math.Log10(s.lo) - 1e-9); math.Pow(10, e) <= s.hi*(1+1e-9); e++ {
		out = append(out, math.Pow(10, e))
	}
	return out
}

// dots are the cells of the transport that the surface is of.
func (p mapPlane) dots(all []review.Dot, polling review.ArmRef, surface string) {
	for _, d := range all {
		if d.Arm.Transport != polling.Transport {
			continue
		}
		at := p.at(d.Rate, d.RTT)
		if d.This {
			p.circle(at, 11, paper, 5)
			p.circle(at, 11, inkDark, 2)
		}
		if v := d.Measured[surface]; v.Known {
			p.DrawGlyphNoClip(draw.GlyphStyle{Color: review.Bands[review.BandOf(v.Number)].Light, Radius: 6, Shape: disc{}}, at)
		}
		p.circle(at, 6, inkDark, 1.6)
	}
}

func (p mapPlane) circle(at vg.Point, radius vg.Length, colour color.NRGBA, width vg.Length) {
	var path vg.Path
	path.Move(vg.Point{X: at.X + radius, Y: at.Y})
	path.Arc(at, radius, 0, 2*math.Pi)
	path.Close()
	p.SetLineStyle(draw.LineStyle{Color: colour, Width: width})
	p.Stroke(path)
}

// mostReadings is for how many cells there is room below a panel.
const mostReadings = 4

// readings are the measured ratios in words, of all transports.
func (p mapPlane) readings(all []review.Dot, surface string) {
	bold, sty := styleOf(captionSize, true, inkDark), styleOf(captionSize, false, inkGrey)
	for i, d := range all[:min(len(all), mostReadings)] {
		at := vg.Point{X: p.Min.X, Y: p.Min.Y - mapFoot - readingLine*vg.Length(i)}
		text := " " + d.Reading(surface)
		name := clipTo(bold, d.Label, p.Max.X-p.Min.X-sty.Width(text))
		write(p.Canvas, bold, at, name)
		write(p.Canvas, sty, vg.Point{X: at.X + bold.Width(name), Y: at.Y}, text)
	}
}
