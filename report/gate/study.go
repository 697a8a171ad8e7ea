package gate

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"pushbench/results/stats"
)

// Share is how often something happened, with bounds of its probability of 95 % (Clopper and Pearson).
type Share struct {
	Count int     `json:"count"`
	Of    int     `json:"of"`
	Lo    float64 `json:"lo"`
	Hi    float64 `json:"hi"`
}

// Value is the share as a number.
func (s Share) Value() float64 { return float64(s.Count) / float64(s.Of) }

func newShare(count, of int) Share {
	lo, hi := stats.ClopperPearson(count, of, 0.95)
	return Share{count, of, lo, hi}
}

// Rates are what many gates decided.
type Rates struct {
	Fail         Share `json:"fail"`
	Pass         Share `json:"pass"`
	Inconclusive Share `json:"inconclusive"`
	// Early is how many were decided at the first of two looks, MeanPairs the pairs they took on average.
	Early     Share   `json:"early"`
	MeanPairs float64 `json:"mean_pairs"`
}

// Alarms plays n gates on recorded pairs of identical sides: each takes neighbouring pairs from a random place, as a live gate does that meets a quiet or a
// busy stretch, and a coin decides for each pair which slice was the candidate's, for all rules at once. Every failure is a false alarm. With identical
// sides the coin only repeats what the random order did when they were recorded, so the labels are a fresh experiment each time and the bounds mean what
// they say for such pairs.
//
// The pairs must be at least MaxPairs of the design. Set the rules' tolerance to 0 for the harder question.
func Alarms(d Design, all []Evidence, seed uint64, n int) (Rates, error) {
	return study(d, all, seed, n, func(r *rand.Rand, recorded, pairs int) []draw {
		draws := make([]draw, pairs)
		from := r.IntN(recorded - pairs + 1)
		for i := range draws {
			draws[i] = draw{from + i, r.IntN(2) == 0}
		}
		return draws
	})
}

// Power plays n gates on recorded pairs whose candidate is known to be worse, each drawing its pairs with replacement. The bounds are those of the drawing:
// they do not know that another recording would have had other pairs.
func Power(d Design, all []Evidence, seed uint64, n int) (Rates, error) {
	return study(d, all, seed, n, func(r *rand.Rand, recorded, pairs int) []draw {
		draws := make([]draw, pairs)
		for i := range draws {
			draws[i].pair = r.IntN(recorded)
		}
		return draws
	})
}

// draw is a recorded pair taken for a gate, perhaps with its sides exchanged.
type draw struct {
	pair     int
	exchange bool
}

func study(d Design, all []Evidence, seed uint64, n int, drawing func(r *rand.Rand, recorded, pairs int) []draw) (Rates, error) {
	d = d.orDefault()
	if err := checkStudy(d, all, n); err != nil {
		return Rates{}, fmt.Errorf("gate: study: %w", err)
	}
	r := rand.New(rand.NewPCG(seed, 0))
	verdicts, early, pairs := map[Verdict]int{}, 0, 0
	for range n {
		draws := drawing(r, len(all[0].Pairs), d.MaxPairs)
		decision := d.play(drawn(all, draws))
		verdicts[decision.Verdict]++
		if decision.Look < len(d.Looks()) {
			early++
		}
		pairs += d.Looks()[decision.Look-1]
	}
	return Rates{
		Fail: newShare(verdicts[Fail], n), Pass: newShare(verdicts[Pass], n), Inconclusive: newShare(verdicts[Inconclusive], n),
		Early: newShare(early, n), MeanPairs: float64(pairs) / float64(n),
	}, nil
}

// checkStudy asks of recordings what Decide asks of evidence, but for how many there are. Pairs with problems must have been removed, from all rules.
func checkStudy(d Design, all []Evidence, n int) error {
	if n < 1 {
		return fmt.Errorf("%d gates to play: at least 1", n)
	}
	if err := d.check(); err != nil {
		return err
	}
	roomy := d
	for _, e := range all {
		roomy.MaxPairs = max(roomy.MaxPairs, len(e.Pairs))
	}
	if err := checkEvidence(roomy, all); err != nil {
		return err
	}
	for _, e := range all {
		if _, problems := e.usable(); len(problems) > 0 {
			return fmt.Errorf("%s: %d pairs cannot be used, remove them from all rules first (%s)", e.Rule, len(problems), problems[0])
		}
	}
	if recorded := len(all[0].Pairs); recorded < d.MaxPairs {
		return fmt.Errorf("%d recorded pairs for gates of %d: record more, or shorten the design", recorded, d.MaxPairs)
	}
	return nil
}

// drawn is the evidence of one gate.
func drawn(all []Evidence, draws []draw) []Evidence {
	gate := make([]Evidence, len(all))
	for i, e := range all {
		gate[i] = Evidence{e.Rule, make([]Pair, len(draws))}
		for j, from := range draws {
			p := e.Pairs[from.pair]
			p.Index = j
			if from.exchange {
				p.Baseline, p.Candidate, p.CandidateFirst = p.Candidate, p.Baseline, !p.CandidateFirst
			}
			gate[i].Pairs[j] = p
		}
	}
	return gate
}

// Naive is how often the usual rule alarms on recorded pairs of identical sides: one run is stored, another is made later, and a rise above the threshold
// (0.10 is 10 %) fails the build. It tries every ordered couple of slices from different pairs, so there is nothing random in it; the same few slices are in
// many couples, so bounds for independent trials would flatter it, and there are none.
func Naive(e Evidence, threshold float64) (float64, error) {
	pairs, _ := e.usable()
	if len(pairs) < 2 {
		return 0, errors.New("gate: naive: fewer than two usable pairs")
	}
	alarms, couples := 0, 0
	for i, stored := range pairs {
		for j, later := range pairs {
			if i == j {
				continue
			}
			for _, before := range []float64{stored.Baseline.Value, stored.Candidate.Value} {
				for _, now := range []float64{later.Baseline.Value, later.Candidate.Value} {
					couples++
					if now > before*(1+threshold) {
						alarms++
					}
				}
			}
		}
	}
	return float64(alarms) / float64(couples), nil
}
