package gate

import (
	"fmt"
	"math"
)

// What a [Design] and a [Rule] mean by zero, and what the verb starts from.
const (
	DefaultAlpha    = 0.01
	DefaultMiss     = 0.05
	DefaultMinPairs = 10
	DefaultMaxPairs = 20
	DefaultPower    = 0.8

	DefaultTolerance = 0.10
	DefaultLimit     = 0.25
)

// How much of the two error rates the first of two looks may spend; the last look has the rest. The sum is what is promised, so the promise holds whatever the
// two looks have in common (Bonferroni's inequality), with no assumption about the noise.
//
//   - Of alpha a quarter: with three quarters at the end the final test is nearly as sharp as if it were the only one, and a quarter of 1 % is still
//     reached by ten pairs that agree, for two rules. Smaller (O'Brien and Fleming's would be a thirtieth) and ten pairs could never fail anything.
//   - Of miss a half: identical code is the common case, and it is the early pass that saves the minutes.
const (
	firstAlpha = 0.25
	firstMiss  = 0.5
)

// Design says how evidence is judged. It must be chosen before the evidence is seen. The zero value has the defaults.
type Design struct {
	// Alpha is the chance of one false alarm or more, over all rules and both looks, when no side is worse than its rule tolerates; 0 means [DefaultAlpha].
	Alpha float64 `json:"alpha"`
	// Miss is the chance, for each rule and over both looks, that a rise of the rule's limit passes; 0 means [DefaultMiss]. It is larger than Alpha, because
	// an alarm stops somebody's work and a rise well beyond the limit passes far more seldom than one at it.
	Miss float64 `json:"miss"`
	// MinPairs and MaxPairs are the pairs at the first and the last look; 0 means [DefaultMinPairs] and [DefaultMaxPairs], but a MaxPairs that is given is
	// kept. When time runs out, set MaxPairs to the pairs there are: the clock decided that, not the data, so the last look may be taken early.
	MinPairs int `json:"min_pairs"`
	MaxPairs int `json:"max_pairs"`
	// Power is the probability with which [Finding.Detectable] and [Finding.MorePairs] want to succeed; 0 means [DefaultPower].
	Power float64 `json:"power"`
	// Spare is how many pairs of each rule may be set aside because a slice of theirs has a problem. 0, the default, lets one problem make a rule
	// inconclusive. Setting aside raises no false alarms, since it does not ask which side had the problem; but it can hide a candidate that causes
	// problems. Keep it to a tenth.
	Spare int `json:"spare_pairs"`
}

// Looks returns the numbers of pairs at which a decision is taken: two, or one when MaxPairs is not above MinPairs. The last is MaxPairs.
func (d Design) Looks() []int {
	d = d.orDefault()
	if d.MinPairs >= d.MaxPairs {
		return []int{d.MaxPairs}
	}
	return []int{d.MinPairs, d.MaxPairs}
}

func (d Design) orDefault() Design {
	d.Alpha = orElse(d.Alpha, DefaultAlpha)
	d.Miss = orElse(d.Miss, DefaultMiss)
	d.Power = orElse(d.Power, DefaultPower)
	d.MaxPairs = orElse(d.MaxPairs, max(DefaultMaxPairs, d.MinPairs))
	d.MinPairs = orElse(d.MinPairs, min(DefaultMinPairs, d.MaxPairs))
	return d
}

func orElse[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// spending is the share of the error rates that one look may use.
type spending struct{ alpha, miss float64 }

// spend returns what the look may use; d has its defaults.
func (d Design) spend(look int) spending {
	switch {
	case len(d.Looks()) == 1:
		return spending{d.Alpha, d.Miss}
	case look == 0:
		return spending{d.Alpha * firstAlpha, d.Miss * firstMiss}
	default:
		return spending{d.Alpha * (1 - firstAlpha), d.Miss * (1 - firstMiss)}
	}
}

// check refuses a design that means nothing; d has its defaults.
func (d Design) check() error {
	switch {
	case !probability(d.Alpha):
		return fmt.Errorf("alpha is %v: it must be above 0 and below 0.5", d.Alpha)
	case !probability(d.Miss):
		return fmt.Errorf("miss is %v: it must be above 0 and below 0.5", d.Miss)
	case !(d.Power >= 0.5 && d.Power < 1):
		return fmt.Errorf("power is %v: it must be 0.5 or more and below 1", d.Power)
	case d.MinPairs < 1 || d.MaxPairs < d.MinPairs:
		return fmt.Errorf("min_pairs is %d and max_pairs is %d: the first must be 1 or more, the second not smaller", d.MinPairs, d.MaxPairs)
	case d.MaxPairs > mostPairs:
		return fmt.Errorf("max_pairs is %d: at most %d", d.MaxPairs, mostPairs)
	case d.Spare < 0:
		return fmt.Errorf("spare_pairs is %d: it must be 0 or more", d.Spare)
	}
	return nil
}

// mostPairs keeps the exact distribution, whose cost grows with the third power, below a second.
const mostPairs = 1000

func probability(p float64) bool { return p > 0 && p < 0.5 }

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
