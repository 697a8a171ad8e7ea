package gate

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// recorded is pairs whose noise comes in quiet and busy stretches, as a shared machine's does.
func recorded(rule Rule, pairs int, rise, noise float64) Evidence {
	e := evidence(seeded(11), rule, pairs, rise, noise/2)
	busy := evidence(seeded(12), rule, pairs, rise, 2*noise)
	for i := range e.Pairs {
		if i/8%4 == 3 {
			e.Pairs[i] = busy.Pairs[i]
		}
	}
	return e
}

func rates(t *testing.T, r Rates, err error) Rates {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if n := r.Fail.Count + r.Pass.Count + r.Inconclusive.Count; n != r.Fail.Of {
		t.Fatalf("%d verdicts of %d gates", n, r.Fail.Of)
	}
	t.Logf("fail %.2f %% [%.2f, %.2f], pass %.1f %%, inconclusive %.1f %%, %.1f pairs", 100*r.Fail.Value(), 100*r.Fail.Lo, 100*r.Fail.Hi, 100*r.Pass.Value(),
		100*r.Inconclusive.Value(), r.MeanPairs)
	return r
}

func TestAlarms(t *testing.T) {
	none := p99
	none.Tolerance, none.MinRise = 0, 0
	e := recorded(none, 200, 0, 0.3)
	got, err := Alarms(Design{}, []Evidence{e}, 1, 3000)
	strict := rates(t, got, err)
	if strict.Fail.Value() > 0.0155 || strict.Fail.Count == 0 {
		t.Errorf("%.4f alarms on identical sides without tolerance, nominal 0.01", strict.Fail.Value())
	}
	e.Rule = p99
	got, err = Alarms(Design{}, []Evidence{e}, 1, 3000)
	if tolerant := rates(t, got, err); tolerant.Fail.Count >= strict.Fail.Count {
		t.Errorf("%d alarms with a tolerance, %d without", tolerant.Fail.Count, strict.Fail.Count)
	}
}

// Exchanging labels is what makes a side that only looks worse by its place innocent.
func TestAlarmsExchangesSides(t *testing.T) {
	worse := recorded(p99, 40, 0.5, 0.02)
	got, err := Alarms(Design{}, []Evidence{worse}, 1, 2000)
	if r := rates(t, got, err); r.Fail.Value() > 0.0167 {
		t.Errorf("%.4f alarms with random labels", r.Fail.Value())
	}
	got, err = Power(Design{}, []Evidence{worse}, 1, 200)
	if r := rates(t, got, err); r.Fail.Count != 200 || r.MeanPairs != 10 || r.Early.Count != 200 {
		t.Errorf("with the labels as recorded %+v", r)
	}
}

func TestPowerRisesWithTheRise(t *testing.T) {
	last := -1
	for _, rise := range []float64{0, 0.2, 0.4, 0.8} {
		got, err := Power(Design{}, []Evidence{recorded(p99, 100, rise, 0.2)}, 1, 400)
		r := rates(t, got, err)
		if r.Fail.Count < last {
			t.Errorf("a rise of %v is caught %d times, a smaller one %d times", rise, r.Fail.Count, last)
		}
		last = r.Fail.Count
	}
	if last < 390 {
		t.Errorf("a rise of 80 %% is caught %d times of 400", last)
	}
}

// The rule of one run against a stored threshold alarms half as often as two equal normal runs are more than the threshold apart.
func TestNaive(t *testing.T) {
	e := Evidence{Rule: p99}
	r := seeded(5)
	for i := range 400 {
		e.Pairs = append(e.Pairs, Pair{Index: i, Baseline: slice(base * math.Exp(0.1*r.NormFloat64())), Candidate: slice(base * math.Exp(0.1*r.NormFloat64()))})
	}
	got, err := Naive(e, 0.1)
	if err != nil {
		t.Fatal(err)
	}
	want := 0.5 * math.Erfc(math.Log(1.1)/(0.1*math.Sqrt2)/math.Sqrt2)
	if math.Abs(got-want) > 0.02 {
		t.Errorf("%.3f alarms, want about %.3f", got, want)
	}
	if none, err := Naive(constant(p99, 5, base, base), 0.1); none != 0 || err != nil {
		t.Errorf("equal runs: %v, %v", none, err)
	}
}

func TestStudyNonsense(t *testing.T) {
	good := constant(p99, 30, base, base)
	spoilt := constant(p99, 30, base, base)
	spoilt.Pairs[3].Baseline.Problem = "lag"
	for _, tt := range []struct {
		e    Evidence
		n    int
		want string
	}{
		{good, 0, "0 gates"},
		{spoilt, 10, "remove them"},
		{constant(p99, 19, base, base), 10, "19 recorded pairs for gates of 20"},
		{Evidence{Rule: p99}, 10, "no pairs"},
	} {
		for name, study := range map[string]func(Design, []Evidence, uint64, int) (Rates, error){"alarms": Alarms, "power": Power} {
			if _, err := study(Design{}, []Evidence{tt.e}, 1, tt.n); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%s: %v, want %q", name, err, tt.want)
			}
		}
	}
	if _, err := Naive(constant(p99, 1, base, base), 0.1); err == nil {
		t.Error("naive: one pair is enough")
	}
}

// What Detectable promises is what fresh gates with that rise then do.
func TestDetectable(t *testing.T) {
	for _, noise := range []float64{0.05, 0.2} {
		r := seeded(6)
		differences := make([]float64, 400)
		for i := range differences {
			differences[i] = noise * r.NormFloat64()
		}
		d := Design{MaxPairs: 20}
		got, err := Detectable(d, p99, differences, 20, 0.8)
		if err != nil {
			t.Fatal(err)
		}
		rule := p99
		rule.MinRise = 0
		caught := simulated(d, rule, 2000, got, noise, 1)[Fail]
		t.Logf("noise %v: a rise of %.1f %% is caught %.1f %% of the time", noise, 100*got, 100*caught)
		if math.Abs(caught-0.8) > 0.06 {
			t.Errorf("noise %v: a rise of %.3f is caught %.3f of the time, want 0.8", noise, got, caught)
		}
		finding := mustDecide(t, d, evidence(seeded(1), rule, 20, 0, noise)).Findings[0]
		if ratio := math.Log1p(finding.Detectable) / math.Log1p(got); ratio < 0.7 || ratio > 1.4 {
			t.Errorf("noise %v: the finding says %.3f, the drawing %.3f", noise, finding.Detectable, got)
		}
	}
}

func TestDetectableIgnoresSigns(t *testing.T) {
	differences := []float64{0.01, -0.05, 0.1, 0.02, -0.07, 0.03, 0.04, -0.06, 0.08}
	shifted := slices.Clone(differences)
	for i := range shifted {
		shifted[i] = math.Abs(shifted[i])
	}
	a, err := Detectable(Design{}, p99, differences, 20, 0)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Detectable(Design{}, p99, shifted, 20, 0)
	if err != nil || math.Abs(a-b) > 0.02 {
		t.Errorf("%v with one choice of labels, %v with another (%v)", a, b, err)
	}
}

func TestDetectableNonsense(t *testing.T) {
	quiet := make([]float64, 20)
	wild := slices.Repeat([]float64{9, -9, 5, -5}, 5)
	for _, tt := range []struct {
		name        string
		differences []float64
		pairs       int
		want        string
	}{
		{"few", quiet[:7], 20, "at least 8"},
		{"too noisy", wild, 20, "more pairs, or less noise"},
		{"too few pairs", quiet, 5, "with 5 pairs not even"},
		{"not finite", append(slices.Clone(quiet), math.NaN()), 20, "difference 20 is NaN"},
		{"no pairs", quiet, -1, "max_pairs is -1"},
	} {
		if _, err := Detectable(Design{}, p99, tt.differences, tt.pairs, 0.8); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
}
