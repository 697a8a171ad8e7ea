package format

import "math"

// confidence is how sure one must be that the largest of n samples lies beyond the percentile that is quoted.
const confidence = 0.95

// Enough says whether n independent samples carry quantile q (between 0 and 1).
//
// They do when the one-sided 95 % confidence bound of the quantile lies inside the sample, that is 1 − qⁿ ≥ 0.95 (the distribution-free bound from order
// statistics; Conover, Practical Nonparametric Statistics, §3.2): 5 samples for the median, 29 for p90, 299 for p99, 2,995 for p99.9.
func Enough(n int64, q float64) bool {
	return n >= Needed(q)
}

// Needed is the fewest independent samples that carry quantile q.
func Needed(q float64) int64 {
	if q <= 0 {
		return 1
	}
	if q >= 1 {
		return math.MaxInt64
	}
	return int64(math.Ceil(math.Log(1-confidence) / math.Log(q)))
}

// Carried is the highest quantile that n independent samples carry, between 0 (none) and below 1.
func Carried(n int64) float64 {
	if n <= 0 {
		return 0
	}
	return math.Pow(1-confidence, 1/float64(n))
}
