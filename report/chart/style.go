package chart

import (
	"image/color"
	"sort"
	"strings"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"pushbench/report/format"
)

// Sizes in points, as on a slide.
const (
	titleSize     = 24
	longTitleSize = 18
	subtitleSize  = 13
	labelSize     = 14
	tickSize      = 13
	captionSize   = 11.5
)

var (
	paper   = color.NRGBA{0xFF, 0xFF, 0xFF, 0xFF}
	inkDark = color.NRGBA{0x1F, 0x1F, 0x1F, 0xFF}
	inkGrey = color.NRGBA{0x55, 0x55, 0x55, 0xFF}
	rule    = color.NRGBA{0xDD, 0xDD, 0xDD, 0xFF}
	axis    = color.NRGBA{0x99, 0x99, 0x99, 0xFF}
	shaded  = color.NRGBA{0xEE, 0xEE, 0xEE, 0xFF}
)

type textStyle = text.Style

func styleOf(size float64, bold bool, c color.Color) textStyle {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Points(size)}
	if bold {
		f.Weight = xfont.WeightBold
	}
	return textStyle{Color: c, Font: f, YAlign: draw.YCenter, Handler: plot.DefaultTextHandler}
}

func write(c draw.Canvas, sty textStyle, at vg.Point, s string) {
	if s != "" {
		c.FillText(sty, at, s)
	}
}

// clipTo shortens s to width, ending in "…" where something was cut.
func clipTo(sty textStyle, s string, width vg.Length) string {
	if sty.Width(s) <= width {
		return s
	}
	runes := []rune(s)
	fits := sort.Search(len(runes), func(n int) bool { return sty.Width(string(runes[:n+1])+"…") > width })
	return strings.TrimRight(string(runes[:fits]), " ") + "…"
}

// wrapTo breaks s into at most limit lines of width; the last is clipped.
func wrapTo(sty textStyle, s string, width vg.Length, limit int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		next := strings.TrimSpace(line + " " + word)
		if line != "" && sty.Width(next) > width && len(lines) < limit-1 {
			lines = append(lines, line)
			next = word
		}
		line = next
	}
	if line == "" {
		return lines
	}
	return append(lines, clipTo(sty, line, width))
}

// tint mixes c with white: share 1 is c itself.
func tint(c color.NRGBA, share float64) color.NRGBA {
	mix := func(v uint8) uint8 { return uint8(float64(v)*share + 255*(1-share) + 0.5) }
	return color.NRGBA{mix(c.R), mix(c.G), mix(c.B), 0xFF}
}

// colourOf is the arm's colour: its transport's, paler for each further arm of the same transport.
func colourOf(a format.Arm) color.NRGBA {
	return tint(a.Look.Colour, max(0.4, 1-0.3*float64(a.Twin)))
}

func lineOf(a format.Arm, width vg.Length) draw.LineStyle {
	sty := draw.LineStyle{Color: colourOf(a), Width: width}
	for _, d := range a.Look.Dash {
		sty.Dashes = append(sty.Dashes, vg.Length(d)*width)
	}
	return sty
}

var glyphs = map[format.Marker]draw.GlyphDrawer{
	format.Circle: disc{}, format.Square: draw.BoxGlyph{}, format.Triangle: draw.PyramidGlyph{}, format.Diamond: diamond{}, format.Plus: draw.PlusGlyph{},
}

func glyphOf(a format.Arm) draw.GlyphStyle {
	return draw.GlyphStyle{Color: colourOf(a), Radius: 4.5, Shape: glyphs[a.Look.Marker]}
}

type disc struct{}

func (disc) DrawGlyph(c *draw.Canvas, sty draw.GlyphStyle, at vg.Point) {
	draw.CircleGlyph{}.DrawGlyph(c, sty, at)
}

type diamond struct{}

func (diamond) DrawGlyph(c *draw.Canvas, sty draw.GlyphStyle, at vg.Point) {
	r := sty.Radius * 1.25
	c.FillPolygon(sty.Color, []vg.Point{{X: at.X - r, Y: at.Y}, {X: at.X, Y: at.Y + r}, {X: at.X + r, Y: at.Y}, {X: at.X, Y: at.Y - r}})
}

// newPlot is an empty plot in the slide's style: light grid, no boxes, axes of the given labels.
func newPlot(x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		align := a.Tick.Label
		a.Tick.Label = styleOf(tickSize, false, inkGrey)
		a.Tick.Label.XAlign, a.Tick.Label.YAlign = align.XAlign, align.YAlign
		a.Tick.Length = 4
		a.Tick.Color, a.Color = axis, axis
		place := a.Label.TextStyle
		a.Label.TextStyle = styleOf(labelSize, false, inkDark)
		a.Label.TextStyle.XAlign, a.Label.TextStyle.YAlign = place.XAlign, place.YAlign
		a.Label.Padding = 4
		a.Padding = 0
	}
	p.X.Label.Text, p.Y.Label.Text = x, y
	return p
}
