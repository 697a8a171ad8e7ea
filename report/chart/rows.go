package chart

import (
	"fmt"
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"pushbench/report/format"
	"pushbench/report/recorded"
)

// histograms is a chart of one histogram per arm, in rows that share one logarithmic axis.
type histograms struct {
	arms    []series
	pick    func(series) *hdrhistogram.Histogram
	axis    string
	units   []format.Unit
	numbers func(series) string
	marks   bool // draw p50 and p99 into the rows
}

// latencies is the latency histogram of every arm.
func latencies(arms []series) figure {
	h := histograms{arms, func(s series) *hdrhistogram.Histogram { return s.latency }, "latency, log scale", format.TimeUnits, percentileText, true}
	return h.figure(Latency, "latency histogram")
}

// overheads is the histogram of overhead bytes per message of every arm.
func overheads(arms []series) figure {
	h := histograms{arms, func(s series) *hdrhistogram.Histogram { return s.overhead }, "overhead per message, log scale", format.ByteUnits, overheadText, false}
	f := h.figure(Overhead, "overhead bytes per message")
	f.caption = append(f.caption, "Overhead: every byte both ways beyond the payload, handshakes apart.")
	return f
}

func overheadText(s series) string {
	if s.overhead == nil {
		return "mean " + format.NA
	}
	return "mean " + format.Bytes(s.overhead.Mean()) + " · p99 " + format.Bytes(at(s.overhead, 0.99))
}

func (h histograms) figure(kind Kind, title string) figure {
	bins, s := h.binning()
	rows := h.rows(bins)
	return figure{kind: kind, title: title, caption: h.caption(rows, bins), body: func(c draw.Canvas) {
		area := draw.Crop(c, 44, -labelWidth, 0, 0)
		p := newPlot(h.axis, "")
		p.HideY()
		p.X.Min, p.X.Max, p.X.Scale, p.X.Tick.Marker = s.lo, s.hi, logScale{}, logTicks(s, h.units)
		p.Y.Min, p.Y.Max = 0, 1
		p.Add(grid{onlyX: true}, rowsPlotter{rows, bins, h.marks})
		p.Draw(area)
		data := p.DataCanvas(area)
		for i, band := range bands(data, len(rows)) {
			middle := vg.Point{X: data.Max.X + 16, Y: (band.Min.Y + band.Max.Y) / 2}
			drawLabel(data, rows[i].series, middle, h.numbers(rows[i].series))
		}
		if len(rows) == 0 {
			noSamples(data)
		}
	}}
}

// belowAxis is the share of an arm's messages that may lie below the axis: a few early ones would stretch a logarithmic axis by decades.
const belowAxis = 0.001

// binning covers all arms' values but the very lowest, on an axis with clean ends.
func (h histograms) binning() (recorded.Bins, span) {
	lo, hi := math.Inf(1), 0.0
	for _, s := range h.arms {
		if g := h.pick(s); g != nil {
			lo, hi = min(lo, at(g, belowAxis)), max(hi, float64(g.Max()))
		}
	}
	if hi == 0 && math.IsInf(lo, 1) {
		lo, hi = 1, 1000
	}
	s := logSpan(lo, hi)
	return recorded.NewBins(s.lo, s.hi), s
}

// histogramRow is one arm's row: its shares by bin (nil without samples) and the share that its full height stands for.
type histogramRow struct {
	series
	hist   *hdrhistogram.Histogram
	shares []float64
	full   float64
	own    bool // full is this row's own, not the same for all
}

// unlikePeaks is the ratio of peaks from which a common height would flatten the lowest row beyond recognition.
const unlikePeaks = 8

func (h histograms) rows(bins recorded.Bins) []histogramRow {
	var rows []histogramRow
	highest, lowest := 0.0, 1.0
	for _, s := range h.arms {
		row := histogramRow{series: s, hist: h.pick(s)}
		if row.hist != nil {
			row.shares = bins.Shares(row.hist)
			row.full = peak(row.shares)
			highest, lowest = max(highest, row.full), min(lowest, row.full)
		}
		rows = append(rows, row)
	}
	for i := range rows {
		rows[i].own = highest > unlikePeaks*lowest
		if !rows[i].own {
			rows[i].full = highest
		}
	}
	return rows
}

func peak(shares []float64) float64 {
	top := 0.0
	for _, s := range shares {
		top = max(top, s)
	}
	return top
}

func (h histograms) caption(rows []histogramRow, bins recorded.Bins) []string {
	caption := []string{fmt.Sprintf("Height: share of messages in each bin; a bin is %s %% wide.", format.Trim(100*bins.Width()))}
	if len(rows) > 0 && rows[0].own {
		caption = append(caption, "Each row has its own height scale.")
	}
	if h.marks {
		caption = append(caption, "Vertical marks: p50 (solid) and p99 (dashed).")
	}
	return append(caption, belowCaption(rows, bins)...)
}

// belowCaption says what the first bin holds that lies below it: zeros, which have no place on a logarithmic axis, and the few lowest values.
func belowCaption(rows []histogramRow, bins recorded.Bins) []string {
	zero, low := false, false
	for _, r := range rows {
		if r.hist != nil {
			zero = zero || r.hist.Min() == 0
			low = low || at(r.hist, 2*belowAxis) >= bins.Edge(0) && float64(r.hist.Min()) < bins.Edge(0)
		}
	}
	var caption []string
	if zero {
		caption = append(caption, "Zero is drawn in the first bin.")
	}
	if low {
		caption = append(caption, "The first bin holds the lowest 0.1 %, too.")
	}
	return caption
}

// bands splits c into n equal rows from top to bottom, each with a little air above.
func bands(c draw.Canvas, n int) []vg.Rectangle {
	var out []vg.Rectangle
	if n == 0 {
		return out
	}
	height := (c.Max.Y - c.Min.Y) / vg.Length(n)
	for i := range n {
		top := c.Max.Y - vg.Length(i)*height
		out = append(out, vg.Rectangle{Min: vg.Point{X: c.Min.X, Y: top - height}, Max: vg.Point{X: c.Max.X, Y: top - 0.16*height}})
	}
	return out
}

// rowsPlotter draws the rows within the axes of their shared plot.
type rowsPlotter struct {
	rows  []histogramRow
	bins  recorded.Bins
	marks bool
}

// Plot implements plot.Plotter.
func (r rowsPlotter) Plot(c draw.Canvas, p *plot.Plot) {
	x, _ := p.Transforms(&c)
	for i, band := range bands(c, len(r.rows)) {
		row := r.rows[i]
		c.StrokeLine2(draw.LineStyle{Color: axis, Width: 0.75}, band.Min.X, band.Min.Y, band.Max.X, band.Min.Y)
		if row.hist == nil {
			sty := styleOf(labelSize, false, inkGrey)
			sty.XAlign = draw.XCenter
			write(c, sty, vg.Point{X: (band.Min.X + band.Max.X) / 2, Y: (band.Min.Y + band.Max.Y) / 2}, "no samples")
			continue
		}
		r.height(c, row, band)
		r.outline(c, row, band, x)
		if r.marks {
			quantileMarks(c, row, band, x)
		}
	}
}

// height labels the row's upper end with the share it stands for.
func (r rowsPlotter) height(c draw.Canvas, row histogramRow, band vg.Rectangle) {
	sty := styleOf(captionSize, false, inkGrey)
	sty.XAlign = draw.XRight
	c.StrokeLine2(draw.LineStyle{Color: rule, Width: 0.75}, band.Min.X, band.Max.Y, band.Max.X, band.Max.Y)
	write(c, sty, vg.Point{X: band.Min.X - 5, Y: band.Max.Y - 3}, format.Trim(math.Round(1000*row.full)/10)+" %")
	write(c, sty, vg.Point{X: band.Min.X - 5, Y: band.Min.Y + 4}, "0")
}

// outline fills the steps of each run of bins that hold samples, so that empty ranges stay empty.
func (r rowsPlotter) outline(c draw.Canvas, row histogramRow, band vg.Rectangle, x func(float64) vg.Length) {
	var area []vg.Point
	for i, share := range append(row.shares, 0) {
		if share == 0 {
			r.fill(c, row, band.Min.Y, area)
			area = nil
			continue
		}
		left := max(band.Min.X, x(r.bins.Edge(i)))
		right := min(band.Max.X, max(left+2, x(r.bins.Edge(i+1))))
		if len(area) > 0 {
			left = area[len(area)-1].X
		}
		y := band.Min.Y + vg.Length(share/row.full)*(band.Max.Y-band.Min.Y)
		area = append(area, vg.Point{X: left, Y: y}, vg.Point{X: right, Y: y})
	}
}

func (r rowsPlotter) fill(c draw.Canvas, row histogramRow, base vg.Length, top []vg.Point) {
	if len(top) == 0 {
		return
	}
	outline := append([]vg.Point{{X: top[0].X, Y: base}}, top...)
	outline = append(outline, vg.Point{X: top[len(top)-1].X, Y: base})
	c.FillPolygon(tint(colourOf(row.Arm), 0.45), outline)
	c.StrokeLines(draw.LineStyle{Color: colourOf(row.Arm), Width: 1.5}, outline)
}

func quantileMarks(c draw.Canvas, row histogramRow, band vg.Rectangle, x func(float64) vg.Length) {
	solid := draw.LineStyle{Color: inkDark, Width: 1.5}
	dashed := solid
	dashed.Dashes = []vg.Length{4, 3}
	for _, m := range []struct {
		q   float64
		sty draw.LineStyle
	}{{0.5, solid}, {0.99, dashed}} {
		at := x(at(row.hist, m.q))
		c.StrokeLine2(m.sty, at, band.Min.Y, at, band.Max.Y)
	}
}
