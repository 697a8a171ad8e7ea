package html

import (
	"fmt"
	"math"
	"strings"

	"pushbench/report/format"
	"pushbench/report/review"
)

// breakEvenMap is the map as SVG: coloured bands of the model's ratio, its contours, and the measured cells as dots. Both axes are logarithmic.
type breakEvenMap struct {
	Figure   figure
	Polling  string
	Surfaces []surface
	X, Y     []tick
	Notes    []string
	Legend   []band
}

type surface struct {
	Name, Title string
	Cells       []rectangle
	Contours    []contour
	Dots        []mapDot
}

type rectangle struct {
	X, Y, Width, Height string
	Band                int
}

type contour struct {
	// Points are in a square of 100 by 100.
	Points, Text string
}

type mapDot struct {
	X, Y, Text string
	Class      int
	This       bool
	// Shift moves a dot aside, in pixels, so that those of one place stand side by side, the first where it belongs.
	Shift int
}

type band struct {
	Index int
	Text  string
}

// bands are the ratio's steps: below the first, polling takes less.
var bandEdges = []float64{0.9, 1.1, 1.5, 2, 4, 10}

var bandTexts = []string{"polling less", "even (within 10 %)", "1.1–1.5×", "1.5–2×", "2–4×", "4–10×", "WebSocket 10× less, or more"}

func bandOf(ratio float64) int {
	for i, edge := range bandEdges {
		if ratio < edge {
			return i
		}
	}
	return len(bandEdges)
}

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
	// Grid values are the middles of their cells: half a step more at every end.
	p := plane{widened(b.Rates), widened(b.RTTs)}
	m := &breakEvenMap{Polling: b.Polling.Name, Notes: b.Notes}
	for _, v := range decades(p.x) {
		m.X = append(m.X, tick{percent(p.x.at(v)), format.Plain(v)})
	}
	for _, v := range decades(p.y) {
		m.Y = append(m.Y, tick{percent(100 - p.y.at(v)), format.Plain(v) + " ms"})
	}
	for i, text := range bandTexts {
		m.Legend = append(m.Legend, band{i, text})
	}
	for _, s := range b.Surfaces {
		m.Surfaces = append(m.Surfaces, newSurface(b, s, p))
	}
	return m
}

func widened(values []float64) logScale {
	n := len(values)
	step := math.Sqrt(values[1] / values[0])
	return logScale{values[0] / step, values[n-1] * step}
}

func decades(s logScale) []float64 {
	var out []float64
	for e := math.Ceil(math.Log10(s.lo) - 1e-9); math.Pow(10, e) <= s.hi; e++ {
		out = append(out, math.Pow(10, e))
	}
	return out
}

func newSurface(b *review.BreakEven, s review.Surface, p plane) surface {
	out := surface{Name: s.Name, Title: s.Title}
	width, height := 100/float64(len(b.Rates)), 100/float64(len(b.RTTs))
	for i, row := range s.Ratios {
		for from := 0; from < len(row); {
			to := from + 1
			for to < len(row) && bandOf(row[to]) == bandOf(row[from]) {
				to++
			}
			out.Cells = append(out.Cells, rectangle{
				percent(float64(from) * width), percent(100 - float64(i+1)*height), percent(float64(to-from)*width + 0.1), percent(height + 0.2), bandOf(row[from]),
			})
			from = to
		}
	}
	for _, c := range s.Contours {
		if line := p.line(c.Points); line != "" {
			out.Contours = append(out.Contours, contour{line, c.Text})
		}
	}
	for _, d := range b.Dots {
		out.Dots = append(out.Dots, p.dot(d, s.Name))
	}
	apart(out.Dots)
	return out
}

func (p plane) line(points []review.Point) string {
	if len(points) < 2 {
		return ""
	}
	words := make([]string, len(points))
	for i, at := range points {
		words[i] = fmt.Sprintf("%.2f,%.2f", p.x.at(at.Rate), 100-p.y.at(at.RTT))
	}
	return strings.Join(words, " ")
}

func (p plane) dot(d review.Dot, surface string) mapDot {
	label := format.NA
	if v, ok := d.Measured[surface]; ok && v.Known {
		label = v.Text + "×"
	}
	text := fmt.Sprintf("%s, measured: %s", d.Label, label)
	if v, ok := d.Modelled[surface]; ok {
		text += fmt.Sprintf("; modelled %s×", format.Sig(v))
	}
	return mapDot{
		X: percent(p.x.at(d.Rate)), Y: percent(100 - p.y.at(d.RTT)), Text: text, Class: d.Arm.Cell, This: d.This,
	}
}

// dotPitch is how far apart dots of one place stand, in pixels.
const dotPitch = 13

// apart leaves the first dot of a place where it is.
func apart(dots []mapDot) {
	type place struct{ x, y string }
	seen := map[place]int{}
	for i := range dots {
		at := place{dots[i].X, dots[i].Y}
		dots[i].Shift = dotPitch * seen[at]
		seen[at]++
	}
}
