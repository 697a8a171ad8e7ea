package gate

import (
	"fmt"
	"math"

	"github.com/aclements/go-moremath/mathx"

	"pushbench/results"
)

// Totals are what both sides had in all judged slices together.
type Totals struct {
	Baseline  float64 `json:"baseline"`
	Candidate float64 `json:"candidate"`
}

// counts reports whether the rule is of something counted, such as lost messages, of which the sum over slices means something.
func (r Rule) counts() bool {
	q, err := results.LookupQuantity(r.Metric)
	return err == nil && q.Unit == ""
}

// needsTest reports whether the rule is a question for the rank test: whatever is not exact, and a size that varies and is neither clearly higher nor plainly no higher.
func (r Rule) needsTest(pairs []Pair) bool {
	return !r.Exact || !r.counts() && len(pairs) > 0 && !repeats(pairs) && !apart(pairs) && !noHigher(pairs)
}

// repeats reports whether a size is the same in all slices of each side, or always zero on the baseline's. Of the latter any other value is news in itself.
func repeats(pairs []Pair) bool {
	return always(pairs, baselineValue) && (pairs[0].Baseline.Value == 0 || always(pairs, candidateValue))
}

func always(pairs []Pair, value func(Pair) float64) bool {
	lo, hi := extremes(pairs, value)
	return lo == hi
}

// apart reports whether every slice of the candidate has more than every one of the baseline.
func apart(pairs []Pair) bool {
	_, baseline := extremes(pairs, baselineValue)
	candidate, _ := extremes(pairs, candidateValue)
	return candidate > baseline
}

// noHigher reports whether the candidate has in no pair more than the baseline, or neither in the middle nor at most.
func noHigher(pairs []Pair) bool {
	if higherIn(pairs) == 0 {
		return true
	}
	_, baseline := extremes(pairs, baselineValue)
	_, candidate := extremes(pairs, candidateValue)
	return candidate <= baseline && median(pairs, candidateValue) <= median(pairs, baselineValue)
}

func extremes(pairs []Pair, value func(Pair) float64) (lo, hi float64) {
	lo, hi = value(pairs[0]), value(pairs[0])
	for _, p := range pairs {
		lo, hi = min(lo, value(p)), max(hi, value(p))
	}
	return lo, hi
}

// higherIn is the number of pairs in which the candidate has more.
func higherIn(pairs []Pair) int {
	n := 0
	for _, p := range pairs {
		if p.Candidate.Value > p.Baseline.Value {
			n++
		}
	}
	return n
}

// compareExactly judges a quantity without tolerance.
func (t *trial) compareExactly() {
	t.finding.Detectable = 0
	switch {
	case t.rule.counts():
		t.compareTotals()
	case repeats(t.pairs):
		t.compareConstants()
	default:
		t.compareRanges()
	}
}

// compareTotals judges something counted by its sums. A candidate with more never passes. If both sides have some, the slices had the same chances, so that with
// equal servers each lost message would be either's like a coin: how often coins alone fall so is exact. It takes messages to be lost one by one; a stall that
// loses many at once makes two equal servers differ more often than alpha says, and still they differ.
func (t *trial) compareTotals() {
	f, sum := &t.finding, Totals{}
	for _, p := range t.pairs {
		sum.Baseline += p.Baseline.Value
		sum.Candidate += p.Candidate.Value
	}
	f.Totals = &sum
	f.exactChange(changeOf(sum.Baseline, sum.Candidate))
	found := fmt.Sprintf("%v in all on the baseline's side, %v on the candidate's, in %s", sum.Baseline, sum.Candidate, pairsOf(len(t.pairs)))
	switch {
	case sum.Candidate <= sum.Baseline:
		t.conclude(Pass, found)
	case sum.Baseline == 0:
		t.conclude(Fail, fmt.Sprintf("%s, with some in %d", found, higherIn(t.pairs)))
	default:
		f.P = moreThanHalf(sum.Candidate, sum.Baseline)
		f.PAdjusted = f.P
		if f.P <= t.look.alpha {
			t.conclude(Fail, found+": more, and not by chance")
			return
		}
		f.MorePairs = t.moreForTotals(sum)
		t.conclude(Inconclusive, fmt.Sprintf("%s: more, but perhaps by chance; needs about %d more pairs", found, f.MorePairs))
	}
}

// moreThanHalf is the probability that of so many events at least those fall on one side that did, if each falls on either like a coin: the binomial's tail.
func moreThanHalf(this, other float64) float64 { return mathx.BetaInc(0.5, this, other+1) }

// moreForTotals is about how many more pairs would decide, if both sides go on as they did.
func (t *trial) moreForTotals(sum Totals) int {
	alpha := t.design.spend(len(t.design.Looks()) - 1).alpha
	needed := (z(alpha) + z(1-t.design.Power)) * math.Sqrt(sum.Baseline+sum.Candidate) / (sum.Candidate - sum.Baseline)
	return int(max(1, min(math.Ceil(float64(len(t.pairs))*(needed*needed-1)), mostMore)))
}

// compareConstants judges a size that repeats, or seems to: with very few pairs a difference is not known to be more than its variation.
func (t *trial) compareConstants() {
	f := &t.finding
	_, worst := extremes(t.pairs, candidateValue)
	baseline, higher := t.pairs[0].Baseline.Value, higherIn(t.pairs)
	f.exactChange(changeOf(baseline, worst))
	switch {
	case higher > 0 && baseline != 0 && t.tooFew(fewestRepeats(t.look.alpha)):
		t.conclude(Inconclusive, fmt.Sprintf("%v against %v, but only in %s: a quantity that varies may look so by chance", worst, baseline, pairsOf(len(t.pairs))))
	case higher > 0:
		t.conclude(Fail, fmt.Sprintf("%v in every slice of the baseline, up to %v in %d of %d of the candidate's", baseline, worst, higher, len(t.pairs)))
	case worst < baseline:
		t.conclude(Pass, fmt.Sprintf("%v in every slice of the baseline, %v in every one of the candidate", baseline, worst))
	default:
		t.conclude(Pass, fmt.Sprintf("%v in every slice of both sides", baseline))
	}
}

// compareRanges judges a size that varies and whose answer needs no test.
func (t *trial) compareRanges() {
	t.varies()
	f := &t.finding
	f.Change = changeOf(f.BaselineMedian, f.CandidateMedian)
	f.ChangeLo, f.ChangeHi = extremes(t.pairs, func(p Pair) float64 { return min(changeOf(p.Baseline.Value, p.Candidate.Value), maxChange) })
	baselineLo, baselineHi := extremes(t.pairs, baselineValue)
	candidateLo, candidateHi := extremes(t.pairs, candidateValue)
	found := fmt.Sprintf("%v to %v in the baseline's slices, %v to %v in the candidate's", baselineLo, baselineHi, candidateLo, candidateHi)
	switch {
	case apart(t.pairs) && t.tooFew(fewestPairs(t.look.alpha)):
		t.conclude(Inconclusive, fmt.Sprintf("%s, but only in %s: a quantity that varies may look so by chance", found, pairsOf(len(t.pairs))))
	case apart(t.pairs):
		t.conclude(Fail, found+": more in every one")
	case higherIn(t.pairs) == 0:
		t.conclude(Pass, found+": in no pair more")
	default:
		t.conclude(Pass, found+": not more, neither in the middle nor at most")
	}
}

// tooFew reports whether there are fewer pairs than needed, and asks for the others.
func (t *trial) tooFew(needed int) bool {
	t.finding.MorePairs = max(0, needed-len(t.pairs))
	return t.finding.MorePairs > 0
}

// varies tells the reader that a size does not repeat.
func (t *trial) varies() {
	t.warning(WarnNotExact, "it does not repeat from slice to slice; it was compared all the same, without any tolerance")
}

// judgeVarying decides on a size that varies by the rank test without tolerance or limit.
func (t *trial) judgeVarying(rules int) {
	f := &t.finding
	t.noise = t.estimateNoise()
	switch {
	case f.PAdjusted <= t.look.alpha:
		t.conclude(Fail, fmt.Sprintf("%s, at least %s, in %d of %s more", percent(f.Change), percent(f.ChangeLo), higherIn(t.pairs), pairsOf(len(t.pairs))))
	case f.ChangeHi <= 0:
		t.conclude(Pass, fmt.Sprintf("more in %d of %s, too few to be a rise of all: at most %s", higherIn(t.pairs), pairsOf(len(t.pairs)), percent(f.ChangeHi)))
	default:
		f.MorePairs = t.morePairs(rules)
		t.conclude(Inconclusive, fmt.Sprintf("more in %d of %s; %s", higherIn(t.pairs), pairsOf(len(t.pairs)), t.unstable(false)))
	}
}

// changeOf is the rise from one value to another as a share; +Inf from nothing.
func changeOf(from, to float64) float64 {
	if from == to {
		return 0
	}
	return to/from - 1
}

// exactChange enters a change that is known to the last digit.
func (f *Finding) exactChange(change float64) {
	f.Change, f.ChangeLo, f.ChangeHi = change, min(change, maxChange), change
}

// maxChange stands for "more than can be said" where a number must be finite.
const maxChange = 1e9

// fewestRepeats is the fewest pairs that show that a quantity repeats. Two identical sides whose quantity varies from slice to slice look like two constants, the
// candidate's the higher one, with a probability of at most 4^−(n−1) ÷ 2: for values with the probabilities p it is the sum of (pᵢpⱼ)ⁿ over i < j, where no pᵢpⱼ is
// above a quarter and their sum is not above a half. An alarm by that must be no likelier than alpha.
func fewestRepeats(alpha float64) int {
	return max(1, 1+int(math.Ceil(math.Log(2*alpha)/math.Log(0.25))))
}
