package stats

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestNeeded(t *testing.T) {
	tests := []struct {
		p    float64
		want int64
	}{
		{0.5, 5}, {0.75, 11}, {0.9, 29}, {0.99, 299}, {0.999, 2995}, {0.9999, 29956}, {0.01, 299}, {1, math.MaxInt64}, {0, math.MaxInt64},
	}
	for _, tt := range tests {
		if got := Needed(tt.p); got != tt.want {
			t.Errorf("Needed(%v) = %d, want %d", tt.p, got, tt.want)
		}
	}
}

func TestTooFew(t *testing.T) {
	tests := []struct {
		name string
		n    int64
		p    float64
		want bool
	}{
		{"p99 of 298", 298, 0.99, true},
		{"p99 of 299", 299, 0.99, false},
		{"nothing", 0, 0.5, true},
		{"the maximum", math.MaxInt64, 1, true},
		{"NaN", 1000, math.NaN(), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := TooFew(tt.n, tt.p); got != tt.want {
				t.Errorf("TooFew(%d, %v) = %v, want %v", tt.n, tt.p, got, tt.want)
			}
		})
	}
}

func TestNeededIsTheBoundary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.Float64Range(0.001, 0.99999).Draw(t, "p")
		n := Needed(p)
		if TooFew(n, p) || n > 1 && !TooFew(n-1, p) {
			t.Fatalf("Needed(%v) = %d is not where TooFew turns", p, n)
		}
	})
}
