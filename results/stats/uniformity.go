package stats

import "math"

// andersonDarling is the statistic A² of n sorted values against the uniform distribution on (0, 1):
//
//	A² = −n − (1/n) · Σ (2i−1) · (ln zᵢ + ln(1 − zₙ₊₁₋ᵢ))
//
// It weighs the squared distance of the empirical distribution by 1/(z(1−z)), so that both ends of the interval count as much as its middle; Kolmogorov–Smirnov
// hardly sees the ends, where a generator starts late or runs out of breath.
//
// Source: T. W. Anderson and D. A. Darling, "A Test of Goodness of Fit", JASA 49 (1954) 765.
func andersonDarling(sorted []float64) float64 {
	n := len(sorted)
	var sum float64
	for i, z := range sorted {
		sum += float64(2*i+1) * (math.Log(z) + math.Log1p(-sorted[n-1-i]))
	}
	return -float64(n) - sum/float64(n)
}

// andersonDarlingP is the probability of an A² as large as this or larger from n uniform values, all parameters known (Stephens' case 0). For n ≥ 8 it is
// good to a few units of the fifth digit, up to about 0.001/n, below which it must not be printed.
//
// Source: G. Marsaglia and J. Marsaglia, "Evaluating the Anderson-Darling Distribution", Journal of Statistical Software 9(2) (2004).
func andersonDarlingP(n int, statistic float64) float64 {
	if statistic <= 0 {
		return 1
	}
	limit := andersonDarlingLimit(statistic)
	return min(1, max(0, 1-limit-finiteSample(n, limit)))
}

// andersonDarlingLimit is P(A² < z) as n → ∞.
func andersonDarlingLimit(z float64) float64 {
	if z < 2 {
		return math.Exp(-1.2337141/z) / math.Sqrt(z) *
			polynomial(z, 2.00012, 0.247105, -0.0649821, 0.0347962, -0.011672, 0.00168691)
	}
	return math.Exp(-math.Exp(polynomial(z, 1.0776, -2.30695, 0.43424, -0.082433, 0.008056, -0.0003146)))
}

// finiteSample is what n values add to the limit's probability x.
func finiteSample(n int, x float64) float64 {
	count := float64(n)
	turn := 0.01265 + 0.1757/count
	switch {
	case x > 0.8:
		return polynomial(x, -130.2137, 745.2337, -1705.091, 1950.646, -1116.360, 255.7844) / count
	case x < turn:
		t := x / turn
		t = math.Sqrt(t) * (1 - t) * (49*t - 102)
		return t * (0.0037/(count*count) + 0.00078/count + 0.00006) / count
	default:
		t := (x - turn) / (0.8 - turn)
		t = polynomial(t, -0.00022633, 6.54034, -14.6538, 14.458, -8.259, 1.91864)
		return t * (0.04213 + 0.01365/count) / count
	}
}

// polynomial is c₀ + c₁x + c₂x² + …, by Horner's rule.
func polynomial(x float64, coefficients ...float64) float64 {
	var sum float64
	for i := len(coefficients) - 1; i >= 0; i-- {
		sum = sum*x + coefficients[i]
	}
	return sum
}
