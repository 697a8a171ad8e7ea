package html

import (
	"fmt"
	"math"

	"pushbench/report/format"
	"pushbench/report/review"
)

// breakEvenMap is the map as SVG: the bands of the model's ratio, the line where it turns, and the measured cells as dots. Both axes are logarithmic.
type breakEvenMap struct {
	Figure   figure
	Polling  string
	Surfaces []surface
	X, Y     []tick
	Notes    []string
	Legend   []review.Band
}

type surface struct {
	Title string
	// Regions are in a square of 100 by 100, as the points of a polygon, by band.
	Regions []region
	// Turn is the line from which on a WebSocket takes less, in the same square.
	Turn []string
	Dots []mapDot
	// Readings are the measured cells in words, those too that have no dot.
	Readings []reading
}

type region struct {
	Band   int
	Points string
}

// mapDot is a measured cell of the transport that the surface is of. Its colour is the band of what was measured: where it stands out, model and measurement differ.
type mapDot struct {
	X, Y, Text string
	// Band is −1 for what was not measured.
	Band int
	This bool
}

type reading struct{ Name, Text string }

// plane maps rates and round-trip times to percent of the drawing.
type plane struct{ x, y logScale }

type logScale struct{ lo, hi float64 }

func (s logScale) at(v float64) float64 {
	return 100 * math.Log(min(max(v, s.lo), s.hi)/s.lo) / math.Log(s.hi/s.lo)
}

func newMap(b *review.BreakEven) *breakEvenMap {
	if b == nil || len(b.Rates) < 2 || len(b.RTTs) < 2 || len(b.Surfaces) == 0 {
		return nil
	}
	p := plane{logScale{b.Rates[0], b.Rates[len(b.Rates)-1]}, logScale{b.RTTs[0], b.RTTs[len(b.RTTs)-1]}}
	m := &breakEvenMap{Polling: b.Polling.Name, Notes: b.Notes, Legend: review.Bands}
	for _, v := range decades(p.x) {
		m.X = append(m.X, tick{X: percent(p.x.at(v)), Text: format.Plain(v)})
	}
	for _, v := range decades(p.y) {
		m.Y = append(m.Y, tick{X: percent(100 - p.y.at(v)), Text: format.Plain(v) + " ms"})
	}
	for _, s := range b.Surfaces {
		m.Surfaces = append(m.Surfaces, newSurface(b, s, p))
	}
	return m
}

func decades(s logScale) []float64 {
	var out []float64
	for e := math.Ceil(math.Log10(s.lo) - 1e-9); math.Pow(10, e) <= s.hi*(1+1e-9); e++ {
		out = append(out, math.Pow(10, e))
	}
	return out
}

func newSurface(b *review.BreakEven, s review.Surface, p plane) surface {
	out := surface{Title: s.Title}
	for _, r := range s.Regions {
		out.Regions = append(out.Regions, region{r.Band, p.polygon(r)})
	}
	out.Turn = p.turn(s.Regions)
	for _, d := range b.Dots {
		out.Readings = append(out.Readings, reading{d.Label, "measured " + d.Reading(s.Name)})
		if d.Arm.Transport == b.Polling.Transport {
			out.Dots = append(out.Dots, p.dot(d, s.Name))
		}
	}
	return out
}

// point is a place in the square.
func (p plane) point(rate, rtt float64) string {
	return fmt.Sprintf("%.2f,%.2f", p.x.at(rate), 100-p.y.at(rtt))
}

func (p plane) polygon(r review.Region) string {
	return p.point(r.LowFrom, r.Low) + " " + p.point(r.LowTo, r.Low) + " " + p.point(r.HighTo, r.High) + " " + p.point(r.HighFrom, r.High)
}

// turn is where the bands change from even, or polling, to WebSocket, strip by strip.
func (p plane) turn(regions []review.Region) []string {
	var out []string
	for i := 1; i < len(regions); i++ {
		if a, b := regions[i-1], regions[i]; a.Turns(b) {
			out = append(out, p.point(b.LowFrom, b.Low)+" "+p.point(b.HighFrom, b.High))
		}
	}
	return out
}

func (p plane) dot(d review.Dot, surface string) mapDot {
	dot := mapDot{X: percent(p.x.at(d.Rate)), Y: percent(100 - p.y.at(d.RTT)), Text: d.Label + ": measured " + d.Reading(surface), Band: -1, This: d.This}
	if v, ok := d.Measured[surface]; ok && v.Known {
		dot.Band = review.BandOf(v.Number)
	}
	return dot
}
