package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"pushbench/report/format"
	"pushbench/results"
)

// Style is how a table is printed. The zero value is what suits a file: no colour, 100 columns, UTF-8.
type Style struct {
	// Color allows escape sequences for colour; the caller knows whether the output is a terminal and whether NO_COLOR is set.
	Color bool
	// Width is the number of columns to stay within; 0 means 100, and less than 40 counts as 40.
	Width int
	// ASCII replaces signs such as × and ✓ by plain spellings.
	ASCII bool
}

const (
	defaultWidth = 100
	minWidth     = 40
)

// errNoRun is returned by every renderer for a nil run.
var errNoRun = errors.New("report: no run to show; load a run file first")

// Table prints run as one block for each scenario: what it answers, from those of findings that are the scenario's; two stacked tables (latency and integrity; cost) or, for a sweep, one for each slice of it, notes on the marks used, warnings, accounting.
// No line is wider than the style's width, whatever the run holds; columns that do not fit fold into a continuation below.
func Table(w io.Writer, run *results.Run, style Style, findings ...Finding) error {
	if run == nil {
		return errNoRun
	}
	p := newPrinter(w, style)
	p.header(run)
	for _, b := range newBlocks(run, findings) {
		p.block(b)
	}
	return p.flush()
}

// printer writes lines to a terminal. Its writer keeps the first error.
type printer struct {
	out   *bufio.Writer
	style Style
}

func newPrinter(w io.Writer, style Style) *printer {
	if style.Width == 0 {
		style.Width = defaultWidth
	}
	style.Width = max(minWidth, style.Width)
	return &printer{bufio.NewWriter(w), style}
}

func (p *printer) flush() error {
	if err := p.out.Flush(); err != nil {
		return fmt.Errorf("print table: %w", err)
	}
	return nil
}

// ink is an escape sequence's parameter.
type ink string

const (
	noInk  ink = ""
	bold   ink = "1"
	dim    ink = "2"
	red    ink = "31"
	green  ink = "32"
	yellow ink = "33"
)

// line prints s whole, clipped to the width; colour comes last, so that it never counts as width.
func (p *printer) line(colour ink, s string) {
	if p.style.ASCII {
		s = format.ASCII(s)
	}
	s = strings.TrimRight(format.Clip(s, p.style.Width), " ")
	if p.style.ASCII {
		s = format.ASCII(s) // the clip's own ellipsis
		s = s[:min(len(s), p.style.Width)]
	}
	if p.style.Color && colour != noInk && s != "" {
		s = "\x1b[" + string(colour) + "m" + s + "\x1b[0m"
	}
	p.out.WriteString(s)
	p.out.WriteByte('\n')
}

// paragraph prints s over as many lines as it needs, hanging under its mark.
func (p *printer) paragraph(colour ink, mark, s string) {
	if p.style.ASCII {
		mark, s = format.ASCII(mark), format.ASCII(s)
	}
	indent := format.Width(mark)
	for i, part := range format.Wrap(s, p.style.Width-indent) {
		if i > 0 {
			mark = strings.Repeat(" ", indent)
		}
		p.line(colour, mark+part)
	}
}

func (p *printer) header(run *results.Run) {
	what := fmt.Sprintf("run %s · seed %d · %s", format.Clean(run.ID), run.Seed, format.Machine(run.Environment))
	p.paragraph(dim, "", what)
	for _, w := range RunWarnings(run) {
		p.warning(w)
	}
}

func (p *printer) block(b block) {
	p.line(noInk, "")
	p.paragraph(bold, "", b.title)
	p.paragraph(noInk, "", b.workload)
	if b.finding.Sentence != "" {
		p.line(noInk, "")
		p.paragraph(trustInk(b.finding.Trust), "answer: ", b.finding.Sentence)
		p.paragraph(dim, "caveat: ", b.finding.Caveat)
	}
	for _, t := range b.tables {
		p.line(noInk, "")
		p.table(t)
	}
	if len(b.tables) > 0 {
		p.line(noInk, "")
	}
	for _, f := range b.findings {
		p.paragraph(noInk, "→ ", f)
	}
	for _, n := range slices.Concat(b.legend, b.notes) {
		p.paragraph(dim, "", n)
	}
	for _, w := range b.warnings {
		p.warning(w)
	}
	for _, a := range b.accounts {
		p.account(a)
	}
	for _, r := range b.rules {
		p.rule(r)
	}
}

func (p *printer) warning(w Warning) {
	if w.Invalidates {
		p.paragraph(red, "✗ ", w.String())
		return
	}
	p.paragraph(yellow, "! ", w.String())
}

func (p *printer) account(a Account) {
	if a.OK {
		p.paragraph(green, "✓ ", a.Text)
		return
	}
	p.paragraph(red, "✗ ", a.Text)
}

// table prints t in as many folds as its columns need.
func (p *printer) table(t table) {
	if t.heading != "" {
		p.paragraph(bold, "", t.heading)
	}
	l := p.layout(t)
	for i, fold := range l.folds(p.style.Width) {
		title := t.title
		if i > 0 {
			title = "continued"
		}
		p.line(bold, l.row(fold, title, func(c int) string { return t.columns[c].head }))
		if units := l.row(fold, "", t.unit); strings.TrimSpace(units) != "" {
			p.line(dim, units)
		}
		for r := range t.rows {
			p.line(rowInk(t.rows[r]), l.row(fold, t.name(r), func(c int) string { return t.text(r, c) }))
		}
	}
}

func trustInk(t FindingTrust) ink {
	switch t {
	case Firm, Alone:
		return bold
	case NotValid, NotMeasured:
		return red
	}
	return yellow
}

func rowInk(r row) ink {
	if r.Invalid() {
		return red
	}
	return noInk
}
