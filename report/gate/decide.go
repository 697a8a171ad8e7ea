package gate

import (
	"fmt"
	"math"

	"pushbench/results"
	"pushbench/results/stats"
)

// Decide judges all evidence there is so far. It is an error if the design or the evidence make no sense (no rules, no pairs, rules with different pairs),
// never if the evidence is weak: that is [Inconclusive].
//
// The look is the last one that the usable pairs of the rule with the fewest have reached, and all rules are judged on as many; with MaxPairs and
// Spare pairs measured it is the last look, however many were set aside. A rule without a single usable pair is inconclusive and holds no other up. The whole
// fails if any rule fails, and passes if all pass.
func Decide(d Design, all []Evidence) (Decision, error) {
	d = d.orDefault()
	if err := d.check(); err != nil {
		return Decision{}, fmt.Errorf("gate: %w", err)
	}
	if err := checkEvidence(d, all); err != nil {
		return Decision{}, fmt.Errorf("gate: %w", err)
	}
	return decide(d, all), nil
}

// Check refuses a design and rules by which nothing can be decided, before anything is measured for them.
func Check(d Design, rules []Rule) error {
	if err := d.orDefault().check(); err != nil {
		return fmt.Errorf("gate: %w", err)
	}
	for _, r := range rules {
		if err := r.check(); err != nil {
			return fmt.Errorf("gate: %w", err)
		}
	}
	return nil
}

// decide judges evidence that was checked, by a design that has its defaults.
func decide(d Design, all []Evidence) Decision {
	l := d.lookAt(all)
	decision := Decision{Look: l.number, AlphaSpent: l.alpha, MissSpent: l.miss}
	var p []float64
	var judged []*trial
	for _, e := range all {
		t := newTrial(d, l, e)
		judged = append(judged, t)
		if t.statistical {
			p = append(p, t.finding.P)
		}
	}
	adjusted := stats.Holm(p)
	for _, t := range judged {
		if t.statistical {
			t.finding.PAdjusted, adjusted = adjusted[0], adjusted[1:]
		}
		t.judge(len(p))
		decision.Findings = append(decision.Findings, t.finding)
	}
	decision.Verdict = overall(decision.Findings)
	decision.Final = l.last || decision.Verdict != Inconclusive
	return decision
}

func overall(findings []Finding) Verdict {
	verdict := Pass
	for _, f := range findings {
		switch f.Verdict {
		case Fail:
			return Fail
		case Inconclusive:
			verdict = Inconclusive
		}
	}
	return verdict
}

// look is a moment of deciding.
type look struct {
	spending
	number int // from 1; 0 is before the first
	pairs  int // to be judged; all there are before the first look
	last   bool
}

func (d Design) lookAt(all []Evidence) look {
	fewest := math.MaxInt
	for _, e := range all {
		if pairs, _ := e.usable(); len(pairs) > 0 {
			fewest = min(fewest, len(pairs))
		}
	}
	if fewest == math.MaxInt {
		fewest = 0
	}
	looks := d.Looks()
	number := 0
	for number < len(looks) && fewest >= looks[number] {
		number++
	}
	last := number == len(looks)
	if len(all[0].Pairs) >= d.MaxPairs+d.Spare {
		number, last = len(looks), true
	}
	switch {
	case number == 0:
		return look{d.spend(0), 0, fewest, false}
	case last:
		return look{d.spend(number - 1), number, min(fewest, d.MaxPairs), true}
	default:
		return look{d.spend(number - 1), number, looks[number-1], false}
	}
}

// trial is one rule before the judge.
type trial struct {
	design   Design
	look     look
	rule     Rule
	pairs    []Pair
	problems []string
	finding  Finding
	// statistical is true if the rule is tested and so counts for Holm. Unusable evidence of such a rule counts too, with a p-value of 1.
	statistical bool
	shift       stats.Shift
	floor       float64
	noise       float64 // the standard error of the shift's estimate; NaN if not known
}

// newTrial prepares the rule's figures, up to its own p-value.
func newTrial(d Design, l look, e Evidence) *trial {
	t := &trial{design: d, look: l, rule: e.Rule, statistical: !e.Rule.Exact}
	t.pairs, t.problems = e.usable()
	if len(t.pairs) > l.pairs {
		t.pairs = t.pairs[:l.pairs]
	}
	t.finding = Finding{Rule: e.Rule, P: 1, PAdjusted: 1, Pairs: len(t.pairs), ChangeLo: -1, ChangeHi: math.Inf(1), Detectable: math.Inf(1)}
	if len(t.pairs) == 0 {
		return t
	}
	t.finding.BaselineMedian, t.finding.CandidateMedian = median(t.pairs, baselineValue), median(t.pairs, candidateValue)
	t.warn()
	if !e.Rule.needsTest(t.pairs) {
		t.compareExactly()
		return t
	}
	t.measure()
	return t
}

// judge gives the verdict. Rules is how many are tested.
func (t *trial) judge(rules int) {
	switch {
	case len(t.problems) > t.design.Spare:
		t.conclude(Inconclusive, fmt.Sprintf("%d of %d pairs cannot be used (%s)", len(t.problems), len(t.problems)+t.finding.Pairs, t.problems[0]))
	case t.look.number == 0:
		t.conclude(Inconclusive, fmt.Sprintf("%d usable pairs so far, the first look is at %d", t.finding.Pairs, t.design.Looks()[0]))
		t.finding.MorePairs = t.design.Looks()[0] - t.finding.Pairs
	case len(t.pairs) == 0:
		t.conclude(Inconclusive, "no usable pairs")
	case t.statistical && t.rule.Exact:
		t.judgeVarying(rules)
	case t.statistical:
		t.judgeShift(rules)
	}
	if t.statistical {
		t.warnFewPairs(rules)
	}
}

func (t *trial) conclude(v Verdict, reason string) { t.finding.Verdict, t.finding.Reason = v, reason }

func (t *trial) warning(code, text string) {
	t.finding.Warnings = append(t.finding.Warnings, results.Warning{Code: code, Text: text})
}

// warn says what the reader must know of the pairs, whatever the verdict.
func (t *trial) warn() {
	if n := len(t.problems); n > 0 {
		t.warning(WarnSetAside, fmt.Sprintf("%s set aside (%s)", pairsWere(n), t.problems[0]))
	}
	if order := t.sameOrder(); order != "" {
		t.warning(WarnOrder, fmt.Sprintf("the %s ran first in all %d pairs: what the first run does to the second is counted as a change", order, len(t.pairs)))
	}
	p, ok := t.rule.percentile()
	if !ok || t.rule.Exact {
		return
	}
	if n := int64(median(t.pairs, func(p Pair) float64 { return float64(min(p.Baseline.Independent, p.Candidate.Independent)) })); stats.TooFew(n, p) {
		t.warning(WarnFewIndependent, fmt.Sprintf("%d independent messages in a slice, %s needs %d to be more than noise: expect to need many pairs, or use a "+
			"scenario with independent messages (direct)", n, t.rule.Metric, stats.Needed(p)))
	}
}

// sameOrder names the side that always ran first; nothing if there is none, or so few pairs that it may be chance (once in 128 of eight).
func (t *trial) sameOrder() string {
	first := 0
	for _, p := range t.pairs {
		if p.CandidateFirst {
			first++
		}
	}
	switch {
	case len(t.pairs) < 8:
		return ""
	case first == len(t.pairs):
		return "candidate"
	case first == 0:
		return "baseline"
	}
	return ""
}

func (t *trial) warnFewPairs(rules int) {
	if n := len(t.pairs); math.Pow(0.5, float64(n))*float64(rules) > t.look.alpha && t.look.number > 0 {
		t.warning(WarnFewPairs, fmt.Sprintf("%d pairs cannot fail %d rules at this look (alpha %.4f), however large the rise: at least %d are needed",
			n, rules, t.look.alpha, fewestPairs(t.look.alpha/float64(rules))))
	}
}

// fewestPairs is the smallest number of pairs whose most extreme result is significant at the level.
func fewestPairs(alpha float64) int { return int(math.Ceil(-math.Log2(alpha))) }

// pairsWere is "1 pair was", "2 pairs were".
func pairsWere(n int) string {
	if n == 1 {
		return pairsOf(n) + " was"
	}
	return pairsOf(n) + " were"
}

// pairsOf is "1 pair", "2 pairs".
func pairsOf(n int) string {
	if n == 1 {
		return "1 pair"
	}
	return fmt.Sprintf("%d pairs", n)
}
