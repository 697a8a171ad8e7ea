package html

import (
	"fmt"
	"math"

	"pushbench/report/format"
	"pushbench/report/review"
)

// dotPanel is one quantity of each round, one row of dots for each arm, on a logarithmic scale.
type dotPanel struct {
	Title string
	Rows  []dotRow
	Ticks []tick
}

type dotRow struct {
	Arm  arm
	Dots []dot
	// Text is the smallest and the largest.
	Text string
}

type dot struct {
	X, Title string
	Invalid  bool
}

// tick is a label on an axis; at is its place again, for those that must not come near one another.
type tick struct {
	X, Text string
	at      float64
}

// logSpan is a range on a logarithmic scale that starts and ends at values of the ticks.
type logSpan struct{ lo, hi float64 }

// at is where v stands, in percent, a little inside either end.
func (s logSpan) at(v float64) float64 {
	return 3 + 94*math.Log(v/s.lo)/math.Log(s.hi/s.lo)
}

// spanOf holds all values, at least a factor of two; ok is false without a positive one.
func spanOf(values []float64) (s logSpan, ok bool) {
	s = logSpan{math.Inf(1), 0}
	for _, v := range values {
		if v > 0 {
			s.lo, s.hi = min(s.lo, v), max(s.hi, v)
		}
	}
	if s.hi == 0 {
		return s, false
	}
	if s.hi < 2*s.lo {
		middle := math.Sqrt(s.lo * s.hi)
		s.lo, s.hi = middle/math.Sqrt2, middle*math.Sqrt2
	}
	return s, true
}

// ticks are at most six round values of the span.
func (s logSpan) ticks() []float64 {
	var found []float64
	for _, steps := range [][]float64{{1, 1.5, 2, 3, 5, 7}, {1, 2, 5}, {1, 3}, {1}} {
		found = found[:0]
		for e := math.Floor(math.Log10(s.lo)); e <= math.Log10(s.hi); e++ {
			for _, step := range steps {
				if v := step * math.Pow(10, e); v >= s.lo && v <= s.hi {
					found = append(found, v)
				}
			}
		}
		if len(found) <= 6 {
			break
		}
	}
	return found
}

func newDots(t review.Table, arms []arm, column int) dotPanel {
	p := dotPanel{Title: t.Columns[column].Title}
	var values []float64
	for _, r := range t.Rows {
		if r.Cells[column].Known {
			values = append(values, r.Cells[column].Number)
		}
	}
	span, ok := spanOf(values)
	if !ok {
		return p
	}
	for _, v := range span.ticks() {
		p.Ticks = append(p.Ticks, tick{X: percent(span.at(v)), Text: format.Nanoseconds(v)})
	}
	for _, a := range arms {
		if row := newDotRow(t, a, column, span); len(row.Dots) > 0 {
			p.Rows = append(p.Rows, row)
		}
	}
	return p
}

func newDotRow(t review.Table, a arm, column int, span logSpan) dotRow {
	row := dotRow{Arm: a}
	lo, hi := math.Inf(1), 0.0
	for _, r := range t.Rows {
		v := r.Cells[column]
		if r.Arm != a.ID || !v.Known || v.Number <= 0 {
			continue
		}
		lo, hi = min(lo, v.Number), max(hi, v.Number)
		title := fmt.Sprintf("%s, round %s: %s", a.Name, r.Cells[1].Text, withUnit(v.Text, t.Columns[column].Unit))
		row.Dots = append(row.Dots, dot{percent(span.at(v.Number)), title, r.Invalid})
	}
	row.Text = format.Nanoseconds(lo)
	if hi > lo {
		row.Text += " – " + format.Nanoseconds(hi)
	}
	return row
}
