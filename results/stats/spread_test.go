package stats

import (
	"math"
	"slices"
	"testing"
)

func TestSpread(t *testing.T) {
	tests := []struct {
		name   string
		values []float64
		want   Spread
	}{
		{"nothing", nil, Spread{}},
		{"only missing", []float64{math.NaN()}, Spread{}},
		{"one", []float64{4}, Spread{1, 4, 4, 4}},
		{"odd", []float64{9, 1, 3}, Spread{3, 3, 1, 9}},
		{"even", []float64{8, 1, 2, 4}, Spread{4, 3, 1, 8}},
		{"one round without", []float64{5, math.NaN(), 7}, Spread{2, 6, 5, 7}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := slices.Clone(tt.values)
			if got := NewSpread(tt.values); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if !slices.EqualFunc(tt.values, before, func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }) {
				t.Errorf("the caller's values changed to %v", tt.values)
			}
		})
	}
}

func TestSpreadRelative(t *testing.T) {
	if got := (Spread{3, 10, 9, 12}).Relative(); got != 0.15 {
		t.Errorf("got %v, want 0.15", got)
	}
	if got := (Spread{}).Relative(); !math.IsNaN(got) {
		t.Errorf("the spread of nothing is %v, want NaN", got)
	}
}
