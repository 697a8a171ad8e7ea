package html

import (
	"errors"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"pushbench/report"
	"pushbench/report/finding"
	"pushbench/report/format"
	"pushbench/report/review"
	"pushbench/results"
)

// overlayPage is several runs side by side.
type overlayPage struct {
	frame
	*review.Overlay
	Arms     []overlayArm
	Blocks   []overlayBlock
	Trends   []trended
	Warnings []string
	// Different says that no arm may be compared over all runs.
	Different bool
}

// overlayArm is an arm over the runs; In counts those that have it.
type overlayArm struct {
	review.Aligned
	In int
}

// overlayBlock is a scenario swept over the runs.
type overlayBlock struct {
	Title, Workload string
	Findings, Notes []string
	Curves          []curveSlice
}

// Runs writes the page that lays several runs over one another.
func Runs(w io.Writer, over *review.Overlay) error {
	if over == nil || len(over.Runs) == 0 {
		return errors.New("html: no runs to show; load run files first")
	}
	p := overlayPage{Overlay: over, Trends: trendsOf(over.Trends), Different: true}
	for _, a := range over.Cells {
		in := len(slices.DeleteFunc(slices.Clone(a.Index), func(cell int) bool { return cell < 0 }))
		p.Arms = append(p.Arms, overlayArm{a, in})
		p.Different = p.Different && (in < len(over.Runs) || !a.Comparable)
	}
	var all []arm
	if over.Merged != nil {
		for i, g := range format.Groups(over.Merged) {
			b := over.Blocks[i]
			p.Blocks = append(p.Blocks, overlayBlock{b.Title, b.Workload, b.Findings, b.Notes, newCurves(g)})
			all = append(all, arms(g)...)
		}
		for _, warning := range over.Merged.Warnings {
			p.Warnings = append(p.Warnings, format.Clean(warning.Text))
		}
	}
	p.frame = newFrame(over.Title()+" · pushbench", looks(all), data{})
	return execute(w, "runs", p)
}

// Entry is a run in the list of all runs.
type Entry struct {
	Run review.Identity
	// Title is the run's scenarios in words; Valid and Invalid count its cells.
	Title          string
	Findings       []report.Finding
	Valid, Invalid int
	// Path leads from the list to the run's page; empty where there is none.
	Path string
}

// NewEntry is the entry of a run, without a path.
func NewEntry(run *results.Run) Entry {
	e := Entry{Run: review.IdentityOf(run), Title: review.TitleOf(run), Findings: finding.Of(run)}
	for _, c := range run.Cells {
		if c.Verdict == results.Valid {
			e.Valid++
		} else {
			e.Invalid++
		}
	}
	return e
}

// indexPage lists runs, newest first.
type indexPage struct {
	frame
	Entries []Entry
	Trends  []trended
	// Shown is of how many runs, the newest, trends are drawn; Unread are folders whose run could not be read.
	Shown  int
	Unread []string
}

// Index writes the list of runs, which come newest first, with the trends of those in over. unread names what could not be shown and why.
func Index(w io.Writer, entries []Entry, over *review.Overlay, unread []string) error {
	p := indexPage{Entries: entries, Unread: unread}
	if over != nil {
		p.Trends, p.Shown = trendsOf(over.Trends), len(over.Runs)
	}
	p.frame = newFrame("Runs · pushbench", template.CSS(""), data{})
	return execute(w, "index", p)
}

// trended is a scenario with its trends: folded where a page has several.
type trended struct {
	Scenario string
	Groups   []trendGroup
}

// trendGroup is the trends of one metric of a scenario, an arm each.
type trendGroup struct {
	Scenario, Metric string
	Lines            []trendLine
}

type trendLine struct {
	Arm, Unit string
	Strokes   []string
	Dots      []trendDot
	First     string
	Last      string
	Points    []review.TrendPoint
}

type trendDot struct {
	X, Y, Title string
	Hollow      bool
}

// trendsOf are the groups by scenario.
func trendsOf(trends []review.Trend) []trended {
	var out []trended
	for _, g := range trendGroups(trends) {
		at := slices.IndexFunc(out, func(t trended) bool { return t.Scenario == g.Scenario })
		if at < 0 {
			at = len(out)
			out = append(out, trended{Scenario: g.Scenario})
		}
		out[at].Groups = append(out[at].Groups, g)
	}
	return out
}

// trendGroups leaves out trends of fewer than two numbers: they have no direction.
func trendGroups(trends []review.Trend) []trendGroup {
	var groups []trendGroup
	for _, t := range trends {
		line, ok := newTrendLine(t)
		if !ok {
			continue
		}
		n := len(groups)
		at := n
		for i, g := range groups {
			if g.Scenario == t.Scenario && g.Metric == t.Metric {
				at = i
			}
		}
		if at == n {
			groups = append(groups, trendGroup{Scenario: t.Scenario, Metric: t.Metric})
		}
		groups[at].Lines = append(groups[at].Lines, line)
	}
	return groups
}

// newTrendLine draws points by run, evenly spaced, on a scale from zero. Steps between runs that may not be compared are not joined.
func newTrendLine(t review.Trend) (trendLine, bool) {
	line := trendLine{Arm: t.Arm, Unit: t.Unit, Points: t.Points}
	most, known := 0.0, 0
	for _, p := range t.Points {
		if p.Value.Known && !math.IsInf(p.Value.Number, 0) {
			most, known = max(most, p.Value.Number), known+1
		}
	}
	if known < 2 {
		return line, false
	}
	var stroke []string
	flush := func() {
		if len(stroke) > 1 {
			line.Strokes = append(line.Strokes, strings.Join(stroke, " "))
		}
		stroke = nil
	}
	for i, p := range t.Points {
		if !p.Same {
			flush()
		}
		if !p.Value.Known {
			flush()
			continue
		}
		x, y := 3+94*float64(i)/float64(len(t.Points)-1), 95.0
		if most > 0 {
			y = 95 - 88*p.Value.Number/most
		}
		stroke = append(stroke, fmt.Sprintf("%.2f,%.2f", x, y))
		text := withUnit(p.Value.Text, t.Unit)
		title := fmt.Sprintf("%s, %s: %s", p.Created.UTC().Format(time.DateTime), p.ID, text)
		line.Dots = append(line.Dots, trendDot{percent(x), percent(y), title, p.Invalid})
		if line.First == "" {
			line.First = text
		}
		line.Last = text
	}
	flush()
	return line, true
}
