package compare

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"pushbench/results"
	"pushbench/scenarios"
)

// The codes of a comparison's warnings.
const (
	WarnEnvironment = "environment_differs" // other machines, or the same one set up in another way
	WarnTool        = "tool_differs"        // other versions of pushbench, and with it of the generator and the reference server
	WarnSeed        = "seed_differs"        // other messages at other instants
	WarnScenario    = "scenario_differs"    // another workload under the same name
	WarnSchedule    = "schedule_differs"    // other instants, though nothing says why
	WarnConditions  = "conditions_differ"   // other targets, injected faults or client code
	WarnSameRun     = "same_run"            // a run against itself
	WarnInterrupted = "interrupted"         // a side that was cut short
	WarnOnlyIn      = "only_in"             // an arm with nothing to compare it with
	WarnInvalid     = "invalid_cell"        // an arm that must not be compared
)

// runWarnings are those that hold for whole runs, each side against the first.
func runWarnings(inputs []Input, sides []Side) []results.Warning {
	var all []results.Warning
	add := func(code, format string, args ...any) {
		all = append(all, results.Warning{Code: code, Text: fmt.Sprintf(format, args...)})
	}
	first := inputs[0].Run
	for i, in := range inputs {
		if in.Run.Interrupted {
			add(WarnInterrupted, "%s was cut short: only what had been measured is compared", sides[i].Letter)
		}
		if i == 0 {
			continue
		}
		pair := sides[0].Letter + " and " + sides[i].Letter
		if in.Run.ID == first.ID {
			add(WarnSameRun, "%s are the same run %s: there is nothing to find", pair, first.ID)
		}
		if d := fieldDifferences(first.Environment, in.Run.Environment, "load_average_1m"); len(d) > 0 {
			add(WarnEnvironment, "%s were made in different environments (%s): a change may be the machine's", pair, strings.Join(d, ", "))
		}
		if d := fieldDifferences(first.Tool, in.Run.Tool); len(d) > 0 {
			add(WarnTool, "%s were made by different versions of pushbench (%s): load generator and reference server both count as change", pair, strings.Join(d, ", "))
		}
		if in.Run.Seed != first.Seed {
			add(WarnSeed, "%s have different seeds (%d → %d): they sent other messages at other instants", pair, first.Seed, in.Run.Seed)
		}
		all = append(all, scenarioWarnings(first, in.Run, pair)...)
	}
	return all
}

// fieldDifferences lists the JSON fields in which a and b differ, as `cpus 2 → 4`, without the ignored ones. The fields are read from JSON so that
// one added later is compared, too.
func fieldDifferences(a, b any, ignored ...string) []string {
	x, y := fields(a), fields(b)
	keys := map[string]bool{}
	for _, m := range []map[string]json.RawMessage{x, y} {
		for k := range m {
			keys[k] = true
		}
	}
	var all []string
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if have, want := plain(x[k]), plain(y[k]); have != want && !slices.Contains(ignored, k) {
			all = append(all, fmt.Sprintf("%s %s → %s", k, have, want))
		}
	}
	return all
}

// fields are a struct's by JSON key. The types here always marshal into an object.
func fields(v any) map[string]json.RawMessage {
	var m map[string]json.RawMessage
	if text, err := json.Marshal(v); err == nil {
		_ = json.Unmarshal(text, &m)
	}
	return m
}

// plain is a JSON value as people write it: texts without quotes, absent ones as n/a.
func plain(value json.RawMessage) string {
	var text string
	switch {
	case value == nil:
		return "n/a"
	case json.Unmarshal(value, &text) == nil:
		return text
	}
	return string(value)
}

// sameWorkload are the parameters that do not change what is measured; gate's (gate.tolerance, …) do not either. Whose code the clients ran is a condition,
// as the machine is.
var sameWorkload = []string{"name", "title", "question", "answer", "caveat", "rounds", "transports", "client", "thresholds"}

func changesWorkload(path string) bool {
	return !slices.Contains(sameWorkload, path) && !strings.HasPrefix(path, "gate.")
}

// scenarioWarnings are the parameters in which scenarios of the same name differ.
func scenarioWarnings(a, b *results.Run, pair string) []results.Warning {
	var all []results.Warning
	for i := range a.Scenarios {
		s := &a.Scenarios[i]
		at := slices.IndexFunc(b.Scenarios, func(other scenarios.Scenario) bool { return other.Name == s.Name })
		if at < 0 {
			continue
		}
		if d := WorkloadDifferences(s, &b.Scenarios[at]); len(d) > 0 {
			all = append(all, results.Warning{
				Code: WarnScenario, Text: fmt.Sprintf("%s measured different workloads under the name %s (%s)", pair, s.Name, strings.Join(d, ", ")),
			})
		}
	}
	return all
}

// WorkloadDifferences lists the parameters that make two scenarios different workloads, as `rate 2/s → 4/s`.
func WorkloadDifferences(a, b *scenarios.Scenario) []string {
	swept := map[string]bool{}
	for _, axis := range slices.Concat(a.Sweep, b.Sweep) {
		swept[axis.Parameter] = true // the arms' own parameters say what was run
	}
	var all []string
	for _, p := range scenarios.Parameters() {
		if x, y := p.Meant(a), p.Meant(b); x != y && changesWorkload(p.Path) && !swept[p.Path] {
			all = append(all, fmt.Sprintf("%s %s → %s", p.Path, x, y))
		}
	}
	return all
}

// onlyIn says which side has an arm alone.
func onlyIn(a Arm, sides []Side) results.Warning {
	at := slices.IndexFunc(a.cells, func(c *results.Cell) bool { return c != nil })
	return results.Warning{Code: WarnOnlyIn, Text: fmt.Sprintf("%s was measured in %s only: not compared", armText(a), sides[at].Letter)}
}

func armText(a Arm) string {
	return a.Scenario + "/" + results.ArmTag(results.Cell{Transport: a.Transport, Target: a.Target, Params: a.Params})
}

// armWarnings are those of one arm.
func armWarnings(a Arm, sides []Side, inputs []Input) []results.Warning {
	var all []results.Warning
	for i, cell := range a.cells {
		switch {
		case cell == nil:
			all = append(all, results.Warning{Code: WarnOnlyIn, Text: fmt.Sprintf("%s was not measured in %s", armText(a), sides[i].Letter)})
		case cell.Verdict != results.Valid:
			all = append(all, results.Warning{
				Code: WarnInvalid, Invalidates: true,
				Text: fmt.Sprintf("%s is invalid in %s and not compared%s", armText(a), sides[i].Letter, reason(cell)),
			})
		case i > 0 && a.cells[0] != nil:
			all = append(all, pairWarnings(a, i, sides, inputs)...)
		}
	}
	return all
}

// reason is the first warning that makes a cell invalid.
func reason(c *results.Cell) string {
	for _, w := range c.Warnings {
		if w.Invalidates {
			return " (" + w.Code + ": " + w.Text + ")"
		}
	}
	return ""
}

// pairWarnings are what differs between a cell and the first side's.
func pairWarnings(a Arm, i int, sides []Side, inputs []Input) []results.Warning {
	var all []results.Warning
	first, cell := a.cells[0], a.cells[i]
	pair := sides[0].Letter + " and " + sides[i].Letter
	if d := fieldDifferences(conditionsOf(first), conditionsOf(cell)); len(d) > 0 {
		all = append(all, results.Warning{Code: WarnConditions, Text: fmt.Sprintf("%s: %s were made under different conditions (%s)", armText(a), pair, strings.Join(d, ", "))})
	}
	same := inputs[0].Run.Seed == inputs[i].Run.Seed && len(scenarioWarnings(inputs[0].Run, inputs[i].Run, "")) == 0
	if same && !sameSchedule(first.Rounds, cell.Rounds) {
		all = append(all, results.Warning{
			Code: WarnSchedule, Text: fmt.Sprintf("%s: %s followed different schedules though seed and scenario are the same", armText(a), pair),
		})
	}
	return all
}

// conditions are what a cell was measured under beside its scenario.
type conditions struct {
	Target   string `json:"target"`
	HTTP     string `json:"http"`
	Injected string `json:"injected,omitempty"`
	Client   string `json:"client"`
	Clients  int    `json:"clients"`
}

func conditionsOf(c *results.Cell) conditions {
	k := conditions{Target: c.Target, HTTP: c.HTTP(), Client: c.Generator.Client, Clients: c.Clients}
	if c.Server != nil {
		k.Injected = c.Server.Injected
	}
	return k
}

// sameSchedule compares the rounds that both have.
func sameSchedule(a, b []results.Round) bool {
	for i := range min(len(a), len(b)) {
		if a[i].Index == b[i].Index && a[i].ScheduleDigest != b[i].ScheduleDigest {
			return false
		}
	}
	return true
}
