package gate

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	mstats "github.com/aclements/go-moremath/stats"

	"pushbench/results/stats"
	"pushbench/scenarios"
)

// Rule is one metric of one arm, and what it may do.
type Rule struct {
	Scenario  string              `json:"scenario"`
	Transport scenarios.Transport `json:"transport"`
	// Metric is the name of a figure of which more is worse: "latency_p99", "server_cpu_per_message", "overhead_bytes_p50", "missed". A name that ends in
	// _pN is a percentile, and its slices need enough messages for it; one that begins with "latency_" is in nanoseconds and held against the lag.
	Metric string `json:"metric"`
	// Exact is for a quantity that repeats to the last digit: it is compared without tolerance, limit and smallest rise.
	Exact bool `json:"exact,omitempty"`
	// Tolerance is the rise that is nobody's business, δ, and Limit the one that a pass rules out, Δmax; both are shares of the baseline (0.10 is 10 %).
	Tolerance float64 `json:"tolerance"`
	Limit     float64 `json:"limit"`
	// MinRise is the smallest absolute rise that can fail, in the metric's unit.
	MinRise float64 `json:"min_rise"`
}

// String names the rule as messages do: "broadcast/websocket latency_p99".
func (r Rule) String() string { return r.Scenario + "/" + string(r.Transport) + " " + r.Metric }

// Slice is what one round of one side gave.
type Slice struct {
	Value float64 `json:"value"`
	// Messages is how many are behind the value, Independent how many of them can be called independent (of a broadcast, the publishes).
	Messages    int64 `json:"messages"`
	Independent int64 `json:"n_independent"`
	// LagP99 is the generator's own lateness in nanoseconds.
	LagP99 float64 `json:"lag_p99_ns"`
	// Problem says why the value cannot be used, empty if it can.
	Problem string `json:"problem,omitempty"`
}

// Pair is a slice of each side, run in random order on the same seed.
type Pair struct {
	Index          int   `json:"index"`
	CandidateFirst bool  `json:"candidate_first"`
	Baseline       Slice `json:"baseline"`
	Candidate      Slice `json:"candidate"`
}

// Evidence is all that was measured for one rule, in the order of measuring.
type Evidence struct {
	Rule  Rule   `json:"rule"`
	Pairs []Pair `json:"pairs"`
}

// percentile is the probability of the percentile that the metric is; ok is false if it is none.
func (r Rule) percentile() (p float64, ok bool) {
	at := strings.LastIndex(r.Metric, "_p")
	if at < 0 {
		return 0, false
	}
	digits := r.Metric[at+len("_p"):]
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	p, err := strconv.ParseFloat("0."+digits, 64)
	return p, err == nil
}

// problem says why the slice cannot be used for the rule, or nothing.
func (r Rule) problem(s Slice) string {
	p, isPercentile := r.percentile()
	switch {
	case s.Problem != "":
		return s.Problem
	case !finite(s.Value):
		return fmt.Sprintf("the value is %v, not a number", s.Value)
	case isPercentile && stats.TooFew(s.Messages, p):
		return fmt.Sprintf("%d messages, %s needs %d: make slices longer or the rate higher", s.Messages, r.Metric, stats.Needed(p))
	case r.Exact && s.Value < 0:
		return fmt.Sprintf("the value is %v: a quantity that is compared exactly cannot be negative", s.Value)
	case !r.Exact && s.Value <= 0:
		return fmt.Sprintf("the value is %v: it has no ratio to another; make slices longer so that it can be measured", s.Value)
	}
	return ""
}

// usable separates the pairs that can be used from the problems of the others.
func (e Evidence) usable() (pairs []Pair, problems []string) {
	for _, p := range e.Pairs {
		if problem := e.Problem(p); problem != "" {
			problems = append(problems, fmt.Sprintf("pair %d, %s", p.Index+1, problem))
			continue
		}
		pairs = append(pairs, p)
	}
	return pairs, problems
}

// Problem says why a pair cannot be used for the rule, or nothing.
func (e Evidence) Problem(p Pair) string {
	if problem := e.Rule.problem(p.Baseline); problem != "" {
		return "baseline: " + problem
	}
	if problem := e.Rule.problem(p.Candidate); problem != "" {
		return "candidate: " + problem
	}
	return ""
}

// checkEvidence refuses evidence that cannot be what was measured.
func checkEvidence(d Design, all []Evidence) error {
	if len(all) == 0 {
		return errors.New("no evidence: a gate needs at least one rule")
	}
	seen := map[string]bool{}
	for _, e := range all {
		if err := e.Rule.check(); err != nil {
			return err
		}
		if seen[e.Rule.String()] {
			return fmt.Errorf("%s: two rules for one metric", e.Rule)
		}
		seen[e.Rule.String()] = true
		if err := checkPairs(d, e, all[0]); err != nil {
			return err
		}
	}
	return nil
}

func checkPairs(d Design, e, first Evidence) error {
	switch {
	case len(e.Pairs) == 0:
		return fmt.Errorf("%s: no pairs", e.Rule)
	case len(e.Pairs) != len(first.Pairs):
		return fmt.Errorf("%s has %d pairs, %s has %d: all rules are judged on the same pairs", first.Rule, len(first.Pairs), e.Rule, len(e.Pairs))
	case len(e.Pairs) > d.MaxPairs+d.Spare:
		return fmt.Errorf("%s: %d pairs, but the design ends at %d: set max_pairs before measuring", e.Rule, len(e.Pairs), d.MaxPairs)
	}
	for i, p := range e.Pairs {
		if p.Index != first.Pairs[i].Index {
			return fmt.Errorf("%s: the pair at place %d has the index %d, that of %s has %d", e.Rule, i, p.Index, first.Rule, first.Pairs[i].Index)
		}
	}
	return nil
}

func (r Rule) check() error {
	bounded := !r.Exact || r.Limit != 0
	switch {
	case r.Metric == "":
		return fmt.Errorf("%s: a rule without a metric", r)
	case !finite(r.Tolerance) || r.Tolerance < 0:
		return fmt.Errorf("%s: the tolerance is %v: it must be 0 or more", r, r.Tolerance)
	case bounded && (!finite(r.Limit) || r.Limit <= 0 || r.Limit < r.Tolerance):
		return fmt.Errorf("%s: the limit is %v and the tolerance %v: the limit must be above 0 and not below the tolerance", r, r.Limit, r.Tolerance)
	case !finite(r.MinRise) || r.MinRise < 0:
		return fmt.Errorf("%s: the smallest rise is %v: it must be 0 or more", r, r.MinRise)
	}
	return nil
}

// floor is the smallest absolute rise that can fail. Of a latency, twice the lag counts when larger: the generator's own lateness is inside it.
func (r Rule) floor(pairs []Pair) float64 {
	if !strings.HasPrefix(r.Metric, "latency_") || len(pairs) == 0 {
		return r.MinRise
	}
	return max(r.MinRise, 2*median(pairs, func(p Pair) float64 { return max(p.Baseline.LagP99, p.Candidate.LagP99) }))
}

func baselineValue(p Pair) float64  { return p.Baseline.Value }
func candidateValue(p Pair) float64 { return p.Candidate.Value }

func median(pairs []Pair, value func(Pair) float64) float64 {
	xs := make([]float64, len(pairs))
	for i, p := range pairs {
		xs[i] = value(p)
	}
	return mstats.Sample{Xs: xs}.Quantile(0.5)
}

// differences are the log ratios of the pairs. With half, one half is added to every value first, so that counts which are sometimes zero have a ratio too
// (J. B. S. Haldane 1956 and F. J. Anscombe 1956, for odds); both sides alike, so that identical sides stay interchangeable.
func differences(pairs []Pair, half bool) []float64 {
	add := 0.0
	if half {
		add = 0.5
	}
	ds := make([]float64, len(pairs))
	for i, p := range pairs {
		ds[i] = math.Log((p.Candidate.Value + add) / (p.Baseline.Value + add))
	}
	return ds
}
