package chart

import (
	"math"
	"strings"

	"gonum.org/v1/plot"

	"pushbench/report/format"
)

// nines stretches the upper percentiles: quantile q stands at −log10(1−q), so that 90, 99 and 99.9 % are equally far apart. It is the axis HdrHistogram's
// plots use. Values are quantiles below 1.
type nines struct{}

func (nines) Normalize(lo, hi, q float64) float64 {
	return (ninesOf(q) - ninesOf(lo)) / (ninesOf(hi) - ninesOf(lo))
}

func ninesOf(q float64) float64 { return -math.Log10(1 - min(q, 1-1e-12)) }

// logScale is a logarithmic axis that takes what is not positive to its lower end, where gonum's own panics.
type logScale struct{}

func (logScale) Normalize(lo, hi, v float64) float64 {
	if v <= lo {
		return 0
	}
	return math.Log(v/lo) / math.Log(hi/lo)
}

// span is a range of values on an axis, lo < hi.
type span struct{ lo, hi float64 }

// steps are the multiples of a power of ten at which ticks look clean.
var steps = []float64{1, 2, 5, 10}

// cleanBelow is the largest 1, 2 or 5 × 10ⁿ not above v.
func cleanBelow(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	best := power
	for _, s := range steps {
		if s*power <= v*(1+1e-9) {
			best = s * power
		}
	}
	return best
}

// cleanAbove is the smallest 1, 2 or 5 × 10ⁿ not below v.
func cleanAbove(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, s := range steps {
		if s*power >= v*(1-1e-9) {
			return s * power
		}
	}
	return 10 * power
}

// logSpan is the cleanly bounded range that holds lo to hi, at least a decade wide and from 1 (a nanosecond, a byte) upwards.
func logSpan(lo, hi float64) span {
	s := span{cleanBelow(max(1, lo)), cleanAbove(max(1, hi))}
	for s.hi/s.lo < 9.99 {
		s.hi = cleanAbove(s.hi * 1.01)
		if s.lo > 1 && s.hi/s.lo < 9.99 {
			s.lo = cleanBelow(s.lo * 0.99)
		}
	}
	return s
}

// logTicks labels 1, 2 and 5 of each decade where few decades leave room, else whole decades, else every second one and so on.
func logTicks(s span, units []format.Unit) plot.ConstantTicks {
	decades := math.Log10(s.hi / s.lo)
	multiples, every := steps[:3], 1
	if decades > 3.4 {
		multiples, every = steps[:1], 1+int(decades/9)
	}
	var ticks plot.ConstantTicks
	for e := int(math.Floor(math.Log10(s.lo))); e <= int(math.Ceil(math.Log10(s.hi))); e += every {
		for _, m := range multiples {
			v := m * math.Pow(10, float64(e))
			if v >= s.lo*(1-1e-9) && v <= s.hi*(1+1e-9) {
				ticks = append(ticks, plot.Tick{Value: v, Label: tickLabel(v, units)})
			}
		}
	}
	return ticks
}

// linearTicks are about five clean ticks from 0 to at least hi; the last one is the axis's end.
func linearTicks(hi float64, units []format.Unit) plot.ConstantTicks {
	if hi <= 0 || math.IsInf(hi, 0) || math.IsNaN(hi) {
		hi = 1
	}
	step := cleanAbove(hi / 5)
	ticks := plot.ConstantTicks{}
	for i := 0; ; i++ {
		v := float64(i) * step
		ticks = append(ticks, plot.Tick{Value: v, Label: tickLabel(v, units)})
		if v >= hi*(1-1e-9) {
			return ticks
		}
	}
}

func tickLabel(v float64, units []format.Unit) string {
	if v == 0 {
		return "0"
	}
	u := units[0]
	for _, next := range units[1:] {
		if v >= next.Size*(1-1e-9) {
			u = next
		}
	}
	return strings.TrimSpace(format.Trim(v/u.Size) + " " + u.Name)
}
