package recorded

import (
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Bins is a set of logarithmic bins that several histograms share: bin i reaches from ratio^(first+i) to ratio^(first+i+1).
type Bins struct {
	// Count is how many bins there are.
	Count int

	perDecade float64
	first     int
}

// NewBins covers lo to hi, both 1 or more, with bins that are even fractions of a decade, about 60 to 150 of them.
func NewBins(lo, hi float64) Bins {
	b := Bins{perDecade: 100}
	for _, n := range []float64{50, 20, 10} {
		if math.Log10(hi/lo)*n >= 60 {
			b.perDecade = n
		}
	}
	b.first = b.index(lo)
	b.Count = b.index(hi) - b.first + 1
	return b
}

// BinsOf covers all values of the histograms, nil ones left out; ok is false without any.
func BinsOf(all []*hdrhistogram.Histogram) (b Bins, ok bool) {
	lo, hi := math.Inf(1), 0.0
	for _, h := range all {
		if h != nil {
			lo, hi = min(lo, max(1, float64(h.Min()))), max(hi, float64(h.Max()), 1)
		}
	}
	if hi == 0 {
		return b, false
	}
	return NewBins(lo, hi), true
}

// index is the bin of v. The small shift keeps whole powers and small integers, which sit on bin edges, from falling below them.
func (b Bins) index(v float64) int {
	return int(math.Floor(math.Log10(max(1, v))*b.perDecade + 1e-9))
}

// Edge is the lower end of bin i.
func (b Bins) Edge(i int) float64 { return math.Pow(10, float64(b.first+i)/b.perDecade) }

// Width is the relative width of a bin, 0.12 for 20 bins to the decade.
func (b Bins) Width() float64 { return math.Pow(10, 1/b.perDecade) - 1 }

// Shares is how much of h, of 1, falls into each bin. A value below 1 counts as 1, the lowest an axis of logarithms can show; what lies beyond an end
// counts in the bin there.
func (b Bins) Shares(h *hdrhistogram.Histogram) []float64 {
	shares := make([]float64, b.Count)
	total := float64(h.TotalCount())
	for _, bar := range h.Distribution() {
		if bar.Count == 0 {
			continue
		}
		middle := float64(bar.From) + float64(bar.To-bar.From)/2
		i := min(max(0, b.index(middle)-b.first), b.Count-1)
		shares[i] += float64(bar.Count) / total
	}
	return shares
}
