package model

import (
	"math"
	"slices"
	"time"
)

// Agreement is the largest [Distance] at which a measured distribution is taken to follow its prediction. It is an effect size chosen for the reader:
// no percentile of the prediction is off by more than three points of probability.
const Agreement = 0.03

// Distribution is a probability distribution of latencies whose cumulative function is linear between a few instants.
type Distribution interface {
	// CDF is the probability of a latency of at most t.
	CDF(t time.Duration) float64
	// Quantile is the smallest latency t with CDF(t) ≥ q; q outside 0–1 counts as the nearer end.
	Quantile(q float64) time.Duration
	Mean() time.Duration
	// Breaks are the instants at which CDF may jump or bend, in any order. Between two neighbours it is linear.
	Breaks() []time.Duration
}

// UniformWait is the law of messages of which a share arrives while nobody can take them: Base with probability 1−Share, otherwise Base plus a wait uniform on
// [0, Gap]. The zero value is the constant 0.
//
// The wait is uniform because, given how many events of a Poisson process fall into an interval, they lie in it like independent uniform points
// (D. R. Cox and P. A. W. Lewis, "The Statistical Analysis of Series of Events", 1966, §2.1), and all wait for the interval's end.
type UniformWait struct {
	Base, Gap time.Duration
	// Share is the probability of a wait, 0–1.
	Share float64
}

// CDF is 0 below Base, jumps there to 1−Share and rises evenly to 1 at Base + Gap.
func (w UniformWait) CDF(t time.Duration) float64 {
	switch {
	case t < w.Base:
		return 0
	case t >= w.Base+w.Gap:
		return 1
	}
	return 1 - w.Share + w.Share*float64(t-w.Base)/float64(w.Gap)
}

// Quantile is Base for q ≤ 1−Share, else Base + Gap·(1 − (1−q)/Share), the inverse of CDF.
func (w UniformWait) Quantile(q float64) time.Duration {
	q = unit(q)
	if q <= 1-w.Share {
		return w.Base
	}
	return w.Base + scale(w.Gap, 1-(1-q)/w.Share)
}

// Mean is Base + Share·Gap/2.
func (w UniformWait) Mean() time.Duration { return w.Base + scale(w.Gap, w.Share/2) }

// Max is the supremum, Base + Gap where anything waits.
func (w UniformWait) Max() time.Duration { return w.Quantile(1) }

// Breaks are the two ends of the wait.
func (w UniformWait) Breaks() []time.Duration { return []time.Duration{w.Base, w.Base + w.Gap} }

// Distance is the largest difference of two cumulative functions, Kolmogorov's D, 0–1: how many messages in the worst case are on the wrong side of some latency.
// It is exact to a nanosecond: both functions are linear between breaks, so their difference is largest at a break or just before one.
// It is NaN when either has no observations.
func Distance(a, b Distribution) float64 {
	var worst float64
	for _, t := range slices.Concat(a.Breaks(), b.Breaks()) {
		worst = max(worst, difference(a, b, t), difference(a, b, t-1))
	}
	// Distributions without observations have no breaks, and NaN everywhere.
	return max(worst, difference(a, b, 0))
}

func difference(a, b Distribution, t time.Duration) float64 { return math.Abs(a.CDF(t) - b.CDF(t)) }

// unit limits q to 0–1.
func unit(q float64) float64 { return min(1, max(0, q)) }

// scale is d·factor, rounded to the nanosecond.
func scale(d time.Duration, factor float64) time.Duration {
	return time.Duration(math.Round(float64(d) * factor))
}
