package results

import (
	"errors"
	"sort"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pushbench/results/stats"
)

// ErrDropped means that samples did not fit into the histogram they were merged into. The figures that follow would be of other samples than were taken.
var ErrDropped = errors.New("samples fell outside the histogram's range")

// distribution is a histogram without its empty buckets: a slice of some hundred samples takes some kilobytes, not 246, so that all the slices of a
// long run are held at once and each is decoded once.
type distribution struct {
	// values are the highest of each bucket that holds anything, rising; cumulative counts the samples up to and with each.
	values, cumulative []int64
}

func newDistribution(h *hdrhistogram.Histogram) distribution {
	var d distribution
	var total int64
	for i, count := range h.Export().Counts { // Distribution would list 30,000 empty buckets
		if count == 0 {
			continue
		}
		total += count
		d.values = append(d.values, bucketTop(i))
		d.cumulative = append(d.cumulative, total)
	}
	return d
}

// subBuckets is half the number of HdrHistogram's linear steps in a bucket: the power of two that resolves three digits, 2,048, halved.
const subBuckets = 1024

// bucketTop is the highest value that counts at an index of a histogram of [NewHistogram]'s geometry. The first 2,048 indexes are the values
// themselves; each further 1,024 cover twice the range of those before. Source: HdrHistogram's AbstractHistogram.valueFromIndex.
func bucketTop(index int) int64 {
	shift := index/subBuckets - 1
	if shift < 0 {
		return int64(index)
	}
	return int64(index%subBuckets+subBuckets+1)<<shift - 1
}

// block counts the samples at or below and below q, which must be the highest value of its bucket.
func (d distribution) block(q int64) stats.Block {
	below := sort.Search(len(d.values), func(i int) bool { return d.values[i] >= q })
	above := below
	if above < len(d.values) && d.values[above] == q {
		above++
	}
	return stats.Block{Count: d.upTo(len(d.values)), AtOrBelow: d.upTo(above), Below: d.upTo(below)}
}

func (d distribution) upTo(buckets int) int64 {
	if buckets == 0 {
		return 0
	}
	return d.cumulative[buckets-1]
}

// Merge returns one metric's slices as one histogram, empty if there are none. The error wraps [ErrDropped] if a sample was lost on the way.
func (h Histograms) Merge(m Metric) (*hdrhistogram.Histogram, error) {
	merged, _, err := mergeSlices(h[m])
	return merged, err
}

// Summarise returns the summary of one metric, with confidence intervals from its slices; nil if it has no samples. A round and a cell are both
// summarised by it, so a cell of one round equals that round.
func (h Histograms) Summarise(m Metric, independent int64) (*Summary, error) {
	if len(h[m]) == 0 {
		return nil, nil // n/a
	}
	merged, blocks, err := mergeSlices(h[m])
	if err != nil {
		return nil, err
	}
	return summarise(merged, independent, blocks), nil
}

func mergeSlices(slices []Slice) (*hdrhistogram.Histogram, []distribution, error) {
	merged := NewHistogram()
	var blocks []distribution
	for _, s := range slices {
		h, err := s.Decode()
		if err != nil {
			return nil, nil, err
		}
		if merged.Merge(h) != 0 {
			return nil, nil, ErrDropped
		}
		blocks = append(blocks, newDistribution(h))
	}
	return merged, blocks, nil
}

// concat joins the slices of several rounds. Two rounds' slices of the same second stay two blocks.
func concat(rounds []RoundData, m Metric) Histograms {
	var all []Slice
	for _, r := range rounds {
		all = append(all, r.Histograms[m]...)
	}
	return Histograms{m: all}
}

// Summary returns where a metric's summary stands in the blocks, so that it can be read or set; nil for a metric that is not summarised (WarmupLatency), or
// whose block is absent.
func (m *Measured) Summary(metric Metric) **Summary {
	switch metric {
	case Latency:
		return &m.Latency
	case Service:
		return &m.Service
	case Lag:
		return &m.Lag
	case SendDelay:
		return &m.SendDelay
	case Connect:
		return &m.Connect
	case First:
		return &m.First
	case Last:
		return &m.Last
	case Skew:
		return &m.Skew
	case Overhead:
		return &m.Wire.Overhead
	}
	if m.Uplink == nil {
		return nil
	}
	switch metric {
	case UplinkLatency:
		return &m.Uplink.Latency
	case UplinkOverhead:
		return &m.Uplink.Overhead
	}
	return nil
}
