package results

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushbench/scenarios"
)

// judgedRun is a run of one valid cell whose latencies are 1 to 100 ms, each once in each of two rounds, and its histograms.
func judgedRun(t *testing.T, rules ...string) (*Run, [][]Histograms) {
	t.Helper()
	var ms []int64
	for i := range int64(100) {
		ms = append(ms, (i+1)*1e6)
	}
	rounds := []RoundData{round(t, 0, [][]int64{ms}), round(t, 1, [][]int64{ms})}
	c := newCell(t, rounds...)
	c.Server = &Server{CPUPerMessage: quotient(6e4, 1), RSSPerClient: quotient(2048, 1), CPUShare: quotient(1, 4)}
	s := scenarios.Default()
	s.Name, s.Thresholds = c.Scenario, rules
	return &Run{Schema: Schema, Scenarios: []scenarios.Scenario{s}, Cells: []Cell{c}}, [][]Histograms{{rounds[0].Histograms, rounds[1].Histograms}}
}

func judged(t *testing.T, run *Run, histograms [][]Histograms) []ThresholdResult {
	t.Helper()
	all, err := JudgeThresholds(run, histograms)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestJudgeThresholds(t *testing.T) {
	for rule, want := range map[string]struct {
		measured float64
		outcome  Outcome
	}{
		"websocket: p(50)<51ms":   {50e6, Passed},
		"p(95)<90ms":              {95e6, Failed}, // a percentile that no summary holds
		"p(99)<=100ms":            {99e6, Passed},
		"med>=50ms":               {50e6, Passed},
		"avg<50ms":                {50.5e6, Failed},
		"min>1ms":                 {1e6, Failed},
		"max<1s":                  {100e6, Passed},
		"overhead_bytes: avg==10": {10, Passed},
		"missed==0":               {6, Failed},
		"missed<3%":               {600.0 / 206, Passed},
		"undelivered==0":          {0, Passed},
		"delivered==200":          {200, Passed},
		"server_cpu<=60us":        {6e4, Passed},
		"server_cpu_share<25%":    {25, Failed},
		"server_memory<2KiB":      {2048, Failed},
		"requests<3":              {2, Passed},
	} {
		run, histograms := judgedRun(t, rule)
		have := judged(t, run, histograms)
		if len(have) != 1 || have[0].Measured == nil {
			t.Errorf("%s: %+v", rule, have)
			continue
		}
		r := have[0]
		if off := *r.Measured/want.measured - 1; want.measured != *r.Measured && (off > 1e-3 || off < -1e-3) {
			t.Errorf("%s: measured %v, want %v", rule, *r.Measured, want.measured)
		}
		if r.Outcome != want.outcome || r.Rule != rule || r.Transport != scenarios.WebSocket {
			t.Errorf("%s: %+v, want %s", rule, r, want.outcome)
		}
	}
}

func TestInconclusiveThresholds(t *testing.T) {
	for name, c := range map[string]struct {
		rule, note string
		spoil      func(*Run)
	}{
		"invalid cell":    {"max<1s", "invalid", func(r *Run) { r.Cells[0].Verdict = Invalid }},
		"interrupted":     {"max<1s", "cut short", func(r *Run) { r.Interrupted = true }},
		"aborted":         {"max<1s", "cut short", func(r *Run) { r.Warnings = []Warning{{Code: "aborted", Invalidates: true}} }},
		"no such cell":    {"longpoll: max<1s", "no cell", func(*Run) {}},
		"no such point":   {"{rate=1/s}: max<1s", "no cell", func(*Run) {}},
		"no server":       {"server_cpu<1s", "could not be measured", func(r *Run) { r.Cells[0].Server = nil }},
		"no such samples": {"connect: max<1s", "could not be measured", func(*Run) {}},
	} {
		t.Run(name, func(t *testing.T) {
			run, histograms := judgedRun(t, c.rule)
			c.spoil(run)
			have := judged(t, run, histograms)
			if len(have) != 1 || have[0].Outcome != Inconclusive || !strings.Contains(have[0].Note, c.note) {
				t.Errorf("have %+v, want inconclusive, %q", have, c.note)
			}
		})
	}
}

// A percentile that few samples carry is judged, because the limit is the user's, but never without saying so.
func TestThresholdSaysHowFarToTrust(t *testing.T) {
	run, histograms := judgedRun(t, "p(99)<1s", "p(50)<1s")
	have := judged(t, run, histograms)
	if have[0].Outcome != Passed || !strings.Contains(have[0].Note, "200 independent messages, p(99) needs 299") {
		t.Errorf("have %+v", have[0])
	}
	if have[1].Note != "" {
		t.Errorf("have %+v", have[1])
	}
}

func TestThresholdsBindTheirScenarioAndParams(t *testing.T) {
	run, histograms := judgedRun(t, "{rate=10/s}: missed==6", "missed==6")
	fast, other := run.Cells[0], run.Cells[0]
	fast.Params, other.Scenario = map[string]string{"rate": "10/s"}, "other"
	run.Cells = append(run.Cells, fast, other)
	have := judged(t, run, histograms)
	var params []map[string]string
	for _, r := range have {
		params = append(params, r.Params)
	}
	if diff := cmp.Diff([]map[string]string{fast.Params, nil, fast.Params}, params); diff != "" {
		t.Error(diff)
	}
}

// Every metric of rules that has a distribution is one with a histogram, so that none can be forgotten.
func TestThresholdMetricsAreMeasured(t *testing.T) {
	for _, m := range scenarios.ThresholdMetrics {
		measured := Measured{Slow: new(SlowReaders), Recovery: new(Recovery)} // blocks that have some of them
		if known := slices.Contains(Metrics, Metric(m.Name)) && measured.Summary(Metric(m.Name)) != nil; known != m.Distribution {
			t.Errorf("%s: has a summary %v, want %v", m.Name, known, m.Distribution)
		}
	}
}
