package stats

import "math"

// enough is the confidence with which a percentile's value must lie inside the observations to be printed as known.
const enough = 0.95

// TooFew reports whether n independent observations are too few for the p-quantile (p in 0–1) to be printed as known.
//
// The largest of n observations lies above the true p-quantile with probability 1 − pⁿ. Only when that reaches 95 % do the observations bound the
// quantile from above at all; below it, what is printed is more likely some lower quantile's value than the reader thinks. So n is too small while
// pⁿ > 0.05, which is nearly the "rule of three", (1−p)·n < 3: p50 needs 5, p90 29, p99 299, p99.9 2,995. Quantiles below the median are bounded
// by the smallest observation, in the same way. The maximum itself (p = 1) is never known.
//
// Source: H. A. David and H. N. Nagaraja, "Order Statistics", 3rd ed. (2003), §7.1; for the rule of three, Hanley and Lippman-Hand, JAMA 249 (1983) 1743.
func TooFew(n int64, p float64) bool {
	return !(math.Pow(max(p, 1-p), float64(n)) <= 1-enough)
}

// Needed returns the smallest n that is not [TooFew] for the p-quantile, to tell a user how far off a run was. For p outside (0, 1) there is none: it returns MaxInt64.
func Needed(p float64) int64 {
	q := max(p, 1-p)
	if !(q < 1) {
		return math.MaxInt64
	}
	n := int64(math.Ceil(math.Log(1-enough) / math.Log(q)))
	for n > 1 && !TooFew(n-1, p) { // the logarithms round
		n--
	}
	for TooFew(n, p) {
		n++
	}
	return n
}
