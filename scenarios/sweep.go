package scenarios

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Sweep varies parameters within a run: the arms are every combination of the axes' values.
// In a file it maps paths to values, each a list or a range:
//
//	sweep:
//	  rate: 10..1000:x2            # 10/s, 20/s, 40/s … 640/s
//	  network.delay: 0..100ms:+25ms
//	  clients: [100, 1000]
type Sweep []Axis

// Axis is one swept parameter and the values it takes, as Set reads them.
type Axis struct {
	Parameter string   `json:"parameter"`
	Values    []string `json:"values"`
}

// The most values of one axis and the most points of a sweep: more would run for days.
const (
	MaxAxisValues  = 100
	MaxSweepPoints = 1000
)

// axisForm is how the values of an axis are written.
const axisForm = "a list such as [100, 1000], or a range such as 10..1000:x2 (times 2) or 0..100:+25 (plus 25)"

// ParseAxis reads the values a parameter takes: `a..b:xN` multiplies by N from a up to b, `a..b:+N` adds N,
// anything else is a list with commas between. b is a value only if a step lands on it.
// A bound without a unit takes the other's; a rate without any is per second.
func ParseAxis(path, spec string) (Axis, error) {
	return parseAxis(path, splitList(spec))
}

// parseAxis reads the items of a list, each a value or a range.
func parseAxis(path string, items []string) (Axis, error) {
	p, err := LookupParameter(path)
	if err != nil {
		return Axis{}, err
	}
	if !p.Sweepable() {
		return Axis{}, fmt.Errorf("%s cannot be swept", path)
	}
	axis := Axis{Parameter: path}
	for _, item := range items {
		values, err := p.axisValues(item)
		if err != nil {
			return Axis{}, err
		}
		axis.Values = append(axis.Values, values...)
	}
	return axis, axis.check()
}

// validate reports whether the axis is as ParseAxis would have made it.
func (a Axis) validate() error {
	again, err := parseAxis(a.Parameter, a.Values)
	if err == nil && !slices.Equal(again.Values, a.Values) {
		err = fmt.Errorf("has values that ParseAxis writes as %s", strings.Join(again.Values, ", "))
	}
	return err
}

func (a Axis) check() error {
	switch {
	case len(a.Values) == 0:
		return errors.New("has no values")
	case len(a.Values) > MaxAxisValues:
		return fmt.Errorf("has %d values; at most %d can be run", len(a.Values), MaxAxisValues)
	}
	for i, v := range a.Values {
		if slices.Contains(a.Values[:i], v) {
			return fmt.Errorf("has %s twice", v)
		}
	}
	return nil
}

// axisValues is the values one item stands for, in the form that printing gives them.
func (p *Parameter) axisValues(item string) ([]string, error) {
	if r, ok := cutRange(item); ok {
		if p.span == nil {
			return nil, fmt.Errorf("%q: a %s has no ranges", item, p.Kind)
		}
		return p.span(r)
	}
	var s Scenario
	if err := p.set(&s, item); err != nil {
		return nil, errors.New(p.problemOf(item, err))
	}
	return []string{p.get(&s)}, nil
}

// rangeSpec is the parts of `lo..hi:xN` or `lo..hi:+N`.
type rangeSpec struct {
	text, lo, hi string
	geometric    bool
	step         string
}

func cutRange(text string) (r rangeSpec, ok bool) {
	r.text = text
	lo, rest, ok := strings.Cut(text, "..")
	hi, step, _ := strings.Cut(rest, ":")
	r.lo, r.hi = strings.TrimSpace(lo), strings.TrimSpace(hi)
	r.geometric = strings.HasPrefix(step, "x")
	r.step = strings.TrimPrefix(step, "x")
	return r, ok
}

// spanOf enumerates a range of a quantity.
func spanOf[T quantity](c codec[T], r rangeSpec) ([]string, error) {
	unit := sharedUnit(r, c.bare)
	lo, errLo := c.parse(withUnit(r.lo, unit))
	hi, errHi := c.parse(withUnit(r.hi, unit))
	if err := errors.Join(errLo, errHi); err != nil {
		return nil, fmt.Errorf("range %q: want bounds that are %s", r.text, c.form)
	}
	next, err := stepOf(c, r, unit)
	if err != nil {
		return nil, err
	}
	if lo > hi || r.geometric && lo <= 0 {
		return nil, fmt.Errorf("range %q: want bounds that rise, above zero if multiplied", r.text)
	}
	return enumerate(c, lo, hi, next)
}

// stepOf is the function from a start and an index to the value there.
func stepOf[T quantity](c codec[T], r rangeSpec, unit string) (func(lo float64, i int) float64, error) {
	if r.geometric {
		factor, err := strconv.ParseFloat(r.step, 64)
		if err != nil || !(factor > 1) || math.IsInf(factor, 0) {
			return nil, fmt.Errorf("range %q: want a factor above 1 such as x2", r.text)
		}
		return func(lo float64, i int) float64 { return lo * math.Pow(factor, float64(i)) }, nil
	}
	text, plus := strings.CutPrefix(r.step, "+")
	step, err := c.parse(withUnit(text, unit))
	if !plus || err != nil || step <= 0 {
		return nil, fmt.Errorf("range %q: want a step after the bounds, such as 10..1000:x2 or 0..100:+25", r.text)
	}
	return func(lo float64, i int) float64 { return lo + float64(i)*float64(step) }, nil
}

// enumerate prints the values from lo until next passes hi. Values that round to the one before are left out.
func enumerate[T quantity](c codec[T], lo, hi T, next func(lo float64, i int) float64) ([]string, error) {
	var values []string
	for i := 0; ; i++ {
		v := next(float64(lo), i)
		if v > float64(hi)*(1+1e-9) {
			return values, nil
		}
		if i >= MaxAxisValues {
			return nil, fmt.Errorf("has more than %d values; take a larger step", MaxAxisValues)
		}
		if text := c.shortest(min(hi, fromFloat[T](v)), min(hi, fromFloat[T](tidy(v)))); len(values) == 0 || values[len(values)-1] != text {
			values = append(values, text)
		}
	}
}

// shortest prints whichever of two nearly equal values has the shorter text.
func (c codec[T]) shortest(a, b T) string {
	x, y := c.print(a), c.print(b)
	if len(y) < len(x) {
		return y
	}
	return x
}

// tidy drops the digits that only repeated binary arithmetic put there (0.30000000000000004).
func tidy(v float64) float64 {
	short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64)
	if err != nil {
		return v
	}
	return short
}

// sharedUnit is the unit of whichever bound has one, or the fallback.
func sharedUnit(r rangeSpec, fallback string) string {
	for _, bound := range []string{r.hi, r.lo} {
		if _, unit := splitNumber(bound); unit != "" && !strings.ContainsAny(unit, "0123456789") {
			return unit
		}
	}
	return fallback
}

// withUnit adds the unit to a bare number.
func withUnit(text, unit string) string {
	if _, own := splitNumber(text); own == "" && text != "" {
		return text + unit
	}
	return text
}
