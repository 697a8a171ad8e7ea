package format

import (
	"image/color"
	"slices"

	"pushbench/scenarios"
)

// Look is how a transport appears everywhere: its name, its colour and its place in lists. Colour, Dash and Marker identify it three times over, so that a
// chart survives a black-and-white printer and a colour-blind reader.
type Look struct {
	Name   string
	Colour color.NRGBA
	// Dash alternates lengths of stroke and gap in multiples of the line's width; nil is a solid line.
	Dash   []float64
	Marker Marker
	rank   int
}

// Marker is the shape of a point.
type Marker int

// The markers.
const (
	Circle Marker = iota
	Square
	Triangle
	Diamond
	Plus
)

// The colours are of the palette of Okabe and Ito, Color Universal Design (2008), which the common colour-vision deficiencies tell apart.
var looks = map[scenarios.Transport]Look{
	scenarios.WebSocket:       {"WebSocket", color.NRGBA{0x00, 0x72, 0xB2, 0xFF}, nil, Circle, 1},
	scenarios.SSE:             {"Server-sent events", color.NRGBA{0xE6, 0x9F, 0x00, 0xFF}, []float64{3, 2}, Plus, 2},
	scenarios.LongPoll:        {"Long-poll", color.NRGBA{0xD5, 0x5E, 0x00, 0xFF}, []float64{5, 2}, Square, 3},
	scenarios.LongPollNewConn: {"Long-poll new-conn", color.NRGBA{0xCC, 0x79, 0xA7, 0xFF}, []float64{6, 2, 1.5, 2}, Triangle, 4},
	scenarios.ShortPoll:       {"Short poll", color.NRGBA{0x00, 0x9E, 0x73, 0xFF}, []float64{1.5, 1.5}, Diamond, 5},
	scenarios.Mix:             {"Mix", color.NRGBA{0x56, 0xB4, 0xE9, 0xFF}, []float64{8, 2, 1.5, 2, 1.5, 2}, Triangle, 6},
}

// LookOf is the look of t. A transport this version does not know goes by its key, in grey, after all others.
func LookOf(t scenarios.Transport) Look {
	if look, ok := looks[t]; ok {
		return look
	}
	name := Clean(string(t))
	if name == "" {
		name = "unnamed"
	}
	return Look{Name: name, Colour: color.NRGBA{0x55, 0x55, 0x55, 0xFF}, Dash: []float64{8, 3}, Marker: Circle, rank: len(looks) + 1}
}

// sortArms puts arms into the order of their transports, keeping the run's order within one transport.
func sortArms(arms []Arm) {
	slices.SortStableFunc(arms, func(a, b Arm) int { return a.Look.rank - b.Look.rank })
}
