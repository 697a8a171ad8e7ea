package chart

import (
	"fmt"
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"pushbench/report/format"
)

// labelled are the quantiles with a tick and, on each curve, a marker.
var labelled = []float64{axisStart, 0.5, 0.9, 0.99, 0.999, 0.9999}

// axisStart is where curves begin. The minimum of a million messages lies decades below the rest and would decide a logarithmic axis alone.
const axisStart = 0.01

// curvePoints is how many points a curve has: enough for smoothness at 1920 pixels, few enough for the rasteriser.
const curvePoints = 160

// labelWidth is the space to the right of the axes in which the arms are named.
const labelWidth = 240 * vg.Length(1)

// logRatio is the ratio of the largest to the smallest latency from which a linear axis would press the smallest ones flat.
const logRatio = 12

// percentiles is latency by percentile, all arms overlaid.
func percentiles(arms []series) figure {
	return byPercentile(figure{
		kind: Percentiles, title: "latency by percentile", caption: percentileCaption("Latency counts from the intended instant of each message.", arms),
	}, "percentile of messages", "latency", arms)
}

// byPercentile draws the latencies of all arms over their percentile.
func byPercentile(f figure, x, y string, arms []series) figure {
	f.body = func(c draw.Canvas) {
		area := draw.Crop(c, 0, -labelWidth, 0, 0)
		p, curves := percentilePlot(x, y, arms)
		p.Draw(area)
		data := p.DataCanvas(area)
		drawLabels(data, p, arms, curves)
		if len(curves) == 0 {
			noSamples(data)
		}
	}
	return f
}

func percentileCaption(first string, arms []series) []string {
	caption := []string{first}
	var least, most int64 = math.MaxInt64, 0
	for _, s := range arms {
		if s.latency != nil {
			least, most = min(least, s.independent()), max(most, s.independent())
		}
	}
	if most == 0 && least != 0 {
		return caption
	}
	if end := axisEnd(arms); format.Carried(least) < end {
		caption = append(caption, fmt.Sprintf("Thin lines: too few independent samples (%s) to carry that percentile.", countRange(least, most)))
	}
	return caption
}

func countRange(least, most int64) string {
	if least == most {
		return format.Grouped(least)
	}
	return format.Grouped(least) + " to " + format.Grouped(most)
}

// axisEnd is the first labelled quantile that no arm carries to its end, at least p99, which everyone asks for.
func axisEnd(arms []series) float64 {
	carried := 0.0
	for _, s := range arms {
		if s.latency != nil {
			carried = max(carried, format.Carried(s.independent()))
		}
	}
	for _, q := range labelled[3:] {
		if q >= carried-1e-9 {
			return q
		}
	}
	return labelled[len(labelled)-1]
}

// curve is an arm's latency at each of a list of quantiles.
type curve struct {
	series
	q, ns []float64
}

func newCurve(s series, end float64) curve {
	c := curve{series: s}
	for i := 0; i <= curvePoints; i++ {
		nine := ninesOf(axisStart) + (ninesOf(end)-ninesOf(axisStart))*float64(i)/curvePoints
		c.q = append(c.q, 1-math.Pow(10, -nine))
	}
	percents := make([]float64, len(c.q))
	for i, q := range c.q {
		percents[i] = 100 * q
	}
	for _, v := range s.latency.ValueAtPercentilesSlice(percents) {
		c.ns = append(c.ns, float64(v))
	}
	return c
}

func percentilePlot(x, y string, arms []series) (*plot.Plot, []curve) {
	end := axisEnd(arms)
	var curves []curve
	for _, s := range arms {
		if s.latency != nil {
			curves = append(curves, newCurve(s, end))
		}
	}
	p := newPlot(x, y)
	p.X.Min, p.X.Max, p.X.Scale = axisStart, end, nines{}
	p.X.Tick.Marker = percentileTicks(end)
	latencyAxis(&p.Y, curves)
	p.Add(grid{})
	for _, c := range curves {
		p.Add(c)
	}
	return p, curves
}

func percentileTicks(end float64) plot.ConstantTicks {
	var ticks plot.ConstantTicks
	for _, q := range labelled {
		if q <= end {
			ticks = append(ticks, plot.Tick{Value: q, Label: percentName(q)})
		}
	}
	return ticks
}

func percentName(q float64) string {
	return fmt.Sprintf("p%g", math.Round(q*1e6)/1e4)
}

// latencyAxis is logarithmic where the values' ratio warrants it, else linear from zero.
func latencyAxis(a *plot.Axis, curves []curve) {
	lo, hi := math.Inf(1), 0.0
	for _, c := range curves {
		lo, hi = min(lo, c.ns[0]), max(hi, c.ns[len(c.ns)-1])
	}
	if hi == 0 {
		lo, hi = 1e6, 1e9
	}
	if hi/max(1, lo) >= logRatio {
		s := logSpan(lo, hi)
		a.Min, a.Max, a.Scale, a.Tick.Marker = s.lo, s.hi, logScale{}, logTicks(s, format.TimeUnits)
		a.Label.Text += ", log scale"
		return
	}
	ticks := linearTicks(hi, format.TimeUnits)
	a.Min, a.Max, a.Tick.Marker = 0, ticks[len(ticks)-1].Value, ticks
}

// Plot draws the firm part of the curve thick with a marker at each labelled percentile, the rest thin.
func (s curve) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	firm := format.Carried(s.independent())
	var strong, weak []vg.Point
	for i, q := range s.q {
		at := vg.Point{X: x(q), Y: y(s.ns[i])}
		if q <= firm {
			strong, weak = append(strong, at), []vg.Point{at}
			continue
		}
		weak = append(weak, at)
	}
	thin := lineOf(s.Arm, 1.1)
	thin.Color = tint(colourOf(s.Arm), 0.75)
	c.StrokeLines(thin, weak)
	c.StrokeLines(lineOf(s.Arm, 3), strong)
	for _, q := range labelled[1:] {
		if q <= firm && q <= p.X.Max {
			c.DrawGlyphNoClip(glyphOf(s.Arm), vg.Point{X: x(q), Y: y(at(s.latency, q))})
		}
	}
}

func at(h *hdrhistogram.Histogram, q float64) float64 { return float64(h.ValueAtQuantile(100 * q)) }
