package gate

import (
	"fmt"
	"math"
	"math/rand/v2"
)

const (
	// detectableDraws makes the share that is caught known to ±1.3 % (one standard error) at 80 %.
	detectableDraws = 1000
	// detectableSeed is fixed, so that the same differences give the same sentence.
	detectableSeed = 1
	// detectableMost is the rise (+1000 %) beyond which there is no use in looking.
	detectableMost = 10
	// detectableSteps halve the range of logarithms until the rise is known to a tenth of a per cent.
	detectableSteps = 12
	// detectableFewest is the fewest recorded differences that say something about the noise's tails.
	detectableFewest = 8
)

// Detectable returns the smallest rise (0.14 is 14 %) that a gate of so many pairs fails with the given power, for the noise in differences: log ratios
// recorded with identical sides. Gates are drawn from them with replacement and with random signs, because of identical sides either might have been the
// candidate; the rise is added, and the design's looks decide as [Decide] does. A power of 0 is that of the design.
//
// The floor is not in it: differences say nothing of milliseconds. A rise under the rule's smallest cannot fail whatever Detectable says. It is an error if not
// even +1000 % is caught that often.
func Detectable(d Design, r Rule, differences []float64, pairs int, power float64) (float64, error) {
	d.MaxPairs = pairs
	d.MinPairs = min(d.MinPairs, pairs)
	d.Power = orElse(power, d.Power)
	d = d.orDefault()
	r.Exact, r.MinRise, r.Metric = false, 0, "change"
	if err := checkDetectable(d, r, differences); err != nil {
		return 0, fmt.Errorf("gate: detectable: %w", err)
	}
	draws := drawDifferences(differences, pairs)
	caught := func(log float64) bool { return d.caught(r, draws, log) >= d.Power }
	lo, hi := math.Log1p(r.Tolerance), math.Log1p(detectableMost)
	if !caught(hi) {
		return 0, fmt.Errorf("gate: detectable: with %d pairs not even a rise of %.0f %% is caught %.0f %% of the time: more pairs, or less noise",
			pairs, 100.0*detectableMost, 100*d.Power)
	}
	for range detectableSteps {
		if middle := (lo + hi) / 2; caught(middle) {
			hi = middle
		} else {
			lo = middle
		}
	}
	return math.Expm1(hi), nil
}

func checkDetectable(d Design, r Rule, differences []float64) error {
	if err := d.check(); err != nil {
		return err
	}
	if err := r.check(); err != nil {
		return err
	}
	if len(differences) < detectableFewest {
		return fmt.Errorf("%d recorded differences: at least %d are needed to know the noise", len(differences), detectableFewest)
	}
	for i, difference := range differences {
		if !finite(difference) {
			return fmt.Errorf("difference %d is %v: a log ratio must be finite", i, difference)
		}
	}
	return nil
}

// drawDifferences makes the noise of many gates, the same for every rise, so that a larger rise is not missed by bad luck where a smaller one was caught.
func drawDifferences(differences []float64, pairs int) [][]float64 {
	r := rand.New(rand.NewPCG(detectableSeed, uint64(pairs)))
	draws := make([][]float64, detectableDraws)
	for i := range draws {
		for range pairs {
			sign := float64(1 - 2*r.IntN(2))
			draws[i] = append(draws[i], sign*differences[r.IntN(len(differences))])
		}
	}
	return draws
}

// caught is the share of drawn gates that fail when the logarithm of the rise is added to each difference.
func (d Design) caught(r Rule, draws [][]float64, log float64) float64 {
	failed := 0
	e := Evidence{Rule: r, Pairs: make([]Pair, d.MaxPairs)}
	for _, draw := range draws {
		for i, difference := range draw {
			e.Pairs[i] = Pair{Index: i, CandidateFirst: i%2 == 0, Baseline: Slice{Value: 1}, Candidate: Slice{Value: math.Exp(difference + log)}}
		}
		if d.play([]Evidence{e}).Verdict == Fail {
			failed++
		}
	}
	return float64(failed) / float64(len(draws))
}

// play takes the looks one after the other, as a gate does that measures pair by pair, until one is final.
func (d Design) play(all []Evidence) Decision {
	var decision Decision
	for _, pairs := range d.Looks() {
		upTo := make([]Evidence, len(all))
		for i, e := range all {
			upTo[i] = Evidence{e.Rule, e.Pairs[:pairs]}
		}
		if decision = decide(d, upTo); decision.Final {
			break
		}
	}
	return decision
}
