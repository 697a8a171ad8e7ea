package probe

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"pushbench/report"
	"pushbench/report/format"
)

// JSON writes a report as JSON.
func JSON(w io.Writer, r *Report) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// mark is a verdict as one sign, and the colour of its line on a terminal.
func (v Verdict) mark() (sign, colour string) {
	switch v {
	case Fine:
		return "✓", "32"
	case Impaired:
		return "!", "33"
	case Broken:
		return "✗", "31"
	}
	return "?", "2"
}

// said is a verdict on a transport in words.
func (v Verdict) said() string {
	switch v {
	case Fine:
		return "works"
	case Impaired:
		return "works, on conditions"
	case Broken:
		return "does not work"
	}
	return "not known"
}

// Text prints a report: first what follows for each transport, then every finding. No line is wider than the style's width.
func Text(w io.Writer, r *Report, style report.Style) error {
	if style.Width == 0 {
		style.Width = 100
	}
	t := text{bufio.NewWriter(w), style}
	t.paragraph("", 0, "%s: %s", r.Target, r.summary())
	t.line("", "")
	for _, h := range r.Health {
		sign, colour := h.Verdict.mark()
		t.columns(colour, sign+" "+transportName(h.Transport), 24, h.Verdict.said()+because(h))
	}
	for i, f := range r.byGravity() {
		if f.Verdict != Untried || i > 0 && r.byGravity()[i-1].Verdict != Untried {
			t.line("", "")
		}
		t.finding(f)
	}
	if r.Interrupted {
		t.line("", "")
		t.paragraph("33", 0, "Interrupted: these findings are not complete.")
	}
	if err := t.out.Flush(); err != nil {
		return fmt.Errorf("print the findings: %w", err)
	}
	return nil
}

// summary is what the probe did, in a line.
func (r *Report) summary() string {
	took := time.Duration(r.TookSeconds * float64(time.Second)).Round(100 * time.Millisecond)
	published := "1 message"
	if r.Published != 1 {
		published = fmt.Sprintf("%d messages", r.Published)
	}
	return fmt.Sprintf("%s, %d connections, %d requests, %s published, %s", spoken(r.Speaks), r.Connections, r.Requests, published, took)
}

// spoken is what is known of the server, in words.
func spoken(speaks string) string {
	switch speaks {
	case "reference":
		return "the reference server's protocol"
	case "file":
		return "as the target file says"
	}
	return "a server whose protocol is not known"
}

// because names the checks that a verdict rests on.
func because(h Health) string {
	if h.Verdict == Fine || len(h.Why) == 0 {
		return ""
	}
	return ": see " + strings.Join(h.Why, ", ")
}

// text writes lines to a terminal. Its writer keeps the first error.
type text struct {
	out   *bufio.Writer
	style report.Style
}

// line prints s, whose width is the caller's care.
func (t *text) line(colour, s string) {
	if t.style.Color && colour != "" && s != "" {
		s = "\x1b[" + colour + "m" + s + "\x1b[0m"
	}
	t.out.WriteString(s)
	t.out.WriteByte('\n')
}

// paragraph prints text over as many lines as it needs.
func (t *text) paragraph(colour string, indent int, layout string, args ...any) {
	for _, l := range format.Wrap(fmt.Sprintf(layout, args...), t.style.Width-indent) {
		t.line(colour, strings.Repeat(" ", indent)+l)
	}
}

// columns prints a word and beside it text, over as many lines as that needs.
func (t *text) columns(colour, word string, at int, body string) {
	if format.Width(word)+1 > at {
		t.line(colour, format.Clip(word, t.style.Width))
		word = ""
	}
	for i, l := range format.Wrap(body, t.style.Width-at) {
		if i > 0 {
			word = ""
		}
		t.line(colour, format.Pad(word, at, false)+l)
	}
}

// Columns of a finding: where its parts begin, and where a setting does.
const partIndent, settingIndent = 10, 19

func (t *text) finding(f Finding) {
	sign, colour := f.Verdict.mark()
	t.hanging(colour, sign+" "+f.Check+": "+f.Happened)
	if f.Verdict == Untried && f.Means == "" {
		return
	}
	t.columns("2", "  tried", partIndent, f.Tried)
	t.columns("", "  means", partIndent, f.Means)
	label := "  change"
	for _, c := range f.Change {
		t.columns("", format.Pad(label, partIndent, false)+c.Server, settingIndent, c.Setting)
		label = ""
	}
}

// hanging prints text whose further lines are indented.
func (t *text) hanging(colour, s string) {
	for i, l := range format.Wrap(s, t.style.Width-2) {
		t.line(colour, strings.Repeat(" ", 2*min(i, 1))+l)
	}
}

// Markdown writes a report in GitHub's dialect. Text that came from a server can start no link, image, HTML or new cell.
func Markdown(w io.Writer, r *Report) error {
	out := bufio.NewWriter(w)
	escape := format.EscapeMarkdown
	fmt.Fprintf(out, "# Probe of %s\n\n%s, %s\n\n", escape(r.Target), r.Started.UTC().Format("2006-01-02 15:04 UTC"), escape(r.summary()))
	fmt.Fprint(out, "| transport | over this path | see |\n|---|---|---|\n")
	for _, h := range r.Health {
		fmt.Fprintf(out, "| %s | %s | %s |\n", transportName(h.Transport), h.Verdict.said(), escape(strings.Join(h.Why, ", ")))
	}
	for _, f := range r.byGravity() {
		sign, _ := f.Verdict.mark()
		fmt.Fprintf(out, "\n## %s %s\n\n%s: %s.\n", sign, escape(f.Check), escape(f.Tried), escape(f.Happened))
		if f.Means != "" {
			fmt.Fprintf(out, "\n%s\n", escape(f.Means))
		}
		if len(f.Change) > 0 {
			fmt.Fprintln(out)
		}
		for _, c := range f.Change {
			fmt.Fprintf(out, "- **%s**: %s\n", escape(c.Server), escape(c.Setting))
		}
	}
	if r.Interrupted {
		fmt.Fprint(out, "\nInterrupted: these findings are not complete.\n")
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write Markdown: %w", err)
	}
	return nil
}
