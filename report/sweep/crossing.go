package sweep

import "math"

// Comparison is a curve held against WebSocket's of the same target.
type Comparison struct {
	Metric Metric
	Curve  Curve
	// Below, Above and Untold are at how many values the curve is told to lie below or above WebSocket's, or neither.
	Below, Above, Untold int
	// Unproven of the Untold are where there are neither intervals nor rounds enough to tell it by.
	Unproven int
	// Crossings are where it changes sides, in the order of the axis; none are looked for on an axis without order.
	Crossings []Crossing

	axis Axis
}

// Crossing is a change of sides between two values of the axis at which the order is told.
type Crossing struct {
	From, To int
	// Falls says that the curve lies below WebSocket's after it.
	Falls bool
	// Located says that From and To are neighbours, so that Position, on the axis as it is drawn, and Text say where.
	Located  bool
	Position float64
	Text     string
}

// Compare holds every curve that is not WebSocket's against WebSocket's of the same target. Without that there is nothing to compare.
func (s Slice) Compare(axis Axis, m Metric) []Comparison {
	var all []Comparison
	for _, c := range s.Curves {
		if base, ok := s.base(c); ok && base.Arm.Cell.Transport != c.Arm.Cell.Transport {
			all = append(all, compare(axis, m, c, base))
		}
	}
	return all
}

func compare(axis Axis, m Metric, c, base Curve) Comparison {
	cmp := Comparison{Metric: m, Curve: c, axis: axis}
	last, side := 0, 0
	for i := range axis.Values {
		order, unproven := m.Order(c.Cell(i), base.Cell(i))
		if unproven {
			cmp.Unproven++
		}
		switch {
		case order < 0:
			cmp.Below++
		case order > 0:
			cmp.Above++
		default:
			cmp.Untold++
			continue
		}
		if axis.Ordered && side != 0 && order != side {
			cmp.Crossings = append(cmp.Crossings, cmp.crossing(base, last, i, order < 0))
		}
		last, side = i, order
	}
	return cmp
}

func (c Comparison) crossing(base Curve, from, to int, falls bool) Crossing {
	x := Crossing{From: from, To: to, Falls: falls}
	before, okBefore := c.logRatio(base, from)
	after, okAfter := c.logRatio(base, to)
	if to != from+1 || !okBefore || !okAfter || before*after >= 0 {
		return x
	}
	a, b := c.axis.Position(from), c.axis.Position(to)
	x.Located, x.Position = true, a+(b-a)*before/(before-after)
	x.Text = c.axis.between(x.Position, from, to)
	return x
}

// logRatio is ln(curve ÷ WebSocket) at value i, where both are positive.
func (c Comparison) logRatio(base Curve, i int) (float64, bool) {
	v, ok := c.Metric.Of(c.Curve.Cell(i))
	w, okBase := c.Metric.Of(base.Cell(i))
	if !ok || !okBase || v <= 0 || w <= 0 {
		return 0, false
	}
	return math.Log(v / w), true
}
