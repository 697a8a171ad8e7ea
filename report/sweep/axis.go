package sweep

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"pushbench/report/format"
	"pushbench/scenarios"
)

// Axis is a swept parameter and the values it took.
type Axis struct {
	// Parameter is its path in a scenario, fit to print.
	Parameter string
	// Values stand in rising order if Ordered, else in the order of the run.
	Values []Value
	// Ordered says that the values are quantities, so that one can lie between two others.
	Ordered bool
	// Log says that they are spread more evenly on a logarithmic scale than on a linear one.
	Log bool

	path string
}

// Value is one value of an axis: as the scenario writes it, and in base units (per second, bytes, nanoseconds).
type Value struct {
	Text   string
	Number float64

	raw string
}

// unset is the text of a parameter that a cell does not name.
const unset = "unset"

func newAxis(path string, raws []string) Axis {
	a := Axis{Parameter: format.Clean(path), Ordered: true, path: path}
	for _, raw := range raws {
		number, ok := numberOf(path, raw)
		a.Ordered = a.Ordered && ok
		text := format.Clean(raw)
		if text == "" {
			text = unset
		}
		a.Values = append(a.Values, Value{text, number, raw})
	}
	if a.Ordered {
		slices.SortStableFunc(a.Values, func(x, y Value) int { return cmp.Compare(x.Number, y.Number) })
		a.Log = a.geometric()
	}
	return a
}

// numberOf is the quantity that text stands for, in base units; ok is false for words, switches and parameters this version does not know.
func numberOf(path, text string) (v float64, ok bool) {
	p, err := scenarios.LookupParameter(path)
	if err != nil {
		return 0, false
	}
	switch p.Kind {
	case "rate":
		r, err := scenarios.ParseRate(text)
		return float64(r), err == nil
	case "size":
		s, err := scenarios.ParseSize(text)
		return float64(s), err == nil
	case "bandwidth":
		b, err := scenarios.ParseBandwidth(text)
		return float64(b), err == nil
	case "count":
		n, err := scenarios.ParseCount(text)
		return float64(n), err == nil
	case "duration":
		d, err := scenarios.ParseDuration(text)
		return float64(d), err == nil
	}
	return 0, false
}

// farApart is the ratio from which two values alone go on a logarithmic scale.
const farApart = 10

// geometric compares how uneven the steps are on either scale, by the largest step's share of the whole.
func (a Axis) geometric() bool {
	n := len(a.Values)
	first, last := a.Values[0].Number, a.Values[n-1].Number
	if first <= 0 || first == last {
		return false
	}
	if n == 2 {
		return last/first >= farApart
	}
	linear, logarithmic := 0.0, 0.0
	for i := 1; i < n; i++ {
		lo, hi := a.Values[i-1].Number, a.Values[i].Number
		linear = max(linear, (hi-lo)/(last-first))
		logarithmic = max(logarithmic, math.Log(hi/lo)/math.Log(last/first))
	}
	return logarithmic < linear-1e-9
}

// Position is where value i stands on the axis as it is drawn: its logarithm, itself, or its place in the list.
func (a Axis) Position(i int) float64 {
	switch {
	case !a.Ordered:
		return float64(i)
	case a.Log:
		return math.Log(a.Values[i].Number)
	}
	return a.Values[i].Number
}

// Range is "10/s to 640/s", or "(3 values)" if they have no order.
func (a Axis) Range() string {
	if n := len(a.Values); !a.Ordered {
		return "(" + strconv.Itoa(n) + " values)"
	}
	return a.Values[0].Text + " to " + a.Values[len(a.Values)-1].Text
}

// index finds a value by its text in the run file.
func (a Axis) index(raw string) int {
	return slices.IndexFunc(a.Values, func(v Value) bool { return v.raw == raw })
}

// between writes the quantity at a position between two values as the scenario would, with no more digits than an interpolation deserves: steps of at most
// a fifth of the distance.
func (a Axis) between(position float64, from, to int) string {
	v := position
	if a.Log {
		v = math.Exp(position)
	}
	lo, hi := a.Values[from], a.Values[to]
	size, suffix := unitOf(lo)
	if suffix == "" && size == 0 {
		size, suffix = unitOf(hi)
	}
	if size == 0 {
		return format.Setting(time.Duration(round(v, (hi.Number-lo.Number)/5)))
	}
	return format.Plain(round(v/size, (hi.Number-lo.Number)/size/5)) + suffix
}

// round takes v to the nearest multiple of the largest power of ten not above step.
func round(v, step float64) float64 {
	if step <= 0 {
		return v
	}
	power := math.Floor(math.Log10(step))
	if power < 0 {
		scale := math.Pow(10, -power) // dividing by a whole number keeps 0.7 from becoming 0.7000000000000001
		return math.Round(v*scale) / scale
	}
	scale := math.Pow(10, power)
	return math.Round(v/scale) * scale
}

// unitOf is the suffix of a value's text and how much one of it is; size 0 where there is no telling (0, or "1m30s").
func unitOf(v Value) (size float64, suffix string) {
	end := strings.IndexFunc(v.Text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end < 0 {
		end = len(v.Text)
	}
	n, err := strconv.ParseFloat(v.Text[:end], 64)
	if err != nil || n == 0 || strings.ContainsAny(v.Text[end:], "0123456789") {
		return 0, ""
	}
	return v.Number / n, v.Text[end:]
}
