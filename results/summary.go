package results

import (
	"github.com/HdrHistogram/hdrhistogram-go"

	"pushbench/results/stats"
)

// Confidence is that of every interval in a [Summary].
const Confidence = 0.95

// Percentile is one that a [Summary] holds: Key is its name in JSON and in [Summary.CI], P its probability.
type Percentile struct {
	Key string
	P   float64
}

// Percentiles are those of a [Summary], in rising order.
var Percentiles = []Percentile{{"p50", 0.5}, {"p75", 0.75}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"p9999", 0.9999}}

// Summarise returns the summary of h, of which independent observations are independent of each other; nil if h is empty, which is n/a and not zero.
//
// A percentile is the highest value that is equivalent, at the histogram's precision, to the one of rank round(p·n): HdrHistogram's ValueAtPercentile.
// It exists for every p however few the samples; ask [Summary.TooFew] before printing it. The confidence intervals come from the blocks the samples
// fell into ([Histograms.Summarise] passes the slices); without blocks there are none.
func Summarise(h *hdrhistogram.Histogram, independent int64, blocks ...*hdrhistogram.Histogram) *Summary {
	counts := make([]Counts, len(blocks))
	for i, b := range blocks {
		counts[i] = CountsOf(b)
	}
	return summarise(h, independent, counts)
}

func summarise(h *hdrhistogram.Histogram, independent int64, blocks []Counts) *Summary {
	if h == nil || h.TotalCount() == 0 {
		return nil
	}
	return &Summary{
		Count:       h.TotalCount(),
		Independent: independent,
		Min:         h.Min(),
		Mean:        h.Mean(),
		StdDev:      h.StdDev(),
		P50:         valueAt(h, 0.5),
		P75:         valueAt(h, 0.75),
		P90:         valueAt(h, 0.9),
		P99:         valueAt(h, 0.99),
		P999:        valueAt(h, 0.999),
		P9999:       valueAt(h, 0.9999),
		Max:         h.Max(),
		CI:          intervals(h, blocks),
	}
}

// At returns the summary's value of a percentile by its key ("p99"); ok is false for a key that a summary does not hold.
func (s *Summary) At(key string) (value int64, ok bool) {
	switch key {
	case "p50":
		return s.P50, true
	case "p75":
		return s.P75, true
	case "p90":
		return s.P90, true
	case "p99":
		return s.P99, true
	case "p999":
		return s.P999, true
	case "p9999":
		return s.P9999, true
	}
	return 0, false
}

// TooFew reports whether the summary has too few independent observations for its p-quantile (p in 0–1) to be printed as known.
func (s *Summary) TooFew(p float64) bool { return stats.TooFew(s.Independent, p) }

// valueAt is the p-quantile of h; the library counts percentiles from 0 to 100.
func valueAt(h *hdrhistogram.Histogram, p float64) int64 { return h.ValueAtPercentile(100 * p) }

// intervals returns the confidence interval of every percentile that has one, nil if none has.
func intervals(h *hdrhistogram.Histogram, blocks []Counts) map[string]Interval95 {
	var ci map[string]Interval95
	effective := stats.Effective(countBlocks(blocks, valueAt(h, 0.5)))
	for _, q := range Percentiles {
		lo, hi, ok := stats.ProbabilityInterval(q.P, Confidence, effective, countBlocks(blocks, valueAt(h, q.P)))
		if !ok {
			continue
		}
		if ci == nil {
			ci = make(map[string]Interval95)
		}
		ci[q.Key] = Interval95{valueAt(h, lo), valueAt(h, hi)}
	}
	return ci
}

// countBlocks sees every block from the value q.
func countBlocks(blocks []Counts, q int64) []stats.Block {
	counted := make([]stats.Block, len(blocks))
	for i, c := range blocks {
		counted[i] = c.block(q)
	}
	return counted
}
