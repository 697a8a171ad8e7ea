package chart

import (
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// binning is a set of logarithmic bins shared by all rows of a chart: bin i reaches from ratio^(first+i) to ratio^(first+i+1).
type binning struct {
	perDecade float64
	first     int
	count     int
}

// newBinning covers lo to hi with bins that are even fractions of a decade, about 60 to 150 of them.
func newBinning(lo, hi float64) binning {
	b := binning{perDecade: 100}
	for _, n := range []float64{50, 20, 10} {
		if math.Log10(hi/lo)*n >= 60 {
			b.perDecade = n
		}
	}
	b.first = b.index(lo)
	b.count = b.index(hi) - b.first + 1
	return b
}

// index is the bin of v. The small shift keeps whole powers and small integers, which sit on bin edges, from falling below them.
func (b binning) index(v float64) int {
	return int(math.Floor(math.Log10(max(1, v))*b.perDecade + 1e-9))
}

// edge is the lower end of bin i.
func (b binning) edge(i int) float64 { return math.Pow(10, float64(b.first+i)/b.perDecade) }

// width is the relative width of a bin, 0.12 for 20 bins to the decade.
func (b binning) width() float64 { return math.Pow(10, 1/b.perDecade) - 1 }

// shares is how much of h, of 1, falls into each bin. A value below 1 counts as 1, the lowest an axis of logarithms can show.
func (b binning) shares(h *hdrhistogram.Histogram) []float64 {
	shares := make([]float64, b.count)
	total := float64(h.TotalCount())
	for _, bar := range h.Distribution() {
		if bar.Count == 0 {
			continue
		}
		middle := float64(bar.From) + float64(bar.To-bar.From)/2
		i := min(max(0, b.index(middle)-b.first), b.count-1)
		shares[i] += float64(bar.Count) / total
	}
	return shares
}
