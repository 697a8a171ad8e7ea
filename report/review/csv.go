package review

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// WriteCSV writes the table as comma-separated values (RFC 4180): a header with units, then a line for each row with plain numbers in those units, at full
// precision and without marks, for a spreadsheet to calculate with. What is not known is an empty field, never a zero. A column of intervals becomes two.
// The last column says in words what the marks of the text say.
//
// A field that a spreadsheet would take for a formula, because it begins with = + - @ or a control character, gets an apostrophe in front: such text can come from a
// scenario file or a target's name. Numbers are written by this function and need none.
func (t Table) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	lines := [][]string{t.csvHeader()}
	for _, r := range t.Rows {
		lines = append(lines, t.csvLine(r))
	}
	if err := out.WriteAll(lines); err != nil {
		return fmt.Errorf("write table %s: %w", t.Name, err)
	}
	return nil
}

func (t Table) csvHeader() []string {
	var head []string
	for _, c := range t.Columns {
		name := c.Title
		if c.Unit != "" {
			name += " (" + c.Unit + ")"
		}
		if c.Interval {
			head = append(head, inert(name+" from"), inert(name+" to"))
			continue
		}
		head = append(head, inert(name))
	}
	return append(head, "notes")
}

func (t Table) csvLine(r Row) []string {
	var line, rough []string
	for i, v := range r.Cells {
		c := t.Columns[i]
		line = append(line, v.fields(c)...)
		if v.Rough {
			rough = append(rough, c.Title)
		}
	}
	var notes []string
	if r.Invalid {
		notes = append(notes, "invalid: do not quote")
	}
	if len(rough) > 0 {
		notes = append(notes, "too few independent messages: "+strings.Join(rough, "; "))
	}
	return append(line, inert(strings.Join(notes, "; ")))
}

func (v Value) fields(c Column) []string {
	switch {
	case c.Words:
		return []string{inert(v.Text)}
	case c.Interval && v.Interval:
		return []string{exact(v.Low / c.Size), exact(v.High / c.Size)}
	case c.Interval:
		return []string{"", ""}
	case !v.Known:
		return []string{""}
	}
	return []string{exact(v.Number / c.Size)}
}

func exact(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// formulas are what spreadsheets begin a formula with, the full-width forms included, and the control characters that some of them skip.
const formulas = "=+-@＝＋－＠\t\r\n"

// inert is s so that no spreadsheet calculates it (OWASP, "CSV Injection"); white space in front is skipped as some do.
func inert(s string) string {
	if start := strings.TrimLeft(s, " \u00a0"); strings.IndexAny(start, formulas) == 0 {
		return "'" + s
	}
	return s
}
