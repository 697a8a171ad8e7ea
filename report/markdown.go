package report

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"pushbench/report/format"
	"pushbench/results"
)

// Markdown writes the tables of run in GitHub's dialect, for a README or a CI job's summary. The numbers are those of [Table].
// Text from scenarios and targets is escaped: it can start no link, image, HTML or new cell.
func Markdown(w io.Writer, run *results.Run) error {
	if run == nil {
		return errNoRun
	}
	m := markdown{bufio.NewWriter(w)}
	m.printf("run %s · seed %d · %s\n\n", escape(format.Clean(run.ID)), run.Seed, escape(format.Machine(run.Environment)))
	m.list(runWarnings(run), nil)
	for _, b := range newBlocks(run) {
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
	m.printf("### %s\n\n%s\n\n", escape(b.title), escape(b.workload))
	for _, t := range b.tables {
		m.table(t)
	}
	for _, f := range b.findings {
		m.printf("- %s\n", escape(f))
	}
	if len(b.findings) > 0 {
		m.printf("\n")
	}
	for _, n := range b.notes {
		m.printf("%s  \n", escape(n))
	}
	m.printf("\n")
	m.list(b.warnings, b.accounts)
	for _, r := range b.rules {
		m.printf("- %s%s\n", r.mark(), escape(r.text))
	}
	if len(b.rules) > 0 {
		m.printf("\n")
	}
}

func (m markdown) list(warnings []warning, accounts []account) {
	for _, w := range warnings {
		m.printf("- %s %s\n", mark(!w.invalidates, "⚠", "✗"), escape(w.String()))
	}
	for _, a := range accounts {
		m.printf("- %s %s\n", mark(a.ok, "✓", "✗"), escape(a.text))
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
		m.printf("**%s**\n\n", escape(t.heading))
	}
	m.printf("| %s |", escape(t.title))
	for c, col := range t.columns {
		m.printf(" %s |", escape(strings.TrimSpace(col.head+" "+t.unit(c))))
	}
	m.printf("\n|:--|%s\n", strings.Repeat("--:|", len(t.columns)))
	for r := range t.rows {
		m.printf("| %s |", escape(t.name(r)))
		for c := range t.columns {
			m.printf(" %s |", escape(t.text(r, c)))
		}
		m.printf("\n")
	}
	m.printf("\n")
}

// linked matches what GitHub makes a link of without any markup: a scheme's "://" and a host's "www." (GFM §6.9).
var linked = regexp.MustCompile(`://|(?i:www\.)`)

// escape makes s plain text in GitHub's Markdown: every punctuation character that can mean something within a line takes a backslash (CommonMark §2.4),
// the three that HTML knows become entities, and "@" and "#" do too, so that no one is notified and no thread linked. The result is meant to stand
// inside a line: after a list's dash, in a heading or a cell.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '@' || r == '#':
			fmt.Fprintf(&b, "&#%d;", r)
		case strings.ContainsRune("\\`*_[]|~$", r):
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < utf8.RuneSelf && r < ' ':
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	return linked.ReplaceAllStringFunc(b.String(), unlink)
}

func unlink(match string) string {
	return strings.NewReplacer(":", "&#58;", ".", "&#46;").Replace(match)
}
