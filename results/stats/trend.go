package stats

// mannKendall is the number of pairs in which the later value is the larger, less those in which it is the smaller.
//
// Sources: H. B. Mann, "Nonparametric Tests Against Trend", Econometrica 13 (1945) 245; M. G. Kendall, "Rank Correlation Methods" (1948).
func mannKendall(values []float64) int {
	var s int
	for i, earlier := range values {
		for _, later := range values[i+1:] {
			switch {
			case later > earlier:
				s++
			case later < earlier:
				s--
			}
		}
	}
	return s
}

// mannKendallP is the exact probability that n values in random order give an S at least this far from 0. Equal values make it larger than it need be.
func mannKendallP(n, s int) float64 {
	if s < 0 {
		s = -s
	}
	pairs := n * (n - 1) / 2
	var tail float64
	for inversions, probability := range inversions(n) {
		if pairs-2*inversions >= s {
			tail += probability
		}
	}
	return min(1, 2*tail)
}

// inversions is the probability of each number of inversions, 0 … n(n−1)/2, of a random order of n values: the k-th value placed is put before 0 … k−1 others
// with equal probability.
func inversions(n int) []float64 {
	law := []float64{1}
	for k := 2; k <= n; k++ {
		next := make([]float64, len(law)+k-1)
		for i, p := range law {
			for j := range k {
				next[i+j] += p / float64(k)
			}
		}
		law = next
	}
	return law
}
