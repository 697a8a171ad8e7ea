package gate

import (
	"math"
	"testing"

	"github.com/aclements/go-moremath/stats"
)

// simulated plays n gates on fresh pairs with normal log ratios and a drift that both sides of a pair share.
func simulated(d Design, rule Rule, n int, rise, noise float64, rules int) map[Verdict]float64 {
	r := seeded(3)
	d = d.orDefault()
	shares := map[Verdict]float64{}
	for range n {
		var all []Evidence
		for range rules {
			all = append(all, evidence(r, rule, d.MaxPairs, rise, noise))
		}
		shares[d.play(all).Verdict] += 1 / float64(n)
	}
	return shares
}

// What theory says of a single look: with 5 % noise per pair and 3 % of common drift, 0.94–1.02 % of false alarms at the boundary, and for a rise of 10 %
// over a tolerance of 3 %, caught 87.5 % of the time by ten pairs and 99.9 % by twenty.
func TestTheoryPaired(t *testing.T) {
	t.Parallel()
	rule := p99
	rule.Tolerance, rule.MinRise = 0.03, 0
	tests := []struct {
		pairs     int
		rise      float64
		gates     int
		want      float64
		tolerance float64 // three standard errors, but for the third
	}{
		{10, 0.03, 15_000, 0.0098, 0.0024},
		{20, 0.03, 15_000, 0.0098, 0.0024},
		{10, 0.10, 6_000, 0.875, 0.034}, // 85.5 % with normal log ratios, which the theory does not say it had
		{20, 0.10, 6_000, 0.999, 0.0015},
	}
	for _, tt := range tests {
		got := simulated(Design{MinPairs: tt.pairs, MaxPairs: tt.pairs}, rule, tt.gates, tt.rise, 0.05, 1)[Fail]
		t.Logf("%d pairs, a rise of %.0f %%: %.2f %% fail", tt.pairs, 100*tt.rise, 100*got)
		if math.Abs(got-tt.want) > tt.tolerance {
			t.Errorf("%d pairs, a rise of %v: %.4f fail, want %.4f", tt.pairs, tt.rise, got, tt.want)
		}
	}
}

// All of one side, then all of the other, on a machine that becomes 3 % slower meanwhile: theory has 6–21 % alarms on identical code, at a nominal 1 %.
func TestTheoryUnpaired(t *testing.T) {
	t.Parallel()
	r := seeded(4)
	for _, n := range []int{10, 20} {
		const gates = 2000
		alarms := 0
		for range gates {
			sides := make([]float64, 2*n)
			for i := range sides {
				sides[i] = 0.03*float64(i)/float64(2*n-1) + 0.05/math.Sqrt2*r.NormFloat64()
			}
			test, err := stats.MannWhitneyUTest(sides[n:], sides[:n], stats.LocationGreater)
			if err != nil {
				t.Fatal(err)
			}
			if test.P <= 0.01 {
				alarms++
			}
		}
		got := float64(alarms) / gates
		t.Logf("%d runs of each side: %.1f %% alarms", n, 100*got)
		if got < 0.06 || got > 0.21 {
			t.Errorf("%d runs of each side: %.3f alarm, theory has 0.06 to 0.21", n, got)
		}
	}
}

// Both looks and all rules together keep the promise, and do not keep it by never failing.
func TestFamilyWiseAlarms(t *testing.T) {
	t.Parallel()
	none := p99
	none.Tolerance, none.MinRise = 0, 0
	some := p99
	some.MinRise = 0
	tests := []struct {
		name        string
		rule        Rule
		d           Design
		rise, noise float64 // noise of 0.5 leaves nothing to pass early, so that all of alpha is spent
		rules       int
		lo, hi      float64 // about nominal, with three standard errors above it
	}{
		{"identical sides, no tolerance", none, Design{}, 0, 0.5, 1, 0.006, 0.0147},
		{"at the boundary", some, Design{}, 0.1, 0.5, 1, 0.006, 0.0147},
		{"at the boundary, little noise", some, Design{}, 0.1, 0.1, 1, 0.001, 0.0147},
		{"three rules at the boundary", some, Design{MinPairs: 12, MaxPairs: 24}, 0.1, 0.5, 3, 0.005, 0.0147},
		{"a larger alpha", some, Design{Alpha: 0.1}, 0.1, 0.5, 1, 0.068, 0.114},
		{"identical sides, tolerance", some, Design{}, 0, 0.1, 1, 0, 0.0002},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := simulated(tt.d, tt.rule, 4_000, tt.rise, tt.noise, tt.rules)[Fail]
			t.Logf("%.2f %% false alarms", 100*got)
			if got < tt.lo || got > tt.hi {
				t.Errorf("%.4f false alarms, want %v to %v", got, tt.lo, tt.hi)
			}
		})
	}
}

// A rise of the limit passes no more often than Miss says.
func TestMissed(t *testing.T) {
	t.Parallel()
	rule := p99
	rule.Tolerance, rule.MinRise = 0.2, 0
	got := simulated(Design{}, rule, 4_000, rule.Limit, 0.1, 1)[Pass]
	t.Logf("%.2f %% pass", 100*got)
	if got > 0.0603 || got < 0.025 {
		t.Errorf("%.4f pass, want close under 0.05", got)
	}
}
