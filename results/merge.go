package results

import (
	"errors"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// ErrDropped means that samples did not fit into the histogram they were merged into. The figures that follow would be of other samples than were taken.
var ErrDropped = errors.New("samples fell outside the histogram's range")

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

func mergeSlices(slices []Slice) (*hdrhistogram.Histogram, []Counts, error) {
	merged := NewHistogram()
	var reader SliceReader
	var blocks []Counts
	for _, s := range slices {
		counts, err := reader.Read(s)
		if err != nil {
			return nil, nil, err
		}
		if err := counts.AddTo(merged); err != nil {
			return nil, nil, err
		}
		blocks = append(blocks, counts.Clone())
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
	if metric == SlowLatency && m.Slow != nil {
		return &m.Slow.Latency
	}
	if place := m.Recovery.summary(metric); place != nil {
		return place
	}
	if place := m.Attendance.summary(metric); place != nil {
		return place
	}
	if place := m.partSummary(metric); place != nil {
		return place
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
