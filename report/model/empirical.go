package model

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Bin is a value and how often it was seen.
type Bin struct {
	Value time.Duration
	Count int64
}

// Empirical is a measured distribution. The zero value has no observations: its CDF is NaN and its quantiles and mean are 0.
type Empirical struct {
	values []time.Duration
	// below[i] is the share of the first i values, moment[i] the sum of their value × share, in nanoseconds: with both, the integral of the CDF is two lookups.
	below, moment []float64
}

// NewEmpirical takes bins in any order; those with no count are left out.
func NewEmpirical(bins []Bin) *Empirical {
	bins = slices.DeleteFunc(slices.Clone(bins), func(b Bin) bool { return b.Count <= 0 })
	slices.SortFunc(bins, func(a, b Bin) int { return cmp.Compare(a.Value, b.Value) })
	var total float64
	for _, b := range bins {
		total += float64(b.Count)
	}
	e := &Empirical{below: []float64{0}, moment: []float64{0}}
	var count, moment float64
	for _, b := range bins {
		count += float64(b.Count)
		moment += float64(b.Value) * float64(b.Count)
		e.values = append(e.values, b.Value)
		e.below = append(e.below, count/total) // dividing counts, not adding shares, ends at exactly 1
		e.moment = append(e.moment, moment/total)
	}
	return e
}

// FromHistogram takes a histogram of nanoseconds. A bucket's observations count at its middle, within half the histogram's precision of where they were.
func FromHistogram(h *hdrhistogram.Histogram) *Empirical {
	var bins []Bin
	for _, bar := range h.Distribution() {
		bins = append(bins, Bin{Value: time.Duration(bar.From + (bar.To-bar.From)/2), Count: bar.Count})
	}
	return NewEmpirical(bins)
}

// CDF is the share of observations ≤ t.
func (e *Empirical) CDF(t time.Duration) float64 {
	if len(e.values) == 0 {
		return math.NaN()
	}
	return e.below[e.rank(t)]
}

// Quantile is the smallest observation with at least q of all at or below it.
func (e *Empirical) Quantile(q float64) time.Duration {
	if len(e.values) == 0 {
		return 0
	}
	i := sort.SearchFloat64s(e.below[1:], unit(q))
	return e.values[min(i, len(e.values)-1)]
}

// Mean is the observations' mean.
func (e *Empirical) Mean() time.Duration {
	if len(e.values) == 0 {
		return 0
	}
	return time.Duration(math.Round(e.moment[len(e.values)]))
}

// Breaks are the values seen.
func (e *Empirical) Breaks() []time.Duration { return slices.Clone(e.values) }

// rank is the number of distinct bins at or below t.
func (e *Empirical) rank(t time.Duration) int {
	return sort.Search(len(e.values), func(i int) bool { return e.values[i] > t })
}

// integral is ∫ CDF from −∞ to t, in nanoseconds: Σ share·(t − value) over the values at or below t.
func (e *Empirical) integral(t time.Duration) float64 {
	i := e.rank(t)
	return float64(t)*e.below[i] - e.moment[i]
}

// Convolved is a measured distribution to which a share of the messages adds an independent wait, uniform on [0, Gap]. See [Convolve].
type Convolved struct {
	Measured *Empirical
	Gap      time.Duration
	// Share is the probability of a wait, 0–1.
	Share float64
}

// Convolve is [UniformWait] with a measured distribution in place of its constant base: with probability 1 − share a message takes what was measured, with
// probability share it takes that ⊕ U(0, gap). This is what a law looks like through a real path, with the path's own jitter and tail, and what a
// polling cell can be held against without fitting anything.
func Convolve(measured *Empirical, share float64, gap time.Duration) *Convolved {
	return &Convolved{Measured: measured, Share: share, Gap: gap}
}

// CDF is (1−p)·F(t) + p·(1/g)·∫₀ᵍ F(t−u) du, with the measured F, the share p and the gap g.
func (c *Convolved) CDF(t time.Duration) float64 {
	own := c.Measured.CDF(t)
	if c.Gap <= 0 || math.IsNaN(own) {
		return own
	}
	waited := (c.Measured.integral(t) - c.Measured.integral(t-c.Gap)) / float64(c.Gap)
	return (1-c.Share)*own + c.Share*unit(waited)
}

// Quantile bisects CDF down to the nanosecond.
func (c *Convolved) Quantile(q float64) time.Duration {
	if len(c.Measured.values) == 0 {
		return 0
	}
	q = unit(q)
	low := c.Measured.Quantile(0)
	span := int(c.Measured.Quantile(1) + max(0, c.Gap) - low)
	return low + time.Duration(sort.Search(span, func(i int) bool { return c.CDF(low+time.Duration(i)) >= q }))
}

// Mean is the measured mean + Share·Gap/2.
func (c *Convolved) Mean() time.Duration { return c.Measured.Mean() + scale(c.Gap, c.Share/2) }

// Breaks are the values seen and, a gap later, where the waits of each end.
func (c *Convolved) Breaks() []time.Duration {
	breaks := c.Measured.Breaks()
	for _, v := range c.Measured.values {
		breaks = append(breaks, v+c.Gap)
	}
	return breaks
}
