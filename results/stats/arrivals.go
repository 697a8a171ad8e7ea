package stats

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// ArrivalsLevel is the probability with which [PoissonTest.Warning] speaks up about a faultless generator. A report has dozens of rounds and is made again and again:
// at the customary 5 % most reports would carry a false alarm, and readers would learn to skip it.
const ArrivalsLevel = 0.001

// MinArrivals is the fewest instants that [CheckPoisson] takes: below it the p-values' approximation is off in the third digit, and there is no power anyway.
const MinArrivals = 8

// PoissonTest says how well instants agree with a Poisson process of constant rate, given how many there are.
type PoissonTest struct {
	// N is how many instants lay within the window, Outside how many did not and were left out.
	N, Outside int
	// Positions and Gaps are Anderson and Darling's A² of two views of the same instants, with their p-values; see [CheckPoisson].
	Positions, PositionsP float64
	Gaps, GapsP           float64
}

// CheckPoisson tests whether the instants at which a generator released its messages, in any order, are those of a Poisson process on [0, window). Given their
// number, such instants are independent and uniform, with nothing left to estimate. It takes two views, because either alone is nearly blind to what the other sees:
//
//   - Positions: the instants ÷ window against the uniform distribution. This sees a rate that drifts, a start or an end that is missing, long pauses. It does not see how
//     messages follow each other at short range: even a perfectly regular sequence passes.
//   - Gaps: the n+1 gaps, the ends' included, sorted; then j-th smallest minus the one before it, times how many are left, are again exponential gaps
//     with the same sum (A. Rényi 1953), so that their running totals ÷ window are uniform as well. This sees regular, bunched and rounded releases.
//
// What the test can and cannot find, from the simulations of this package's tests, at the rate λ and with n messages:
//   - releases rounded down to a multiple of s (a coarse timer): at λs = 1 (milliseconds at 1,000/s) from n = 100, at 0.1 from 1,000, at 0.03 from 5,000, at 0.01
//     from 30,000. Below that they pass: a hundredth of the mean gap is no departure worth the name.
//   - releases at least s apart (a generator that queues): at λs = 0.3 from n = 300, at 0.1 from 3,000, at 0.03 from 30,000.
//   - a pause of a twentieth of the window, or a rate that falls to a half over it: from n = 1,000 and 2,000. A rate that falls by a twentieth passes.
//   - a constant lateness only empties the first moment of the window, and lateness that is independent from message to message turns a Poisson process into a
//     Poisson process (J. F. C. Kingman, "Poisson Processes", 1993, §5.1, displacement). No test of the releases alone can find it: that is what lag is measured for.
//
// A schedule made from a fixed seed is one draw from the process. If the test objects to the intended instants themselves, it objects to every run with that seed; test
// them too, and blame the generator only for what the schedule does not show.
//
// ok is false, and there is no result, with fewer than [MinArrivals] instants in the window.
//
// Sources: P. A. W. Lewis, "Some results on tests for Poisson processes", Biometrika 52 (1965) 67, and J. Durbin, Biometrika 48 (1961) 41, for the gaps;
// S.-H. Kim and W. Whitt, "Choosing arrival process models for service systems", Naval Research Logistics 61 (2014) 66, who compared the power of both;
// the p-values as in G. and J. Marsaglia, Journal of Statistical Software 9(2) (2004).
func CheckPoisson(released []time.Duration, window time.Duration) (test PoissonTest, ok bool) {
	positions := inside(released, window)
	test = PoissonTest{N: len(positions), Outside: len(released) - len(positions)}
	if test.N < MinArrivals {
		return test, false
	}
	test.Positions = andersonDarling(positions)
	test.PositionsP = andersonDarlingP(test.N, test.Positions)
	test.Gaps = andersonDarling(lewis(positions))
	test.GapsP = andersonDarlingP(test.N, test.Gaps)
	return test, true
}

// P is the p-value of both views together, by Bonferroni: twice the smaller.
func (t PoissonTest) P() float64 { return min(1, 2*min(t.PositionsP, t.GapsP)) }

// Warning says what is wrong with the arrivals, judged by the view that is further off, and what it may come from; it is empty while nothing is proved at
// [ArrivalsLevel].
func (t PoissonTest) Warning() string {
	switch {
	case t.N < MinArrivals || t.P() >= ArrivalsLevel:
		return ""
	case t.Positions >= t.Gaps:
		return fmt.Sprintf("the rate of the %d releases was not constant (A² = %.1f, p < %v): the generator fell behind", t.N, t.Positions, ArrivalsLevel)
	default:
		return fmt.Sprintf("the gaps between the %d releases are not those of Poisson arrivals (A² = %.1f, p < %v): "+
			"the generator paused and caught up, or its timer is too coarse for the rate", t.N, t.Gaps, ArrivalsLevel)
	}
}

// inside is the instants in [0, window) as sorted shares of it, the statistic's logarithms kept finite by half a nanosecond.
func inside(released []time.Duration, window time.Duration) []float64 {
	var shares []float64
	for _, at := range released {
		if 0 <= at && at < window {
			shares = append(shares, (float64(at)+0.5)/float64(window))
		}
	}
	slices.Sort(shares)
	return shares
}

// lewis turns n sorted positions in (0, 1) into n others, uniform again if the first are, but made of the gaps' sizes instead of their order.
func lewis(positions []float64) []float64 {
	gaps := make([]float64, 0, len(positions)+1)
	last := 0.0
	for _, p := range append(slices.Clone(positions), 1) {
		gaps = append(gaps, p-last)
		last = p
	}
	slices.Sort(gaps)
	totals := make([]float64, len(positions))
	total, smaller := 0.0, 0.0
	for i := range totals {
		total += float64(len(gaps)-i) * (gaps[i] - smaller)
		smaller = gaps[i]
		totals[i] = min(max(total, tiny), 1-tiny)
	}
	return totals
}

// tiny keeps totals off 0 and 1, which equal gaps would reach and whose logarithm is infinite.
const tiny = 1e-12

// Spacing says how well instants keep a constant distance. It is the counterpart of [PoissonTest] for arrivals at a constant rate, where there is no chance and so
// no test: the errors themselves are the result.
type Spacing struct {
	// N is the number of gaps.
	N int
	// Worst is the largest difference of a gap from the interval, RootMeanSquare their usual size.
	Worst, RootMeanSquare time.Duration
	// Drift is how much longer the whole took than N intervals; negative is shorter. It is what small errors of the same sign add up to.
	Drift time.Duration
}

// NewSpacing compares the gaps between instants, given in any order, with the interval, in nanoseconds, that they should keep (10⁹ ÷ rate; a float because a
// rate's interval is seldom whole). Fewer than two instants have no gap and give the zero Spacing.
func NewSpacing(released []time.Duration, interval float64) Spacing {
	if len(released) < 2 {
		return Spacing{}
	}
	sorted := slices.Sorted(slices.Values(released))
	var worst, squares float64
	for i, at := range sorted[1:] {
		off := float64(at-sorted[i]) - interval
		worst = max(worst, math.Abs(off))
		squares += off * off
	}
	n := len(sorted) - 1
	whole := float64(sorted[n] - sorted[0])
	return Spacing{
		N: n, Worst: time.Duration(math.Round(worst)), RootMeanSquare: time.Duration(math.Round(math.Sqrt(squares / float64(n)))),
		Drift: time.Duration(math.Round(whole - float64(n)*interval)),
	}
}

// Within reports whether no gap and not the whole is off by more than the bound.
func (s Spacing) Within(bound time.Duration) bool { return s.Worst <= bound && s.Drift.Abs() <= bound }
