package compare

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/perf/benchfmt"

	"pushbench/report/internal/sample"
	"pushbench/results"
	"pushbench/scenarios"
)

var (
	slow = []float64{10, 11, 12, 13, 14, 15}
	fast = []float64{1, 2, 3, 4, 5, 6}
)

type rounds = map[scenarios.Transport][]float64

// compared compares runs whose WebSocket cells have the given rounds.
func compared(t testing.TB, all ...[]float64) *Comparison {
	t.Helper()
	c, err := Runs(inputs(all...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func inputs(all ...[]float64) []Input {
	var in []Input
	for i, values := range all {
		in = append(in, Input{letter(i) + ".json", sample.Compared("run-"+letter(i), rounds{scenarios.WebSocket: values})})
	}
	return in
}

func metric(t testing.TB, c *Comparison, key string) Metric {
	t.Helper()
	for _, m := range c.Arms[0].Metrics {
		if m.Key == key {
			return m
		}
	}
	t.Fatalf("no metric %s", key)
	return Metric{}
}

func TestMedianAndInterval(t *testing.T) {
	m := metric(t, compared(t, slow, slow[:5]), "latency_p50")
	a, b := m.Samples[0], m.Samples[1]
	// Of six values the interval from order statistics is the whole range: 1 − 2·½⁶ = 96.9 %; of five it would be 93.75 %.
	if *a.Median != 12.5e6 || *a.Low != 10e6 || *a.High != 15e6 || len(a.Warnings) != 0 {
		t.Errorf("have %v [%v, %v] %v", *a.Median, *a.Low, *a.High, a.Warnings)
	}
	if *b.Median != 12e6 || b.Low != nil || b.High != nil || len(b.Warnings) != 1 || !strings.Contains(b.Warnings[0].Text, "need >= 6 samples") {
		t.Errorf("have %+v", b)
	}
}

func TestChanges(t *testing.T) {
	for name, c := range map[string]struct {
		a, b    []float64
		outcome Outcome
		percent float64
		p       float64 // 0: not tested
	}{
		"higher":                 {fast, slow, Higher, 100 * (12.5/3.5 - 1), 2.0 / 924},
		"lower":                  {slow, fast, Lower, 100 * (3.5/12.5 - 1), 2.0 / 924},
		"same":                   {[]float64{5, 5, 5}, []float64{5, 5}, Same, 0, 0},
		"noise":                  {[]float64{1, 3, 5, 7}, []float64{2, 4, 6, 8}, CannotTell, 25, 48.0 / 70},
		"few":                    {[]float64{1, 2, 3}, []float64{11, 12, 13}, CannotTell, 500, 0.1},
		"unequal":                {[]float64{1, 2}, []float64{11, 12, 13, 14, 15, 16, 17, 18}, Higher, 100 * (14.5/1.5 - 1), 2.0 / 45},
		"one median, more above": {repeat(11, 1), append(repeat(6, 1), repeat(5, 9)...), Higher, 0, 2 * 462.0 / 26334},
		"one and 5":              {[]float64{1}, fast[1:], CannotTell, 300, 2.0 / 6},
	} {
		t.Run(name, func(t *testing.T) {
			change := metric(t, compared(t, c.a, c.b), "latency_p50").Changes[0]
			if change.Outcome != c.outcome || change.N1 != len(c.a) || change.N2 != len(c.b) {
				t.Errorf("have %+v", change)
			}
			if math.Abs(*change.Percent-c.percent) > 1e-9 {
				t.Errorf("percent %v, want %v", *change.Percent, c.percent)
			}
			if (change.P == nil) != (c.p == 0) || change.P != nil && math.Abs(*change.P-c.p) > 1e-9 {
				t.Errorf("p %v, want %v", change.P, c.p)
			}
			few := smallestP(len(c.a), len(c.b)) > Alpha && c.outcome != Same
			if warned := len(change.Warnings) == 1 && strings.Contains(change.Warnings[0].Text, "need >= 4 rounds"); warned != few {
				t.Errorf("warnings %v, want one: %v", change.Warnings, few)
			}
		})
	}
}

func repeat(n int, v float64) []float64 { return slices.Repeat([]float64{v}, n) }

func TestSmallestP(t *testing.T) {
	// 2 ÷ C(n1+n2, n1), as in benchmath's table where both are equal.
	for _, c := range []struct {
		n1, n2 int
		want   float64
	}{{1, 1, 1}, {3, 3, 0.1}, {4, 4, 2.0 / 70}, {3, 5, 2.0 / 56}, {9, 9, 4.113533525298231e-05}, {1, 39, 0.05}} {
		if have := smallestP(c.n1, c.n2); math.Abs(have-c.want) > 1e-12 {
			t.Errorf("%d+%d: %v, want %v", c.n1, c.n2, have, c.want)
		}
	}
}

// The alarm rate among identical sides is at most alpha: every split of 8 different values into 4 and 4 is equally likely, so count them all.
func TestIdenticalSidesAreRarelyCalledDifferent(t *testing.T) {
	alarms, splits := 0, 0
	for mask := range 256 {
		var a, b []float64
		for i := range 8 {
			if mask>>i&1 == 1 {
				a = append(a, float64(i+1))
			} else {
				b = append(b, float64(i+1))
			}
		}
		if len(a) != 4 {
			continue
		}
		splits++
		if o := metric(t, compared(t, a, b), "latency_p50").Changes[0].Outcome; o == Higher || o == Lower {
			alarms++
		}
	}
	if splits != 70 || alarms != 2 {
		t.Errorf("%d alarms in %d splits, want 2 in 70", alarms, splits)
	}
}

func TestZeroHasNoPercent(t *testing.T) {
	in := inputs(slow, slow)
	for i := range in[1].Run.Cells[0].Rounds {
		in[1].Run.Cells[0].Rounds[i].Delivery.Missed = 7
	}
	c, err := Runs(in)
	if err != nil {
		t.Fatal(err)
	}
	if change := metric(t, c, "missed").Changes[0]; change.Outcome != Higher || change.Percent != nil {
		t.Errorf("have %+v", change)
	}
}

func TestInvalidAndAbsent(t *testing.T) {
	in := inputs(slow, fast, fast)
	in[1].Run.Cells[0].Verdict = results.Invalid
	in[1].Run.Cells[0].Warnings = []results.Warning{{Code: "lag", Text: "late", Invalidates: true}}
	for i := range in[2].Run.Cells[0].Rounds {
		in[2].Run.Cells[0].Rounds[i].Server = nil
	}
	c, err := Runs(in)
	if err != nil {
		t.Fatal(err)
	}
	m := metric(t, c, "latency_p50")
	if m.Changes[0].Outcome != NotCompared || m.Changes[0].P != nil || m.Changes[0].Percent != nil || !m.Samples[1].Invalid || m.Samples[1].Median == nil {
		t.Errorf("an invalid cell is compared: %+v", m)
	}
	if m.Changes[1].Outcome != Lower {
		t.Errorf("have %+v", m.Changes[1])
	}
	if cpu := metric(t, c, "server_cpu"); cpu.Changes[1].Outcome != NotCompared || cpu.Samples[2].Median != nil {
		t.Errorf("what is n/a is compared: %+v", cpu)
	}
	if w := only(t, c, WarnInvalid); !w.Invalidates || !strings.Contains(w.Text, "default/websocket is invalid in B and not compared (lag: late)") {
		t.Errorf("have %+v", w)
	}
}

// only returns the one warning of a code.
func only(t testing.TB, c *Comparison, code string) results.Warning {
	t.Helper()
	var found []results.Warning
	for _, w := range c.Warnings {
		if w.Code == code {
			found = append(found, w)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d warnings %s in %+v", len(found), code, c.Warnings)
	}
	return found[0]
}

func TestDifferencesAreSaid(t *testing.T) {
	for name, c := range map[string]struct {
		code  string
		texts []string
		spoil func(*results.Run)
	}{
		"environment": {WarnEnvironment, []string{"cpus 2 → 4", "kernel n/a → 6.1"}, func(r *results.Run) { r.Environment.CPUs, r.Environment.Kernel = 4, "6.1" }},
		"tool":        {WarnTool, []string{"version v1 → v2"}, func(r *results.Run) { r.Tool.Version = "v2" }},
		"seed":        {WarnSeed, []string{"1 → 2"}, func(r *results.Run) { r.Seed = 2 }},
		"scenario":    {WarnScenario, []string{"name default", "clients 1000 → 5", "network.delay 0s → 1ms"}, func(r *results.Run) { r.Scenarios[0].Clients, r.Scenarios[0].Network.Delay = 5, 1e6 }},
		"schedule":    {WarnSchedule, []string{"default/websocket"}, func(r *results.Run) { r.Cells[0].Rounds[3].ScheduleDigest = "other" }},
		"faults":      {WarnConditions, []string{"injected n/a → drop=1%"}, func(r *results.Run) { r.Cells[0].Server = &results.Server{Injected: "drop=1%"} }},
		"library":     {WarnConditions, []string{"http net → fast"}, func(r *results.Run) { r.Cells[0].Server = &results.Server{HTTP: "fast"} }},
		"target":      {WarnConditions, []string{"target reference → mine"}, func(r *results.Run) { r.Cells[0].Target = "mine" }},
		"same run":    {WarnSameRun, []string{"run-A"}, func(r *results.Run) { r.ID = "run-A" }},
		"interrupted": {WarnInterrupted, []string{"B was cut short"}, func(r *results.Run) { r.Interrupted = true }},
		"only in B": {WarnOnlyIn, []string{"other/websocket was measured in B only"}, func(r *results.Run) {
			more := r.Cells[0]
			more.Scenario = "other"
			r.Cells = append(r.Cells, more)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			in := inputs(slow, fast)
			c.spoil(in[1].Run)
			have, err := Runs(in)
			if err != nil {
				t.Fatal(err)
			}
			if len(have.Warnings) != 1 {
				t.Errorf("have %+v", have.Warnings)
			}
			for _, text := range c.texts {
				if w := only(t, have, c.code); !strings.Contains(w.Text, text) {
					t.Errorf("have %q, want %q in it", w.Text, text)
				}
			}
		})
	}
	same := compared(t, slow, fast)
	if len(same.Warnings) != 0 {
		t.Errorf("have %+v", same.Warnings)
	}
	load := inputs(slow, fast)
	load[1].Run.Environment.LoadAverage = new(float64)
	load[1].Run.Scenarios[0].Rounds, load[1].Run.Scenarios[0].Title = 9, "another"
	if c, err := Runs(load); err != nil || len(c.Warnings) != 0 {
		t.Errorf("what changes no workload is a difference: %+v, %v", c.Warnings, err)
	}
}

func TestNothingInCommon(t *testing.T) {
	in := inputs(slow, fast)
	in[1].Run.Cells[0].Scenario = "other"
	_, err := Runs(in)
	if !errors.Is(err, ErrNothingInCommon) || !strings.Contains(err.Error(), "A.json has default/websocket") || !strings.Contains(err.Error(), "B.json has other/websocket") {
		t.Errorf("have %v", err)
	}
	in = inputs(slow, fast)
	in[0].Run.Cells[0].Verdict = results.Invalid
	if _, err := Runs(in); !errors.Is(err, ErrNothingInCommon) || !strings.Contains(err.Error(), "no cell is valid both in A.json") {
		t.Errorf("have %v", err)
	}
	in = inputs(slow, fast)
	in[1].Run.Cells = nil
	if _, err := Runs(in); !errors.Is(err, ErrNothingInCommon) || !strings.Contains(err.Error(), "B.json has no cells") {
		t.Errorf("have %v", err)
	}
}

func TestParamsTellArmsApart(t *testing.T) {
	in := inputs(slow, fast)
	for _, i := range in {
		more := i.Run.Cells[0]
		more.Params = map[string]string{"rate": "10/s"}
		i.Run.Cells = append([]results.Cell{more}, i.Run.Cells...)
	}
	in[1].Run.Cells[0], in[1].Run.Cells[1] = in[1].Run.Cells[1], in[1].Run.Cells[0]
	c, err := Runs(in)
	if err != nil || len(c.Arms) != 2 || c.Arms[0].Params["rate"] != "10/s" || c.Arms[1].Params != nil {
		t.Errorf("have %+v, %v", c, err)
	}
}

// Whatever a damaged file holds, the comparison is JSON.
func TestHostileFigures(t *testing.T) {
	in := inputs(slow, fast)
	huge, nan := 1e300, math.NaN()
	in[0].Run.Cells[0].Rounds[0].Server.CPUPerMessage, in[1].Run.Cells[0].Rounds[0].Server.RSSPerClient = &huge, &nan
	c, err := Runs(in)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(c); err != nil {
		t.Error(err)
	}
	if n := metric(t, c, "server_cpu").Changes[0].N1; n != 5 {
		t.Errorf("%d rounds count, want 5", n)
	}
}

// TestGoBench reads what is written with Go's own reader: every round, every figure, both sides.
func TestGoBench(t *testing.T) {
	in := inputs(slow, fast, slow)
	in[2].Run.Cells[0].Verdict = results.Invalid
	for _, i := range in {
		i.Run.ID = "run\nBenchmarkEvil 1 1 ns/op"
		i.Run.Cells[0].Scenario = "a b/c-4"
		i.Run.Cells[0].Params = map[string]string{"rate": "10/s"}
	}
	c, err := Runs(in)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := WriteGoBench(&b, c); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "is invalid in C: left out\n") {
		t.Errorf("have\n%s", &b)
	}
	have := map[string][]float64{}
	reader := benchfmt.NewReader(&b, "both.txt")
	for reader.Scan() {
		line, ok := reader.Result().(*benchfmt.Result)
		if !ok {
			t.Fatalf("not a result: %+v", reader.Result())
		}
		if want := "Push/scenario=a_b:c-4/rate=10:s/transport=websocket"; string(line.Name) != want || line.Iters != 1000 || len(line.Values) != len(quantities) {
			t.Errorf("%s, %d iterations, values %v", line.Name, line.Iters, line.Values)
		}
		p50, _ := line.Value("p50-sec")
		have[line.GetConfig("side")] = append(have[line.GetConfig("side")], math.Round(1e3*p50))
	}
	if err := reader.Err(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][]float64{"A": slow, "B": fast}, have); diff != "" {
		t.Error(diff)
	}
}
