package gate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/aclements/go-moremath/stats"

	rstats "pushbench/results/stats"
)

// measure takes the paired log ratios and what they say about the change.
func (t *trial) measure() {
	t.statistical = true
	half := false
	if t.rule.Exact {
		half = slices.ContainsFunc(t.pairs, func(p Pair) bool { return p.Baseline.Value == 0 || p.Candidate.Value == 0 })
		t.rule.Tolerance, t.rule.Limit, t.rule.MinRise = 0, 0, 0
		t.varies()
	}
	t.floor = t.rule.floor(t.pairs)
	t.shift = rstats.NewShift(differences(t.pairs, half))
	f := &t.finding
	f.Rule = t.rule
	f.P = t.shift.PAbove(math.Log1p(t.rule.Tolerance))
	f.Change = math.Expm1(t.shift.Estimate())
	f.ChangeLo = math.Expm1(t.shift.Lower(t.look.alpha))
	f.ChangeHi = math.Expm1(t.shift.Upper(t.look.miss))
}

// judgeShift decides by the test, the estimate and the upper bound. At the first look a candidate that seems worse than tolerated does not pass yet, though
// it be better than the limit: with little noise, rises that the last look is sure to catch would slip through early.
func (t *trial) judgeShift(rules int) {
	f := &t.finding
	t.noise = t.estimateNoise()
	f.Detectable = t.detectable(rules)
	significant := f.PAdjusted <= t.look.alpha
	switch {
	case significant && t.rise(f.Change) >= t.floor:
		t.conclude(Fail, fmt.Sprintf("%s, at least %s, tolerated %s", percent(f.Change), percent(f.ChangeLo), percent(t.rule.Tolerance)))
	case f.ChangeHi < t.rule.Limit && !t.look.last && f.Change > t.rule.Tolerance:
		f.MorePairs = t.design.MaxPairs - len(t.pairs)
		t.conclude(Inconclusive, fmt.Sprintf("%s, at most %s, perhaps more than is tolerated: the last look is at %d pairs",
			percent(f.Change), percent(f.ChangeHi), t.design.MaxPairs))
	case f.ChangeHi < t.rule.Limit:
		t.conclude(Pass, fmt.Sprintf("%s, at most %s, limit %s", percent(f.Change), percent(f.ChangeHi), percent(t.rule.Limit)))
	case t.rise(f.ChangeHi) < t.floor:
		t.conclude(Pass, fmt.Sprintf("%s, at most %s, a rise too small to count: under %s", percent(f.Change), percent(f.ChangeHi), t.floorText()))
	default:
		f.MorePairs = t.morePairs(rules)
		t.conclude(Inconclusive, t.unstable(significant))
	}
}

// floorText is the smallest rise that can fail, and where it comes from.
func (t *trial) floorText() string {
	text := fmt.Sprint(t.floor)
	if strings.HasPrefix(t.rule.Metric, "latency_") {
		text = fmt.Sprintf("%.3g ms", t.floor/1e6)
	}
	if t.floor > t.rule.MinRise {
		text += ", twice the generator's own lag"
	}
	return text
}

// rise is what a change means in the metric's unit.
func (t *trial) rise(change float64) float64 { return change * t.finding.BaselineMedian }

func (t *trial) unstable(significant bool) string {
	f := t.finding
	found := fmt.Sprintf("%s, between %s and %s", percent(f.Change), percent(f.ChangeLo), percent(f.ChangeHi))
	if significant {
		found += ", more than tolerated but perhaps too small to count"
	}
	if f.MorePairs >= mostMore {
		return fmt.Sprintf("unstable: needs more pairs than can be measured, over %d (%s)", int(mostMore), found)
	}
	return fmt.Sprintf("unstable: needs about %d more pairs (%s)", f.MorePairs, found)
}

func percent(change float64) string {
	if math.IsInf(change, 1) {
		return "any rise"
	}
	return fmt.Sprintf("%+.1f %%", math.Round(1000*change)/10+0) // adding 0 makes −0 positive
}

// What follows plans, it does not judge: normal approximations to the noise that was seen.

// estimateNoise is the standard error of the estimate, read off the width between bounds that enough pairs always have; NaN with fewer than four pairs. The
// bounds of Walsh averages widen with the noise whatever its shape, and an outlier does not blow them up as it does a standard deviation.
func (t *trial) estimateNoise() float64 {
	const tail = 0.16 // one standard error to each side; reached by three pairs
	width := t.shift.Upper(tail) - t.shift.Lower(tail)
	if !finite(width) || len(t.pairs) < 4 {
		return math.NaN()
	}
	return width / 2 / z(tail)
}

// detectable is the rise whose estimate lies above the tolerance by what the last look's level and the power need.
func (t *trial) detectable(rules int) float64 {
	last := t.design.MaxPairs
	alpha := t.design.spend(len(t.design.Looks())-1).alpha / float64(rules)
	se := t.noise * math.Sqrt(float64(len(t.pairs))/float64(last))
	if math.IsNaN(se) || last < fewestPairs(alpha) {
		return math.Inf(1)
	}
	rise := math.Expm1(math.Log1p(t.rule.Tolerance) + (z(alpha)+z(1-t.design.Power))*se)
	return max(rise, t.floor/t.finding.BaselineMedian)
}

// morePairs is how many more pairs would decide with the design's power, if the change is as estimated: whichever of passing and failing takes fewer.
func (t *trial) morePairs(rules int) int {
	alpha := t.design.spend(len(t.design.Looks())-1).alpha / float64(rules)
	miss := t.design.spend(len(t.design.Looks()) - 1).miss
	estimate, need := t.shift.Estimate(), math.Inf(1)
	if gap := max(math.Log1p(t.rule.Limit), math.Log1p(t.floor/t.finding.BaselineMedian)) - estimate; gap > 0 {
		need = t.pairsFor(gap, miss)
	}
	if gap := estimate - math.Log1p(t.rule.Tolerance); gap > 0 && t.rise(t.finding.Change) >= t.floor {
		need = min(need, t.pairsFor(gap, alpha))
	}
	return int(max(1, min(need-float64(len(t.pairs)), mostMore)))
}

// mostMore ends the counting: nobody will measure as many pairs.
const mostMore = 10_000

// pairsFor is the number of pairs with which a gap between estimate and bound is seen at the level, with the design's power.
func (t *trial) pairsFor(gap, level float64) float64 {
	fewest := float64(fewestPairs(level))
	ratio := (z(level) + z(1-t.design.Power)) * t.noise / gap
	if math.IsNaN(ratio) {
		return fewest
	}
	return max(fewest, math.Ceil(float64(len(t.pairs))*ratio*ratio))
}

// z is the value that a standard normal variable exceeds with the probability.
func z(probability float64) float64 { return -stats.InvCDF(stats.StdNormal)(probability) }
