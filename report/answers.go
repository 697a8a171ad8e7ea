package report

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"pushbench/report/format"
	"pushbench/results"
)

// FindingRow is a finding in a list over many runs, with where it is from.
type FindingRow struct {
	Finding
	// Run is the run's id, Command what repeats it, Day when it was measured (UTC), Machine and Tool where and with what.
	Run, Command, Day, Machine, Tool string
}

// NewFindingRow is a finding of a run with where it is from.
func NewFindingRow(f Finding, run *results.Run) FindingRow {
	machine := format.Machine(run.Environment)
	if cpu := format.Clean(run.Environment.CPUModel); cpu != "" {
		machine += ", " + cpu
	}
	row := FindingRow{Finding: f, Run: format.Clean(run.ID), Command: format.Clean(measuring(run.Command)), Machine: machine, Tool: "pushbench " + format.Clean(run.Tool.Version)}
	if !run.Created.IsZero() {
		row.Day = run.Created.UTC().Format("2006-01-02")
	}
	return row
}

// presentation are the flags that say where a run is kept and how it is shown.
var presentation = regexp.MustCompile(` (?:--out[ =](?:'[^']*'|\S+)|--quiet|-q|--no-color|--json)`)

// measuring is the part of a command that says what is measured.
func measuring(command string) string { return presentation.ReplaceAllString(command, "") }

// Findings prints rows for a terminal: each question, its answer, and what that does not say.
func Findings(w io.Writer, rows []FindingRow, style Style) error {
	p := newPrinter(w, style)
	for i, r := range rows {
		if i > 0 {
			p.line(noInk, "")
		}
		p.paragraph(bold, "", r.Scenario+": "+r.Title)
		for _, part := range []struct {
			ink        ink
			mark, text string
		}{
			{noInk, "question: ", r.Question},
			{trustInk(r.Trust), "answer: ", r.Sentence},
			{dim, "caveat: ", r.Caveat},
			{dim, "run: ", joinedBy(" · ", r.Run, r.Day, r.Machine)},
			{dim, "command: ", r.Command},
		} {
			p.paragraph(part.ink, format.Pad(part.mark, len("question: "), false), part.text)
		}
	}
	return p.flush()
}

func joinedBy(separator string, words ...string) string {
	return strings.Join(slices.DeleteFunc(words, func(s string) bool { return s == "" }), separator)
}

// FindingsMarkdown writes rows as one table in GitHub's dialect, then on what and when they were measured. Text is escaped as in [Markdown].
func FindingsMarkdown(w io.Writer, rows []FindingRow) error {
	m := markdown{bufio.NewWriter(w)}
	m.printf("| scenario | question | finding | what it does not say | command |\n|:--|:--|:--|:--|:--|\n")
	var places []string
	for _, r := range rows {
		trust := ""
		if r.Trust != Firm {
			trust = fmt.Sprintf(" (%s)", r.Trust)
		}
		m.printf("| %s | %s | %s%s | %s | %s |\n", format.EscapeMarkdown(r.Scenario), format.EscapeMarkdown(r.Question), format.EscapeMarkdown(r.Sentence), trust,
			format.EscapeMarkdown(r.Caveat), format.EscapeMarkdown(r.Command))
		if place := joinedBy(" on ", joinedBy(", ", r.Tool, r.Day), r.Machine); !slices.Contains(places, place) {
			places = append(places, place)
		}
	}
	m.printf("\nMeasured with %s.\n", format.EscapeMarkdown(strings.Join(places, "; ")))
	if err := m.out.Flush(); err != nil {
		return fmt.Errorf("write Markdown: %w", err)
	}
	return nil
}
