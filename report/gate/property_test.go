package gate

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// genEvidence is pairs of values that are whole numbers, so that there are ties, and any change.
func genEvidence(t *rapid.T, n int) Evidence {
	value := rapid.Map(rapid.IntRange(1000, 3000), func(i int) float64 { return float64(i) * 1e4 })
	e := Evidence{Rule: p99}
	e.Rule.MinRise = 0
	for i := range n {
		b, c := slice(value.Draw(t, "baseline")), slice(value.Draw(t, "candidate"))
		b.LagP99, c.LagP99 = 0, 0
		e.Pairs = append(e.Pairs, Pair{i, i%2 == 0, b, c})
	}
	return e
}

func decideOne(t *rapid.T, e Evidence) Finding {
	decision, err := Decide(Design{MaxPairs: len(e.Pairs)}, []Evidence{e})
	if err != nil {
		t.Fatal(err)
	}
	return decision.Findings[0]
}

func near(a, b float64) bool { return a == b || math.Abs(a-b) < 1e-9 }

func TestScaleIsOfNoImportance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := genEvidence(t, 20)
		before := decideOne(t, e)
		for i := range e.Pairs {
			e.Pairs[i].Baseline.Value *= 1024 // exactly
			e.Pairs[i].Candidate.Value *= 1024
		}
		if after := decideOne(t, e); before.Verdict != after.Verdict || before.P != after.P || !near(before.Change, after.Change) {
			t.Fatalf("%+v in one unit, %+v in another", before, after)
		}
	})
}

func TestOrderIsOfNoImportance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := genEvidence(t, 20)
		before := decideOne(t, e)
		e.Pairs = rapid.Permutation(e.Pairs).Draw(t, "order")
		if after := decideOne(t, e); before.Verdict != after.Verdict || before.P != after.P ||
			before.Change != after.Change || before.ChangeHi != after.ChangeHi {
			t.Fatalf("%+v in one order, %+v in another", before, after)
		}
	})
}

func TestSwappedSidesNegate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := genEvidence(t, 20)
		before := decideOne(t, e)
		for i, p := range e.Pairs {
			e.Pairs[i].Baseline, e.Pairs[i].Candidate = p.Candidate, p.Baseline
		}
		after := decideOne(t, e)
		if math.Abs(math.Log1p(before.Change)+math.Log1p(after.Change)) > 1e-9 {
			t.Fatalf("a change of %v, swapped of %v", before.Change, after.Change)
		}
		if before.Verdict == Fail && after.Verdict == Fail {
			t.Fatal("each side is worse than the other")
		}
	})
}

func TestVerdictsFollowTheInterval(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := decideOne(t, genEvidence(t, rapid.IntRange(1, 40).Draw(t, "pairs")))
		if !(f.ChangeLo <= f.Change && f.Change <= f.ChangeHi) {
			t.Fatalf("%v is not between %v and %v", f.Change, f.ChangeLo, f.ChangeHi)
		}
		if f.Verdict == Fail && f.ChangeLo <= f.Rule.Tolerance || f.Verdict == Pass && f.ChangeHi >= f.Rule.Limit {
			t.Fatalf("%s with a change between %v and %v", f.Verdict, f.ChangeLo, f.ChangeHi)
		}
		if f.Verdict == Inconclusive && f.MorePairs == 0 {
			t.Fatal("inconclusive, but nothing to do")
		}
	})
}
