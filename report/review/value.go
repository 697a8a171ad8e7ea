package review

import (
	"math"

	"pushbench/report/format"
)

// dimension is what a number measures: the units it may be written in.
type dimension []format.Unit

var (
	times  = dimension(format.TimeUnits)
	octets = dimension(format.ByteUnits)
	plain  = dimension{{Name: "", Size: 1}}
)

// common is one unit for all known values, interval ends included.
func (d dimension) common(values ...Value) format.Unit {
	var numbers []float64
	for _, v := range values {
		if v.Known {
			numbers = append(numbers, v.Number)
		}
		if v.Interval {
			numbers = append(numbers, v.Low, v.High)
		}
	}
	return format.Common(d, numbers)
}

// number is a known value in base units, without text.
func number(v float64) Value {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return unknown()
	}
	return Value{Number: v, Known: true}
}

func unknown() Value { return Value{Text: format.NA} }

// optional is unknown for nil.
func optional(p *float64) Value {
	if p == nil {
		return unknown()
	}
	return number(*p)
}

// whole is optional for counts.
func whole(p *int64) Value {
	if p == nil {
		return unknown()
	}
	return number(float64(*p))
}

// in is v with its text in unit u.
func (v Value) in(u format.Unit) Value {
	if !v.Known {
		v.Text = format.NA
		return v
	}
	v.Text = signed(v.Number / u.Size)
	if v.Rough {
		v.Text = "~" + v.Text
	}
	return v
}

// signed writes a negative number with a minus sign instead of a hyphen.
func signed(v float64) string {
	if v < 0 {
		return "−" + format.Sig(-v)
	}
	return format.Sig(v)
}

// word is a cell of a column of words.
func word(s string) Value { return Value{Text: format.Clean(s)} }
