package review

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"pushbench/report"
	"pushbench/report/format"
	"pushbench/results"
)

// Markdown writes the summary of a run in GitHub's dialect: decision, claims, questions, then the tables that [report.Markdown] writes. All text is escaped.
func Markdown(w io.Writer, run *results.Run, r *Review) error {
	m := &markdown{}
	m.line("# %s", r.Title)
	for _, s := range r.Sections {
		m.section(s)
	}
	m.claims(r.Claims)
	m.questions(r.Questions)
	m.line("## Numbers")
	if err := report.Markdown(&m.out, run); err != nil {
		return err
	}
	if r.Run.Command != "" {
		m.line("Repeat it: %s, with seed %s", r.Run.Command, strconv.FormatUint(r.Run.Seed, 10))
	}
	if _, err := w.Write(m.out.Bytes()); err != nil {
		return fmt.Errorf("write Markdown: %w", err)
	}
	return nil
}

type markdown struct{ out bytes.Buffer }

// line is a paragraph; every argument is escaped, the layout is not.
func (m *markdown) line(layout string, args ...string) {
	escaped := make([]any, len(args))
	for i, a := range args {
		escaped[i] = format.EscapeMarkdown(a)
	}
	fmt.Fprintf(&m.out, layout+"\n\n", escaped...)
}

func (m *markdown) bullets(head string, items []string) {
	if len(items) == 0 {
		return
	}
	m.line("**" + head + "**")
	for _, item := range items {
		fmt.Fprintf(&m.out, "- %s\n", format.EscapeMarkdown(item))
	}
	m.out.WriteString("\n")
}

func (m *markdown) section(s Section) {
	m.line("## %s", s.Title)
	m.line("%s", s.Workload)
	if s.Finding.Sentence != "" {
		m.line("**%s** %s", s.Finding.Sentence, s.Finding.Caveat)
	}
	m.line("**%s**", s.Decision.Headline)
	for _, p := range s.Decision.Pairs {
		m.pair(p)
	}
	m.bullets("When to stay with polling", s.Decision.Stay)
	m.bullets("To quote these numbers", s.Decision.Caveats)
	m.bullets("Not measured", s.Decision.NotMeasured)
}

func (m *markdown) pair(p Pair) {
	head := p.From.Name + " → " + p.To.Name + suffix(" at ", p.At)
	var lines []string
	for _, l := range p.Lines {
		lines = append(lines, l.Text)
	}
	m.bullets(format.EscapeMarkdown(head), lines)
}

func (m *markdown) claims(all []Claim) {
	m.line("## Claims about WebSockets")
	m.out.WriteString("| claim | verdict | measured | where it turns | shown by |\n|:--|:--|:--|:--|:--|\n")
	for _, c := range all {
		plainly := strings.TrimSpace(c.Truth + " " + c.Measured)
		fmt.Fprintf(&m.out, "| %s | **%s** | %s | %s | %s |\n", format.EscapeMarkdown(c.Claim), c.Verdict, format.EscapeMarkdown(plainly),
			format.EscapeMarkdown(c.Turns), format.EscapeMarkdown(c.Scenario))
	}
	m.out.WriteString("\n")
	var rules []string
	for _, c := range all {
		rules = append(rules, c.Claim+" "+c.Rule)
	}
	m.bullets("The rules, fixed before measuring", rules)
}

func (m *markdown) questions(all []Question) {
	m.line("## Questions that remain")
	for _, q := range all {
		m.bullets(format.EscapeMarkdown(q.Question), append(q.Answers, "Missing: "+q.Missing))
	}
}
