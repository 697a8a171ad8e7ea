package review

import (
	"errors"
	"fmt"
	"strings"

	"pushbench/report"
	"pushbench/report/format"
	"pushbench/report/recorded"
	"pushbench/results"
)

// Of reads a run. Without histograms (nil) the tables that need them are absent; everything else stands in the run file. The error is of histograms that
// cannot be read, or of no run.
func Of(run *results.Run, histograms *recorded.Histograms) (*Review, error) {
	if run == nil {
		return nil, errors.New("review: no run to read; load a run file first")
	}
	groups, blocks := format.Groups(run), report.Blocks(run)
	r := &Review{Title: title(groups), Run: identity(run)}
	var pairs []named
	for i, g := range groups {
		all := pairings(g)
		for _, p := range all {
			pairs = append(pairs, named{p, sectionName(g)})
		}
		r.Sections = append(r.Sections, newSection(g, blocks[i], all))
	}
	r.Claims = judgeClaims(pairs)
	r.Questions = questions(pairs)
	r.Integrity = integrity(run, blocks)
	tables, err := r.tables(groups, blocks, histograms)
	r.Tables = tables
	return r, err
}

func newSection(g format.Group, b report.Block, all []pairing) Section {
	s := Section{
		Name: sectionName(g), Title: g.Title(), Question: format.Clean(g.Scenario.Question), Workload: b.Workload,
		Decision: newDecision(g, all), Findings: b.Findings, Notes: b.Notes,
	}
	s.BreakEven = newBreakEven(s.Name, all)
	return s
}

// Answer takes the findings that package finding made of the same run, as they stand: into the sections, and as a table.
func (r *Review) Answer(findings []report.Finding) {
	t := Table{
		Name: TableFindings, Section: -1, Title: "Answers", Shows: "What this run says to the question of each scenario, in a sentence.", ShowsNot: "What the caveat says.",
		Columns: []Column{
			{Title: "scenario", Words: true, Size: 1, Arm: -1},
			{Title: "question", Words: true, Size: 1, Arm: -1},
			{Title: "answer", Words: true, Size: 1, Arm: -1},
			{Title: "caveat", Words: true, Size: 1, Arm: -1},
			{Title: "stands on", Words: true, Size: 1, Arm: -1},
			{Title: "chart", Words: true, Size: 1, Arm: -1},
		},
	}
	for i, f := range findings {
		if i < len(r.Sections) {
			r.Sections[i].Finding = f
		}
		t.Rows = append(t.Rows, Row{Arm: -1, Cells: []Value{word(f.Scenario), word(f.Question), word(f.Sentence), word(f.Caveat), word(string(f.Trust)), word(f.Chart)}})
	}
	r.Tables = append(r.Tables, t)
}

// sectionName is the scenario's name, or its title where it has none.
func sectionName(g format.Group) string {
	if name := format.Clean(g.Scenario.Name); name != "" {
		return name
	}
	return g.Title()
}

// title is the scenario's, or those of several.
func title(groups []format.Group) string {
	switch len(groups) {
	case 0:
		return "Nothing was measured"
	case 1:
		return groups[0].Title()
	}
	var titles []string
	const most = 3
	for _, g := range groups[:min(len(groups), most)] {
		titles = append(titles, g.Title())
	}
	if more := len(groups) - most; more > 0 {
		titles = append(titles, fmt.Sprintf("and %d more", more))
	}
	return fmt.Sprintf("%d workloads: %s", len(groups), strings.Join(titles, "; "))
}

// IdentityOf is which run this is, for a list of runs that are not read further.
func IdentityOf(run *results.Run) Identity { return identity(run) }

// TitleOf is the title a run's review would have.
func TitleOf(run *results.Run) string { return title(format.Groups(run)) }

func identity(run *results.Run) Identity {
	id := Identity{
		ID: format.Clean(run.ID), Created: run.Created, Seed: run.Seed, Machine: format.Machine(run.Environment), Tool: tool(run.Tool),
		Command: format.Clean(run.Command), Interrupted: run.Interrupted, Loopback: len(run.Scenarios) > 0,
	}
	for _, s := range run.Scenarios {
		id.Loopback = id.Loopback && loopback(s)
	}
	for _, c := range run.Cells {
		id.Loopback = id.Loopback && c.Target == results.ReferenceTarget
	}
	return id
}

func tool(t results.Tool) string {
	out := "pushbench" + suffix(" ", format.Clean(t.Version))
	if t.Commit != "" {
		out += " (" + format.Clean(t.Commit) + ")"
	}
	return out + suffix(", ", format.Clean(t.Go))
}
