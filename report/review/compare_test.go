package review

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pushbench/report/internal/sample"
	"pushbench/results"
	"pushbench/scenarios"
)

func several(t *testing.T, change ...func(*results.Run)) []*results.Run {
	t.Helper()
	var runs []*results.Run
	for i, f := range change {
		run, _, err := sample.Run(uint64(i), 300, sample.Default[:2]...)
		if err != nil {
			t.Fatal(err)
		}
		run.ID = strings.Repeat("x", i+1)
		run.Created = run.Created.Add(time.Duration(i) * time.Hour)
		f(run)
		runs = append(runs, run)
	}
	return runs
}

func nothing(*results.Run) {}

func TestLikeRunsAreComparable(t *testing.T) {
	o := Compare(several(t, nothing, nothing)...)
	if len(o.Cells) != 2 || o.Merged != nil {
		t.Fatalf("%d arms, merged %v", len(o.Cells), o.Merged)
	}
	for _, c := range o.Cells {
		if !c.Comparable || !slices.Equal(c.Index, []int{c.Index[0], c.Index[0]}) {
			t.Errorf("%s: %v", c.Arm, c.Why)
		}
	}
	for _, trend := range o.Trends {
		if len(trend.Points) != 2 || trend.Points[0].Same || !trend.Points[1].Same {
			t.Errorf("%s %s: %+v", trend.Arm, trend.Metric, trend.Points)
		}
	}
}

func TestRunsStandByAge(t *testing.T) {
	runs := several(t, nothing, nothing)
	o := Compare(runs[1], nil, runs[0])
	if o.Runs[0].ID != runs[0].ID || o.Trends[0].Points[0].ID != runs[0].ID {
		t.Errorf("runs %v", o.Runs)
	}
}

func TestWhatKeepsRunsApart(t *testing.T) {
	for name, change := range map[string]func(*results.Run){
		"payload":         func(r *results.Run) { r.Scenarios[0].Payload = 999 },
		"machine":         func(r *results.Run) { r.Environment.CPUModel = "another" },
		"injected faults": func(r *results.Run) { r.Cells[0].Server.Injected, r.Cells[1].Server.Injected = "stall", "stall" },
		"HTTP library":    func(r *results.Run) { r.Cells[0].Server.HTTP, r.Cells[1].Server.HTTP = "fast", "fast" },
		"invalid":         func(r *results.Run) { r.Cells[0].Verdict, r.Cells[1].Verdict = results.Invalid, results.Invalid },
	} {
		o := Compare(several(t, nothing, change)...)
		for _, c := range o.Cells {
			if c.Comparable || !strings.Contains(strings.Join(c.Why, "; "), name) {
				t.Errorf("%s: comparable %v, %q", name, c.Comparable, c.Why)
			}
		}
		for _, trend := range o.Trends {
			if trend.Points[1].Same {
				t.Errorf("%s: a step between runs that differ", name)
			}
		}
	}
}

// TestRunsBecomeASweep: three runs that differ in the delay are a curve over it.
func TestRunsBecomeASweep(t *testing.T) {
	delayed := func(d time.Duration) func(*results.Run) {
		return func(r *results.Run) { r.Scenarios[0].Network.Delay = d }
	}
	o := Compare(several(t, delayed(0), delayed(20*time.Millisecond), delayed(50*time.Millisecond))...)
	sweeps := o.Sweeps()
	if len(sweeps) != 1 || sweeps[0].Axis.Parameter != "network.delay" || len(sweeps[0].Axis.Values) != 3 || len(sweeps[0].Slices) != 1 {
		t.Fatalf("%+v", sweeps)
	}
	if len(o.Blocks) != 1 || len(o.Blocks[0].Findings) == 0 {
		t.Error("no words on the crossover")
	}
}

func TestClientsAtARateEachAreOneAxis(t *testing.T) {
	clients := func(n int) func(*results.Run) {
		return func(r *results.Run) {
			s := &r.Scenarios[0]
			s.Clients, s.RatePerClient, s.Rate = n, 0.5, scenarios.Rate(0.5*float64(n))
			for i := range r.Cells {
				r.Cells[i].Clients = n
			}
		}
	}
	sweeps := Compare(several(t, clients(100), clients(200))...).Sweeps()
	if len(sweeps) != 1 || sweeps[0].Axis.Parameter != "clients" || len(sweeps[0].Slices) != 1 {
		t.Fatalf("%+v", sweeps)
	}
}

// TestHowLongIsNoAxis: a longer run of the same work is a better look at it, and no other place on a curve.
func TestHowLongIsNoAxis(t *testing.T) {
	longer := func(r *results.Run) {
		s := &r.Scenarios[0]
		s.Duration, s.Warmup, s.Rounds = 2*s.Duration, 2*s.Warmup+time.Second, 2*s.Rounds
	}
	o := Compare(several(t, nothing, longer)...)
	if o.Merged != nil || o.Compared == nil {
		t.Fatalf("merged %v, compared %v", o.Merged != nil, o.Compared != nil)
	}
	if len(o.Notes) != 1 || !strings.Contains(o.Notes[0], "duration (") || !strings.Contains(o.Notes[0], "warmup (") || !strings.Contains(o.Notes[0], "rounds (") {
		t.Errorf("notes %q", o.Notes)
	}
	for _, c := range o.Cells {
		if !c.Comparable {
			t.Errorf("%s: %q", c.Arm, c.Why)
		}
	}
}

// TestRunsThatDifferInSeveralParametersAreNoCurve: of two runs no curve has more than one point, when the first axis holds another than the second.
func TestRunsThatDifferInSeveralParametersAreNoCurve(t *testing.T) {
	other := func(r *results.Run) { r.Scenarios[0].Network.Delay, r.Scenarios[0].Payload = 20*time.Millisecond, 999 }
	o := Compare(several(t, nothing, other)...)
	if o.Merged != nil || o.Compared == nil {
		t.Fatalf("merged %v, compared %v", o.Merged != nil, o.Compared != nil)
	}
	if len(o.Notes) != 1 || !strings.Contains(o.Notes[0], "differ in several parameters (payload, network.delay)") {
		t.Errorf("notes %q", o.Notes)
	}
}

func TestInvalidCellsOfRunsSayWhy(t *testing.T) {
	o := Compare(several(t, nothing, func(r *results.Run) {
		r.Cells[1].Verdict, r.Cells[1].Warnings = results.Invalid, []results.Warning{{Text: "late", Invalidates: true}, {Text: "by the way"}}
	})...)
	if len(o.Invalid) != 1 || o.Invalid[0].Run != 1 || o.Invalid[0].Arm != "Long-poll" || !slices.Equal(o.Invalid[0].Why, []string{"late"}) {
		t.Errorf("%+v", o.Invalid)
	}
}
