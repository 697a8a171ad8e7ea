package gate

import (
	"errors"

	mstats "github.com/aclements/go-moremath/stats"
)

// Sensitivity is what gates can see of one rule, by pairs recorded with identical sides.
type Sensitivity struct {
	Rule Rule `json:"rule"`
	// Pairs are the recorded ones that could be used, Noise the standard deviation of their log ratios.
	Pairs int     `json:"pairs"`
	Noise float64 `json:"noise_log_sd"`
	// Detectable is the smallest rise (0.14 is 14 %) whose noise lets it be caught with the design's power, as [Detectable] finds it.
	Detectable float64 `json:"detectable"`
	// Floor is the smallest rise that may fail at all, as a share of the baseline's median: of a latency, a millisecond or twice the lag.
	Floor float64 `json:"floor"`
	// Problem says why Detectable is not known; empty if it is.
	Problem string `json:"problem,omitempty"`
}

// Smallest is the smallest rise that is caught with the design's power: one that shows above the noise and is not too small to count.
func (s Sensitivity) Smallest() float64 { return max(s.Detectable, s.Floor) }

// Sensitivities says for each rule that is not exact what a gate of so many pairs sees, if only that rule's metric rises. Holm's adjustment makes such a rise
// pay for all the rules that are tested, those included whose exact quantity did not repeat.
func Sensitivities(d Design, all []Evidence, pairs int) []Sensitivity {
	d = d.orDefault()
	d.Alpha /= float64(max(1, tested(all)))
	var found []Sensitivity
	for _, e := range all {
		if !e.Rule.Exact {
			found = append(found, sensitivity(d, e, pairs))
		}
	}
	return found
}

func sensitivity(d Design, e Evidence, pairs int) Sensitivity {
	usable, _ := e.usable()
	s := Sensitivity{Rule: e.Rule, Pairs: len(usable)}
	if len(usable) == 0 {
		s.Problem = "no pair can be used"
		return s
	}
	s.Noise, s.Floor = e.Noise(), e.Rule.floor(usable)/median(usable, baselineValue)
	var err error
	if s.Detectable, err = Detectable(d, e.Rule, e.Differences(), pairs, d.Power); err != nil {
		s.Problem = err.Error()
	}
	return s
}

// tested counts the rules that go into Holm's adjustment.
func tested(all []Evidence) int {
	n := 0
	for _, e := range all {
		if pairs, _ := e.usable(); e.Rule.needsTest(pairs) {
			n++
		}
	}
	return n
}

// Differences are the logarithms of candidate ÷ baseline of the pairs that can be used, in their order; of a rule that is not exact, or whose values are not zero.
func (e Evidence) Differences() []float64 {
	pairs, _ := e.usable()
	return differences(pairs, false)
}

// Noise is the standard deviation of the differences; 0 with fewer than two.
func (e Evidence) Noise() float64 {
	ds := e.Differences()
	if len(ds) < 2 {
		return 0
	}
	return mstats.Sample{Xs: ds}.StdDev()
}

// Usable leaves out of every rule the pairs that any rule cannot use, as [Alarms] and [Power] want recordings, and says how many those are. It is an error if rules
// have different pairs or nothing is left.
func Usable(all []Evidence) (kept []Evidence, dropped int, err error) {
	bad := map[int]bool{}
	for _, e := range all {
		if len(e.Pairs) != len(all[0].Pairs) {
			return nil, 0, errors.New("gate: rules with different numbers of pairs")
		}
		for i, p := range e.Pairs {
			bad[i] = bad[i] || e.Rule.problem(p.Baseline) != "" || e.Rule.problem(p.Candidate) != ""
		}
	}
	for _, e := range all {
		k := Evidence{Rule: e.Rule}
		for i, p := range e.Pairs {
			if !bad[i] {
				k.Pairs = append(k.Pairs, p)
			}
		}
		kept = append(kept, k)
		dropped = len(e.Pairs) - len(k.Pairs)
	}
	if len(kept) == 0 || len(kept[0].Pairs) == 0 {
		return nil, dropped, errors.New("gate: no pair can be used for all rules" + firstProblem(all))
	}
	return kept, dropped, nil
}

func firstProblem(all []Evidence) string {
	for _, e := range all {
		if _, problems := e.usable(); len(problems) > 0 {
			return " (" + e.Rule.String() + ", " + problems[0] + ")"
		}
	}
	return ""
}
