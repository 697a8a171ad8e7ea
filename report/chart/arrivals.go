package chart

import (
	"fmt"
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg/draw"

	"pushbench/report/format"
	"pushbench/results"
	"pushbench/scenarios"
)

// Arrivals is the kind of an observation's chart.
const Arrivals Kind = "arrivals"

// Arrival is how much later than over the quicker of two transports messages arrived over one: 0 where it was the quicker.
type Arrival struct {
	Transport scenarios.Transport
	Lateness  *hdrhistogram.Histogram
}

// WriteArrivals draws both distributions as stem.svg and stem.png, replacing such files as [Write] does. What is said of the observation is the subtitle.
func WriteArrivals(stem, subtitle string, arrivals []Arrival) ([]File, error) {
	f := arrivalsFigure(arrivals)
	f.subtitle = format.Clean(subtitle)
	drawn, err := drawBoth(f, "", stem)
	if err != nil {
		return nil, fmt.Errorf("chart of the arrivals: %w", err)
	}
	return save(drawn)
}

func arrivalsFigure(arrivals []Arrival) figure {
	var arms []series
	for i, a := range arrivals {
		s := series{Arm: format.Arm{Index: i, Look: format.LookOf(a.Transport), Cell: &results.Cell{Transport: a.Transport, Verdict: results.Valid}}}
		s.Name = s.Look.Name
		if a.Lateness != nil && a.Lateness.TotalCount() > 0 {
			s.latency = a.Lateness
			s.Cell.Latency = &results.Summary{Count: a.Lateness.TotalCount(), Independent: a.Lateness.TotalCount()}
		}
		arms = append(arms, s)
	}
	f := figure{kind: Arrivals, title: "how much later than over the other transport a message arrived", caption: []string{
		"Of messages that came over both. Where a transport was the quicker it was not late at all, which stands at the lower end of the axis. No publisher's clock is needed.",
	}}
	f.body = func(c draw.Canvas) {
		area := draw.Crop(c, 0, -labelWidth, 0, 0)
		p, curves := percentilePlot("percentile of messages", "", arms)
		p.Y.Label.Text = "later than the other"
		lateAxis(&p.Y, curves)
		p.Draw(area)
		data := p.DataCanvas(area)
		drawLabels(data, p, arms, curves)
		if len(curves) == 0 {
			noSamples(data)
		}
	}
	return f
}

// lateDecades is how far below the latest message a logarithmic axis reaches: what is earlier than a ten-thousandth of it is not late.
const lateDecades = 1e4

// lateAxis is logarithmic from a ten-thousandth of the latest upwards.
func lateAxis(a *plot.Axis, curves []curve) {
	hi := 0.0
	for _, c := range curves {
		hi = math.Max(hi, c.ns[len(c.ns)-1])
	}
	if hi == 0 {
		hi = 1e6
	}
	s := logSpan(hi/lateDecades, hi)
	a.Min, a.Max, a.Scale, a.Tick.Marker = s.lo, s.hi, logScale{}, logTicks(s, format.TimeUnits)
	a.Label.Text += ", log scale"
}
