package review

import (
	"fmt"
	"math"
	"time"

	"pushbench/report/format"
	"pushbench/report/model"
	"pushbench/results"
	"pushbench/scenarios"
)

// The grid of the map: rates in messages per client per minute and round-trip times in milliseconds. It grows to hold the workload.
const (
	slowestRate, fastestRate = 0.1, 6000
	nearestRTT, farthestRTT  = 1, 400
	rateSteps, rttSteps      = 36, 18
)

// surfaceOf is how a ratio of the map is computed at a rate in messages per second and a one-way delay.
type surfaceOf struct {
	name, title string
	levels      []float64
	ratio       func(m model.LongPoll, rate float64) float64
	quantity    quantity
}

// newBreakEven maps the first long-polling arm; nil where there is none that the model holds for, or where nothing is sent: that is no place on a map of rates.
func newBreakEven(scenario string, all []pairing) *BreakEven {
	first, ok := longPolling(all)
	if !ok || !first.poll.work.LongPoll.Batch || first.poll.ratePerClient() <= 0 {
		return nil
	}
	b := &BreakEven{Polling: first.poll.ref()}
	b.Polling.Name = first.poll.Look.Name
	b.grid(all)
	base := pollModel(first.poll)
	for _, s := range surfaces(first) {
		b.Surfaces = append(b.Surfaces, b.surface(s, base))
	}
	for _, p := range all {
		if p.valid() {
			b.Dots = append(b.Dots, b.dot(scenario, p, first))
		}
	}
	b.Notes = mapNotes(first)
	return b
}

func surfaces(p pairing) []surfaceOf {
	out := []surfaceOf{
		{"p99", "p99 latency, polling ÷ WebSocket", []float64{1.1, halved}, func(m model.LongPoll, rate float64) float64 {
			return float64(m.Latency(rate).Quantile(0.99)) / float64(m.Delay)
		}, tailLatency},
		{"p50", "p50 latency, polling ÷ WebSocket", []float64{1.1, 1.5}, func(m model.LongPoll, rate float64) float64 {
			return float64(m.Latency(rate).Quantile(0.5)) / float64(m.Delay)
		}, medianLatency},
	}
	ws, okWS := costOf(p.ws)
	poll, okPoll := costOf(p.poll)
	if !okWS || !okPoll || poll.PerExchange <= 0 {
		return out
	}
	return append(out, surfaceOf{"bytes", "bytes, polling ÷ WebSocket", []float64{1, littleOverhead}, func(m model.LongPoll, rate float64) float64 {
		return poll.Rate(rate, m.RequestsPerSecond(rate)) / ws.Rate(rate, 0)
	}, hourlyBytes})
}

// Maps are the break-even maps of a run's scenarios, in the order of [format.Groups]; nil where there is none.
func Maps(run *results.Run) []*BreakEven {
	var out []*BreakEven
	for _, g := range format.Groups(run) {
		out = append(out, newBreakEven(sectionName(g), pairings(g)))
	}
	return out
}

// grid spaces the axes evenly over the logarithm.
func (b *BreakEven) grid(all []pairing) {
	slow, fast, near, far := slowestRate, float64(fastestRate), float64(nearestRTT), float64(farthestRTT)
	for _, p := range all {
		if rate := 60 * p.poll.ratePerClient(); rate > 0 {
			slow, fast = min(slow, rate), max(fast, rate)
		}
		if rtt := roundTrip(p.poll); rtt > 0 {
			near, far = min(near, rtt), max(far, rtt)
		}
	}
	b.Rates, b.RTTs = spaced(slow, fast, rateSteps), spaced(near, far, rttSteps)
}

func spaced(lo, hi float64, steps int) []float64 {
	var out []float64
	for i := range steps + 1 {
		out = append(out, lo*math.Pow(hi/lo, float64(i)/float64(steps)))
	}
	return out
}

// roundTrip is the emulated one in milliseconds, 0 without emulation.
func roundTrip(c cell) float64 { return 2 * float64(c.work.Network.Delay) / float64(time.Millisecond) }

func at(m model.LongPoll, rtt float64) model.LongPoll {
	m.Delay = time.Duration(rtt / 2 * float64(time.Millisecond))
	return m
}

func (b *BreakEven) surface(s surfaceOf, base model.LongPoll) Surface {
	out := Surface{Name: s.name, Title: s.title, Regions: b.regions(s, base)}
	for _, rtt := range b.RTTs {
		var row []float64
		for _, rate := range b.Rates {
			row = append(row, s.ratio(at(base, rtt), rate/60))
		}
		out.Ratios = append(out.Ratios, row)
	}
	for _, level := range s.levels {
		if c := b.contour(s, base, level); len(c.Points) > 0 {
			out.Contours = append(out.Contours, c)
		}
	}
	return out
}

// contour finds, for each round-trip time, the lowest rate at which the ratio passes the level.
func (b *BreakEven) contour(s surfaceOf, base model.LongPoll, level float64) Contour {
	c := Contour{Ratio: level, Text: format.Trim(level) + "×"}
	for _, rtt := range b.RTTs {
		m := at(base, rtt)
		above := func(rate float64) bool { return s.ratio(m, rate/60) >= level }
		for i := 1; i < len(b.Rates); i++ {
			if above(b.Rates[i-1]) != above(b.Rates[i]) {
				c.Points = append(c.Points, Point{Rate: turn(b.Rates[i-1], b.Rates[i], above), RTT: rtt})
				break
			}
		}
	}
	return c
}

// turn bisects over the logarithm for where a predicate changes.
func turn(lo, hi float64, predicate func(float64) bool) float64 {
	before := predicate(lo)
	for range 40 {
		if middle := math.Sqrt(lo * hi); predicate(middle) == before {
			lo = middle
		} else {
			hi = middle
		}
	}
	return hi
}

// dot is a measured pairing on the map.
func (b *BreakEven) dot(scenario string, p, first pairing) Dot {
	rtt := roundTrip(p.poll)
	d := Dot{
		Point: Point{Rate: 60 * p.poll.ratePerClient(), RTT: max(rtt, b.RTTs[0])}, Arm: p.poll.ref(), Scenario: scenario, Label: p.name(),
		Measured: map[string]Value{}, Modelled: map[string]float64{}, This: p.poll.Index == first.poll.Index, Loopback: rtt == 0,
	}
	for _, s := range surfaces(p) {
		factor := p.compare(s.quantity).Factor
		d.Measured[s.name] = factor
		if rtt > 0 && isLongPoll(p.poll) {
			d.Modelled[s.name] = s.ratio(pollModel(p.poll), p.poll.ratePerClient())
		}
		if factor.Known {
			d.Text += suffix(", ", fmt.Sprintf("%s %s×", s.name, factor.Text))
		}
	}
	place := fmt.Sprintf("%s round trip", format.Setting(2*p.poll.work.Network.Delay))
	if d.Loopback {
		place = "loopback"
	}
	d.Text = fmt.Sprintf("%s: %s messages a minute per client, %s%s", d.Label, format.Sig(d.Rate), place, d.Text)
	return d
}

// Reading is a measured cell's ratio on a surface in words, beside the model's: "1.24×, modelled 2.00×".
func (d Dot) Reading(surface string) string {
	text := format.NA
	if v, ok := d.Measured[surface]; ok && v.Known {
		text = v.Text + "×"
	}
	if v, ok := d.Modelled[surface]; ok {
		text += ", modelled " + format.Sig(v) + "×"
	}
	return text
}

func mapNotes(p pairing) []string {
	m := pollModel(p.poll)
	hold := "for ever"
	if m.Hold > 0 {
		hold = "for " + format.Setting(m.Hold)
	}
	notes := []string{
		fmt.Sprintf("Surface: the model of %s, not a measurement: Poisson arrivals, polls held %s, %s turnaround, a response takes all that is due.", p.poll.Look.Name, hold, format.Setting(m.Turnaround)),
		"The model leaves out CPU, loss and congestion: where a core is busy, polling may win by sharing a response among several messages, and the dots show it.",
		"Bytes: at the sockets, from this run's measured costs; handshakes apart. Headers are the workload's (" + headersOf(p.poll.work) + ").",
	}
	if p.poll.work.Arrivals == scenarios.Constant {
		notes = append(notes, "This run's messages came evenly spaced; the model's come at random.")
	}
	if loopback(p.poll.work) {
		notes = append(notes, "Dots on loopback stand at the map's near edge: their latency is computing and queueing, which the surface does not hold.")
	}
	return notes
}
