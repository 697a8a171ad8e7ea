package gate

import (
	"encoding/json"
	"math"

	"pushbench/results"
)

// Verdict is what a gate says of a rule and of the whole.
type Verdict string

// The verdicts. Inconclusive is no weaker pass: it says that the evidence supports neither.
const (
	Pass         Verdict = "pass"
	Fail         Verdict = "fail"
	Inconclusive Verdict = "inconclusive"
)

// The codes of a finding's warnings.
const (
	// WarnNotExact marks a size that was to be compared exactly but does not repeat here.
	WarnNotExact = "not_exact"
	// WarnSetAside marks a rule some of whose pairs were not used.
	WarnSetAside = "set_aside"
	// WarnFewPairs marks a look with so few pairs that no rise, however large, could have failed.
	WarnFewPairs = "few_pairs"
	// WarnFewIndependent marks a percentile over fewer independent messages than it needs: it is one slice's figure and no more, and will be noisy.
	WarnFewIndependent = "few_independent"
	// WarnOrder marks pairs that were all run in the same order.
	WarnOrder = "order"
)

// Finding is what was found of one rule.
type Finding struct {
	Rule    Rule    `json:"rule"`
	Verdict Verdict `json:"verdict"`
	// Reason says in a sentence why.
	Reason string `json:"reason"`
	// Pairs is how many were judged.
	Pairs           int     `json:"pairs"`
	BaselineMedian  float64 `json:"baseline_median"`
	CandidateMedian float64 `json:"candidate_median"`
	// Totals are what counts are judged by; nil of anything else.
	Totals *Totals `json:"totals,omitempty"`
	// Change is how much more the candidate has, as a share of the baseline (0.10 is 10 % more): the Hodges–Lehmann estimate, or the quotient of exact
	// quantities, whose bounds are the same, or if they vary those of any pair. ChangeLo and ChangeHi bound it, each for itself, with the certainties that decide:
	// 1 − [Decision.AlphaSpent] that it is above ChangeLo, so that a rule can only fail with ChangeLo above its tolerance; 1 − [Decision.MissSpent] that it is below ChangeHi, so that it can only pass with
	// ChangeHi below its limit or under the smallest rise. Without enough pairs they are −1 and +Inf; in JSON, +Inf is null.
	Change   float64 `json:"change"`
	ChangeLo float64 `json:"change_lo"`
	ChangeHi float64 `json:"change_hi"`
	// P is the probability of evidence as bad as this from a candidate that keeps the tolerance, PAdjusted the same after Holm's adjustment for all rules that
	// needed the rank test. Both are 1 for exact comparisons and unusable evidence, and alike where both sides have some of what is counted.
	P         float64 `json:"p"`
	PAdjusted float64 `json:"p_adjusted"`
	// MorePairs is about how many more pairs an inconclusive rule needs; 0 if more pairs will not help.
	MorePairs int `json:"more_pairs"`
	// Detectable is about the smallest rise that fails with the design's power at its last look, with noise as seen here (normal approximation; the function
	// [Detectable] is better, and needs recorded differences). +Inf, null in JSON, if not known; 0 of exact quantities: any rise.
	Detectable float64           `json:"detectable"`
	Warnings   []results.Warning `json:"warnings,omitempty"`
}

// Decision is the gate's answer at one look.
type Decision struct {
	Verdict Verdict `json:"verdict"`
	// Look counts the looks from 1; 0 is before the first.
	Look int `json:"look"`
	// Final is true when more pairs must not be measured: it is decided, or this was the last look.
	Final bool `json:"final"`
	// AlphaSpent and MissSpent are this look's shares of the design's Alpha and Miss.
	AlphaSpent float64   `json:"alpha_spent"`
	MissSpent  float64   `json:"miss_spent"`
	Findings   []Finding `json:"findings"`
}

// plain is a Finding without its methods; open are the fields that may be infinite, over those of the same name.
type (
	plain Finding
	open  struct {
		plain
		Change     *float64 `json:"change"`
		ChangeHi   *float64 `json:"change_hi"`
		Detectable *float64 `json:"detectable"`
	}
)

// MarshalJSON writes what is infinite as null.
func (f Finding) MarshalJSON() ([]byte, error) {
	return json.Marshal(open{plain(f), orNull(f.Change), orNull(f.ChangeHi), orNull(f.Detectable)})
}

// UnmarshalJSON reads null as +Inf.
func (f *Finding) UnmarshalJSON(b []byte) error {
	var o open
	if err := json.Unmarshal(b, &o); err != nil {
		return err
	}
	*f = Finding(o.plain)
	f.Change, f.ChangeHi, f.Detectable = orInf(o.Change), orInf(o.ChangeHi), orInf(o.Detectable)
	return nil
}

func orNull(x float64) *float64 {
	if !finite(x) {
		return nil
	}
	return &x
}

func orInf(x *float64) float64 {
	if x == nil {
		return math.Inf(1)
	}
	return *x
}
