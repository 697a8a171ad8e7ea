package review

import (
	"math"
	"slices"
	"strings"

	"pushbench/report/format"
	"pushbench/report/sweep"
	"pushbench/scenarios"
)

// pairing is a polling cell and the WebSocket cell it is compared with.
type pairing struct {
	poll, ws cell
	at       string // the swept values; empty without a sweep
}

// valid says that the two may be compared.
func (p pairing) valid() bool { return !p.poll.Invalid() && !p.ws.Invalid() }

// disturbed says that connections were cut on purpose: latency then holds the time that clients were away, and what a session costs was paid twice.
func (p pairing) disturbed() bool { return p.poll.work.Outage.At > 0 }

// name is the polling arm, with the swept values.
func (p pairing) name() string {
	return p.poll.Name + suffix(" at ", p.at)
}

// pairings are all of a group: those with the same parameters together, in each the transport that people would move from first.
func pairings(g format.Group) []pairing {
	var all []pairing
	_, swept := sweep.Of(g)
	for _, a := range g.Arms {
		base, ok := format.WebSocketOf(a, g.Arms)
		if !ok || a.Cell.Transport == scenarios.WebSocket {
			continue
		}
		p := pairing{poll: newCell(g.Scenario, a), ws: newCell(g.Scenario, base)}
		if swept {
			p.at = parameters(a)
			p.poll.Name, p.ws.Name = withoutParameters(a), withoutParameters(base)
		}
		all = append(all, p)
	}
	return all
}

// withoutParameters is an arm's name without the parameters that tell it apart from its like: they stand beside it.
func withoutParameters(a format.Arm) string {
	if at := strings.LastIndex(a.Name, " @"); at > 0 && len(a.Cell.Params) > 0 {
		return a.Name[:at]
	}
	return a.Name
}

// parameters are an arm's swept values in words: "rate 200/s, network.delay 20ms".
func parameters(a format.Arm) string {
	var words []string
	for path, text := range a.Cell.Params {
		words = append(words, format.Clean(path)+" "+format.Clean(text))
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

func (c cell) ref() ArmRef {
	return ArmRef{Name: c.Name, Transport: c.Cell.Transport, Cell: c.Index, Invalid: c.Invalid()}
}

// pair compares all quantities that at least one of the two arms has.
func (p pairing) pair() Pair {
	out := Pair{From: p.poll.ref(), To: p.ws.ref(), At: p.at}
	for _, q := range p.quantities() {
		if q.of(p.poll).Known || q.of(p.ws).Known {
			out.Lines = append(out.Lines, p.compare(q))
		}
	}
	return out
}

// quantities are what the card compares; where connections were cut, the way back first, and no rate of bytes, which a storm has none of.
func (p pairing) quantities() []quantity {
	if p.disturbed() {
		return []quantity{backTail, backMedian, allBack, tailLatency, medianLatency, serverCPU, serverMemory}
	}
	return quantities
}

// compare is one line. Of an invalid arm nothing is computed: its numbers stand in the tables, marked.
func (p pairing) compare(q quantity) Comparison {
	c := Comparison{Metric: q.name, Verdict: NotComparable, Basis: NoInterval, Note: q.note}
	if !p.valid() {
		c.From, c.To, c.Change, c.Factor = unknown(), unknown(), unknown(), unknown()
		c.Text = q.name + ": not compared, because " + p.invalidArm() + " is invalid"
		return c
	}
	from, to := q.of(p.poll), q.of(p.ws)
	diff := q.contrasted(p.poll, p.ws)
	u := q.dim.common(Value{Number: from.Number, Known: from.Known}, Value{Number: to.Number, Known: to.Known})
	c.Unit, c.From, c.To = u.Name, from.in(u), to.in(u)
	c.Change, c.Factor, c.Basis, c.Verdict = diff.change.in(u), diff.factor.in(plain[0]), diff.basis, diff.order()
	if c.Change.Known {
		c.Difference = c.Change.Text + suffix(" ", u.Name)
		if c.Change.Interval {
			c.Difference = withTolerance(c.Change, c.Basis, suffix(" ", u.Name), u)
		}
	}
	if c.Factor.Known && c.Factor.Number > 0 {
		c.Times = c.Factor.times()
	}
	c.Text = c.sentence()
	return c
}

func (p pairing) invalidArm() string {
	if p.poll.Invalid() {
		return p.poll.Name
	}
	return p.ws.Name
}

// sentence is "p99 latency 164 → 41.0 ms (−123 ± 6 ms; 4.00× less)".
func (c Comparison) sentence() string {
	if c.Difference == "" {
		return c.brief()
	}
	detail := c.Difference + suffix("; ", c.Times)
	switch c.Verdict {
	case Unproven:
		detail += "; no interval"
	case Untold:
		detail += "; not told apart"
	}
	return c.brief() + " (" + detail + ")"
}

// withTolerance is "−123 ± 6 ms" where the interval lies around the change, else with its two ends. Rounds that agree to more digits than are shown have
// no tolerance worth a number. unit is what stands after the number.
func withTolerance(change Value, b Basis, unit string, u format.Unit) string {
	half := (change.High - change.Low) / 2
	switch {
	case b == FromRounds && half <= agreement*math.Abs(change.Number):
		return change.Text + unit + " in every round"
	case math.Abs((change.High+change.Low)/2-change.Number) <= half/10:
		return change.Text + " ± " + format.Trim(half/u.Size) + unit
	}
	return change.Text + unit + ", 95 % between " + signed(change.Low/u.Size) + " and " + signed(change.High/u.Size)
}

// agreement is the share of a change below which its tolerance does not show in three digits.
const agreement = 0.0005

// times says a factor so that it is above 1: "4.00× less", "1.50× more".
func (v Value) times() string {
	mark := ""
	if v.Rough {
		mark = "~"
	}
	text, side := format.Sig(v.Number), " less"
	if v.Number < 1 {
		text, side = format.Sig(1/v.Number), " more"
	}
	if text == format.Sig(1) {
		side = ""
	}
	return mark + text + "×" + side
}
