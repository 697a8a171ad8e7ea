package html

import (
	"strconv"

	"pushbench/report/format"
	"pushbench/report/review"
)

// panel is one quantity as bars, one for each row of the table.
type panel struct {
	Title string
	// Legend names what is stacked; a bar of one piece needs none.
	Legend []segment
	Bars   []bar
}

// bar is a row: its segments in percent of the panel's width.
type bar struct {
	Arm      arm
	Segments []segment
	// Text is the number with its unit, Aside what stands beside it in small, Detail what it is made of.
	Text, Aside, Detail string
}

// segment is a piece of a bar. Part is its colour, as in [byteParts]; −1 is the arm's.
type segment struct {
	Part     int
	Name     string
	X, Width string
}

// newPanel draws one column of a table that has a row for each arm.
func newPanel(t review.Table, arms []arm, column int) panel {
	p := panel{Title: t.Columns[column].Title}
	longest, known := 0.0, false
	for _, r := range t.Rows {
		longest, known = max(longest, r.Cells[column].Number), known || r.Cells[column].Known
	}
	if !known {
		return p
	}
	for _, r := range t.Rows {
		v := r.Cells[column]
		b := bar{Arm: armOf(arms, r), Text: withUnit(v.Text, t.Columns[column].Unit)}
		if v.Known {
			b.Segments = []segment{{-1, b.Text, percent(0), percent(share(v.Number, longest))}}
		}
		p.Bars = append(p.Bars, b)
	}
	return p
}

// share is v in percent of the whole, 0 of nothing.
func share(v, whole float64) float64 {
	if whole <= 0 {
		return 0
	}
	return 100 * v / whole
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

func withUnit(text, unit string) string {
	if unit == "" || text == format.NA {
		return text
	}
	return text + " " + unit
}

// percent writes a share of 100 for an attribute of SVG.
func percent(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) + "%" }

// bytePart is one of the parts that a message's bytes are stacked of, with the column of the table of bytes that holds it.
type bytePart struct {
	format.BytePart
	column int
}

// byteParts in the order they are stacked; overhead stands in for framing to empty polls where these were not told apart. A part's place here is its class.
var byteParts = []bytePart{
	{format.Payload, 1}, {format.Framing, 3}, {format.Headers, 4}, {format.TLSRecords, 5}, {format.EmptyPolls, 6}, {format.Overhead, 2}, {format.Handshake, 7},
}

// The places of what is looked at by itself.
const (
	partOverhead  = 5
	partHandshake = 6
)

// stacked are the parts of a row that are known: either the overhead or what it is made of.
func stacked(r review.Row) []int {
	told := r.Cells[byteParts[1].column].Known
	var out []int
	for i, part := range byteParts {
		overhead := i > 0 && i <= partOverhead
		if r.Cells[part.column].Known && (!overhead || told != (i == partOverhead)) {
			out = append(out, i)
		}
	}
	return out
}

// newBytes stacks the parts of each arm's bytes.
func newBytes(t review.Table, arms []arm) panel {
	var p panel
	longest, known, seen := 0.0, false, make([]bool, len(byteParts))
	for _, r := range t.Rows {
		sum, parts := 0.0, stacked(r)
		known = known || len(parts) > 0
		for _, i := range parts {
			v := r.Cells[byteParts[i].column].Number
			sum += v
			seen[i] = seen[i] || v > 0
		}
		longest = max(longest, sum)
	}
	if !known {
		return p
	}
	for i, part := range byteParts {
		if seen[i] {
			p.Legend = append(p.Legend, segment{Part: i, Name: part.Name})
		}
	}
	for _, r := range t.Rows {
		p.Bars = append(p.Bars, newByteBar(r, armOf(arms, r), longest))
	}
	return p
}

// newByteBar says the handshake apart from what every message takes: how much of it a message has is the run's length.
func newByteBar(r review.Row, a arm, longest float64) bar {
	b := bar{Arm: a, Text: format.NA}
	at, message := 0.0, 0.0
	for _, i := range stacked(r) {
		v := r.Cells[byteParts[i].column].Number
		name := format.Bytes(v) + " " + byteParts[i].Name
		if width := share(v, longest); width > 0 {
			b.Segments = append(b.Segments, segment{i, name, percent(at), percent(width)})
			at += width
		}
		switch {
		case i == partHandshake:
			b.Aside = "+ " + format.Bytes(v) + " handshake"
			continue
		case v > 0 && b.Detail != "":
			b.Detail += " + " + name
		case v > 0:
			b.Detail = name
		}
		message += v
	}
	if r.Cells[byteParts[0].column].Known {
		b.Text = format.Bytes(message)
	}
	return b
}
