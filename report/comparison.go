package report

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"pushbench/report/compare"
	"pushbench/report/format"
	"pushbench/results"
	"pushbench/scenarios"
)

// comparisonLine is a printed line of a comparison: an arm's name, or one of its metrics with a group of cells for each side.
type comparisonLine struct {
	name   string
	arm    bool
	groups [][]string
	ink    ink
}

// comparisonTable is what is shown of one scenario.
type comparisonTable struct {
	title string
	heads [][]string // by side, as the lines' groups
	lines []comparisonLine
}

// CompareTable prints a comparison: for each scenario and arm the metrics' medians by side, the change, p and n, then notes and warnings. Where the
// sides do not fit beside each other they fold below one another.
func CompareTable(w io.Writer, c *compare.Comparison, style Style) error {
	p := newPrinter(w, style)
	for _, s := range c.Sides {
		p.paragraph(dim, s.Letter+"  ", sideText(s))
	}
	for _, found := range comparisonWarnings(c) {
		p.warning(found)
	}
	for _, t := range comparisonTables(c) {
		p.line(noInk, "")
		p.comparison(t)
	}
	p.line(noInk, "")
	for _, n := range comparisonNotes(c) {
		p.paragraph(dim, "", n)
	}
	return p.flush()
}

// CompareMarkdown writes the same in GitHub's dialect.
func CompareMarkdown(w io.Writer, c *compare.Comparison) error {
	m := markdown{bufio.NewWriter(w)}
	for _, s := range c.Sides {
		m.printf("- **%s** %s\n", format.EscapeMarkdown(s.Letter), format.EscapeMarkdown(sideText(s)))
	}
	m.printf("\n")
	m.list(comparisonWarnings(c), nil)
	for _, t := range comparisonTables(c) {
		m.comparison(t)
	}
	for _, n := range comparisonNotes(c) {
		m.printf("%s  \n", format.EscapeMarkdown(n))
	}
	if err := m.out.Flush(); err != nil {
		return fmt.Errorf("write Markdown: %w", err)
	}
	return nil
}

func sideText(s compare.Side) string {
	return fmt.Sprintf("%s · run %s · seed %d · %s", format.Clean(s.Label), format.Clean(s.ID), s.Seed, format.Machine(s.Environment))
}

func comparisonTables(c *compare.Comparison) []comparisonTable {
	var tables []comparisonTable
	for _, a := range c.Arms {
		title := format.Clean(a.Scenario)
		if len(tables) == 0 || tables[len(tables)-1].title != title {
			tables = append(tables, comparisonTable{title: title, heads: comparisonHeads(c.Sides)})
		}
		t := &tables[len(tables)-1]
		t.lines = append(t.lines, comparisonLine{name: comparedName(a), arm: true, ink: bold})
		for _, m := range a.Metrics {
			t.lines = append(t.lines, metricLine(m))
		}
	}
	return tables
}

func comparisonHeads(sides []compare.Side) [][]string {
	heads := [][]string{{sides[0].Letter, ""}}
	for _, s := range sides[1:] {
		heads = append(heads, []string{s.Letter, "", "change", "p", "n"})
	}
	return heads
}

func comparedName(a compare.Arm) string {
	name := format.LookOf(a.Transport).Name
	if a.Target != "" {
		name += " @" + format.Clean(a.Target)
	}
	for _, path := range slices.Sorted(maps.Keys(a.Params)) {
		name += " " + format.Clean(path) + "=" + format.Clean(a.Params[path])
	}
	return name
}

// comparedNames are the metrics as tables call them, with what they are counted for.
var comparedNames = map[string]string{
	"latency_p50": "latency p50", "latency_p99": "latency p99", "server_cpu": "server CPU/msg", "server_memory": "server mem/client",
	"overhead_bytes": "overhead/msg", "missed": "missed",
}

func metricLine(m compare.Metric) comparisonLine {
	unit := commonUnit(m)
	line := comparisonLine{name: strings.TrimRight(fmt.Sprintf("  %s %s", comparedNames[m.Key], unit.Name), " "), ink: changesInk(m.Changes)}
	for i, s := range m.Samples {
		group := sampleTexts(s, unit)
		if i > 0 {
			group = append(group, changeTexts(m.Changes[i-1])...)
		}
		line.groups = append(line.groups, group)
	}
	return line
}

func commonUnit(m compare.Metric) format.Unit {
	var units []format.Unit
	switch m.Unit {
	case scenarios.UnitNanoseconds:
		units = format.TimeUnits
	case scenarios.UnitBytes:
		units = format.ByteUnits
	default:
		return format.Unit{Size: 1}
	}
	var medians []float64
	for _, s := range m.Samples {
		if s.Median != nil {
			medians = append(medians, *s.Median)
		}
	}
	if medians == nil {
		return format.Unit{Size: 1}
	}
	return format.Common(units, medians)
}

// sampleTexts are the median and its interval as the larger of the two distances.
func sampleTexts(s compare.Sample, unit format.Unit) []string {
	write := format.Sig
	if unit.Name == "" { // a count
		write = format.Plain
	}
	if s.Median == nil {
		return []string{format.NA, ""}
	}
	mark := ""
	if s.Invalid {
		mark = "!"
	}
	text := mark + write(*s.Median/unit.Size)
	switch {
	case s.Low == nil:
		return []string{text, "±∞"}
	case *s.Median == 0:
		return []string{text, "±" + write(max(*s.High, -*s.Low)/unit.Size)}
	}
	return []string{text, fmt.Sprintf("±%.0f%%", 100*max(*s.High / *s.Median - 1, 1 - *s.Low / *s.Median))}
}

func changeTexts(c compare.Change) []string {
	p, n := "", fmt.Sprintf("%d+%d", c.N1, c.N2)
	if c.P != nil {
		p = fmt.Sprintf("%.3f", *c.P)
	}
	return []string{changeText(c), p, n}
}

func changeText(c compare.Change) string {
	switch c.Outcome {
	case compare.CannotTell:
		return "~"
	case compare.Same:
		return "="
	case compare.NotCompared:
		if len(c.Warnings) > 0 {
			return "invalid"
		}
		return format.NA
	}
	if c.Percent == nil || *c.Percent == 0 {
		return string(c.Outcome)
	}
	return fmt.Sprintf("%+.1f%%", *c.Percent)
}

// changesInk is the worst of a line's changes: of everything compared, less is better.
func changesInk(changes []compare.Change) ink {
	colour := noInk
	for _, c := range changes {
		switch {
		case c.Outcome == compare.Higher, c.Outcome == compare.NotCompared && len(c.Warnings) > 0:
			return red
		case c.Outcome == compare.Lower:
			colour = green
		}
	}
	return colour
}

// comparisonWarnings are the comparison's own and, each once, those of samples and changes.
func comparisonWarnings(c *compare.Comparison) []Warning {
	var all collector
	for _, w := range c.Warnings {
		all.add("runs", w)
	}
	for _, a := range c.Arms {
		for _, m := range a.Metrics {
			for _, change := range m.Changes {
				for _, w := range change.Warnings {
					if w.Code != compare.WarnInvalid { // said of its cell above
						all.add(format.Clean(a.Scenario)+" "+comparedName(a), w)
					}
				}
			}
		}
	}
	return all.all
}

func comparisonNotes(c *compare.Comparison) []string {
	notes := []string{
		fmt.Sprintf("± %.0f %% confidence interval of the rounds' median (±∞: it takes 6 rounds); p of the two-sided Mann–Whitney U test over n rounds; "+
			"~ cannot be told from noise at α=%v, = every round the same.", 100*c.Confidence, c.Alpha),
		fmt.Sprintf("%d changes tested: among identical runs at most about %s would be called one. Runs were made one after the other, so what changed on the machine "+
			"between them counts as change.", c.Tests, format.Trim(c.Alpha*float64(c.Tests))),
	}
	if slices.ContainsFunc(c.Warnings, func(w results.Warning) bool { return w.Invalidates }) {
		notes = append(notes, "! an invalid cell: shown, not compared.")
	}
	return notes
}

// comparison prints a table in as many folds as its sides need; the first side stands in each.
func (p *printer) comparison(t comparisonTable) {
	p.paragraph(bold, "", t.title)
	name, widths := p.comparisonWidths(t)
	for first := 1; first < len(widths); {
		last := first + 1
		used := name + groupWidth(widths[0]) + groupWidth(widths[first])
		for last < len(widths) && used+groupWidth(widths[last]) <= p.style.Width {
			used += groupWidth(widths[last])
			last++
		}
		p.fold(t, name, widths, append([]int{0}, sequence(first, last)...))
		first = last
	}
}

func sequence(from, to int) []int {
	var all []int
	for i := from; i < to; i++ {
		all = append(all, i)
	}
	return all
}

// fold prints the given sides.
func (p *printer) fold(t comparisonTable, name int, widths [][]int, sides []int) {
	row := func(title string, groups [][]string) string {
		var b strings.Builder
		b.WriteString(format.Pad(format.Clip(title, name), name, false))
		for _, s := range sides {
			for i, text := range groups[s] {
				b.WriteString(strings.Repeat(" ", gapBefore(i)))
				b.WriteString(format.Pad(p.shown(text), widths[s][i], i != 1))
			}
		}
		return b.String()
	}
	p.line(bold, row("", t.heads))
	for _, l := range t.lines {
		if l.arm {
			p.line(l.ink, l.name)
			continue
		}
		p.line(l.ink, row(p.shown(l.name), l.groups))
	}
}

// gapBefore keeps an interval close to its median.
func gapBefore(i int) int {
	if i == 1 {
		return 1
	}
	return 2
}

func (p *printer) shown(s string) string {
	if p.style.ASCII {
		return format.ASCII(s)
	}
	return s
}

func (p *printer) comparisonWidths(t comparisonTable) (name int, widths [][]int) {
	for _, g := range t.heads {
		w := make([]int, len(g))
		for i, text := range g {
			w[i] = format.Width(p.shown(text))
		}
		widths = append(widths, w)
	}
	for _, l := range t.lines {
		if l.arm {
			continue
		}
		name = max(name, format.Width(p.shown(l.name)))
		for s, g := range l.groups {
			for i, text := range g {
				widths[s][i] = max(widths[s][i], format.Width(p.shown(text)))
			}
		}
	}
	return name, widths
}

func groupWidth(widths []int) int {
	sum := 0
	for i, w := range widths {
		sum += gapBefore(i) + w
	}
	return sum
}

func (m markdown) comparison(t comparisonTable) {
	m.printf("### %s\n\n| |", format.EscapeMarkdown(t.title))
	columns := 0
	for _, g := range t.heads {
		for i, head := range g {
			if i != 1 {
				m.printf(" %s |", format.EscapeMarkdown(head))
				columns++
			}
		}
	}
	m.printf("\n|:--|%s\n", strings.Repeat("--:|", columns))
	for _, l := range t.lines {
		if l.arm {
			m.printf("| **%s** |%s\n", format.EscapeMarkdown(l.name), strings.Repeat(" |", columns))
			continue
		}
		m.printf("| %s |", format.EscapeMarkdown(strings.TrimSpace(l.name)))
		for _, g := range l.groups {
			m.printf(" %s |", format.EscapeMarkdown(strings.TrimSpace(g[0]+" "+g[1])))
			for _, text := range g[2:] {
				m.printf(" %s |", format.EscapeMarkdown(text))
			}
		}
		m.printf("\n")
	}
	m.printf("\n")
}
