package gate

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pushbench/scenarios"
)

var p99 = Rule{Scenario: "direct", Transport: scenarios.WebSocket, Metric: "latency_p99", Tolerance: 0.1, Limit: 0.25, MinRise: 1e6}

const base = 20e6 // 20 ms

// evidence is n pairs whose log ratios are normal around ln(1+rise).
func evidence(r *rand.Rand, rule Rule, n int, rise, noise float64) Evidence {
	e := Evidence{Rule: rule}
	for i := range n {
		b := base * math.Exp(0.03*r.NormFloat64())
		c := b * (1 + rise) * math.Exp(noise*r.NormFloat64())
		e.Pairs = append(e.Pairs, Pair{i, r.IntN(2) == 0, slice(b), slice(c)})
	}
	return e
}

func slice(value float64) Slice {
	return Slice{Value: value, Messages: 1000, Independent: 1000, LagP99: 1e5}
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// constant is n pairs of the same two values.
func constant(rule Rule, n int, baseline, candidate float64) Evidence {
	e := Evidence{Rule: rule}
	for i := range n {
		e.Pairs = append(e.Pairs, Pair{i, i%2 == 0, slice(baseline), slice(candidate)})
	}
	return e
}

func mustDecide(t *testing.T, d Design, all ...Evidence) Decision {
	t.Helper()
	decision, err := Decide(d, all)
	if err != nil {
		t.Fatal(err)
	}
	return decision
}

func TestVerdicts(t *testing.T) {
	small := p99
	small.MinRise = 0.5 * base
	tests := []struct {
		name        string
		rule        Rule
		pairs       int
		rise, noise float64
		want        Verdict
		look        int
		final       bool
		reason      string
	}{
		{"identical", p99, 20, 0, 0.05, Pass, 2, true, "limit +25.0 %"},
		{"identical, first look", p99, 10, 0, 0.05, Pass, 1, true, "limit"},
		{"much slower, first look", p99, 10, 0.8, 0.05, Fail, 1, true, "tolerated +10.0 %"},
		{"slower than tolerated", p99, 20, 0.2, 0.03, Fail, 2, true, "tolerated"},
		{"faster", p99, 20, -0.4, 0.05, Pass, 2, true, "limit"},
		{"too noisy", p99, 20, 0.12, 0.8, Inconclusive, 2, true, "unstable: needs about"},
		{"too noisy at the first look", p99, 10, 0.12, 0.8, Inconclusive, 1, false, "unstable"},
		{"perhaps worse than tolerated, first look", p99, 10, 0.12, 0.03, Inconclusive, 1, false, "the last look is at 20 pairs"},
		{"perhaps worse than tolerated, last look", p99, 20, 0.11, 0.03, Pass, 2, true, "limit"},
		{"before the first look", p99, 9, 0.8, 0.05, Inconclusive, 0, false, "9 usable pairs so far"},
		{"between looks, judged at the first", p99, 19, 0, 0.05, Pass, 1, true, "limit"},
		{"a rise too small to count", small, 20, 0.3, 0.01, Pass, 2, true, "too small to count: under 10 ms"},
		{"a rise that is perhaps too small", small, 20, 0.45, 0.15, Inconclusive, 2, true, "perhaps too small"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := mustDecide(t, Design{}, evidence(seeded(1), tt.rule, tt.pairs, tt.rise, tt.noise))
			f := got.Findings[0]
			t.Logf("%s: %s", f.Verdict, f.Reason)
			if got.Verdict != tt.want || f.Verdict != tt.want || got.Look != tt.look || got.Final != tt.final || !strings.Contains(f.Reason, tt.reason) {
				t.Errorf("%s (%q) at look %d, final %v; want %s (%q) at %d, %v",
					got.Verdict, f.Reason, got.Look, got.Final, tt.want, tt.reason, tt.look, tt.final)
			}
			if (f.Verdict == Inconclusive) != (f.MorePairs > 0) {
				t.Errorf("%s asks for %d more pairs", f.Verdict, f.MorePairs)
			}
		})
	}
}

// Between looks the pairs beyond the look that was reached are not judged: that would be a look that nobody paid for.
func TestBetweenLooks(t *testing.T) {
	e := evidence(seeded(1), p99, 19, 0.12, 0.1)
	got := mustDecide(t, Design{}, e).Findings[0]
	e.Pairs = e.Pairs[:10]
	if want := mustDecide(t, Design{}, e).Findings[0]; got.Pairs != 10 || got.P != want.P || got.Change != want.Change {
		t.Errorf("19 pairs are judged as %+v, the first 10 as %+v", got, want)
	}
}

func TestWarnings(t *testing.T) {
	good := evidence(seeded(1), p99, 20, 0, 0.05)
	change := func(f func(*Pair)) Evidence {
		e := Evidence{Rule: p99}
		for _, p := range good.Pairs {
			f(&p)
			e.Pairs = append(e.Pairs, p)
		}
		return e
	}
	if f := mustDecide(t, Design{}, good).Findings[0]; len(f.Warnings) > 0 {
		t.Errorf("nothing to warn of: %v", f.Warnings)
	}
	for _, tt := range []struct {
		code string
		e    Evidence
	}{
		{WarnOrder, change(func(p *Pair) { p.CandidateFirst = true })},
		{WarnOrder, change(func(p *Pair) { p.CandidateFirst = false })},
		{WarnFewIndependent, change(func(p *Pair) { p.Candidate.Independent = 298 })},
	} {
		if f := mustDecide(t, Design{}, tt.e).Findings[0]; len(f.Warnings) != 1 || f.Warnings[0].Code != tt.code {
			t.Errorf("%v, want %s", f.Warnings, tt.code)
		}
	}
}

func TestTwiceTheLagCounts(t *testing.T) {
	e := evidence(seeded(1), p99, 20, 0.3, 0.01) // a rise of 6 ms
	for i := range e.Pairs {
		e.Pairs[i].Candidate.LagP99 = 4e6
	}
	if got := mustDecide(t, Design{}, e); got.Verdict != Pass || !strings.HasSuffix(got.Findings[0].Reason, "a rise too small to count: under 8 ms, twice the generator's own lag") {
		t.Errorf("a rise under twice the lag: %s (%s), want pass", got.Verdict, got.Findings[0].Reason)
	}
	e.Rule.Metric = "server_cpu_per_message"
	if got := mustDecide(t, Design{}, e); got.Verdict != Fail {
		t.Errorf("the lag has nothing to do with CPU: %s, want fail", got.Verdict)
	}
}

func TestUnusableIsNeverPass(t *testing.T) {
	tests := []struct {
		name   string
		rule   Rule
		spoil  func(*Slice)
		reason string
	}{
		{"problem", p99, func(s *Slice) { s.Problem = "lag p99 7 ms" }, "lag p99 7 ms"},
		{"too few messages", p99, func(s *Slice) { s.Messages = 298 }, "298 messages, latency_p99 needs 299"},
		{"zero CPU", Rule{Metric: "server_cpu_per_message", Limit: 0.25}, func(s *Slice) { s.Value = 0 }, "it has no ratio"},
		{"negative memory", Rule{Metric: "server_rss_per_client", Limit: 0.25}, func(s *Slice) { s.Value = -5 }, "it has no ratio"},
		{"not a number", p99, func(s *Slice) { s.Value = math.NaN() }, "not a number"},
		{"infinite", p99, func(s *Slice) { s.Value = math.Inf(1) }, "not a number"},
		{"exact with a problem", Rule{Metric: "missed", Exact: true}, func(s *Slice) { s.Problem = "died" }, "died"},
	}
	for _, tt := range tests {
		for _, side := range []string{"baseline", "candidate"} {
			t.Run(tt.name+", "+side, func(t *testing.T) {
				e := constant(tt.rule, 20, 100, 100)
				spoilt := &e.Pairs[13].Baseline
				if side == "candidate" {
					spoilt = &e.Pairs[13].Candidate
				}
				if mustDecide(t, Design{}, e).Verdict != Pass {
					t.Fatal("does not pass unspoilt: this test cannot fail")
				}
				tt.spoil(spoilt)
				got := mustDecide(t, Design{}, e)
				reason := got.Findings[0].Reason
				if got.Verdict != Inconclusive || !strings.Contains(reason, "pair 14, "+side) || !strings.Contains(reason, tt.reason) {
					t.Errorf("%s: %s", got.Verdict, reason)
				}
			})
		}
	}
}

func TestSpare(t *testing.T) {
	e := constant(p99, 22, base, base)
	e.Pairs[3].Candidate.Problem = "lag"
	e.Pairs[4].Baseline.Problem = "lag"
	got := mustDecide(t, Design{Spare: 2}, e)
	if got.Verdict != Pass || got.Look != 2 || got.Findings[0].Pairs != 20 || !warns(got.Findings[0], WarnSetAside) {
		t.Errorf("%+v", got)
	}
	e.Pairs[5].Baseline.Problem = "lag"
	if got := mustDecide(t, Design{Spare: 2}, e); got.Verdict != Inconclusive || !got.Final {
		t.Errorf("three problems with two to spare: %+v", got)
	}
}

func warns(f Finding, code string) bool {
	for _, w := range f.Warnings {
		if w.Code == code {
			return true
		}
	}
	return false
}

func TestExact(t *testing.T) {
	bytes := Rule{Scenario: "direct", Transport: scenarios.LongPoll, Metric: "overhead_bytes_p50", Exact: true}
	missed := Rule{Scenario: "direct", Transport: scenarios.LongPoll, Metric: "missed", Exact: true}
	edit := func(e Evidence, side string, at ...int) Evidence {
		for _, i := range at {
			if side == "baseline" {
				e.Pairs[i].Baseline.Value++
			} else {
				e.Pairs[i].Candidate.Value++
			}
		}
		return e
	}
	tests := []struct {
		name     string
		e        Evidence
		want     Verdict
		notExact bool
	}{
		{"one byte more", constant(bytes, 10, 793, 794), Fail, false},
		{"equal", constant(bytes, 10, 793, 793), Pass, false},
		{"one byte less", constant(bytes, 10, 793, 792), Pass, false},
		{"the baseline varies by a byte", edit(constant(bytes, 10, 793, 793), "baseline", 2), Pass, true},
		{"the candidate has a byte more in one of few", edit(constant(bytes, 10, 793, 793), "candidate", 2), Inconclusive, true},
		{"the candidate has a byte more in one of many", edit(constant(bytes, 20, 793, 793), "candidate", 2), Pass, true},
		{"the candidate has a byte more in a few of many", edit(constant(bytes, 20, 793, 793), "candidate", 2, 7, 11, 13), Inconclusive, true},
		{"both vary alike", edit(edit(constant(bytes, 10, 793, 793), "baseline", 2, 5), "candidate", 2, 5), Pass, true},
		{"both vary, the candidate once more", edit(edit(constant(bytes, 10, 793, 793), "baseline", 2, 5), "candidate", 2, 5, 6), Pass, true},
		{"both vary, the candidate mostly more", edit(edit(constant(bytes, 20, 793, 793), "baseline", 2), "candidate", 0, 1, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17), Fail, true},
		{"both vary, the candidate always more", edit(edit(constant(bytes, 10, 793, 840), "baseline", 2, 5), "candidate", 3), Fail, true},
		{"all a byte more, where the baseline once had it too", edit(edit(constant(bytes, 20, 793, 794), "baseline", 2), "candidate", 3), Fail, true},
		{"the candidate misses in one slice", edit(constant(missed, 10, 0, 0), "candidate", 2), Fail, false},
		{"the baseline misses in one slice", edit(constant(missed, 10, 0, 0), "baseline", 2), Pass, false},
		{"both miss, the candidate one more", edit(edit(constant(missed, 10, 0, 0), "baseline", 2, 7), "candidate", 3, 5, 6), Inconclusive, false},
		{"both miss as many", edit(edit(constant(missed, 10, 0, 0), "baseline", 2, 7), "candidate", 3, 5), Pass, false},
		{"the candidate misses everywhere, the baseline once", edit(constant(missed, 20, 0, 9), "baseline", 2), Fail, false},
		{"both always miss, the candidate more", constant(missed, 20, 2, 3), Inconclusive, false},
		{"both always miss, the candidate many more", constant(missed, 20, 2, 5), Fail, false},
		{"the baseline misses once, the candidate 400 at once", burst(constant(missed, 20, 0, 0), 400), Fail, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := mustDecide(t, Design{}, tt.e)
			f := got.Findings[0]
			t.Logf("%s: %s %v", f.Verdict, f.Reason, f.Warnings)
			if got.Verdict != tt.want || warns(f, WarnNotExact) != tt.notExact {
				t.Errorf("%s, want %s; warnings %v", got.Verdict, tt.want, f.Warnings)
			}
		})
	}
}

// burst lets the baseline have one and the candidate many, each in one slice.
func burst(e Evidence, many float64) Evidence {
	e.Pairs[3].Baseline.Value, e.Pairs[7].Candidate.Value = 1, many
	return e
}

// Ranges that do not touch are no chance in twelve pairs, but may be in three.
func TestApartInFewPairs(t *testing.T) {
	for pairs, want := range map[int]Verdict{3: Inconclusive, 12: Fail} {
		e := constant(Rule{Metric: "overhead_bytes_p50", Exact: true}, pairs, 793, 840)
		e.Pairs[1].Baseline.Value, e.Pairs[2].Candidate.Value = 800, 850
		got := mustDecide(t, Design{MinPairs: pairs, MaxPairs: pairs}, e).Findings[0]
		if got.Verdict != want || !strings.Contains(got.Reason, "793 to 800 in the baseline's slices, 840 to 850 in the candidate's") {
			t.Errorf("%d pairs: %s (%s), want %s", pairs, got.Verdict, got.Reason, want)
		}
	}
}

// More in all on the candidate's side never passes, and its reason names both sums.
func TestTotals(t *testing.T) {
	missed := Rule{Scenario: "direct", Transport: scenarios.LongPoll, Metric: "missed", Exact: true, Tolerance: 0.1, Limit: 0.25}
	for _, baseline := range []float64{0, 1, 5, 1000} {
		for _, more := range []float64{-1, 0, 1, 2, 50, 900} {
			if baseline+more < 0 {
				continue
			}
			e := constant(missed, 20, 0, 0)
			e.Pairs[3].Baseline.Value, e.Pairs[7].Candidate.Value = baseline, baseline+more
			f := mustDecide(t, Design{}, e).Findings[0]
			if (f.Verdict == Pass) != (more <= 0) || f.Rule != missed || f.Totals == nil || *f.Totals != (Totals{baseline, baseline + more}) {
				t.Errorf("%v against %v: %+v", baseline+more, baseline, f)
			}
			if want := fmt.Sprintf("%v in all on the baseline's side, %v on the candidate's, in 20 pairs", baseline, baseline+more); !strings.Contains(f.Reason, want) {
				t.Errorf("%q, want %q", f.Reason, want)
			}
			if (f.Verdict == Inconclusive) != (f.MorePairs > 0) {
				t.Errorf("%s asks for %d more pairs", f.Verdict, f.MorePairs)
			}
		}
	}
}

// The binomial's tail, by hand: 3 or more of 4 by 5 ways of 16, 10 of 10 by one of 1024.
func TestMoreThanHalf(t *testing.T) {
	for _, tt := range []struct{ this, other, want float64 }{{3, 1, 5.0 / 16}, {10, 0, 1.0 / 1024}, {1, 1, 0.75}, {8, 2, 56.0 / 1024}} {
		if got := moreThanHalf(tt.this, tt.other); math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("%v of %v: %v, want %v", tt.this, tt.this+tt.other, got, tt.want)
		}
	}
}

func TestSeveralRules(t *testing.T) {
	r := seeded(2)
	slow, same, noisy := evidence(r, p99, 20, 0.5, 0.05), evidence(r, p99, 20, 0, 0.05), evidence(r, p99, 20, 0.12, 0.8)
	same.Rule.Transport, noisy.Rule.Metric = scenarios.LongPoll, "latency_p50"
	tests := []struct {
		name string
		all  []Evidence
		want Verdict
	}{
		{"one fails", []Evidence{same, noisy, slow}, Fail},
		{"one cannot tell", []Evidence{same, noisy}, Inconclusive},
		{"all pass", []Evidence{same}, Pass},
	}
	for _, tt := range tests {
		if got := mustDecide(t, Design{}, tt.all...); got.Verdict != tt.want {
			t.Errorf("%s: %s", tt.name, got.Verdict)
		}
	}
	got := mustDecide(t, Design{}, same, noisy, slow)
	if f := got.Findings[2]; math.Abs(f.PAdjusted-3*f.P) > 1e-15 || f.P == 0 {
		t.Errorf("the smallest of three p-values is %v, adjusted %v", f.P, f.PAdjusted)
	}
}

// With Holm over many rules, what one rule alone would fail on is no longer significant.
func TestHolmDecides(t *testing.T) {
	slow := constant(p99, 8, base, 1.5*base) // p = 2⁻⁸
	d := Design{MinPairs: 8, MaxPairs: 8}
	if got := mustDecide(t, d, slow); got.Verdict != Fail {
		t.Fatalf("alone: %s", got.Verdict)
	}
	same := constant(p99, 8, base, base)
	same.Rule.Metric = "latency_p50"
	more := constant(p99, 8, base, base)
	more.Rule.Metric = "latency_p90"
	got := mustDecide(t, d, slow, same, more)
	if got.Verdict != Inconclusive || !warns(got.Findings[0], WarnFewPairs) {
		t.Errorf("with two others: %s, %+v", got.Verdict, got.Findings[0])
	}
}

func TestNonsense(t *testing.T) {
	good := constant(p99, 10, base, base)
	other := good
	other.Rule.Metric = "latency_p50"
	shorter, shifted := other, constant(other.Rule, 10, base, base)
	shorter.Pairs = shorter.Pairs[:9]
	shifted.Pairs[4].Index = 40
	rule := func(change func(*Rule)) Evidence {
		e := good
		change(&e.Rule)
		return e
	}
	tests := []struct {
		name string
		d    Design
		all  []Evidence
		want string
	}{
		{"no evidence", Design{}, nil, "no evidence"},
		{"no pairs", Design{}, []Evidence{{Rule: p99}}, "no pairs"},
		{"unequal pairs", Design{}, []Evidence{good, shorter}, "has 10 pairs"},
		{"unequal indexes", Design{}, []Evidence{good, shifted}, "has the index 40"},
		{"one rule twice", Design{}, []Evidence{good, good}, "two rules"},
		{"more than the design", Design{MinPairs: 3, MaxPairs: 9}, []Evidence{good}, "the design ends at 9"},
		{"alpha", Design{Alpha: 0.5}, []Evidence{good}, "alpha is 0.5"},
		{"miss", Design{Miss: -1}, []Evidence{good}, "miss is -1"},
		{"power", Design{Power: 1}, []Evidence{good}, "power is 1"},
		{"pairs", Design{MinPairs: 12, MaxPairs: -1}, []Evidence{good}, "max_pairs is -1"},
		{"too many pairs", Design{MaxPairs: 1001}, []Evidence{good}, "at most 1000"},
		{"spare", Design{Spare: -1}, []Evidence{good}, "spare_pairs is -1"},
		{"tolerance", Design{}, []Evidence{rule(func(r *Rule) { r.Tolerance = -0.1 })}, "tolerance is -0.1"},
		{"limit", Design{}, []Evidence{rule(func(r *Rule) { r.Limit = 0.05 })}, "limit is 0.05"},
		{"limit", Design{}, []Evidence{rule(func(r *Rule) { r.Limit = 0 })}, "limit is 0"},
		{"smallest rise", Design{}, []Evidence{rule(func(r *Rule) { r.MinRise = math.NaN() })}, "smallest rise is NaN"},
		{"metric", Design{}, []Evidence{rule(func(r *Rule) { r.Metric = "" })}, "without a metric"},
	}
	for _, tt := range tests {
		if _, err := Decide(tt.d, tt.all); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
		}
	}
	bad := p99
	bad.Limit = 0
	if Check(Design{}, []Rule{p99}) != nil || Check(Design{Alpha: 0.5}, nil) == nil || Check(Design{}, []Rule{p99, bad}) == nil {
		t.Error("what Decide refuses must be refused before there is evidence, and nothing else")
	}
}

func TestDecisionAsJSON(t *testing.T) {
	missed := Rule{Metric: "missed", Exact: true}
	want := mustDecide(t, Design{}, constant(missed, 3, 0, 2), constant(p99, 3, base, base))
	if f := want.Findings; !math.IsInf(f[0].Change, 1) || !math.IsInf(f[1].ChangeHi, 1) {
		t.Fatalf("nothing infinite: this test cannot fail: %+v", f)
	}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Decision
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("not what was written (-want +got):\n%s", diff)
	}
}

func TestLooks(t *testing.T) {
	for _, tt := range []struct {
		d    Design
		want []int
	}{
		{Design{}, []int{10, 20}},
		{Design{MinPairs: 30}, []int{30}},
		{Design{MaxPairs: 15}, []int{10, 15}},
		{Design{MaxPairs: 8}, []int{8}},
		{Design{MinPairs: 12, MaxPairs: 40}, []int{12, 40}},
	} {
		if diff := cmp.Diff(tt.want, tt.d.Looks()); diff != "" {
			t.Errorf("%+v: %s", tt.d, diff)
		}
	}
}
