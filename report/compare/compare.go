// Package compare holds the rounds of one run against those of others: medians with confidence intervals, the change, and whether it can be told from
// the rounds' own noise.
//
// # How the data goes
//
//	[]Input (label, run) → Runs → Comparison (data: what renderers, --json and Go's benchmark format are made of)
//
// One value of a metric is one round's figure, never one message: messages of a round are correlated, rounds are the repetitions. The first run is what
// the others are compared with. The statistics are golang.org/x/perf/benchmath's, without assumptions on the distribution: the median, its interval
// from order statistics, and the two-sided Mann–Whitney U test.
//
// # What it cannot rule out
//
// Runs are made one after the other, so that whatever changed on the machine between them counts as change: a p-value here says that the rounds
// differ, not why. A gate, which alternates the two sides, is for deciding. What is known to differ (environment, workload, seed, faults) is a
// [results.Warning] with its code; an invalid cell is shown and never compared.
package compare

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"pushbench/results"
	"pushbench/scenarios"
)

// Schema is the version of the JSON that a Comparison is written as.
const Schema = 1

// Alpha is the level below which a p-value is called a change; Confidence is that of the medians' intervals.
const (
	Alpha      = 0.05
	Confidence = 0.95
)

// ErrNothingInCommon means that no cell was measured, and is valid, on the first side and on another.
var ErrNothingInCommon = errors.New("nothing to compare")

// Input is a run and what the user calls it.
type Input struct {
	Label string
	Run   *results.Run
}

// Comparison is runs held against the first of them.
type Comparison struct {
	Schema     int               `json:"schema"`
	Alpha      float64           `json:"alpha"`
	Confidence float64           `json:"confidence"`
	Sides      []Side            `json:"sides"`
	Warnings   []results.Warning `json:"warnings,omitempty"`
	Arms       []Arm             `json:"arms"`
	// Tests is how many changes were tested; among identical runs at most about Alpha × Tests of them would be called one.
	Tests int `json:"tests"`
}

// Side is one of the runs.
type Side struct {
	// Letter is what tables call it: A, B, …
	Letter      string              `json:"letter"`
	Label       string              `json:"label"`
	ID          string              `json:"id"`
	Tool        results.Tool        `json:"tool"`
	Seed        uint64              `json:"seed"`
	Environment results.Environment `json:"environment"`
}

// Arm is one scenario × arm that at least two of the sides have.
type Arm struct {
	Scenario  string              `json:"scenario"`
	Transport scenarios.Transport `json:"transport"`
	// Target is absent where every run measured one target only: different targets are then what is compared.
	Target   string            `json:"target,omitempty"`
	Params   map[string]string `json:"params,omitempty"`
	Verdicts []results.Verdict `json:"verdicts"` // by side; empty where a side has no such cell
	Metrics  []Metric          `json:"metrics"`

	cells []*results.Cell
}

// Metric is a quantity of an arm, by side, and the changes of the sides after the first.
type Metric struct {
	Key     string         `json:"key"`
	Unit    scenarios.Unit `json:"unit"`
	Samples []Sample       `json:"samples"`
	Changes []Change       `json:"changes"`
}

// Sample is one side's values of a metric, a value for each round that has one. Absent figures could not be computed.
type Sample struct {
	Values []float64 `json:"values,omitempty"`
	Median *float64  `json:"median,omitempty"`
	// Low and High bound the median at the level Confidence of the comparison; absent with too few rounds.
	Low  *float64 `json:"low,omitempty"`
	High *float64 `json:"high,omitempty"`
	// Invalid is true where the cell must not be quoted.
	Invalid  bool              `json:"invalid,omitempty"`
	Warnings []results.Warning `json:"warnings,omitempty"`
}

// Outcome is what a change amounts to.
type Outcome string

// The outcomes. Higher and Lower are told apart from noise at level Alpha, Same is every value equal, CannotTell is the rest.
const (
	Higher      Outcome = "higher"
	Lower       Outcome = "lower"
	Same        Outcome = "same"
	CannotTell  Outcome = "cannot_tell"
	NotCompared Outcome = "not_compared"
)

// Change is a side against the first.
type Change struct {
	Outcome Outcome `json:"outcome"`
	// Percent is the change of the median, absent where the first one is zero or nothing was compared. It says little unless Outcome is higher or lower.
	Percent *float64 `json:"percent,omitempty"`
	// P is of the two-sided Mann–Whitney U test over N1 and N2 rounds.
	P        *float64          `json:"p,omitempty"`
	N1       int               `json:"n1"`
	N2       int               `json:"n2"`
	Warnings []results.Warning `json:"warnings,omitempty"`
}

// Runs compares two or more runs with the first of them. The error wraps [ErrNothingInCommon] if there is no cell to compare.
func Runs(inputs []Input) (*Comparison, error) {
	c := &Comparison{Schema: Schema, Alpha: Alpha, Confidence: Confidence}
	for i, in := range inputs {
		c.Sides = append(c.Sides, Side{
			Letter: letter(i), Label: in.Label, ID: in.Run.ID, Tool: in.Run.Tool, Seed: in.Run.Seed, Environment: in.Run.Environment,
		})
	}
	c.Warnings = runWarnings(inputs, c.Sides)
	arms := align(inputs)
	for _, a := range arms {
		if a.sides() < 2 {
			c.Warnings = append(c.Warnings, onlyIn(a, c.Sides))
			continue
		}
		c.Warnings = append(c.Warnings, armWarnings(a, c.Sides, inputs)...)
		a.measure()
		c.Arms = append(c.Arms, a)
	}
	compared := c.count()
	if compared == 0 {
		return nil, c.nothing(inputs)
	}
	return c, nil
}

// letter names the first sides A to Z, and those after them by number.
func letter(i int) string {
	if i < 26 {
		return string(rune('A' + i))
	}
	return fmt.Sprintf("#%d", i+1)
}

// count fills Tests and returns how many changes were compared, those without a test (all values the same) among them.
func (c *Comparison) count() (compared int) {
	for _, a := range c.Arms {
		for _, m := range a.Metrics {
			for _, change := range m.Changes {
				if change.Outcome != NotCompared {
					compared++
				}
				if change.P != nil {
					c.Tests++
				}
			}
		}
	}
	return compared
}

// nothing says what each side has instead.
func (c *Comparison) nothing(inputs []Input) error {
	if len(c.Arms) > 0 {
		return fmt.Errorf("%w: no cell is valid both in %s and in another run; measure again what is invalid (its warnings say why)", ErrNothingInCommon, inputs[0].Label)
	}
	text := ""
	for _, in := range inputs {
		text += fmt.Sprintf("\n  %s has %s", in.Label, contents(in.Run))
	}
	return fmt.Errorf("%w: the runs share no scenario × transport:%s", ErrNothingInCommon, text)
}

// contents lists a run's arms.
func contents(run *results.Run) string {
	const most = 6
	text := ""
	for i, c := range run.Cells {
		if i == most {
			return text + fmt.Sprintf(" and %d more", len(run.Cells)-most)
		}
		if i > 0 {
			text += ", "
		}
		text += c.Scenario + "/" + results.ArmTag(c)
	}
	if text == "" {
		return "no cells"
	}
	return text
}

// align lists the arms of all runs in order of appearance, each with its cells by side.
func align(inputs []Input) []Arm {
	var arms []Arm
	for side, in := range inputs {
		blank := oneTarget(in.Run)
		for i := range in.Run.Cells {
			cell := &in.Run.Cells[i]
			target := cell.Target
			if blank {
				target = ""
			}
			at := slices.IndexFunc(arms, func(a Arm) bool {
				return a.Scenario == cell.Scenario && a.Transport == cell.Transport && a.Target == target && maps.Equal(a.Params, cell.Params)
			})
			if at < 0 {
				at = len(arms)
				arms = append(arms, Arm{
					Scenario: cell.Scenario, Transport: cell.Transport, Target: target, Params: cell.Params,
					Verdicts: make([]results.Verdict, len(inputs)), cells: make([]*results.Cell, len(inputs)),
				})
			}
			if arms[at].cells[side] == nil {
				arms[at].cells[side], arms[at].Verdicts[side] = cell, cell.Verdict
			}
		}
	}
	return arms
}

// oneTarget says that the run has one target only, whose name then is not needed to tell its cells apart.
func oneTarget(run *results.Run) bool {
	return !slices.ContainsFunc(run.Cells, func(c results.Cell) bool { return c.Target != run.Cells[0].Target })
}

func (a *Arm) sides() int {
	n := 0
	for _, c := range a.cells {
		if c != nil {
			n++
		}
	}
	return n
}

func (a *Arm) measure() {
	for _, q := range quantities {
		m := Metric{Key: q.key, Unit: q.unit}
		for _, cell := range a.cells {
			m.Samples = append(m.Samples, newSample(q, cell))
		}
		for _, s := range m.Samples[1:] {
			m.Changes = append(m.Changes, newChange(m.Samples[0], s))
		}
		a.Metrics = append(a.Metrics, m)
	}
}
