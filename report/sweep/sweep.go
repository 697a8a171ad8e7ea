package sweep

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"pushbench/report/format"
	"pushbench/results"
	"pushbench/scenarios"
)

// Sweep is what was measured of a swept scenario.
type Sweep struct {
	// Axis is the parameter on the x axis: of those with an order the one with the most values.
	Axis Axis
	// Slices are the combinations of the other parameters' values, one nameless slice where only one parameter is swept.
	Slices []Slice

	// Others are the other parameters, in the order of [Slice.Place].
	Others []Axis
}

// Slice is what was measured with all parameters but the axis's held fixed.
type Slice struct {
	Name   string // "network.delay = 50ms"
	Values string // "50ms"
	Curves []Curve

	// Place is which of its values each other parameter has.
	Place []int
}

// Curve is one transport of one target over the axis.
type Curve struct {
	// Arm has the curve's look and a name without parameters; its Cell is that of one of the points.
	Arm format.Arm
	// Points are the cells by value of the axis; the Cell is nil where nothing was measured.
	Points []format.Arm
}

// Of reads a group as a sweep; ok is false if its cells do not differ in any parameter.
func Of(g format.Group) (s Sweep, ok bool) {
	axes := axesOf(g)
	if len(axes) == 0 {
		return Sweep{}, false
	}
	return over(g, axes, widest(axes)), true
}

// Along is Of with a parameter of one's choice on the x axis; ok is false if the cells do not differ in it.
func Along(g format.Group, path string) (s Sweep, ok bool) {
	axes := axesOf(g)
	x := slices.IndexFunc(axes, func(a Axis) bool { return a.path == path })
	if x < 0 {
		return Sweep{}, false
	}
	return over(g, axes, x), true
}

// over has the x-th of the axes on the x axis.
func over(g format.Group, axes []Axis, x int) (s Sweep) {
	s.Axis = axes[x]
	s.Others = slices.Delete(axes, x, x+1)
	severalTargets := slices.ContainsFunc(g.Arms, func(a format.Arm) bool { return a.Cell.Target != g.Arms[0].Cell.Target })
	for _, a := range g.Arms {
		a.Name = a.Look.Name
		if severalTargets {
			a.Name += " @" + format.Clean(a.Cell.Target)
		}
		s.slice(a).add(a, s.Axis)
	}
	slices.SortStableFunc(s.Slices, func(x, y Slice) int { return slices.Compare(x.Place, y.Place) })
	return s
}

// Parameters are the swept parameters as a scenario lists them, the axis first.
func (s Sweep) Parameters() scenarios.Sweep {
	var out scenarios.Sweep
	for _, a := range append([]Axis{s.Axis}, s.Others...) {
		axis := scenarios.Axis{Parameter: a.path}
		for _, v := range a.Values {
			axis.Values = append(axis.Values, v.Text)
		}
		out = append(out, axis)
	}
	return out
}

// Columns are the names of the parameters that tell the slices apart.
func (s Sweep) Columns() string {
	var names []string
	for _, a := range s.Others {
		names = append(names, a.Parameter)
	}
	return strings.Join(names, ", ")
}

// axesOf are the parameters of which the cells have more than one value: in the scenario's order, then by path.
func axesOf(g format.Group) []Axis {
	found := map[string][]string{}
	for _, a := range g.Arms {
		for path := range a.Cell.Params {
			found[path] = nil
		}
	}
	for _, a := range g.Arms {
		for path, raws := range found {
			if raw := a.Cell.Params[path]; !slices.Contains(raws, raw) {
				found[path] = append(raws, raw)
			}
		}
	}
	var paths []string
	for _, axis := range g.Scenario.Sweep {
		paths = append(paths, axis.Parameter)
	}
	var axes []Axis
	for _, path := range append(paths, slices.Sorted(maps.Keys(found))...) {
		if raws := found[path]; len(raws) > 1 {
			axes = append(axes, newAxis(path, raws))
			delete(found, path)
		}
	}
	return axes
}

// widest is the index of the axis to draw along.
func widest(axes []Axis) int {
	best := 0
	for i, a := range axes {
		b := axes[best]
		if a.Ordered && !b.Ordered || a.Ordered == b.Ordered && len(a.Values) > len(b.Values) {
			best = i
		}
	}
	return best
}

// slice finds the slice of an arm, or makes it.
func (s *Sweep) slice(a format.Arm) *Slice {
	var place []int
	var words, values []string
	for _, axis := range s.Others {
		i := axis.index(a.Cell.Params[axis.path])
		place = append(place, i)
		words = append(words, fmt.Sprintf("%s = %s", axis.Parameter, axis.Values[i].Text))
		values = append(values, axis.Values[i].Text)
	}
	for i := range s.Slices {
		if slices.Equal(s.Slices[i].Place, place) {
			return &s.Slices[i]
		}
	}
	s.Slices = append(s.Slices, Slice{Name: strings.Join(words, ", "), Values: strings.Join(values, ", "), Place: place})
	return &s.Slices[len(s.Slices)-1]
}

// add puts an arm on its curve; a second cell of the same value goes on a curve of its own, since neither may hide the other.
func (s *Slice) add(a format.Arm, axis Axis) {
	at := axis.index(a.Cell.Params[axis.path])
	targetTwins, transportTwins := 0, 0
	for i := range s.Curves {
		c := &s.Curves[i]
		if c.Arm.Cell.Transport != a.Cell.Transport {
			continue
		}
		transportTwins++
		if c.Arm.Cell.Target != a.Cell.Target {
			continue
		}
		if c.Points[at].Cell == nil {
			c.Points[at] = named(a, c.Arm)
			return
		}
		targetTwins++
	}
	a.Twin = transportTwins
	if targetTwins > 0 {
		a.Name = fmt.Sprintf("%s #%d", a.Name, targetTwins+1)
	}
	points := make([]format.Arm, len(axis.Values))
	points[at] = a
	s.Curves = append(s.Curves, Curve{Arm: a, Points: points})
}

func named(a, curve format.Arm) format.Arm {
	a.Name, a.Twin = curve.Name, curve.Twin
	return a
}

// Cell is the curve's cell at value i, nil where nothing was measured.
func (c Curve) Cell(i int) *results.Cell { return c.Points[i].Cell }

// base is the WebSocket curve of the same target.
func (s Slice) base(c Curve) (Curve, bool) {
	for _, b := range s.Curves {
		if b.Arm.Cell.Transport == scenarios.WebSocket && b.Arm.Cell.Target == c.Arm.Cell.Target {
			return b, true
		}
	}
	return Curve{}, false
}
