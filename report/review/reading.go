package review

import (
	"fmt"

	"pushbench/report/format"
	"pushbench/results"
	"pushbench/scenarios"
)

// Reading is a figure as one arm has it, and how that stands against the WebSocket arm of the same target and parameters.
type Reading struct {
	Arm ArmRef
	// Base is the index in the run's cells of that WebSocket arm; −1 where there is none. An arm that is its own base is compared with nothing.
	Base  int
	Parts []Part
}

// Part is one number of a figure, such as its p99.
type Part struct {
	// Name tells the numbers of a figure apart ("p99"); empty where there is one.
	Name string
	// Value is the number, its text with unit ("20.3 ms").
	Value Value
	// Order, Difference and Times say how it stands against the base: which is told to be lower, how much more or less it is ("8.80 ± 0.3 ms more"), and how
	// many times the base. They are zero where there is nothing to compare.
	Order      Order
	Difference string
	Times      Value
	// Counted numbers have no interval and need none: they are exact for this run.
	Counted bool
}

// part is how a number of a figure is read and compared. title is what it is called where it stands alone.
type part struct {
	name    string
	title   string
	dim     dimension
	of      func(cell) Value
	sampled *quantity         // nil for what is counted
	words   func(cell) string // said after the number, where it needs more than a unit
	why     func(cell) string // said instead of a number that is not there
}

func sampled(name string, q quantity) part {
	return part{name: name, title: q.name, dim: q.dim, of: q.of, sampled: &q}
}

// The quantities of figures that the decision card does not have.
var (
	lastMedian    = percentileOf("p50 of the last receiver", "p50", 0.5, func(m *results.Measured) *results.Summary { return m.Last })
	lastTail      = percentileOf("p99 of the last receiver", "p99", 0.99, func(m *results.Measured) *results.Summary { return m.Last })
	connectMedian = percentileOf("p50 of connecting", "p50", 0.5, func(m *results.Measured) *results.Summary { return m.Connect })
	connectTail   = percentileOf("p99 of connecting", "p99", 0.99, func(m *results.Measured) *results.Summary { return m.Connect })
	joinMedian    = percentileOf("p50 of coming", "p50", 0.5, joining)
	joinTail      = percentileOf("p99 of coming", "p99", 0.99, joining)
	busiestMedian = percentileOf("p50 of the busiest stage", "p50", 0.5, busiest)
	busiestTail   = percentileOf("p99 of the busiest stage", "p99", 0.99, busiest)
	upMedian      = percentileOf("p50 of the way up", "p50", 0.5, uplinkLatency)
	upTail        = percentileOf("p99 of the way up", "p99", 0.99, uplinkLatency)
	backMedian    = percentileOf("p50 of recovery", "p50", 0.5, recoveryTotal)
	backTail      = percentileOf("p99 of recovery", "p99", 0.99, recoveryTotal)
	allBack       = quantity{
		name: "until all are back", dim: times,
		note: "From the instant at which all connections were cut, until a client had a session again and all that was published meanwhile.",
		read: func(m *results.Measured, _ float64) Value {
			if m.Recovery == nil {
				return unknown()
			}
			return whole(m.Recovery.Full)
		},
	}
	backCPU = quantity{name: "server CPU until all are back", dim: times, read: func(m *results.Measured, _ float64) Value {
		if m.Recovery == nil {
			return unknown()
		}
		return whole(m.Recovery.ServerCPU)
	}}
	messageCPU = quantity{name: "server CPU per message", dim: times, read: func(m *results.Measured, _ float64) Value {
		if m.Server == nil {
			return unknown()
		}
		return optional(m.Server.CPUPerMessage)
	}}
)

// The numbers of a client's hour. Bytes stand last, by which arms are compared: they are counted.
var (
	hourlyRequests = part{title: "requests per client-hour", dim: dimension{{Name: "requests", Size: 1}}, of: hourly(func(h *results.Hourly) *float64 { return &h.Requests })}
	hourlyCPU      = part{name: "server CPU", title: "server CPU per client-hour", dim: times, of: hourly(func(h *results.Hourly) *float64 { return h.ServerCPU })}
	hourlyTraffic  = part{title: "bytes per client-hour", dim: octets, of: hourly(func(h *results.Hourly) *float64 { return &h.Bytes })}
)

func hourly(pick func(*results.Hourly) *float64) func(cell) Value {
	return func(c cell) Value {
		if u := c.Cell.Upkeep; u != nil && u.Hourly != nil {
			return optional(pick(u.Hourly))
		}
		return unknown()
	}
}

// The numbers of opening a session. Server CPU stands last, by which arms are compared.
var (
	openingBytes = part{title: "bytes to open a session", dim: octets, of: opening(func(o *results.Opening) *float64 { return &o.PerSession.Bytes })}
	openingRate  = part{title: "sessions opened a second", dim: dimension{{Name: "a second", Size: 1}}, of: opening(func(o *results.Opening) *float64 { return o.PerSecond })}
	openingCPU   = quantity{name: "server CPU to open a session", dim: times, read: func(m *results.Measured, _ float64) Value {
		if m.Opening == nil || m.Opening.PerSession == nil {
			return unknown()
		}
		return optional(m.Opening.PerSession.ServerCPU)
	}}
)

func opening(pick func(*results.Opening) *float64) func(cell) Value {
	return func(c cell) Value {
		if o := c.Cell.Opening; o != nil && o.PerSession != nil {
			return optional(pick(o))
		}
		return unknown()
	}
}

// unless says instead of a number why it is not there.
func (p part) unless(why func(cell) string) part {
	p.why = why
	return p
}

// figures are the numbers of each figure of a scenario's answer.
var figures = map[scenarios.Figure][]part{
	scenarios.AnswerLatency:      {sampled("p50", medianLatency), sampled("p99", tailLatency)},
	scenarios.AnswerBusiest:      {sampled("p50", busiestMedian), sampled("p99", busiestTail)},
	scenarios.AnswerUplink:       {sampled("p50", upMedian), sampled("p99", upTail)},
	scenarios.AnswerLastReceiver: {sampled("p50", lastMedian), sampled("p99", lastTail)},
	scenarios.AnswerConnect:      {sampled("p50", connectMedian), sampled("p99", connectTail)},
	scenarios.AnswerJoin:         {sampled("p50", joinMedian), sampled("p99", joinTail)},
	scenarios.AnswerOpening:      {openingBytes, openingRate, sampled("server CPU", openingCPU)},
	scenarios.AnswerRecovery:     {sampled("p50", backMedian), sampled("p99", backTail), sampled("server CPU", backCPU), sampled("all", allBack).unless(notBack)},
	scenarios.AnswerServerCPU:    {sampled("", messageCPU)},
	scenarios.AnswerServerMemory: {sampled("", serverMemory)},
	scenarios.AnswerUpkeep:       {hourlyRequests, hourlyCPU, hourlyTraffic},
	scenarios.AnswerOverhead:     {{title: "overhead per message", dim: octets, of: overheadOf}},
	scenarios.AnswerWire:         {{title: "a message at the socket", dim: octets, of: wireOf}},
	scenarios.AnswerConnections:  {{title: "connections per client", dim: plain, of: func(c cell) Value { return number(c.connections()) }}},
	scenarios.AnswerLost:         {{title: "messages lost", dim: plain, of: lostMessages, words: ofExpected}},
}

func uplinkLatency(m *results.Measured) *results.Summary {
	if m.Uplink == nil {
		return nil
	}
	return m.Uplink.Latency
}

func busiest(m *results.Measured) *results.Summary {
	if s := m.BusiestStage(); s != nil {
		return s.Latency
	}
	return nil
}

func joining(m *results.Measured) *results.Summary {
	if m.Attendance == nil {
		return nil
	}
	return m.Attendance.Join
}

func recoveryTotal(m *results.Measured) *results.Summary {
	if m.Recovery == nil {
		return nil
	}
	return m.Recovery.Within(m.Recovery.Total)
}

// notBack is how many were still away when the round ended.
func notBack(c cell) string {
	r := c.Cell.Recovery
	if r == nil || r.Back >= r.Clients {
		return format.NA
	}
	return fmt.Sprintf("%s of %s never", format.Grouped(r.Clients-r.Back), format.Grouped(r.Clients))
}

func ofExpected(c cell) string { return " of " + format.Grouped(c.Cell.Delivery.Expected) }

func wireOf(c cell) Value {
	bytes, ok := c.Cell.BytesPerMessage()
	if !ok {
		return unknown()
	}
	return number(bytes)
}

func lostMessages(c cell) Value {
	d := c.Cell.Delivery
	if d.Expected <= 0 {
		return unknown()
	}
	return number(float64(d.Missed + d.Undelivered))
}

// Readings are a figure of all arms of a group, in its order. Of an invalid arm, and against one, nothing is said.
func Readings(g format.Group, f scenarios.Figure) []Reading {
	var out []Reading
	for _, a := range g.Arms {
		c := newCell(g.Scenario, a)
		r, base := Reading{Arm: c.ref(), Base: -1}, (*cell)(nil)
		if b, ok := format.WebSocketOf(a, g.Arms); ok {
			r.Base = b.Index
			if other := newCell(g.Scenario, b); b.Index != a.Index && !b.Invalid() {
				base = &other
			}
		}
		for _, p := range figures[f] {
			r.Parts = append(r.Parts, p.read(c, base))
		}
		out = append(out, r)
	}
	return out
}

// read is the number of a cell, held against that of base unless it is nil.
func (p part) read(c cell, base *cell) Part {
	out := Part{Name: p.name, Value: unknown(), Times: unknown(), Counted: p.sampled == nil}
	if c.Invalid() {
		return out
	}
	out.Value = p.said(c)
	if base == nil {
		return out
	}
	own, other := p.of(c), p.of(*base)
	if own.Known && other.Known && other.Number > 0 {
		out.Times = number(own.Number / other.Number).in(plain[0])
	}
	if p.sampled != nil {
		out.Order, out.Difference = p.sampled.beyond(c, *base)
	}
	return out
}

// beyond is which of the two is told to be lower, and by how much c's is more or less than the base's, with the interval.
func (q quantity) beyond(c, base cell) (Order, string) {
	d := q.contrasted(base, c)
	if !d.change.Known {
		return NotComparable, ""
	}
	return d.order().swapped(), amount(d.change, d.basis, q.dim.unitOf(d.change))
}

// amount is "8.80 ± 0.3 ms more", or "8.80 ms less, 95 % between 3.00 and 9.00" where the interval does not lie around it.
func amount(change Value, b Basis, u format.Unit) string {
	side := " more"
	if change.Number < 0 {
		change.Number, change.Low, change.High, side = -change.Number, -change.High, -change.Low, " less"
	}
	change, side = change.in(u), suffix(" ", u.Name)+side
	if !change.Interval {
		return change.Text + side
	}
	return withTolerance(change, b, side, u)
}

// swapped is the order of the same two the other way round.
func (o Order) swapped() Order {
	switch o {
	case WebSocketLower:
		return PollingLower
	case PollingLower:
		return WebSocketLower
	}
	return o
}

// unitOf is the unit that suits one value.
func (d dimension) unitOf(v Value) format.Unit {
	if v.Number == 0 {
		return d[0]
	}
	return d.common(Value{Number: v.Number, Known: v.Known})
}

// said is the number with its text in the unit that suits it, and that unit's name.
func (p part) said(c cell) Value {
	v := p.of(c)
	u := p.dim.unitOf(v)
	v = v.in(u)
	switch {
	case !v.Known && p.why != nil:
		v.Text = p.why(c)
	case !v.Known:
	case p.words != nil:
		v.Text = format.Grouped(int64(v.Number)) + p.words(c)
	default:
		v.Text += suffix(" ", u.Name)
	}
	return v
}

// percentileOf is a quantity that carries the 95 % interval where the summary has one.
func percentileOf(name, key string, p float64, pick func(*results.Measured) *results.Summary) quantity {
	return quantity{name: name, dim: times, key: key, read: func(m *results.Measured, _ float64) Value { return percentileIn(pick(m), key, p) }}
}
