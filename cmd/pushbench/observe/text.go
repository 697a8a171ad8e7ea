package observe

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"pushbench/report/format"
)

// JSON writes a report as JSON.
func JSON(w io.Writer, r *Report) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// Columns of the table: its labels, and each side.
const labelColumn, sideColumn = 36, 20

// Text prints a report within so many columns, 0 meaning 100.
func Text(w io.Writer, r *Report, width int) error {
	t := text{bufio.NewWriter(w), cmp.Or(width, 100)}
	t.paragraph("%s: %s of %s, paired by %s; %s pairs", r.Target, plural(len(r.Topics), "topic"), format.Setting(round(r.Seconds)), r.Key, format.Grouped(r.Pairs))
	t.line("")
	t.row("", func(s Side) string { return format.LookOf(s.Transport).Name }, r.Sides)
	for _, q := range quantities {
		t.row(q.label, q.of, r.Sides)
	}
	t.line("")
	t.differences(r)
	t.paragraph("absolute latency: %s", r.AbsoluteLatency)
	for _, warning := range r.Warnings {
		t.paragraph("! %s", warning)
	}
	if r.Interrupted {
		t.paragraph("Interrupted: what was awaited for less than %s is neither paired nor lost, but undecided.", format.Setting(round(r.WaitSeconds)))
	}
	if err := t.out.Flush(); err != nil {
		return fmt.Errorf("print what was observed: %w", err)
	}
	return nil
}

func round(seconds float64) time.Duration {
	return time.Duration(seconds * float64(time.Second)).Round(100 * time.Millisecond)
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// quantities are the rows of the table.
var quantities = []struct {
	label string
	of    func(Side) string
}{
	{"messages received", func(s Side) string { return format.Grouped(s.Received) }},
	{"came first", func(s Side) string { return share(s.FirstShare) }},
	{"later than the other, p50", func(s Side) string { return late(s, func(d *Distribution) int64 { return d.P50 }) }},
	{"later than the other, p99", func(s Side) string { return late(s, func(d *Distribution) int64 { return d.P99 }) }},
	{"only here: the other lost it", func(s Side) string { return format.Grouped(s.Only) }},
	{"undecided at the end", func(s Side) string { return format.Grouped(s.Undecided) }},
	{"repeated", func(s Side) string { return format.Grouped(s.Duplicated) }},
	{"missed, as the server says", func(s Side) string { return format.Grouped(s.Missed) }},
	{"messages for each response", func(s Side) string { return number(s.MessagesPerResponse) }},
	{"bytes for each message", func(s Side) string { return number(s.BytesPerMessage) }},
	{"requests", func(s Side) string { return format.Grouped(s.Requests) }},
	{"empty responses", func(s Side) string { return format.Grouped(s.EmptyResponses) }},
	{"connections", func(s Side) string { return format.Grouped(s.Connections) }},
	{"errors", errorText},
}

func share(v *float64) string {
	if v == nil {
		return format.NA
	}
	return format.Sig(100**v) + "%"
}

func number(v *float64) string {
	if v == nil {
		return format.NA
	}
	return format.Sig(*v)
}

func late(s Side, of func(*Distribution) int64) string {
	if s.Lateness == nil {
		return format.NA
	}
	return format.Nanoseconds(float64(of(s.Lateness)))
}

func errorText(s Side) string {
	if len(s.Errors) == 0 {
		return "0"
	}
	var all []string
	for _, kind := range slices.Sorted(maps.Keys(s.Errors)) {
		all = append(all, fmt.Sprintf("%d %s", s.Errors[kind], format.Clean(kind)))
	}
	return strings.Join(all, ", ")
}

type text struct {
	out   *bufio.Writer
	width int
}

func (t *text) line(s string) { fmt.Fprintln(t.out, strings.TrimRight(s, " ")) }

func (t *text) paragraph(layout string, args ...any) {
	for _, l := range format.Wrap(format.Clean(fmt.Sprintf(layout, args...)), t.width) {
		t.line(l)
	}
}

func (t *text) row(label string, of func(Side) string, sides []Side) {
	line := format.Pad(label, labelColumn, false)
	for _, s := range sides {
		line += " " + format.Pad(format.Clip(of(s), sideColumn), sideColumn, true)
	}
	t.line(format.Clip(line, t.width))
}

// differences prints how much later the second side was.
func (t *text) differences(r *Report) {
	if r.Difference == nil {
		return
	}
	d := r.Difference
	first, second := format.LookOf(r.Sides[0].Transport).Name, format.LookOf(r.Sides[1].Transport).Name
	var parts []string
	for _, q := range []struct {
		name  string
		value int64
	}{{"least", d.Min}, {"p1", d.P1}, {"p10", d.P10}, {"p50", d.P50}, {"p90", d.P90}, {"p99", d.P99}, {"most", d.Max}} {
		parts = append(parts, q.name+" "+signed(q.value))
	}
	t.paragraph("%s arrived later than %s by: %s", second, first, strings.Join(parts, " · "))
}

func signed(ns int64) string {
	switch {
	case ns > 0:
		return "+" + format.Nanoseconds(float64(ns))
	case ns < 0:
		return "−" + format.Nanoseconds(-float64(ns))
	}
	return "0"
}
