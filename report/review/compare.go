package review

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"pushbench/report"
	"pushbench/report/compare"
	"pushbench/report/format"
	"pushbench/report/sweep"
	"pushbench/results"
	"pushbench/scenarios"
)

// Overlay is several runs side by side: what may be compared, what varies, where it crosses.
type Overlay struct {
	// Runs stand oldest first; indices below are into it.
	Runs []Identity
	// Cells are the arms that occur, each with its cell in every run.
	Cells []Aligned
	// Blocks are there when the runs of a scenario differ in parameters, as in a sweep made of single runs: its curves as tables, with the crossovers in words.
	Blocks []report.Block
	// Merged is the same as a run, for charts of curves; nil where there is nothing to draw over.
	Merged *results.Run
	// Trends are the metrics that gates watch, over the runs by age.
	Trends []Trend
	// Compared holds the rounds of the runs against those of the oldest; nil where the runs differ on purpose (Merged), or have nothing in common.
	Compared *report.Compared
	// Notes say what keeps the runs from being curves, and in what runs differ that are compared all the same.
	Notes []string
	// Invalid are the cells of all runs that must not be compared.
	Invalid []InvalidCell
	// Gates are verdicts on the runs, where somebody adds them: runs alone decide nothing.
	Gates []*GateReview
}

// Aligned is one arm of one scenario over the runs.
type Aligned struct {
	Scenario, Arm string
	// Index is the arm's cell in each run, −1 where it has none.
	Index []int
	// Comparable is set when all runs that have it did the same work under the same conditions and all their cells are valid; otherwise Why says what differs.
	Comparable bool
	Why        []string
}

// InvalidCell is a cell of a run and why nothing is compared with it.
type InvalidCell struct {
	// Run is the index in [Overlay.Runs].
	Run           int
	Scenario, Arm string
	Why           []string
}

// Trend is a metric of an arm over runs, oldest first.
type Trend struct {
	Scenario, Arm, Metric, Unit string
	Points                      []TrendPoint
}

// TrendPoint is one run's value.
type TrendPoint struct {
	// Run is the index in [Overlay.Runs], ID the run's.
	Run     int
	ID      string
	Created time.Time
	Value   Value
	// Same is set when this run and the one before it may be compared, so that the step between them may be read as a change.
	Same bool
	// Invalid values are shown hollow, and no step leads to or from them.
	Invalid bool
}

// Compare holds runs against one another. A run need not have the scenarios of the others.
func Compare(runs ...*results.Run) *Overlay {
	runs = slices.DeleteFunc(slices.Clone(runs), func(r *results.Run) bool { return r == nil })
	slices.SortStableFunc(runs, func(a, b *results.Run) int { return a.Created.Compare(b.Created) })
	o := &Overlay{}
	for _, r := range runs {
		o.Runs = append(o.Runs, identity(r))
	}
	lines := align(runs)
	for _, l := range lines {
		o.Cells = append(o.Cells, l.aligned())
		o.Trends = append(o.Trends, l.trends(runs)...)
		o.Invalid = append(o.Invalid, l.invalid()...)
	}
	if o.Merged, o.Notes = joined(runs); o.Merged != nil {
		o.Blocks = report.Blocks(o.Merged)
	} else {
		o.Compared = compared(runs)
	}
	return o
}

// compared is nil where no cell is to be compared.
func compared(runs []*results.Run) *report.Compared {
	if len(runs) < 2 {
		return nil
	}
	var inputs []compare.Input
	for _, r := range runs {
		inputs = append(inputs, compare.Input{Label: r.ID, Run: r})
	}
	c, err := compare.Runs(inputs)
	if err != nil {
		return nil
	}
	out := report.ComparedOf(c)
	return &out
}

// Title says what the overlay is of.
func (o *Overlay) Title() string {
	if len(o.Blocks) > 0 {
		return fmt.Sprintf("%s, over %d runs", o.Blocks[0].Title, len(o.Runs))
	}
	return fmt.Sprintf("%d runs, side by side", len(o.Runs))
}

// armLine is an arm's cell in each run, with its scenario there; a cell of nil where the run has none.
type armLine struct {
	scenario string
	cells    []cell
	runs     []*results.Run
}

// armKey tells arms apart across runs.
type armKey struct{ scenario, transport, target, params string }

func align(runs []*results.Run) []armLine {
	var lines []armLine
	place := map[armKey]int{}
	for i, run := range runs {
		for _, g := range format.Groups(run) {
			for _, a := range g.Arms {
				k := armKey{g.Scenario.Name, string(a.Cell.Transport), a.Cell.Target, parameters(a)}
				at, known := place[k]
				if !known {
					at = len(lines)
					place[k] = at
					lines = append(lines, armLine{scenario: sectionName(g), cells: make([]cell, len(runs)), runs: runs})
				}
				lines[at].cells[i] = newCell(g.Scenario, a)
			}
		}
	}
	return lines
}

func (l armLine) name() string {
	for _, c := range l.cells {
		if c.Cell != nil {
			return c.Name
		}
	}
	return ""
}

func (l armLine) aligned() Aligned {
	a := Aligned{Scenario: l.scenario, Arm: l.name()}
	first := -1
	for i, c := range l.cells {
		if c.Cell == nil {
			a.Index = append(a.Index, -1)
			continue
		}
		a.Index = append(a.Index, c.Index)
		if c.Invalid() {
			a.Why = append(a.Why, "invalid in run "+format.Clean(l.runs[i].ID))
		}
		if first < 0 {
			first = i
			continue
		}
		a.Why = append(a.Why, l.differences(first, i)...)
	}
	a.Comparable = len(a.Why) == 0
	return a
}

// invalid are the line's cells that must not be compared, by run.
func (l armLine) invalid() []InvalidCell {
	var out []InvalidCell
	for i, c := range l.cells {
		if c.Cell == nil || !c.Invalid() {
			continue
		}
		cell := InvalidCell{Run: i, Scenario: l.scenario, Arm: c.Name}
		cell.add(c.Cell.Warnings)
		for _, r := range c.Cell.Rounds {
			if len(cell.Why) == 0 { // the cell speaks for its rounds
				cell.add(r.Warnings)
			}
		}
		out = append(out, cell)
	}
	return out
}

func (c *InvalidCell) add(warnings []results.Warning) {
	for _, w := range warnings {
		if w.Invalidates {
			c.Why = append(c.Why, format.Clean(w.Text))
		}
	}
}

// howLong are the parameters of how much is measured. They change no work: runs are compared across them, and they are no axis.
var howLong = []string{"duration", "warmup", "rounds"}

// differences are what keeps two runs' cells from being compared: another workload, other conditions.
func (l armLine) differences(i, j int) []string {
	a, b := l.cells[i], l.cells[j]
	var why []string
	add := func(what, x, y string) {
		if x != y {
			why = append(why, fmt.Sprintf("%s: %s against %s", what, format.Clean(x), format.Clean(y)))
		}
	}
	for _, p := range scenarios.Parameters() {
		if p.Overridable() && p.Path != "transports" && p.Path != "thresholds" && !slices.Contains(howLong, p.Path) {
			add(p.Path, p.Get(&a.work), p.Get(&b.work))
		}
	}
	add("machine", machine(l.runs[i].Environment), machine(l.runs[j].Environment))
	add("injected faults", injected(a.Cell), injected(b.Cell))
	add("HTTP library", a.Cell.HTTP(), b.Cell.HTTP())
	add("client", a.Cell.Generator.Client, b.Cell.Generator.Client)
	return why
}

// machine is what of an environment decides the numbers.
func machine(e results.Environment) string {
	return fmt.Sprintf("%s, %s, pinning %s", format.Machine(e), cmp.Or(e.CPUModel, "CPU unknown"), cmp.Or(e.Pinning, "unknown"))
}

func injected(c *results.Cell) string {
	if c.Server == nil || c.Server.Injected == "" {
		return "none"
	}
	return c.Server.Injected
}

// watched are the metrics that gates look at.
var watched = []quantity{tailLatency, medianLatency, hourlyBytes, serverCPU, serverMemory}

func (l armLine) trends(runs []*results.Run) []Trend {
	var out []Trend
	for _, q := range watched {
		t := Trend{Scenario: l.scenario, Arm: l.name(), Metric: q.name}
		before := -1
		var values []Value
		for i, c := range l.cells {
			if c.Cell == nil {
				continue
			}
			p := TrendPoint{Run: i, ID: format.Clean(runs[i].ID), Created: runs[i].Created, Value: q.of(c), Invalid: c.Invalid()}
			p.Same = before >= 0 && !p.Invalid && !l.cells[before].Invalid() && len(l.differences(before, i)) == 0
			before = i
			t.Points = append(t.Points, p)
			values = append(values, p.Value)
		}
		u := q.dim.common(values...)
		t.Unit = u.Name
		for i := range t.Points {
			t.Points[i].Value = t.Points[i].Value.in(u)
		}
		out = append(out, t)
	}
	return out
}

// joined is one run of the cells of several, with what differs between their scenarios as parameters, so that package sweep finds curves and crossovers in them.
// It is nil where no scenario of one name differs in anything that can be swept, or in so much that no two of its cells lie on one curve. notes say so.
func joined(runs []*results.Run) (out *results.Run, notes []string) {
	if len(runs) < 2 {
		return nil, nil
	}
	out = &results.Run{Schema: results.Schema, Created: runs[0].Created, Seed: runs[0].Seed, Tool: runs[0].Tool, Environment: runs[0].Environment}
	for _, s := range runs[0].Scenarios {
		all := cellsOf(s.Name, runs)
		paths := varied(all)
		cells := withParams(all, paths)
		switch name := format.Clean(s.Name); {
		case len(paths) > 0 && drawable(s, cells):
			out.Scenarios, out.Cells = append(out.Scenarios, s), append(out.Cells, cells...)
		case len(paths) > 0:
			notes = append(notes, fmt.Sprintf("The runs of %s differ in several parameters (%s), and no two of them lie on one curve.", name, strings.Join(paths, ", ")))
		default:
			if lengths := lengthsOf(all); lengths != "" {
				notes = append(notes, fmt.Sprintf("The runs of %s differ in %s: in how much was measured, not in what. They are compared.", name, lengths))
			}
		}
	}
	if len(out.Cells) == 0 {
		return nil, notes
	}
	for _, r := range runs {
		out.ID += format.Clean(r.ID) + " "
		if machine(r.Environment) != machine(out.Environment) {
			out.Warnings = append(out.Warnings, results.Warning{Code: "machines_differ", Text: "the runs were made on different machines: what lies between their points may be the machine"})
			break
		}
	}
	return out, notes
}

// drawable says that two cells of an arm lie on one curve.
func drawable(s scenarios.Scenario, cells []results.Cell) bool {
	for _, g := range format.Groups(&results.Run{Scenarios: []scenarios.Scenario{s}, Cells: cells}) {
		swept, _ := sweep.Of(g)
		for _, slice := range swept.Slices {
			for _, c := range slice.Curves {
				points := slices.DeleteFunc(slices.Clone(c.Points), func(a format.Arm) bool { return a.Cell == nil })
				if len(points) > 1 {
					return true
				}
			}
		}
	}
	return false
}

// lengthsOf is how the runs' cells differ in how long they measured: "duration (3s, 5s)".
func lengthsOf(all []cell) string {
	var words []string
	for _, path := range howLong {
		p, _ := scenarios.LookupParameter(path)
		var values []string
		for _, c := range all {
			if v := p.Get(&c.work); !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
		if len(values) > 1 {
			words = append(words, path+" ("+strings.Join(values, ", ")+")")
		}
	}
	return listing(words)
}

// cellsOf are the cells of a scenario in all runs.
func cellsOf(name string, runs []*results.Run) []cell {
	var all []cell
	for _, run := range runs {
		for _, g := range format.Groups(run) {
			if g.Scenario.Name == name {
				for _, a := range g.Arms {
					all = append(all, newCell(g.Scenario, a))
				}
			}
		}
	}
	return all
}

// varied are the parameters that differ between cells and can be an axis.
func varied(all []cell) []string {
	var paths []string
	for _, p := range scenarios.Parameters() {
		if p.Path == "rate" && ratesFollow(all) {
			continue // rate_per_client and clients say it
		}
		if p.Sweepable() && !slices.Contains(howLong, p.Path) && differs(p, all) {
			paths = append(paths, p.Path)
		}
	}
	return paths
}

// withParams are the cells with what differs as their parameters.
func withParams(all []cell, paths []string) []results.Cell {
	var out []results.Cell
	for _, c := range all {
		copied := *c.Cell
		copied.Params = maps.Clone(copied.Params)
		if copied.Params == nil {
			copied.Params = map[string]string{}
		}
		for _, path := range paths {
			p, _ := scenarios.LookupParameter(path)
			copied.Params[path] = p.Get(&c.work)
		}
		out = append(out, copied)
	}
	return out
}

// ratesFollow says that every rate is rate_per_client × clients.
func ratesFollow(all []cell) bool {
	return !slices.ContainsFunc(all, func(c cell) bool { return c.work.RatePerClient == 0 })
}

func differs(p scenarios.Parameter, all []cell) bool {
	return slices.ContainsFunc(all, func(c cell) bool { return p.Get(&c.work) != p.Get(&all[0].work) })
}

// Sweeps are the curves of the merged run by scenario, for a page that draws them.
func (o *Overlay) Sweeps() []sweep.Sweep {
	if o.Merged == nil {
		return nil
	}
	var out []sweep.Sweep
	for _, g := range format.Groups(o.Merged) {
		if s, ok := sweep.Of(g); ok {
			out = append(out, s)
		}
	}
	return out
}
