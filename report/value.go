package report

import (
	"fmt"

	"pushbench/report/format"
)

// trust says how far a value may be relied on. The order is from best to worst.
type trust int

const (
	firm   trust = iota
	rough        // printed with "~": too few independent samples for this percentile
	tooFew       // not printed, for the same reason
	absent       // not measured, or could not be read
)

// value is one cell of a table before it is written: in base units (nanoseconds, bytes), an interval where hi is set, or a word.
type value struct {
	num   float64
	hi    float64
	trust trust
	word  string
}

func none() value { return value{trust: absent} }

func count(n int64) value { return value{num: float64(n)} }

func number(p *float64) value {
	if p == nil {
		return none()
	}
	return value{num: *p}
}

// over is v ÷ base, as good as the worse of the two. A base of zero has no ratio.
func (v value) over(base value) value {
	if v.trust >= tooFew || base.trust >= tooFew || base.num == 0 {
		return none()
	}
	return value{num: v.num / base.num, trust: max(v.trust, base.trust)}
}

// dimension is what a value measures; values of one dimension share a unit within a table.
type dimension int

const (
	words dimension = iota
	counts
	plain // three significant digits, no unit
	ratio
	percent
	latency
	cpu
	wire
	memory
)

// units are the scales a dimension can be written in; nil means it has none to choose from.
func (d dimension) units() []format.Unit {
	switch d {
	case latency, cpu:
		return format.TimeUnits
	case wire, memory:
		return format.ByteUnits
	}
	return nil
}

// write is v in unit u, as it stands in every renderer's cell.
func (v value) write(d dimension, u format.Unit) string {
	switch {
	case v.trust == absent:
		return format.NA
	case v.trust == tooFew:
		return fmt.Sprintf("n<%d", format.Needed(0.99))
	case d == words:
		return v.word
	case d == counts:
		return format.Count(int64(v.num))
	}
	mark := ""
	if v.trust == rough {
		mark = "~"
	}
	return mark + v.digits(d, u)
}

func (v value) digits(d dimension, u format.Unit) string {
	switch {
	case d == ratio:
		return format.Sig(v.num) + "×"
	case d == percent:
		return format.Sig(v.num) + "%"
	case d == plain:
		return format.Sig(v.num)
	case v.hi > 0:
		return format.Sig(v.num/u.Size) + "–" + format.Sig(v.hi/u.Size)
	}
	return format.Sig(v.num / u.Size)
}
