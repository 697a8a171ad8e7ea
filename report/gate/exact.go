package gate

import (
	"fmt"
	"math"
)

// repeats reports whether the quantity may be compared exactly: it is constant within each side, or the baseline is always zero. Of the latter any other
// value is news in itself, and zero has no tolerance to multiply.
func repeats(pairs []Pair) bool {
	if always(pairs, baselineValue) && pairs[0].Baseline.Value == 0 {
		return true
	}
	return always(pairs, baselineValue) && always(pairs, candidateValue)
}

func always(pairs []Pair, value func(Pair) float64) bool {
	for _, p := range pairs {
		if value(p) != value(pairs[0]) {
			return false
		}
	}
	return true
}

// compareExactly judges a quantity that repeats, or seems to: with very few pairs a difference is not known to be more than its variation.
func (t *trial) compareExactly() {
	f := &t.finding
	baseline, worst, higher := t.pairs[0].Baseline.Value, t.pairs[0].Candidate.Value, 0
	for _, p := range t.pairs {
		worst = max(worst, p.Candidate.Value)
		if p.Candidate.Value > baseline {
			higher++
		}
	}
	if worst != baseline {
		f.Change = worst/baseline - 1 // +Inf of a baseline of zero
	}
	f.ChangeLo, f.ChangeHi, f.Detectable = max(-1, min(f.Change, maxChange)), f.Change, 0
	switch {
	case higher > 0 && baseline != 0 && len(t.pairs) < fewestRepeats(t.look.alpha):
		f.MorePairs = fewestRepeats(t.look.alpha) - len(t.pairs)
		t.conclude(Inconclusive, fmt.Sprintf("%v against %v, but only in %d pairs: a quantity that varies may look so by chance", worst, baseline, len(t.pairs)))
	case higher > 0:
		t.conclude(Fail, fmt.Sprintf("%v in every slice of the baseline, up to %v in %d of %d of the candidate's", baseline, worst, higher, len(t.pairs)))
	case worst < baseline:
		t.conclude(Pass, fmt.Sprintf("%v in every slice of the baseline, %v in every one of the candidate", baseline, worst))
	default:
		t.conclude(Pass, fmt.Sprintf("%v in every slice of both sides", baseline))
	}
}

// maxChange stands for "more than can be said" where a number must be finite.
const maxChange = 1e9

// fewestRepeats is the fewest pairs that show that a quantity repeats. Two identical sides whose quantity varies from slice to slice look like two constants, the
// candidate's the higher one, with a probability of at most 4^−(n−1) ÷ 2: for values with the probabilities p it is the sum of (pᵢpⱼ)ⁿ over i < j, where no pᵢpⱼ is
// above a quarter and their sum is not above a half. An alarm by that must be no likelier than alpha.
func fewestRepeats(alpha float64) int {
	return max(1, 1+int(math.Ceil(math.Log(2*alpha)/math.Log(0.25))))
}
