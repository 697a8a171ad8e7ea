package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"pushbench/report/format"
	"pushbench/results"
)

// Markdown writes the findings and tables of run in GitHub's dialect, for a README or a CI job's summary. The numbers are those of [Table].
// Text from scenarios and targets is escaped: it can start no link, image, HTML or new cell.
func Markdown(w io.Writer, run *results.Run, findings ...Finding) error {
	if run == nil {
		return errNoRun
	}
	m := markdown{bufio.NewWriter(w)}
	m.printf("run %s · seed %d · %s\n\n", format.EscapeMarkdown(format.Clean(run.ID)), run.Seed, format.EscapeMarkdown(format.Machine(run.Environment)))
	m.list(RunWarnings(run), nil)
	for _, b := range newBlocks(run, findings) {
		m.block(b)
	}
	if err := m.out.Flush(); err != nil {
		return fmt.Errorf("write Markdown: %w", err)
	}
	return nil
}

type markdown struct{ out *bufio.Writer }

// printf leaves its errors to Flush, which repeats the first one.
func (m markdown) printf(layout string, args ...any) { fmt.Fprintf(m.out, layout, args...) }

func (m markdown) block(b block) {
	m.printf("### %s\n\n%s\n\n", format.EscapeMarkdown(b.title), format.EscapeMarkdown(b.workload))
	if f := b.finding; f.Sentence != "" {
		m.printf("**%s**  \n%s\n\n", format.EscapeMarkdown(f.Sentence), format.EscapeMarkdown(f.Caveat))
	}
	for _, t := range b.tables {
		m.table(t)
	}
	for _, f := range b.findings {
		m.printf("- %s\n", format.EscapeMarkdown(f))
	}
	if len(b.findings) > 0 {
		m.printf("\n")
	}
	for _, n := range slices.Concat(b.legend, b.notes) {
		m.printf("%s  \n", format.EscapeMarkdown(n))
	}
	m.printf("\n")
	m.list(b.warnings, b.accounts)
	for _, r := range b.rules {
		m.printf("- %s%s\n", r.mark(), format.EscapeMarkdown(r.text))
	}
	if len(b.rules) > 0 {
		m.printf("\n")
	}
}

func (m markdown) list(warnings []Warning, accounts []Account) {
	for _, w := range warnings {
		m.printf("- %s %s\n", mark(!w.Invalidates, "⚠", "✗"), format.EscapeMarkdown(w.String()))
	}
	for _, a := range accounts {
		m.printf("- %s %s\n", mark(a.OK, "✓", "✗"), format.EscapeMarkdown(a.Text))
	}
	if len(warnings)+len(accounts) > 0 {
		m.printf("\n")
	}
}

func mark(good bool, yes, no string) string {
	if good {
		return yes
	}
	return no
}

func (m markdown) table(t table) {
	if t.heading != "" {
		m.printf("**%s**\n\n", format.EscapeMarkdown(t.heading))
	}
	m.printf("| %s |", format.EscapeMarkdown(t.title))
	for c, col := range t.columns {
		m.printf(" %s |", format.EscapeMarkdown(strings.TrimSpace(col.head+" "+t.unit(c))))
	}
	m.printf("\n|:--|%s\n", strings.Repeat("--:|", len(t.columns)))
	for r := range t.rows {
		m.printf("| %s |", format.EscapeMarkdown(t.name(r)))
		for c := range t.columns {
			m.printf(" %s |", format.EscapeMarkdown(t.text(r, c)))
		}
		m.printf("\n")
	}
	m.printf("\n")
}
