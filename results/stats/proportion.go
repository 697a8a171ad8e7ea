package stats

import "github.com/aclements/go-moremath/mathx"

// ClopperPearson returns bounds of the probability behind k successes in n independent trials, which hold it with the given confidence (such as 0.95) or more.
//
// Source: C. J. Clopper and E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial", Biometrika 26 (1934) 404.
func ClopperPearson(k, n int, confidence float64) (lo, hi float64) {
	tail := (1 - confidence) / 2
	lo, hi = 0, 1
	if k > 0 { // the probability of k or more successes is BetaInc(p, k, n−k+1)
		lo = rootOf(func(p float64) float64 { return mathx.BetaInc(p, float64(k), float64(n-k+1)) - tail })
	}
	if k < n {
		hi = rootOf(func(p float64) float64 { return mathx.BetaInc(p, float64(k+1), float64(n-k)) - (1 - tail) })
	}
	return lo, hi
}

// rootOf is where a function that rises over [0, 1] crosses zero.
func rootOf(f func(float64) float64) float64 {
	lo, hi := 0.0, 1.0
	for range 60 {
		middle := (lo + hi) / 2
		if f(middle) < 0 {
			lo = middle
		} else {
			hi = middle
		}
	}
	return (lo + hi) / 2
}
