package sweep

import (
	"fmt"
	"strings"
)

// Rule says in a sentence when this package states a crossover.
const Rule = "A crossover is stated only where the 95% intervals of both arms (without these, the ranges of at least 3 rounds) lie apart at the values on both sides; undecided: they overlap, are missing, or an arm is invalid."

// Finding is a line on where the slice's curves cross WebSocket's, or that they do not or that it cannot be told:
// "p99 against WebSocket, rate 10/s to 640/s — Long-poll: falls below at ≈110/s; Short poll: no crossover, higher throughout".
func (s Slice) Finding(axis Axis, m Metric) string {
	comparisons := s.Compare(axis, m)
	head := fmt.Sprintf("%s against WebSocket, %s %s — ", m.Name, axis.Parameter, axis.Range())
	if len(comparisons) == 0 {
		return head + "no crossover can be told, because there are not both a WebSocket arm and another one of the same target"
	}
	var texts []string
	names := map[string][]string{}
	for _, c := range comparisons {
		text := c.Text()
		if names[text] == nil {
			texts = append(texts, text)
		}
		names[text] = append(names[text], c.Curve.Arm.Name)
	}
	for i, text := range texts {
		texts[i] = strings.Join(names[text], ", ") + ": " + text
	}
	return head + strings.Join(texts, "; ")
}

// Text is what was found, to stand after one name or several.
func (c Comparison) Text() string {
	n := len(c.axis.Values)
	switch {
	case len(c.Crossings) > 0:
		return c.crossings()
	case c.Below == n, c.Above == n:
		return "no crossover, " + c.sides()
	case c.Untold == n:
		return "no crossover can be told (undecided at every value)"
	case c.Untold == 0: // an axis without order
		return c.sides()
	}
	return fmt.Sprintf("no crossover can be told (%s, undecided at %d)", c.sides(), c.Untold)
}

// Brief is Text for brackets behind the curve's numbers; "higher at 2 of 3 values" leaves it undecided at the third.
func (c Comparison) Brief() string {
	switch n := len(c.axis.Values); {
	case len(c.Crossings) > 0:
		return c.crossings()
	case c.Unproven == n:
		return "no interval"
	case c.Untold == n:
		return "not told apart"
	}
	return c.sides()
}

// sides is "higher throughout", or at how many values it is told that the curve lies below and above.
func (c Comparison) sides() string {
	switch len(c.axis.Values) {
	case c.Below:
		return "lower throughout"
	case c.Above:
		return "higher throughout"
	}
	var words []string
	if c.Below > 0 {
		words = append(words, fmt.Sprintf("lower at %d", c.Below))
	}
	if c.Above > 0 {
		words = append(words, fmt.Sprintf("higher at %d", c.Above))
	}
	return fmt.Sprintf("%s of %d values", strings.Join(words, " and "), len(c.axis.Values))
}

func (c Comparison) crossings() string {
	var words []string
	for _, x := range c.Crossings {
		verb := "rises above"
		if x.Falls {
			verb = "falls below"
		}
		if x.Located {
			words = append(words, verb+" at ≈"+x.Text)
			continue
		}
		words = append(words, fmt.Sprintf("%s somewhere between %s and %s", verb, c.axis.Values[x.From].Text, c.axis.Values[x.To].Text))
	}
	return strings.Join(words, ", ")
}
