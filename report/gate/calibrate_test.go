package gate

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"pushbench/scenarios"
)

func TestSensitivities(t *testing.T) {
	other := p99
	other.Transport = scenarios.LongPoll
	bytes := Rule{Scenario: p99.Scenario, Transport: scenarios.LongPoll, Metric: "overhead_bytes_p50", Exact: true}
	quiet, noisy := evidence(seeded(1), p99, 60, 0, 0.05), evidence(seeded(2), other, 60, 0, 0.3)
	all := []Evidence{quiet, noisy, constant(bytes, 60, 793, 793)}
	got := Sensitivities(Design{}, all, 20)
	if len(got) != 2 || got[0].Rule != p99 || got[1].Rule != other {
		t.Fatalf("%+v: want the two rules that are not exact", got)
	}
	if got[0].Pairs != 60 || math.Abs(got[0].Noise-0.05) > 0.02 || math.Abs(got[0].Floor-0.05) > 0.005 || got[0].Problem != "" {
		t.Errorf("%+v: want 60 pairs, a noise near 0.05 and a floor of a millisecond of 20", got[0])
	}
	if got[1].Detectable < 2*got[0].Detectable {
		t.Errorf("with six times the noise %v is caught, else %v", got[1].Detectable, got[0].Detectable)
	}
	alone := Sensitivities(Design{}, all[:1], 20)[0]
	if alone.Detectable >= got[0].Detectable {
		t.Errorf("alone %v is caught, beside another rule %v: Holm is not paid for", alone.Detectable, got[0].Detectable)
	}
	all[2].Pairs[3].Candidate.Value++ // a third rule is tested now
	if three := Sensitivities(Design{}, all, 20)[0]; three.Detectable <= got[0].Detectable {
		t.Errorf("of three tested rules %v is caught, of two %v", three.Detectable, got[0].Detectable)
	}
}

func TestSensitivityFloorAndProblem(t *testing.T) {
	floored := p99
	floored.MinRise = base // a rise of 100 %
	if s := Sensitivities(Design{}, []Evidence{evidence(seeded(1), floored, 60, 0, 0.02)}, 20)[0]; s.Smallest() < 0.9 || s.Detectable > 0.3 {
		t.Errorf("%+v: the floor is a doubling, the noise is small", s)
	}
	if s := Sensitivities(Design{}, []Evidence{evidence(seeded(1), p99, 7, 0, 0.02)}, 20)[0]; !strings.Contains(s.Problem, "at least 8") {
		t.Errorf("seven differences: %+v", s)
	}
	spoilt := constant(p99, 3, base, base)
	for i := range spoilt.Pairs {
		spoilt.Pairs[i].Baseline.Problem = "lag"
	}
	if s := Sensitivities(Design{}, []Evidence{spoilt}, 20)[0]; s.Problem == "" || s.Pairs != 0 {
		t.Errorf("nothing usable: %+v", s)
	}
}

func TestUsable(t *testing.T) {
	a, b := constant(p99, 6, base, base), constant(Rule{Metric: "missed", Exact: true}, 6, 0, 0)
	a.Pairs[1].Candidate.Problem, b.Pairs[4].Baseline.Problem = "lag", "died"
	kept, dropped, err := Usable([]Evidence{a, b})
	if err != nil || dropped != 2 || len(kept) != 2 || len(kept[0].Pairs) != 4 || len(kept[1].Pairs) != 4 {
		t.Fatalf("%+v, %d dropped, %v", kept, dropped, err)
	}
	for _, e := range kept {
		for _, p := range e.Pairs {
			if p.Index == 1 || p.Index == 4 {
				t.Errorf("%s still has pair %d", e.Rule, p.Index)
			}
		}
	}
	for i := range a.Pairs {
		a.Pairs[i].Candidate.Problem = "lag"
	}
	if _, _, err := Usable([]Evidence{a, b}); err == nil || !strings.Contains(err.Error(), "lag") {
		t.Errorf("nothing left: %v", err)
	}
	if _, _, err := Usable([]Evidence{a, constant(p99, 5, base, base)}); err == nil {
		t.Error("rules with different numbers of pairs are usable")
	}
}

// The overhead of a long-poll's median message varies by how many messages share a response, on identical servers too: now and then by a few bytes. Such a quantity is
// judged as a statistic, and raises no alarm.
func TestIdenticalBytesThatVary(t *testing.T) {
	bytes := Rule{Scenario: "direct", Transport: scenarios.LongPoll, Metric: "overhead_bytes_p50", Exact: true}
	for _, share := range []float64{0.02, 0.2, 0.5} {
		r := seeded(8)
		for range 2000 {
			pairs := 1 + r.IntN(20)
			e := varying(r, bytes, pairs, share)
			f := mustDecide(t, Design{MinPairs: min(10, pairs), MaxPairs: pairs}, e).Findings[0]
			if f.Verdict == Fail && pairs >= 10 {
				t.Errorf("identical sides whose bytes vary in %.0f %% of slices failed with %d pairs: %s", 100*share, pairs, f.Reason)
			}
			if varies := !always(e.Pairs, baselineValue) || !always(e.Pairs, candidateValue); varies != warns(f, WarnNotExact) {
				t.Fatalf("varies %v, warned %v", varies, warns(f, WarnNotExact))
			}
		}
	}
}

// varying is pairs whose sides have 896 bytes in a share of slices and 793 in the others.
func varying(r *rand.Rand, rule Rule, pairs int, share float64) Evidence {
	e := constant(rule, pairs, 793, 793)
	for i := range e.Pairs {
		for _, s := range []*Slice{&e.Pairs[i].Baseline, &e.Pairs[i].Candidate} {
			if r.Float64() < share {
				s.Value = 896
			}
		}
	}
	return e
}

// With very few pairs, two constants that differ may be one quantity that varies: the gate keeps its rate of alarms there too.
func TestFewPairsAreNotExact(t *testing.T) {
	bytes := Rule{Scenario: "direct", Transport: scenarios.LongPoll, Metric: "overhead_bytes_p50", Exact: true}
	for pairs := 1; pairs <= 6; pairs++ {
		r, alarms := seeded(9), 0
		for range 4000 {
			d := mustDecide(t, Design{MinPairs: pairs, MaxPairs: pairs}, varying(r, bytes, pairs, 0.5))
			if d.Verdict == Fail {
				alarms++
			}
		}
		if share := float64(alarms) / 4000; share > DefaultAlpha {
			t.Errorf("%d pairs: %.3f alarms", pairs, share)
		}
	}
	f := mustDecide(t, Design{MinPairs: 1, MaxPairs: 1}, constant(bytes, 1, 793, 794)).Findings[0]
	if f.Verdict != Inconclusive || f.MorePairs < 1 {
		t.Errorf("one pair: %s, %d more pairs", f.Verdict, f.MorePairs)
	}
	enough := 1 + f.MorePairs
	if f := mustDecide(t, Design{MinPairs: enough, MaxPairs: enough}, constant(bytes, enough, 793, 794)).Findings[0]; f.Verdict != Fail {
		t.Errorf("%d pairs, as asked for: %s", enough, f.Verdict)
	}
	missed := Rule{Metric: "missed", Exact: true}
	if f := mustDecide(t, Design{MinPairs: 1, MaxPairs: 1}, constant(missed, 1, 0, 1)).Findings[0]; f.Verdict != Fail {
		t.Errorf("a lost message where none was lost: %s", f.Verdict)
	}
}
