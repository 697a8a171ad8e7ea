package review

import (
	"math"

	"pushbench/results"
	"pushbench/results/stats"
)

// estimate is a number with the ends of its 95 % interval.
type estimate struct{ at, low, high float64 }

// minus is the difference of two independent estimates, by the method of variance estimates recovery: each end takes the two distances that push the
// difference that way, as if they were the half-widths of independent errors. Intervals need not be symmetric.
//
// Source: G. Y. Zou and A. Donner, "Construction of confidence limits about effect measures: a general approach", Statistics in Medicine 27 (2008) 1693.
func (e estimate) minus(o estimate) estimate {
	at := e.at - o.at
	return estimate{at, at - math.Hypot(e.at-e.low, o.high-o.at), at + math.Hypot(e.high-e.at, o.at-o.low)}
}

// log is the estimate's logarithm; ok is false where an end is not positive.
func (e estimate) log() (l estimate, ok bool) {
	if !(e.at > 0 && e.low > 0) {
		return estimate{}, false
	}
	return estimate{math.Log(e.at), math.Log(e.low), math.Log(e.high)}, true
}

func (e estimate) exp() estimate { return estimate{math.Exp(e.at), math.Exp(e.low), math.Exp(e.high)} }

// fewestPairs is from how many paired rounds an interval is computed. With two, Student's t has one degree of freedom and the interval says nothing.
const fewestPairs = 3

// paired is Student's interval for the mean of differences; ok is false with too few.
//
// The experimental unit is a round: messages within one hang together, rounds do not. Rounds of the same index had the same schedule, so that their
// difference is free of what the schedule did.
func paired(differences []float64) (e estimate, ok bool) {
	n := float64(len(differences))
	if len(differences) < fewestPairs {
		return estimate{}, false
	}
	mean, squares := 0.0, 0.0
	for _, d := range differences {
		mean += d / n
	}
	for _, d := range differences {
		squares += (d - mean) * (d - mean)
	}
	half := stats.StudentT((1+results.Confidence)/2, len(differences)-1) * math.Sqrt(squares/(n-1)/n)
	return estimate{mean, mean - half, mean + half}, true
}

// interval puts an estimate's ends around a value.
func (v Value) interval(e estimate) Value {
	v.Low, v.High, v.Interval = e.low, e.high, true
	return v
}

// contrast is the change and the factor of a quantity between two cells, with the intervals there are.
type contrast struct {
	change, factor Value
	basis          Basis
}

// contrasted compares q of two cells: by the intervals of both where the cells have them, else over paired rounds.
func (q quantity) contrasted(from, to cell) contrast {
	a, b := q.of(from), q.of(to)
	c := contrast{change: unknown(), factor: unknown(), basis: NoInterval}
	if !a.Known || !b.Known {
		return c
	}
	c.change = number(b.Number - a.Number)
	if b.Number > 0 {
		c.factor = number(a.Number / b.Number)
	}
	c.change.Rough, c.factor.Rough = a.Rough || b.Rough, a.Rough || b.Rough
	if a.Interval && b.Interval {
		return c.fromSeconds(a, b)
	}
	return c.fromRounds(q.rounds(from, to))
}

func (c contrast) fromSeconds(a, b Value) contrast {
	x, y := estimate{a.Number, a.Low, a.High}, estimate{b.Number, b.Low, b.High}
	c.change, c.basis = c.change.interval(y.minus(x)), FromSeconds
	logX, okX := x.log()
	logY, okY := y.log()
	if okX && okY && c.factor.Known {
		c.factor = c.factor.interval(logX.minus(logY).exp())
	}
	return c
}

func (c contrast) fromRounds(from, to []float64) contrast {
	var differences, ratios []float64
	for i := range from {
		differences = append(differences, to[i]-from[i])
		if from[i] > 0 && to[i] > 0 {
			ratios = append(ratios, math.Log(from[i]/to[i]))
		}
	}
	e, ok := paired(differences)
	if !ok {
		return c
	}
	c.change, c.basis = c.change.interval(e), FromRounds
	if r, ok := paired(ratios); ok && len(ratios) == len(from) && c.factor.Known {
		c.factor = c.factor.interval(r.exp())
	}
	return c
}

// order is what the change's interval tells.
func (c contrast) order() Order {
	switch {
	case !c.change.Known:
		return NotComparable
	case !c.change.Interval:
		return Unproven
	case c.change.High < 0:
		return WebSocketLower
	case c.change.Low > 0:
		return PollingLower
	}
	return Untold
}
