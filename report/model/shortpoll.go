package model

import "time"

// ShortPoll is a client that asks every so often and is answered at once, with or without messages. The server keeps what arrives in between.
//
// A message waits from its birth to the next poll. Polls reach the server a fixed cycle C apart, so a message born at a random phase waits U(0, C), whatever
// the rate. Publishers with a period must be given a random phase: a period in a simple ratio to C locks onto it, and all messages wait the same.
type ShortPoll struct {
	Path
	// Interval is the time between polls, or between a response and the next poll.
	Interval time.Duration
	// Sleeps counts Interval from the last response; otherwise polls are due every Interval, and those due while one is still out are skipped.
	Sleeps bool
}

// Cycle is the time between two polls' arrivals at the server. When the client sleeps after each response it is T + 2d(1+h) + c; on a fixed schedule it is T, or
// the next multiple of T that a round trip with turnaround fits into.
func (p ShortPoll) Cycle() time.Duration {
	switch trip := p.Gap(); {
	case p.Sleeps || p.Interval <= 0:
		return max(0, p.Interval) + trip
	case trip <= p.Interval:
		return p.Interval
	default:
		return (trip + p.Interval - 1) / p.Interval * p.Interval
	}
}

// Latency is d + U(0, C): mean d + C/2, p99 d + 0.99·C, never above d + C.
func (p ShortPoll) Latency() UniformWait {
	return UniformWait{Base: p.Delay, Gap: p.Cycle(), Share: 1}
}

// Predict is [ShortPoll.Latency] with the path's measured distribution in place of d.
func (p ShortPoll) Predict(websocket *Empirical) *Convolved {
	return Convolve(websocket, 1, p.Cycle())
}

// RequestsPerSecond is 1/C, whatever the rate of messages; +Inf for a client that never waits on a path without delay.
func (p ShortPoll) RequestsPerSecond() float64 { return 1 / p.Cycle().Seconds() }

// MessagesPerResponse is λC, most responses being empty when it is below 1.
func (p ShortPoll) MessagesPerResponse(rate float64) float64 { return rate * p.Cycle().Seconds() }
