package recorded

import (
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Bins are logarithmic bins that several histograms share, with what each of them has there.
type Bins struct {
	// Count is how many bins there are.
	Count int

	perDecade float64
	first     int
	counts    map[*hdrhistogram.Histogram][]int64
}

// Share is what of a histogram falls into a bin: a count, and its share of all, 0–1.
type Share struct {
	Count int64
	Of    float64
}

// mostBins bounds a table of bins; the bins are the narrowest that keep to it.
const mostBins = 120

// Binning spreads bins over all values of the histograms, nil ones left out; ok is false without any. A value of 0 counts as 1.
func Binning(all []*hdrhistogram.Histogram) (b Bins, ok bool) {
	lo, hi := math.Inf(1), 0.0
	for _, h := range all {
		if h != nil {
			lo, hi = min(lo, max(1, float64(h.Min()))), max(hi, float64(h.Max()), 1)
		}
	}
	if hi == 0 {
		return b, false
	}
	b.counts = map[*hdrhistogram.Histogram][]int64{}
	for _, b.perDecade = range []float64{50, 20, 10} {
		b.first = b.index(lo)
		b.Count = b.index(hi) - b.first + 1
		if b.Count <= mostBins {
			break
		}
	}
	for _, h := range all {
		if h != nil {
			b.counts[h] = b.count(h)
		}
	}
	return b, true
}

// index is the bin of v, counted from 1. The small shift keeps whole powers, which are edges, from falling below them.
func (b Bins) index(v float64) int { return int(math.Floor(math.Log10(max(1, v))*b.perDecade + 1e-9)) }

// Edge is the lower end of bin i.
func (b Bins) Edge(i int) float64 { return math.Pow(10, float64(b.first+i)/b.perDecade) }

func (b Bins) count(h *hdrhistogram.Histogram) []int64 {
	counts := make([]int64, b.Count)
	for _, bar := range h.Distribution() {
		if bar.Count > 0 {
			middle := float64(bar.From) + float64(bar.To-bar.From)/2
			counts[min(max(0, b.index(middle)-b.first), b.Count-1)] += bar.Count
		}
	}
	return counts
}

// Share is what of h falls into bin i; nothing for nil.
func (b Bins) Share(h *hdrhistogram.Histogram, i int) Share {
	if h == nil {
		return Share{}
	}
	n := b.counts[h][i]
	return Share{n, float64(n) / float64(h.TotalCount())}
}
