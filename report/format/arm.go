package format

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pushbench/results"
	"pushbench/scenarios"
)

// Arm is one cell of a run as it is shown: the cell, its place in run.Cells, and a name that no other arm of its scenario has.
type Arm struct {
	Index int
	Cell  *results.Cell
	Look  Look
	Name  string
	// Twin counts the arms of the same transport before this one, so that they can be told apart within one colour.
	Twin int
}

// Invalid says that the cell's numbers must not be quoted.
func (a Arm) Invalid() bool { return a.Cell.Verdict != results.Valid }

// Group is a scenario and what was measured of it.
type Group struct {
	Scenario scenarios.Scenario
	Arms     []Arm
}

// Expected is how many messages all its arms were to receive; 0 where nothing was published.
func (g Group) Expected() (n int64) {
	for _, a := range g.Arms {
		n += a.Cell.Delivery.Expected
	}
	return n
}

// Title is the scenario's title, or its name where it has none, fit to print.
func (g Group) Title() string {
	for _, s := range []string{Clean(g.Scenario.Title), Clean(g.Scenario.Name)} {
		if s != "" {
			return s
		}
	}
	return "unnamed scenario"
}

// Groups sorts a run's cells by scenario, in the run's order of scenarios; cells of a scenario that the run does not list come last.
func Groups(run *results.Run) []Group {
	var groups []Group
	place := map[string]int{}
	for _, s := range run.Scenarios {
		if _, seen := place[s.Name]; !seen {
			place[s.Name] = len(groups)
			groups = append(groups, Group{Scenario: s})
		}
	}
	for i := range run.Cells {
		cell := &run.Cells[i]
		at, known := place[cell.Scenario]
		if !known {
			at = len(groups)
			place[cell.Scenario] = at
			groups = append(groups, Group{Scenario: scenarios.Scenario{Name: cell.Scenario, Clients: cell.Clients}})
		}
		groups[at].Arms = append(groups[at].Arms, Arm{Index: i, Cell: cell, Look: LookOf(cell.Transport)})
	}
	for i := range groups {
		g := &groups[i]
		sortArms(g.Arms)
		nameArms(g.Arms)
		if len(g.Arms) > 0 {
			g.Scenario = Resolved(g.Scenario, common(g.Arms))
		}
	}
	return groups
}

// common are the parameters on whose values all arms agree: a sweep of one value is a setting.
func common(arms []Arm) map[string]string {
	out := maps.Clone(arms[0].Cell.Params)
	for _, a := range arms[1:] {
		maps.DeleteFunc(out, func(path, text string) bool { own, has := a.Cell.Params[path]; return !has || own != text })
	}
	return out
}

// Resolved is the scenario with an arm's parameters in place. One that no longer exists leaves the scenario's value, and the arm's name tells it.
func Resolved(s scenarios.Scenario, params map[string]string) scenarios.Scenario {
	work := s.Clone()
	for _, path := range slices.Sorted(maps.Keys(params)) {
		_ = work.Set(path, params[path])
	}
	return *work
}

// WebSocketOf is the WebSocket arm of the same target and the same parameters as a, among arms; ok is false where there is none. Across targets a comparison
// would be of servers, across parameters of workloads.
func WebSocketOf(a Arm, arms []Arm) (base Arm, ok bool) {
	for _, b := range arms {
		if b.Cell.Transport == scenarios.WebSocket && b.Cell.Target == a.Cell.Target && maps.Equal(a.Cell.Params, b.Cell.Params) {
			return b, true
		}
	}
	return Arm{}, false
}

// nameArms names each arm by its transport and, only where that is ambiguous, by target, then parameters, then number.
func nameArms(arms []Arm) {
	for i := range arms {
		arms[i].Name = arms[i].Look.Name
	}
	distinguish(arms, func(a Arm) string { return Clean(a.Cell.Target) })
	distinguish(arms, func(a Arm) string { return params(a.Cell.Params) })
	used := map[string]int{}
	twins := map[scenarios.Transport]int{}
	for i := range arms {
		a := &arms[i]
		a.Twin = twins[a.Cell.Transport]
		twins[a.Cell.Transport]++
		if used[a.Name]++; used[a.Name] > 1 {
			a.Name = fmt.Sprintf("%s #%d", a.Name, used[a.Name])
		}
	}
}

// distinguish appends by(arm) to the names that several arms share, unless all of those agree on it.
func distinguish(arms []Arm, by func(Arm) string) {
	same := map[string][]int{}
	for i, a := range arms {
		same[a.Name] = append(same[a.Name], i)
	}
	for _, members := range same {
		words := map[string]bool{}
		for _, i := range members {
			words[by(arms[i])] = true
		}
		for _, i := range members {
			if word := by(arms[i]); len(words) > 1 && word != "" {
				arms[i].Name += " @" + word
			}
		}
	}
}

func params(p map[string]string) string {
	var words []string
	for _, k := range slices.Sorted(maps.Keys(p)) {
		words = append(words, Clean(k)+"="+Clean(p[k]))
	}
	return strings.Join(words, ",")
}
