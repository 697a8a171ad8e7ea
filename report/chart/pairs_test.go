package chart

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pushbench/report/gate"
	"pushbench/results"
	"pushbench/scenarios"
)

// pairsOf are pairs of two transports whose candidate is worse by the rise, and what a gate says of them.
func pairsOf(t *testing.T, pairs int, rise float64) Pairs {
	t.Helper()
	p := Pairs{Scenario: scenarios.Default(), Environment: results.Environment{OS: "linux", Arch: "amd64", CPUs: 2}}
	p.Scenario.Name = "gate test"
	for _, rule := range []gate.Rule{
		{Scenario: "s", Transport: scenarios.WebSocket, Metric: "latency_p99", Tolerance: 0.1, Limit: 0.25},
		{Scenario: "s", Transport: scenarios.LongPoll, Metric: "latency_p99", Tolerance: 0.1, Limit: 0.25},
		{Scenario: "s", Transport: scenarios.LongPoll, Metric: "missed", Exact: true},
	} {
		e := gate.Evidence{Rule: rule}
		for i := range pairs {
			value := 20e6 * math.Exp(0.1*math.Sin(float64(7*i)))
			slice := gate.Slice{Value: value, Messages: 5000, Independent: 5000}
			worse := slice
			worse.Value *= (1 + rise) * math.Exp(0.05*math.Cos(float64(5*i)))
			if rule.Exact {
				slice.Value, worse.Value = 0, 0
			}
			e.Pairs = append(e.Pairs, gate.Pair{Index: i, CandidateFirst: i%2 == 0, Baseline: slice, Candidate: worse})
		}
		p.Evidence = append(p.Evidence, e)
	}
	if pairs > 0 {
		d, err := gate.Decide(gate.Design{MinPairs: min(10, pairs), MaxPairs: max(pairs, 1)}, p.Evidence)
		if err != nil {
			t.Fatal(err)
		}
		p.Findings = d.Findings
	}
	return p
}

func TestPairsRender(t *testing.T) {
	spoilt := pairsOf(t, 12, 0)
	spoilt.Evidence[0].Pairs[3].Baseline.Problem = "lag"
	undecided := pairsOf(t, 4, 0)
	undecided.Findings = nil
	for name, test := range map[string]struct {
		pairs Pairs
		want  []string
	}{
		"worse":     {pairsOf(t, 20, 0.5), []string{"fail: +", "tolerated +10 %", "limit +25 %", "WebSocket", "Long-poll", "pair by pair"}},
		"equal":     {pairsOf(t, 20, 0), []string{"pass: ", "equal"}},
		"wild":      {pairsOf(t, 20, 500), []string{"fail: +", "+900 %"}},
		"better":    {pairsOf(t, 20, -0.9), []string{"pass: ", "−50 %"}},
		"spoilt":    {spoilt, []string{"WebSocket: 1 pairs that cannot be used are not drawn"}},
		"undecided": {undecided, []string{"4 pairs, not decided"}},
		"one pair":  {pairsOf(t, 1, 0.3), []string{"inconclusive, 1 pairs"}},
		"no pairs":  {pairsOf(t, 0, 0), []string{"0 pairs, not decided"}},
	} {
		t.Run(name, func(t *testing.T) {
			figures := test.pairs.figures()
			if len(figures) != 1 || figures[0].metric != "latency_p99" {
				t.Fatalf("%d figures, want one of the metric that is not exact", len(figures))
			}
			texts := svgOf(t, figures[0].figure)
			for _, want := range test.want {
				if !strings.Contains(texts, want) {
					t.Errorf("no %q in\n%s", want, texts)
				}
			}
		})
	}
}

func TestWritePairs(t *testing.T) {
	dir := folder(t, "gate")
	files, err := WritePairs(dir, pairsOf(t, 20, 0.3))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 2 {
		t.Fatalf("%d files, want SVG and PNG of one metric", len(files))
	}
	for _, f := range files {
		if !strings.Contains(filepath.Base(f.Path), "gate-test-pairs-latency_p99.") || f.Kind != PairDifferences {
			t.Errorf("%+v", f)
		}
		if info, err := os.Stat(f.Path); err != nil || info.Size() < 1000 {
			t.Errorf("%s: %v", f.Path, err)
		}
	}
	if files, err := WritePairs(t.TempDir(), Pairs{}); err != nil || len(files) > 0 {
		t.Errorf("no evidence: %v, %v", files, err)
	}
}

// Every dot stands on the axis, and ticks do not run into one another.
func TestPairSpan(t *testing.T) {
	for _, rise := range []float64{-0.999, 0, 0.02, 3, 1e6} {
		p := pairsOf(t, 20, rise)
		rows := p.rows("latency_p99")
		s := pairSpan(rows)
		for _, r := range rows {
			for _, d := range append(r.differences, 0, math.Log1p(r.rule.Limit)) {
				if d < s.lo || d > s.hi {
					t.Errorf("rise %v: %v is off the axis %v", rise, d, s)
				}
			}
		}
		ticks := changeTicks(s)
		if len(ticks) < 2 || len(ticks) > mostChangeTicks {
			t.Errorf("rise %v: %d ticks", rise, len(ticks))
		}
		seen := map[string]bool{}
		for _, tick := range ticks {
			if seen[tick.Label] {
				t.Errorf("%s twice", tick.Label)
			}
			seen[tick.Label] = true
		}
		if !seen["equal"] {
			t.Error(fmt.Sprint("no tick where the sides are equal: ", ticks))
		}
	}
}
