package sweep

import (
	"pushbench/report/format"
	"pushbench/results"
)

// Metric is a number of a cell that can be drawn over a swept parameter.
type Metric struct {
	Name     string
	quantile float64 // of a percentile, which has confidence intervals and needs samples
	read     func(*results.Measured) *float64
}

// The metrics of sweeps, latencies and CPU times in nanoseconds.
var (
	P50       = Metric{"p50", 0.5, percentile(func(s *results.Summary) int64 { return s.P50 })}
	P99       = Metric{"p99", 0.99, percentile(func(s *results.Summary) int64 { return s.P99 })}
	ServerCPU = Metric{"server CPU per message", 0, func(m *results.Measured) *float64 {
		if m.Server == nil {
			return nil
		}
		return m.Server.CPUPerMessage
	}}
	Batch = Metric{"messages per response", 0, func(m *results.Measured) *float64 { return m.Wire.MessagesPerResponse }}
)

func percentile(pick func(*results.Summary) int64) func(*results.Measured) *float64 {
	return func(m *results.Measured) *float64 {
		if m.Latency == nil || m.Latency.Count == 0 {
			return nil
		}
		v := float64(pick(m.Latency))
		return &v
	}
}

// Of is the metric of a cell; ok is false where it was not measured.
func (m Metric) Of(c *results.Cell) (v float64, ok bool) {
	if c == nil {
		return 0, false
	}
	p := m.read(&c.Measured)
	if p == nil {
		return 0, false
	}
	return *p, true
}

// Firm says whether enough independent samples carry the metric.
func (m Metric) Firm(c *results.Cell) bool {
	if m.quantile == 0 {
		return true
	}
	return c.Latency != nil && format.Enough(c.Latency.Independent, m.quantile)
}

// Range is how far apart values of a metric may lie by chance, lo ≤ hi.
type Range struct{ Lo, Hi float64 }

func (r Range) below(other Range) bool { return r.Hi < other.Lo }

// RangeOf is the 95 % confidence interval of a cell's percentile, else what its rounds span; ok is false where there is neither.
func (m Metric) RangeOf(c *results.Cell) (r Range, ok bool) {
	if r, ok = m.interval(c); ok {
		return r, true
	}
	return m.rounds(c)
}

func (m Metric) interval(c *results.Cell) (Range, bool) {
	if m.quantile == 0 || c.Latency == nil {
		return Range{}, false
	}
	ci, ok := c.Latency.CI[m.Name]
	return Range{float64(ci[0]), float64(ci[1])}, ok && ci[0] <= ci[1]
}

// fewestRounds is how many rounds make a range: with two each, equal arms would lie apart one time in three, with three one time in ten.
const fewestRounds = 3

// rounds is the smallest to the largest of the rounds; each must have been measured.
func (m Metric) rounds(c *results.Cell) (Range, bool) {
	var r Range
	for i := range c.Rounds {
		v := m.read(&c.Rounds[i].Measured)
		if v == nil {
			return Range{}, false
		}
		if i == 0 {
			r = Range{*v, *v}
		}
		r.Lo, r.Hi = min(r.Lo, *v), max(r.Hi, *v)
	}
	return r, len(c.Rounds) >= fewestRounds
}

// ranges are those of two cells, both of the same kind: an interval against a span of rounds would compare unlike widths.
func (m Metric) ranges(a, b *results.Cell) (x, y Range, ok bool) {
	x, okX := m.interval(a)
	y, okY := m.interval(b)
	if okX && okY {
		return x, y, true
	}
	x, okX = m.rounds(a)
	y, okY = m.rounds(b)
	return x, y, okX && okY
}

// order says whether a's metric lies below (−1) or above (+1) b's, 0 where that cannot be told.
func (m Metric) order(a, b *results.Cell) int {
	if a == nil || b == nil || a.Verdict != results.Valid || b.Verdict != results.Valid {
		return 0
	}
	x, y, ok := m.ranges(a, b)
	switch {
	case ok && x.below(y):
		return -1
	case ok && y.below(x):
		return 1
	}
	return 0
}
