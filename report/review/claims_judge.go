package review

import (
	"fmt"
	"time"

	"pushbench/report/format"
	"pushbench/report/model"
)

func yesIf(ok bool) Holds {
	if ok {
		return Yes
	}
	return No
}

func (c cell) connections() float64 { return float64(c.Cell.Wire.Connections) / c.sessions() }

func judgeConnections(p pairing) (Holds, string) {
	ws, poll := p.ws.connections(), p.poll.connections()
	return yesIf(ws <= oneConnection && poll >= reconnects),
		fmt.Sprintf("%s opened %s connections per client and spent %s on opening them, WebSocket %s and %s",
			p.name(), format.Sig(poll), format.Bytes(p.poll.handshake()), format.Sig(ws), format.Bytes(p.ws.handshake()))
}

// handshake is what a session took in bytes to open its connections, both ways.
func (c cell) handshake() float64 { return float64(c.Cell.Wire.HandshakeBytes) / c.sessions() }

func requestsPerMessage(c cell) Value { return optional(c.Cell.Wire.RequestsPerMessage) }

func judgePush(p pairing) (Holds, string) {
	ws, poll := requestsPerMessage(p.ws), requestsPerMessage(p.poll)
	text := fmt.Sprintf("%s requests per message with %s, %s over WebSocket", poll.in(plain[0]).Text, p.name(), ws.in(plain[0]).Text)
	if !ws.Known || !poll.Known {
		return Unsure, text
	}
	w := p.poll.Cell.Wire
	return yesIf(ws.Number == 0 && w.SteadyRequests > 0 && w.SteadyRequests >= w.SteadyResponses), text
}

func judgeDuplex(p pairing) (Holds, string) {
	ws, poll := p.ws.connections(), p.poll.connections()
	text := fmt.Sprintf("%s needed %s connections per client, WebSocket %s; %s, %s", p.name(), format.Sig(poll), format.Sig(ws),
		p.compare(medianLatency).brief(), p.compare(tailLatency).brief())
	if up := p.compare(upMedian); up.From.Known || up.To.Known {
		text += ", and meanwhile " + up.brief() + ", " + p.compare(upTail).brief()
	}
	return yesIf(ws <= oneConnection && poll >= reconnects), text
}

func overheadOf(c cell) Value {
	if s := c.Cell.Wire.Overhead; s != nil && s.Count > 0 {
		return number(s.Mean)
	}
	return unknown()
}

func judgeOverhead(p pairing) (Holds, string) {
	ws, poll := overheadOf(p.ws), overheadOf(p.poll)
	if !ws.Known || !poll.Known {
		return Unsure, fmt.Sprintf("overhead of %s: n/a", p.name())
	}
	text := fmt.Sprintf("%s %s per message, WebSocket %s", p.name(), format.Bytes(poll.Number), format.Bytes(ws.Number))
	return yesIf(poll.Number >= littleOverhead*ws.Number), text
}

// judgeLatency compares the factors' intervals with the bound.
func judgeLatency(p pairing) (Holds, string) {
	median, tail := p.compare(medianLatency), p.compare(tailLatency)
	text := fmt.Sprintf("%s: %s, %s", p.name(), median.Text, tail.Text)
	a, b := halves(median.Factor), halves(tail.Factor)
	switch {
	case a == No || b == No:
		return No, text
	case a == Yes && b == Yes:
		return Yes, text
	}
	return Unsure, text
}

func halves(factor Value) Holds {
	switch {
	case !factor.Known || !factor.Interval:
		return Unsure
	case factor.Low > halved:
		return Yes
	case factor.High < halved:
		return No
	}
	return Unsure
}

// emptyShare is the share of a cell's responses that carried nothing, over the whole session.
func emptyShare(c cell) Value {
	if c.Cell.Wire.Responses <= 0 {
		return unknown()
	}
	return number(float64(c.Cell.Wire.EmptyResponses) / float64(c.Cell.Wire.Responses))
}

func judgeIdle(p pairing) (Holds, string) {
	share := emptyShare(p.poll)
	if !share.Known {
		return Unsure, p.name() + ": no response was counted"
	}
	if hour := p.idleHour(); hour != "" {
		return yesIf(share.Number > forNothing && p.ws.Cell.Wire.Requests == 0), hour
	}
	text := fmt.Sprintf("%s %% of the responses of %s came back empty, WebSocket sent %s requests", format.Trim(100*share.Number), p.name(), format.Grouped(p.ws.Cell.Wire.Requests))
	if share.Number <= forNothing && isLongPoll(p.poll) && p.tooShortToBeIdle() {
		return Unsure, text + "; the run is shorter than one hold time"
	}
	return yesIf(share.Number > forNothing && p.ws.Cell.Wire.Requests == 0), text
}

// cycle is the longest that passes until a client that gets nothing asks again.
func (p pairing) cycle() time.Duration {
	if isLongPoll(p.poll) {
		return p.poll.work.LongPoll.Hold
	}
	return p.poll.work.ShortPoll.Interval
}

// asksAgain says that messages came or that the steady phase was long enough for an idle client to ask again: one that only opens sessions shows no polling.
func (p pairing) asksAgain() bool { return messages(p) || p.poll.work.Duration >= p.cycle() }

// idleHour is what a client takes in an hour in which it gets nothing; empty where messages came, or where it was not measured.
func (p pairing) idleHour() string {
	poll, ws := p.poll.hour(), p.ws.hour()
	if messages(p) || poll == "" || ws == "" {
		return ""
	}
	return fmt.Sprintf("an idle hour of a client took %s of %s, a poll every %s; of WebSocket %s", poll, p.name(), format.Setting(p.cycle()), ws)
}

// hour is "3,600 requests (3,600 answered empty), 3.24 MB and 90.0 ms of server CPU"; empty where it was not measured.
func (c cell) hour() string {
	u := c.Cell.Upkeep
	if u == nil || u.Hourly == nil {
		return ""
	}
	h := u.Hourly
	text := format.Sig(h.Requests) + " requests"
	if h.EmptyResponses > 0 {
		text += fmt.Sprintf(" (%s answered empty)", format.Sig(h.EmptyResponses))
	}
	text += ", " + format.Bytes(h.Bytes)
	if h.ServerCPU != nil {
		text += " and " + format.Nanoseconds(*h.ServerCPU) + " of server CPU"
	}
	return text
}

// tooShortToBeIdle says that no poll of the run could time out although, by the model, more than the bound would in a longer one.
func (p pairing) tooShortToBeIdle() bool {
	length := p.poll.work.Warmup + p.poll.work.Duration
	return length < p.poll.work.LongPoll.Hold && pollModel(p.poll).EmptyShare(p.poll.ratePerClient()) > forNothing
}

// judgeHandshake is of the WebSocket arm; the polling arm stands beside it for scale.
func judgeHandshake(p pairing) (Holds, string) {
	ws, poll := p.ws.handshake(), p.poll.handshake()
	text := fmt.Sprintf("WebSocket opens with %s%s on %s connections per client, %s with %s%s",
		format.Bytes(ws), connectTime(p.ws), format.Sig(p.ws.connections()), p.name(), format.Bytes(poll), connectTime(p.poll))
	return yesIf(p.ws.connections() <= oneConnection && ws >= model.MinimalUpgradeResponse), text
}

func connectTime(c cell) string {
	s := c.Cell.Connect
	if s == nil || s.Count == 0 {
		return ""
	}
	return " in " + format.Nanoseconds(float64(s.P50)) + " (p50)"
}
