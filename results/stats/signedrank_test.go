package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The one-sided critical values that tables print, as in Hollander, Wolfe and Chicken (2014), table A.4, and R. L. McCornack, JASA 60 (1965) 864.
func TestSignedRankPublishedCriticals(t *testing.T) {
	tables := map[float64]map[int]int{
		0.05:  {4: -1, 5: 0, 6: 2, 7: 3, 8: 5, 9: 8, 10: 10, 12: 17, 15: 30, 20: 60, 25: 100, 30: 151},
		0.025: {5: -1, 6: 0, 7: 2, 8: 3, 9: 5, 10: 8, 12: 13, 15: 25, 20: 52, 25: 89, 30: 137},
		0.01:  {6: -1, 7: 0, 8: 1, 9: 3, 10: 5, 12: 9, 15: 19, 16: 23, 20: 43, 25: 76, 30: 120},
		0.005: {7: -1, 8: 0, 9: 1, 10: 3, 12: 7, 15: 15, 20: 37, 25: 68, 30: 109},
	}
	for alpha, table := range tables {
		for n, want := range table {
			if got := NewSignedRank(n).Critical(alpha); got != want {
				t.Errorf("n = %d, alpha %v: %d, want %d", n, alpha, got, want)
			}
		}
	}
}

// A level that is reached exactly is significant.
func TestSignedRankCriticalAtTheLevel(t *testing.T) {
	if got := NewSignedRank(5).Critical(1.0 / 32); got != 0 {
		t.Errorf("the critical value at 2⁻⁵ is %d, want 0", got)
	}
}

func TestSignedRankByEnumeration(t *testing.T) {
	for n := range 13 {
		counts := make([]int, n*(n+1)/2+1)
		for signs := range 1 << n {
			sum := 0
			for rank := 1; rank <= n; rank++ {
				if signs&(1<<(rank-1)) != 0 {
					sum += rank
				}
			}
			counts[sum]++
		}
		null, total := NewSignedRank(n), 0
		for w, count := range counts {
			total += count
			if want := float64(total) / float64(int(1)<<n); null.CDF(w) != want {
				t.Errorf("n = %d: CDF(%d) = %v, want %v", n, w, null.CDF(w), want)
			}
		}
		if null.CDF(-1) != 0 || null.CDF(len(counts)+5) != 1 {
			t.Errorf("n = %d: the ends are %v and %v", n, null.CDF(-1), null.CDF(len(counts)+5))
		}
	}
}

func TestSignedRankOfManyIsADistribution(t *testing.T) {
	null := NewSignedRank(300)
	if got := null.CDF(300 * 301 / 2); math.Abs(got-1) > 1e-9 {
		t.Errorf("the whole is %v", got)
	}
	if got := null.CDF(300*301/4 - 1); math.Abs(got-0.5) > 1e-3 {
		t.Errorf("the lower half is %v", got)
	}
}

// The depression scores of nine patients: Hollander, Wolfe and Chicken (2014), examples 3.1, 3.3 and 3.4.
func TestShiftPublishedExample(t *testing.T) {
	before := []float64{1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30}
	after := []float64{0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29}
	drop := make([]float64, len(before))
	for i := range drop {
		drop[i] = before[i] - after[i]
	}
	s := NewShift(drop)
	near := func(what string, got, want, tolerance float64) {
		if math.Abs(got-want) > tolerance {
			t.Errorf("%s is %v, printed %v", what, got, want)
		}
	}
	near("p", s.PAbove(0), 0.0195, 0.00005)
	near("the estimate", s.Estimate(), 0.46, 0.0005)
	near("the lower bound", s.Lower(0.0196), 0.010, 0.0005)
	near("the upper bound", s.Upper(0.0196), 0.786, 0.0005)
}

// walshAverages is the definition, in rising order.
func walshAverages(ds []float64) []float64 {
	var averages []float64
	for i, d := range ds {
		for _, other := range ds[i:] {
			averages = append(averages, (d+other)/2)
		}
	}
	slices.Sort(averages)
	return averages
}

// genDifferences has many ties, zeros and opposite values besides ordinary ones.
var genDifferences = rapid.SliceOfN(rapid.OneOf(
	rapid.Map(rapid.IntRange(-4, 4), func(i int) float64 { return float64(i) / 4 }),
	rapid.Float64Range(-2, 2),
), 1, 40)

func TestShiftIsItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ds := genDifferences.Draw(t, "differences")
		averages, s := walshAverages(ds), NewShift(ds)
		for k, want := range averages {
			if got := s.walsh(k + 1); got != want {
				t.Fatalf("Walsh average %d is %v, want %v", k+1, got, want)
			}
		}
		theta := rapid.SampledFrom(append(averages, -9, 9, 0.1)).Draw(t, "theta")
		upTo := 0
		for _, a := range averages {
			if a <= theta {
				upTo++
			}
		}
		if got := s.walshUpTo(theta); got != upTo {
			t.Fatalf("%d up to %v, want %d", got, theta, upTo)
		}
		n := len(averages)
		if want := (averages[(n-1)/2] + averages[n/2]) / 2; s.Estimate() != want {
			t.Fatalf("estimate %v, want %v", s.Estimate(), want)
		}
	})
}

// Without ties the number of Walsh averages below zero is the signed-rank sum of the negative differences.
func TestShiftCountsSignedRanks(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		ds := make([]float64, 1+r.IntN(30))
		for i := range ds {
			ds[i] = r.NormFloat64() + 0.3
		}
		order := slices.SortedFunc(slices.Values(ds), func(a, b float64) int { return int(math.Copysign(1, math.Abs(a)-math.Abs(b))) })
		negative := 0
		for i, d := range order {
			if d < 0 {
				negative += i + 1
			}
		}
		if got := NewShift(ds).walshUpTo(0); got != negative {
			t.Fatalf("%d, the ranks say %d", got, negative)
		}
	}
}

// With ties and zeros the test must not say more than any way of breaking them would.
func TestShiftTiesNeverHelp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ds := genDifferences.Draw(t, "differences")
		r := rand.New(rand.NewPCG(uint64(len(ds)), rapid.Uint64().Draw(t, "seed")))
		broken := make([]float64, len(ds))
		for i, d := range ds {
			broken[i] = d + 1e-9*(r.Float64()-0.5)
		}
		if tied, untied := NewShift(ds).PAbove(0), NewShift(broken).PAbove(0); tied < untied && countNear(walshAverages(ds)) == 0 {
			t.Fatalf("p = %v with ties, %v without", tied, untied)
		}
	})
}

// countNear counts averages so close to zero, but not zero, that the noise that breaks ties could move them across.
func countNear(averages []float64) int {
	n := 0
	for _, a := range averages {
		if a != 0 && math.Abs(a) < 1e-8 {
			n++
		}
	}
	return n
}

func TestShiftBoundsAreWhereTheTestTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ds := genDifferences.Draw(t, "differences")
		alpha := rapid.SampledFrom([]float64{0.0025, 0.01, 0.025, 0.05, 0.2}).Draw(t, "alpha")
		s := NewShift(ds)
		lower := s.Lower(alpha)
		if math.IsInf(lower, -1) {
			if p := s.PAbove(-10); p <= alpha {
				t.Fatalf("no lower bound, but p = %v", p)
			}
			return
		}
		if inside, outside := s.PAbove(lower), s.PAbove(math.Nextafter(lower, -9)); inside <= alpha || outside > alpha {
			t.Fatalf("p = %v at the lower bound and %v under it", inside, outside)
		}
	})
}

func TestShiftSymmetry(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ds := genDifferences.Draw(t, "differences")
		negated := slices.Clone(ds)
		for i := range negated {
			negated[i] = -negated[i]
		}
		slices.Reverse(negated) // the order of pairs is of no importance
		s, m := NewShift(ds), NewShift(negated)
		if s.Estimate() != -m.Estimate() || s.Lower(0.05) != -m.Upper(0.05) || s.Upper(0.05) != -m.Lower(0.05) {
			t.Fatalf("%v [%v, %v] negated is %v [%v, %v]", s.Estimate(), s.Lower(0.05), s.Upper(0.05), m.Estimate(), m.Lower(0.05), m.Upper(0.05))
		}
	})
}

func TestShiftOfNothing(t *testing.T) {
	s := NewShift(nil)
	if !math.IsNaN(s.Estimate()) || s.PAbove(0) != 1 || !math.IsInf(s.Lower(0.01), -1) || !math.IsInf(s.Upper(0.01), 1) {
		t.Errorf("%v, %v, %v, %v", s.Estimate(), s.PAbove(0), s.Lower(0.01), s.Upper(0.01))
	}
}

func TestHolm(t *testing.T) {
	tests := []struct {
		name    string
		p, want []float64
	}{
		{"none", nil, []float64{}},
		{"one", []float64{0.03}, []float64{0.03}},
		// R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
		{"four", []float64{0.01, 0.04, 0.03, 0.005}, []float64{0.03, 0.06, 0.06, 0.02}},
		{"never above one", []float64{0.9, 0.6}, []float64{1, 1}},
		{"ties", []float64{0.02, 0.02, 0.02}, []float64{0.06, 0.06, 0.06}},
	}
	for _, tt := range tests {
		got := Holm(tt.p)
		if !slices.EqualFunc(got, tt.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// R: binom.test(k, n)$conf.int
func TestClopperPearson(t *testing.T) {
	for _, tt := range []struct {
		k, n   int
		lo, hi float64
	}{{0, 10, 0, 0.3084971}, {10, 10, 0.6915029, 1}, {5, 10, 0.1870860, 0.8129140}, {1, 20, 0.001265089, 0.2487328}} {
		lo, hi := ClopperPearson(tt.k, tt.n, 0.95)
		if math.Abs(lo-tt.lo) > 1e-6 || math.Abs(hi-tt.hi) > 1e-6 {
			t.Errorf("%d of %d: [%v, %v], want [%v, %v]", tt.k, tt.n, lo, hi, tt.lo, tt.hi)
		}
	}
}
