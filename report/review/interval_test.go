package review

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestDifferenceOfIntervals(t *testing.T) {
	// Symmetric half-widths of 3 and 4 join to 5, as for independent normal errors.
	got := estimate{100, 97, 103}.minus(estimate{40, 36, 44})
	if want := (estimate{60, 55, 65}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	// Each end takes the two distances that push the difference that way.
	got = estimate{10, 9, 20}.minus(estimate{0, -1, 0})
	if want := (estimate{10, 9, 10 + math.Hypot(10, 1)}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestPairedNeedsThree(t *testing.T) {
	if _, ok := paired([]float64{1, 2}); ok {
		t.Error("an interval from two rounds")
	}
	e, ok := paired([]float64{1, 2, 3})
	if half := 4.302653 / math.Sqrt(3); !ok || math.Abs(e.at-2) > 1e-9 || math.Abs(e.high-2-half) > 1e-4 {
		t.Errorf("got %v, want 2 ± %v (Student's t with 2 degrees of freedom)", e, half)
	}
}

// TestPairedCovers: of many samples of three normal differences, the interval must hold the truth 95 times in 100.
func TestPairedCovers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const trials = 20_000
	held := 0
	for range trials {
		e, _ := paired([]float64{5 + random.NormFloat64(), 5 + random.NormFloat64(), 5 + random.NormFloat64()})
		if e.low <= 5 && 5 <= e.high {
			held++
		}
	}
	if share := float64(held) / trials; math.Abs(share-0.95) > 0.006 {
		t.Errorf("the interval held the truth in %.3f of trials, want 0.95", share)
	}
}
