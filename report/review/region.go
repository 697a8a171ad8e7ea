package review

import (
	"image/color"
	"math"
	"slices"
	"sort"

	"pushbench/report/model"
)

// Band is a step of the ratio polling ÷ WebSocket, with its colours on paper and on a dark screen.
type Band struct {
	Text        string
	Light, Dark color.NRGBA
	// edge is where the band ends.
	edge float64
}

// Bands are the steps in rising order: in the first polling takes less, in the second neither, in the others WebSocket. One hue darkens towards WebSocket and
// another stands for polling, so that they can be told apart in grey and with any colour vision.
var Bands = []Band{
	{"polling less", rgb(0xD98A4E), rgb(0xA65F2C), 0.9},
	{"even (within 10 %)", rgb(0xECEBE6), rgb(0x383834), 1.1},
	{"1.1–1.5×", rgb(0xD5E4F0), rgb(0x273A4A), 1.5},
	{"1.5–2×", rgb(0xB0CFE6), rgb(0x22486A), 2},
	{"2–4×", rgb(0x7FB2D8), rgb(0x205B8A), 4},
	{"4–10×", rgb(0x4A90C4), rgb(0x2B78B3), 10},
	{"WebSocket 10× less, or more", rgb(0x1F6BA6), rgb(0x54A4DF), math.Inf(1)},
}

// Even is the band in which neither takes less.
const Even = 1

func rgb(v uint32) color.NRGBA { return color.NRGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 0xFF} }

// BandOf is the index of the band that a ratio lies in.
func BandOf(ratio float64) int {
	return sort.Search(len(Bands)-1, func(i int) bool { return ratio < Bands[i].edge })
}

// Region is a part of a surface that lies in one band: between two round-trip times in milliseconds, from one rate to another at either of them.
type Region struct {
	Band                             int
	Low, High                        float64
	LowFrom, LowTo, HighFrom, HighTo float64
}

// Turns says that b lies beside r at the same round-trip times, and that between the two WebSocket begins, or ends, to take less.
func (r Region) Turns(b Region) bool {
	return r.Low == b.Low && (r.Band <= Even) != (b.Band <= Even)
}

// row is a surface along one round-trip time: where which band begins.
type row struct {
	rtt   float64
	bands []int
	from  []float64
	end   float64
}

func (r row) to(i int) float64 {
	if i+1 < len(r.from) {
		return r.from[i+1]
	}
	return r.end
}

// regions cuts a surface at the edges of the bands, as exactly as a picture can show.
func (b *BreakEven) regions(s surfaceOf, base model.LongPoll) []Region {
	var out []Region
	for i := 1; i < len(b.RTTs); i++ {
		out = append(out, b.between(s, base, b.row(s, base, b.RTTs[i-1]), b.row(s, base, b.RTTs[i]), 3)...)
	}
	return out
}

// between joins two rows that have the same bands; where one has more, the rows between them are looked at, depth times over.
func (b *BreakEven) between(s surfaceOf, base model.LongPoll, low, high row, depth int) []Region {
	if !slices.Equal(low.bands, high.bands) {
		if depth > 0 {
			middle := b.row(s, base, math.Sqrt(low.rtt*high.rtt))
			return append(b.between(s, base, low, middle, depth-1), b.between(s, base, middle, high, depth-1)...)
		}
		high = row{high.rtt, low.bands, low.from, low.end}
	}
	var out []Region
	for i, band := range low.bands {
		out = append(out, Region{band, low.rtt, high.rtt, low.from[i], low.to(i), high.from[i], high.to(i)})
	}
	return out
}

func (b *BreakEven) row(s surfaceOf, base model.LongPoll, rtt float64) row {
	m := at(base, rtt)
	band := func(rate float64) int { return BandOf(s.ratio(m, rate/60)) }
	last := len(b.Rates) - 1
	r := row{rtt, []int{band(b.Rates[0])}, []float64{b.Rates[0]}, b.Rates[last]}
	for i := 1; i <= last; i++ {
		r.cut(b.Rates[i-1], b.Rates[i], band)
	}
	return r
}

// sharp is how narrow, as a ratio of rates, an edge is known.
const sharp = 1.001

// cut enters the bands that begin between two rates; low lies in the last one entered.
func (r *row) cut(low, high float64, band func(float64) int) {
	after := band(high)
	if after == r.bands[len(r.bands)-1] {
		return
	}
	if high/low < sharp {
		r.bands, r.from = append(r.bands, after), append(r.from, high)
		return
	}
	middle := math.Sqrt(low * high)
	r.cut(low, middle, band)
	r.cut(middle, high, band)
}
