package chart

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"strings"
	"sync"

	"git.sr.ht/~sbinet/gg"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"pushbench/report/format"
	"pushbench/report/recorded"
	"pushbench/report/review"
	"pushbench/report/sweep"
	"pushbench/results"
)

// A slide is 13⅓ × 7½ inches; at 144 dots per inch that is 1920×1080, and font sizes are those of a presentation.
const (
	slideWidth  = 960 * vg.Length(1)
	slideHeight = 540 * vg.Length(1)
	slideDPI    = 144
	margin      = 30 * vg.Length(1)
)

// figure is one chart before it has a format.
type figure struct {
	kind            Kind
	title, subtitle string
	caption         []string
	body            func(draw.Canvas)
}

// figuresOf makes the charts of a scenario. Of a sweep the charts of single arms would overlay dozens of them, so it has charts of its own instead.
func figuresOf(g format.Group, m *review.BreakEven, env results.Environment, source *recorded.Histograms) ([]figure, error) {
	var figures []figure
	var err error
	if s, swept := sweep.Of(g); swept {
		figures = sweepFigures(s, sweep.Answers(&g.Scenario))
		g.Scenario.Sweep = s.Parameters()
	} else if figures, err = armFigures(g, source); err != nil {
		return nil, err
	}
	back, err := recoveries(g, source)
	if err != nil {
		return nil, err
	}
	figures = append(figures, back...)
	if m != nil {
		figures = append(figures, breakEven(m))
	}
	for i := range figures {
		f := &figures[i]
		f.title = g.Title() + ": " + f.title
		f.subtitle = format.Workload(g.Scenario) + " · " + format.Machine(env)
	}
	return figures, nil
}

// armFigures are the charts of arms that are compared with one another.
func armFigures(g format.Group, source *recorded.Histograms) ([]figure, error) {
	arms, err := load(g.Arms, source)
	if err != nil {
		return nil, err
	}
	overTime, err := timelines(arms, source)
	if err != nil {
		return nil, err
	}
	figures := []figure{percentiles(arms), latencies(arms), overheads(arms), costs(arms), overTime, spreads(arms), clientCosts(arms), responses(arms)}
	figures = append(figures, answers(g, arms))
	if hidden := len(g.Arms) - len(arms); hidden > 0 {
		for i := range figures {
			figures[i].caption = append(figures[i].caption, fmt.Sprintf("%d more arms are not drawn; the table has them all.", hidden))
		}
	}
	return figures, nil
}

// captionLines is enough for the notes of a map of which every kind occurs.
const captionLines = 5

// draw lays the figure out: title and subtitle above, caption below, the body between.
func (f figure) draw(c draw.Canvas) {
	width := c.Max.X - c.Min.X - 2*margin
	y := c.Max.Y - margin*0.8
	title := styleOf(titleSize, true, inkDark)
	if title.Width(f.title) > width {
		title = styleOf(longTitleSize, true, inkDark)
	}
	write(c, title, vg.Point{X: margin, Y: y}, clipTitle(title, f.title, width))
	y -= 27
	small := styleOf(subtitleSize, false, inkGrey)
	for _, line := range wrapTo(small, f.subtitle, width, 2) {
		write(c, small, vg.Point{X: margin, Y: y}, line)
		y -= 17
	}
	note := styleOf(captionSize, false, inkGrey)
	lines := wrapTo(note, strings.Join(f.caption, " "), width, captionLines)
	bottom := margin*0.5 + vg.Length(len(lines))*15
	for i, line := range lines {
		write(c, note, vg.Point{X: margin, Y: bottom - vg.Length(i)*15}, line)
	}
	f.body(draw.Crop(c, margin, -margin, bottom+8, y-8-c.Max.Y))
}

// clipTitle clips what comes before the last colon, so that a long scenario title leaves what is shown readable.
func clipTitle(sty textStyle, title string, width vg.Length) string {
	at := strings.LastIndex(title, ": ")
	if at < 0 || sty.Width(title) <= width {
		return clipTo(sty, title, width)
	}
	return clipTo(sty, title[:at], width-sty.Width(title[at:])) + title[at:]
}

// encodings are the formats every figure is written in.
var encodings = []struct {
	extension string
	encode    func(io.Writer, figure) error
}{{".svg", encodeSVG}, {".png", encodePNG}}

// slides are images to draw on, used again: one is 6 MB, and a run draws a dozen.
var slides = sync.Pool{New: func() any {
	return image.NewRGBA(image.Rect(0, 0, int(slideWidth/vg.Inch*slideDPI), int(slideHeight/vg.Inch*slideDPI)))
}}

func encodePNG(w io.Writer, f figure) error {
	slide := slides.Get().(*image.RGBA)
	defer slides.Put(slide)
	// As vgimg makes its own, but without two more copies of the image. It paints the paper first.
	ctx := gg.NewContextForRGBA(slide)
	ctx.SetLineCapButt()
	ctx.InvertY()
	c := vgimg.NewWith(vgimg.UseDPI(slideDPI), vgimg.UseImageWithContext(slide, ctx))
	f.draw(draw.New(c))
	fast := png.Encoder{CompressionLevel: png.BestSpeed, BufferPool: &pngBuffers} // half the time, for a file that is 3 % larger
	return fast.Encode(w, slide)
}

// pngBuffers keeps what an encoder needs for the next. The zero value is empty.
var pngBuffers bufferPool

type bufferPool struct{ pool sync.Pool }

func (p *bufferPool) Get() *png.EncoderBuffer {
	b, _ := p.pool.Get().(*png.EncoderBuffer)
	return b
}

func (p *bufferPool) Put(b *png.EncoderBuffer) { p.pool.Put(b) }

// The attribute gonum writes has no substitute for a viewer without the Liberation fonts, which then falls back to a serif font of other widths. Text cannot
// hold this string, since a quotation mark in it is escaped.
var (
	svgFont       = []byte(`style="font-family:Liberation Sans;`)
	svgSubstitute = []byte(`style="font-family:'Liberation Sans',Arial,Helvetica,sans-serif;`)
)

func encodeSVG(w io.Writer, f figure) error {
	c := vgsvg.New(slideWidth, slideHeight)
	page := draw.New(c)
	page.SetColor(paper)
	page.Fill(page.Rectangle.Path())
	f.draw(page)
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return err
	}
	_, err := w.Write(bytes.ReplaceAll(b.Bytes(), svgFont, svgSubstitute))
	return err
}
