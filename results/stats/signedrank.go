package stats

import (
	"math"
	"slices"
)

// SignedRank is the null distribution of Wilcoxon's signed-rank statistic for n differences: the sum of those of the ranks 1 … n that a fair coin picks.
// It is exact; tables and the normal approximation are not needed at the sizes used here, tens to hundreds of pairs.
//
// Source: F. Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1 (1945) 80; the recursion is that of M. Hollander, D. A. Wolfe and
// E. Chicken, "Nonparametric Statistical Methods", 3rd ed. (2014), §3.1.
type SignedRank struct {
	// below[w] is the probability of a sum of w or less.
	below []float64
}

// NewSignedRank returns the distribution for n differences. It takes n³ ÷ 6 additions: 0.2 ms for a hundred differences.
func NewSignedRank(n int) SignedRank {
	probability := make([]float64, n*(n+1)/2+1)
	probability[0] = 1
	for rank, reached := 1, 0; rank <= n; rank++ {
		reached += rank
		for w := reached; w >= 0; w-- {
			if w >= rank {
				probability[w] = (probability[w] + probability[w-rank]) / 2
			} else {
				probability[w] /= 2
			}
		}
	}
	for w := 1; w < len(probability); w++ {
		probability[w] += probability[w-1]
	}
	return SignedRank{probability}
}

// CDF returns the probability of a sum of w or less.
func (s SignedRank) CDF(w int) float64 {
	if w < 0 {
		return 0
	}
	return s.below[min(w, len(s.below)-1)]
}

// Critical returns the largest sum that is significant at the level alpha (CDF ≤ alpha), or −1 if none is: n is too small.
func (s SignedRank) Critical(alpha float64) int {
	above, _ := slices.BinarySearchFunc(s.below, alpha, func(p, alpha float64) int {
		if p <= alpha {
			return -1
		}
		return 1
	})
	return above - 1
}

// Shift answers how far paired differences lie above a value, assuming only that they are symmetric around their true shift.
//
// Test, estimate and bounds all come from one list, the Walsh averages (dᵢ+dⱼ)/2 for i ≤ j: without ties, the number of them below θ is the
// signed-rank sum of the differences that are below θ (J. W. Tukey 1949). Their median is the estimate of Hodges and Lehmann, and the bounds are
// those θ at which the test turns, so the three can never contradict each other.
//
// Ties and zeros are counted against the claim that is tested: an average that equals θ is evidence for neither side, and is taken as evidence against a
// rise in [Shift.PAbove], and against the narrower bound in [Shift.Lower] and [Shift.Upper]. That keeps the level: breaking all ties with arbitrarily small
// noise, symmetric as well, gives differences without ties, whose test is exact; and no such breaking makes the count larger. (Wilcoxon's own way, to drop
// the zeros, forgets the pairs that showed no difference, and with many of them finds significance in the few that remain.)
//
// Sources: J. L. Hodges and E. L. Lehmann, "Estimates of location based on rank tests", Annals of Mathematical Statistics 34 (1963) 598; for closed
// intervals under ties, G. E. Noether, "Wilcoxon confidence intervals for location parameters in the discrete case", JASA 62 (1967) 184.
type Shift struct {
	sorted []float64
	null   SignedRank
}

// NewShift takes finite differences in any order.
func NewShift(differences []float64) Shift {
	sorted := slices.Clone(differences)
	slices.Sort(sorted)
	return Shift{sorted, NewSignedRank(len(sorted))}
}

// PAbove is the p-value of "the shift is above theta": how often differences whose shift is theta or less would look as high as these.
func (s Shift) PAbove(theta float64) float64 { return s.null.CDF(s.walshUpTo(theta)) }

// Estimate is the median of the Walsh averages; NaN without differences.
func (s Shift) Estimate() float64 {
	n := s.walshes()
	if n == 0 {
		return math.NaN()
	}
	return (s.walsh((n+1)/2) + s.walsh(n/2+1)) / 2
}

// Lower is the one-sided lower bound: the largest value that the shift is above with probability 1 − alpha or more; −Inf when there are too few
// differences to say.
func (s Shift) Lower(alpha float64) float64 {
	critical := s.null.Critical(alpha)
	if critical < 0 || critical >= s.walshes() {
		return math.Inf(-1)
	}
	return s.walsh(critical + 1)
}

// Upper is the one-sided upper bound, +Inf when there are too few differences to say.
func (s Shift) Upper(alpha float64) float64 {
	critical := s.null.Critical(alpha)
	if critical < 0 || critical >= s.walshes() {
		return math.Inf(1)
	}
	return s.walsh(s.walshes() - critical)
}

func (s Shift) walshes() int { return len(s.sorted) * (len(s.sorted) + 1) / 2 }

// walshUpTo counts the Walsh averages that are theta or less, in one walk: the larger a difference, the fewer partners keep the average down.
func (s Shift) walshUpTo(theta float64) int {
	count, partners := 0, len(s.sorted)
	for i, d := range s.sorted {
		for partners > i && (d+s.sorted[partners-1])/2 > theta {
			partners--
		}
		count += max(0, partners-i)
	}
	return count
}

// walsh is the k-th smallest Walsh average, k from 1. It bisects on the order of floating-point numbers, which ends at the very average in 64 walks;
// sorting all n² ÷ 2 averages takes a hundred times as long for a hundred differences.
func (s Shift) walsh(k int) float64 {
	lo, hi := ordinal(s.sorted[0]), ordinal(s.sorted[len(s.sorted)-1])
	for lo < hi {
		middle := lo + int64(uint64(hi-lo)/2)
		if s.walshUpTo(number(middle)) >= k {
			hi = middle
		} else {
			lo = middle + 1
		}
	}
	return number(lo)
}

// ordinal numbers all floating-point numbers in rising order, number is its inverse; −0 and 0 are neighbours.
func ordinal(x float64) int64 {
	bits := int64(math.Float64bits(x))
	if bits < 0 {
		return math.MinInt64 - bits - 1
	}
	return bits
}

func number(ordinal int64) float64 {
	if ordinal < 0 {
		ordinal = math.MinInt64 - ordinal - 1
	}
	return math.Float64frombits(uint64(ordinal))
}
