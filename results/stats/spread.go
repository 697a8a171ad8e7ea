package stats

import (
	"math"
	"slices"

	"golang.org/x/perf/benchmath"
)

// Spread is how one figure differs between rounds. It is a description, not an interval: it says what was seen, not where the truth lies.
type Spread struct {
	// N is the number of rounds that had the figure.
	N                int
	Median, Min, Max float64
}

// NewSpread returns the spread of the rounds' values, in any order; NaN stands for a round without the figure and is left out.
// No values give the zero Spread.
func NewSpread(values []float64) Spread {
	known := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(known) == 0 {
		return Spread{}
	}
	sample := benchmath.NewSample(known, &benchmath.DefaultThresholds)
	summary := benchmath.AssumeNothing.Summary(sample, 0.95)
	return Spread{N: len(known), Median: summary.Center, Min: sample.Values[0], Max: sample.Values[len(known)-1]}
}

// Relative is half the distance between the extremes as a share of the median (0.08 is "±8 %"); NaN when the median is zero or there is nothing.
func (s Spread) Relative() float64 {
	if s.N == 0 || s.Median == 0 {
		return math.NaN()
	}
	return (s.Max - s.Min) / 2 / math.Abs(s.Median)
}
