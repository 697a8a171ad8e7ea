package sweep

import (
	"pushbench/report/format"
	"pushbench/results"
)

// Metric is a number of a cell that can be drawn over a swept parameter.
type Metric struct {
	// Name is what findings call it; Title stands over a chart, and Units are those that its values may be written in.
	Name, Title string
	Units       []format.Unit
	// quantile and key are of a percentile, which has confidence intervals and needs samples; summary is where it is from.
	quantile float64
	key      string
	summary  func(*results.Measured) *results.Summary
	// counted numbers are exact for their run: they need no interval to be told apart.
	counted bool
	// read takes the blocks of a cell or a round, and how many sessions they hold.
	read func(m *results.Measured, sessions float64) *float64
}

// The metrics that every sweep is drawn with.
var (
	P50       = percentile("p50", "p50 latency", 0.5, latency)
	P99       = percentile("p99", "p99 latency", 0.99, latency)
	ServerCPU = ofServer("server CPU per message", format.TimeUnits, func(s *results.Server) *float64 { return s.CPUPerMessage })
	Batch     = Metric{
		Name: "messages per response", Title: "messages per response", Units: plainUnits,
		read: func(m *results.Measured, _ float64) *float64 { return m.Wire.MessagesPerResponse },
	}
)

// percentile is one of a summary: named by key ("p99") in findings where nothing else could be meant.
func percentile(name, title string, q float64, summary func(*results.Measured) *results.Summary) Metric {
	key := "p50"
	if q > 0.5 {
		key = "p99"
	}
	return Metric{Name: name, Title: title, Units: format.TimeUnits, quantile: q, key: key, summary: summary, read: func(m *results.Measured, _ float64) *float64 {
		s := summary(m)
		if s == nil || s.Count == 0 {
			return nil
		}
		at, ok := s.At(key)
		return known(float64(at), ok)
	}}
}

func known(v float64, ok bool) *float64 {
	if !ok {
		return nil
	}
	return &v
}

func ofServer(name string, units []format.Unit, pick func(*results.Server) *float64) Metric {
	return Metric{Name: name, Title: name, Units: units, read: func(m *results.Measured, _ float64) *float64 {
		if m.Server == nil {
			return nil
		}
		return pick(m.Server)
	}}
}

// plainUnits are of numbers without a unit.
var plainUnits = []format.Unit{{Size: 1}}

// Write is a value with its unit.
func (m Metric) Write(v float64) string { return format.In(m.Units, v) }

// Of is the metric of a cell; ok is false where it was not measured.
func (m Metric) Of(c *results.Cell) (v float64, ok bool) {
	if c == nil {
		return 0, false
	}
	p := m.read(&c.Measured, float64(c.Clients*max(1, len(c.Rounds))))
	if p == nil {
		return 0, false
	}
	return *p, true
}

// Counted says that the metric is exact for its run.
func (m Metric) Counted() bool { return m.counted }

// Median says that it is the middle of what its tail tells more of.
func (m Metric) Median() bool { return m.quantile == 0.5 }

// Firm says whether enough independent samples carry the metric.
func (m Metric) Firm(c *results.Cell) bool {
	if m.quantile == 0 {
		return true
	}
	behind := m.summary(&c.Measured)
	return behind != nil && format.Enough(behind.Independent, m.quantile)
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
	if m.quantile == 0 || m.summary(&c.Measured) == nil {
		return Range{}, false
	}
	ci, ok := m.summary(&c.Measured).CI[m.key]
	return Range{float64(ci[0]), float64(ci[1])}, ok && ci[0] <= ci[1]
}

// fewestRounds is how many rounds make a range: with two each, equal arms would lie apart one time in three, with three one time in ten.
const fewestRounds = 3

// rounds is the smallest to the largest of the rounds; each must have been measured.
func (m Metric) rounds(c *results.Cell) (Range, bool) {
	var r Range
	for i := range c.Rounds {
		v := m.read(&c.Rounds[i].Measured, float64(c.Clients))
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
	if m.counted {
		v, okA := m.Of(a)
		w, okB := m.Of(b)
		return Range{v, v}, Range{w, w}, okA && okB
	}
	x, okX := m.interval(a)
	y, okY := m.interval(b)
	if okX && okY {
		return x, y, true
	}
	x, okX = m.rounds(a)
	y, okY = m.rounds(b)
	return x, y, okX && okY
}

// Order says whether a's metric lies below (−1) or above (+1) b's, 0 where that cannot be told; unproven, that there is nothing to tell it by: two valid cells,
// but neither intervals nor rounds enough.
func (m Metric) Order(a, b *results.Cell) (order int, unproven bool) {
	if a == nil || b == nil || a.Verdict != results.Valid || b.Verdict != results.Valid {
		return 0, false
	}
	x, y, ok := m.ranges(a, b)
	switch {
	case !ok:
		return 0, true
	case x.below(y):
		return -1, false
	case y.below(x):
		return 1, false
	}
	return 0, false
}
