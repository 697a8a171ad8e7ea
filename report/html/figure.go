package html

import (
	"fmt"
	"math"
	"strconv"

	"pushbench/report/format"
	"pushbench/report/review"
)

// figure is a table with the chart of it, if it has one.
type figure struct {
	Kind kind
	review.Table
	Arms []arm
	// Long tables have their rows made by the script.
	Long bool
	// Panels are bars, Dots rounds; a chart that the script draws has neither.
	Panels []panel
	Dots   []dotPanel
}

// mostBars is up to how many arms bars and dots are drawn; a sweep has more, and curves of its own.
const mostBars = 12

func newFigure(t review.Table, arms []arm) figure {
	f := figure{Kind: kindOf(t.Name), Table: t, Arms: arms, Long: len(t.Rows) > mostRows}
	if len(arms) > mostBars {
		return f
	}
	switch f.Kind {
	case kindBytes:
		f.Panels = []panel{newPanel(t, arms, "", 1, 2, 3)}
	case kindCost:
		f.Panels = []panel{newPanel(t, arms, t.Columns[1].Title, 1), newPanel(t, arms, t.Columns[3].Title, 3)}
	case kindBatch:
		f.Panels = []panel{newPanel(t, arms, t.Columns[1].Title, 1)}
	case kindRounds:
		f.Dots = []dotPanel{newDots(t, arms, 3), newDots(t, arms, 4)}
	}
	return f
}

// Scripted says that the page's script draws the chart.
func (f figure) Scripted() bool { return f.Kind.scripted() }

// ByPercentile and OverTime tell apart the charts that the script draws; the others are histograms.
func (f figure) ByPercentile() bool { return f.Kind == kindPercentile }

// OverTime see ByPercentile.
func (f figure) OverTime() bool { return f.Kind == kindOverTime }

// panel is one quantity as bars, one for each row of the table.
type panel struct {
	Title string
	// Parts are the names of what is stacked; one part needs no legend.
	Parts []string
	Bars  []bar
}

// bar is a row: its segments in percent of the panel's width.
type bar struct {
	Arm      arm
	Segments []segment
	// Text is the sum with its unit, Detail the parts.
	Text, Detail string
}

type segment struct {
	Part     int
	X, Width string
}

// barRoom is how much of the width the longest bar takes, in percent.
const barRoom = 100

// newPanel draws columns of a table that has a row for each arm. Parts are stacked in the order of the columns; an unknown part leaves no bar.
func newPanel(t review.Table, arms []arm, title string, columns ...int) panel {
	p := panel{Title: title}
	for _, c := range columns {
		p.Parts = append(p.Parts, t.Columns[c].Title)
	}
	longest := 0.0
	for _, r := range t.Rows {
		if sum, ok := sumOf(r, columns); ok {
			longest = max(longest, sum)
		}
	}
	for _, r := range t.Rows {
		p.Bars = append(p.Bars, newBar(t, r, armOf(arms, r), longest, columns))
	}
	return p
}

func armOf(arms []arm, r review.Row) arm {
	for _, a := range arms {
		if a.ID == r.Arm {
			a.Invalid = a.Invalid || r.Invalid
			return a
		}
	}
	return arm{ID: r.Arm, Name: r.Cells[0].Text, Invalid: r.Invalid}
}

func sumOf(r review.Row, columns []int) (sum float64, known bool) {
	for _, c := range columns {
		if !r.Cells[c].Known {
			return 0, false
		}
		sum += r.Cells[c].Number
	}
	return sum, true
}

func newBar(t review.Table, r review.Row, a arm, longest float64, columns []int) bar {
	b := bar{Arm: a, Text: format.NA}
	sum, ok := sumOf(r, columns)
	if !ok {
		return b
	}
	at := 0.0
	for i, c := range columns {
		share := 0.0
		if longest > 0 {
			share = barRoom * r.Cells[c].Number / longest
		}
		b.Segments = append(b.Segments, segment{i, percent(at), percent(share)})
		at += share
		if i > 0 {
			b.Detail += " + "
		}
		b.Detail += withUnit(r.Cells[c].Text, t.Columns[c].Unit)
	}
	b.Text = b.Detail
	if len(columns) > 1 {
		b.Text = format.Bytes(sum)
	} else {
		b.Detail = ""
	}
	return b
}

func withUnit(text, unit string) string {
	if unit == "" || text == format.NA {
		return text
	}
	return text + " " + unit
}

// percent writes a share of 100 for an attribute of SVG.
func percent(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) + "%" }

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

type tick struct{ X, Text string }

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
		p.Ticks = append(p.Ticks, tick{percent(span.at(v)), format.Nanoseconds(v)})
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
