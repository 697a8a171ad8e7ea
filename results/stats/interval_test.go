package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// law draws the observations of one block; quantile is its exact quantile over all blocks.
type law struct {
	draw     func(r *rand.Rand, n int) []float64
	quantile func(p float64) float64
}

// independent is the exponential distribution with mean 1.
var independent = law{
	draw: func(r *rand.Rand, n int) []float64 {
		xs := make([]float64, n)
		for i := range xs {
			xs[i] = r.ExpFloat64()
		}
		return xs
	},
	quantile: func(p float64) float64 { return -math.Log(1 - p) },
}

// shared is like a broadcast: what a block has in common (Exp 1) outweighs what its observations have alone (Exp 0.5).
// The sum has the cumulative distribution 1 − 2e^−x + e^−2x = (1 − e^−x)².
var shared = law{
	draw: func(r *rand.Rand, n int) []float64 {
		common := r.ExpFloat64()
		xs := make([]float64, n)
		for i := range xs {
			xs[i] = common + r.ExpFloat64()/2
		}
		return xs
	},
	quantile: func(p float64) float64 { return -math.Log(1 - math.Sqrt(p)) },
}

// experiment is one simulated run: its observations sorted, and by block.
func experiment(r *rand.Rand, l law, blocks, perBlock int) (all []float64, by [][]float64) {
	for range blocks {
		xs := l.draw(r, perBlock)
		by = append(by, xs)
		all = append(all, xs...)
	}
	slices.Sort(all)
	return all, by
}

// at is the quantile of sorted values: the smallest with a share of p at or below it.
func at(sorted []float64, p float64) float64 {
	return sorted[min(len(sorted)-1, max(0, int(math.Ceil(p*float64(len(sorted))))-1))]
}

func countBlocks(by [][]float64, q float64) []Block {
	var blocks []Block
	for _, xs := range by {
		b := Block{Count: int64(len(xs))}
		for _, x := range xs {
			if x <= q {
				b.AtOrBelow++
			}
			if x < q {
				b.Below++
			}
		}
		blocks = append(blocks, b)
	}
	return blocks
}

// naive takes every observation for a block of its own, which is what the textbook interval does.
func naive(by [][]float64) (each [][]float64) {
	for _, xs := range by {
		for i := range xs {
			each = append(each, xs[i:i+1])
		}
	}
	return each
}

type plan struct {
	law            law
	p              float64
	blocks, trials int
	naive          bool
}

// coverage returns how often an interval held the truth, and how often there was one.
func (pl plan) coverage() (covered, given float64) {
	r := rand.New(rand.NewPCG(1, uint64(pl.blocks)))
	var held, had int
	for range pl.trials {
		all, by := experiment(r, pl.law, pl.blocks, 100)
		if pl.naive {
			by = naive(by)
		}
		effective := Effective(countBlocks(by, at(all, 0.5)))
		lo, hi, ok := ProbabilityInterval(pl.p, 0.95, effective, countBlocks(by, at(all, pl.p)))
		if !ok {
			continue
		}
		had++
		if truth := pl.law.quantile(pl.p); at(all, lo) <= truth && truth <= at(all, hi) {
			held++
		}
	}
	return float64(held) / float64(max(1, had)), float64(had) / float64(pl.trials)
}

func TestCoverage(t *testing.T) {
	tests := []struct {
		name   string
		plan   plan
		lo, hi float64 // of the coverage
		given  float64 // at least
	}{
		{"independent, p50", plan{independent, 0.5, 60, 500, false}, 0.93, 0.98, 1},
		{"independent, p90", plan{independent, 0.9, 60, 500, false}, 0.93, 0.99, 1},
		{"independent, p99", plan{independent, 0.99, 60, 500, false}, 0.93, 0.99, 1},
		{"independent, one round of five seconds", plan{independent, 0.5, 5, 500, false}, 0.95, 1, 1},
		{"correlated, p50, three rounds of five seconds", plan{shared, 0.5, 15, 500, false}, 0.90, 0.99, 0.95},
		{"correlated, p50", plan{shared, 0.5, 60, 500, false}, 0.90, 0.99, 1},
		{"correlated, p90", plan{shared, 0.9, 60, 500, false}, 0.90, 0.99, 0.95},
		{"correlated, p99, five minutes", plan{shared, 0.99, 300, 200, false}, 0.90, 1, 0.8},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			covered, given := tt.plan.coverage()
			t.Logf("covered %.3f, given %.3f", covered, given)
			if covered < tt.lo || covered > tt.hi {
				t.Errorf("the interval held the truth in %.3f of runs, want %.2f to %.2f", covered, tt.lo, tt.hi)
			}
			if given < tt.given {
				t.Errorf("there was an interval in %.3f of runs, want %.2f or more", given, tt.given)
			}
		})
	}
}

// The reason for blocks: what takes correlated observations for independent misses most of the time.
func TestNaiveIntervalFails(t *testing.T) {
	covered, _ := plan{shared, 0.5, 15, 200, true}.coverage()
	if covered > 0.5 {
		t.Errorf("the naive interval held the truth in %.3f of runs: the data are not correlated enough to prove anything", covered)
	}
}

// The reason for the floor at the median: too few blocks to know a tail must give no interval rather than a wrong one.
func TestNoIntervalForAnUnknowableTail(t *testing.T) {
	for _, blocks := range []int{5, 15, 30} {
		if _, given := (plan{shared, 0.99, blocks, 300, false}).coverage(); given > 0.01 {
			t.Errorf("%d correlated blocks gave an interval for p99 in %.3f of runs", blocks, given)
		}
	}
}

func TestProbabilityIntervalAbsent(t *testing.T) {
	even := []Block{{100, 50, 49}, {100, 52, 51}, {100, 48, 47}, {100, 50, 49}, {100, 51, 50}}
	tests := []struct {
		name                     string
		p, confidence, effective float64
		blocks                   []Block
		want                     bool
	}{
		{"enough", 0.5, 0.95, 500, even, true},
		{"none", 0.5, 0.95, 500, nil, false},
		{"four blocks", 0.5, 0.95, 500, even[:4], false},
		{"empty blocks do not count", 0.5, 0.95, 500, append(slices.Clone(even[:4]), Block{}, Block{}), false},
		{"nothing known at the median", 0.5, 0.95, 0, even, false},
		{"NaN", math.NaN(), 0.95, 500, even, false},
		{"the maximum", 1, 0.95, 500, even, false},
		{"certainty", 0.5, 1, 500, even, false},
		{"beyond the largest", 0.99, 0.95, 300, even, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lo, hi, ok := ProbabilityInterval(tt.p, tt.confidence, tt.effective, tt.blocks)
			if ok != tt.want {
				t.Fatalf("ok = %v with [%v, %v], want %v", ok, lo, hi, tt.want)
			}
			if ok && !(0 < lo && lo < tt.p && tt.p < hi && hi < 1) {
				t.Errorf("[%v, %v] does not lie around %v", lo, hi, tt.p)
			}
		})
	}
}

// By hand: five blocks of 100 with 50, 52, 48, 50, 51 at or below. The share is 251/500; the residuals −0.2, 1.8, −2.2, −0.2, 0.8 square to 8.8;
// v = 5/4 · 8.8 / 500² = 4.4e-5, less than 0.25/500, which therefore counts. t for 4 degrees is 2.776445.
func TestProbabilityIntervalByHand(t *testing.T) {
	blocks := []Block{{100, 50, 50}, {100, 52, 52}, {100, 48, 48}, {100, 50, 50}, {100, 51, 51}}
	if v := variance(blocks); math.Abs(v-4.4e-5) > 1e-12 {
		t.Errorf("variance = %v, want 4.4e-5", v)
	}
	if n := Effective(blocks); math.Abs(n-500) > 1e-9 {
		t.Errorf("effective = %v, want all 500", n)
	}
	half := 2.776445 * math.Sqrt(0.25/500)
	lo, hi, ok := ProbabilityInterval(0.5, 0.95, 500, blocks)
	if !ok || math.Abs(lo-0.5+half) > 1e-6 || math.Abs(hi-0.5-half) > 1e-6 {
		t.Errorf("[%v, %v] %v, want 0.5 ± %v", lo, hi, ok, half)
	}
}

// Many equal values at the quantile must not feign precision: blocks agree on how much is at or below it, not on how much is below.
func TestTiesDoNotFeignPrecision(t *testing.T) {
	blocks := []Block{{100, 99, 90}, {100, 99, 10}, {100, 99, 70}, {100, 99, 30}, {100, 99, 50}, {100, 99, 50}}
	// Below: half of 600, residuals 40, −40, 20, −20, 0, 0; v = 6/5 · 4000 / 600² = 1/75.
	if got := Effective(blocks); math.Abs(got-75.0/4) > 1e-9 {
		t.Errorf("effective = %v of 600, want the 18.75 that the differences below the value allow", got)
	}
}

func TestStudentT(t *testing.T) {
	for degrees, want := range map[int]float64{1: 12.7062, 4: 2.7764, 14: 2.1448, 59: 2.0010} { // any printed table
		if got := StudentT(0.975, degrees); math.Abs(got-want) > 1e-4 {
			t.Errorf("StudentT(0.975, %d) = %v, want %v", degrees, got, want)
		}
	}
}
