package stats

import (
	"cmp"
	"slices"
)

// Holm adjusts the p-values of several tests so that comparing each with alpha gives at least one false alarm with probability alpha or less, however the tests
// depend on each other. The smallest of m is multiplied by m, the next by m − 1 and so on, none becoming smaller than the one before it or larger than 1.
// It never says less than Bonferroni's multiplication by m.
//
// Source: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979) 65.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p[a], p[b]) })
	adjusted := make([]float64, len(p))
	least := 0.0
	for rank, i := range order {
		least = max(least, min(1, p[i]*float64(len(p)-rank)))
		adjusted[i] = least
	}
	return adjusted
}
