package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pushbench/report/model"
	"pushbench/scenarios"
)

// A poller at this distance and rate gets two messages or more with each response, so that their number tells the gap.
const (
	calibrationRate  = 1000 // per second and client
	calibrationDelay = time.Millisecond
)

var errNoBatches = errors.New("the calibration got too few messages per response to tell the poll loop's turnaround: let nothing else run meanwhile")

// turnarounds measures c for each setup: what a poll loop takes beyond its round trips, that is the response's way through the server, the client's next request, and the
// accepting and encrypting of its connection. It is measured apart from the cells that are predicted with it.
//
// The calibration's polls carry several messages each; from their number follows the gap, [model.GapOf], and what of the gap is not 2d(1+h), with d from a
// WebSocket beside it, is c. No clock but the schedule's has a part in it, so rounds that the rules call invalid for their latencies will do;
// the median of several rounds leaves out those in which the machine stood still.
//
// A WebSocket's latency holds the publisher's and the server's share too, which no poll's round trip does. c is smaller by that, so that 2d(1+h) + c, with d from a
// WebSocket again, is right.
func turnarounds(ctx context.Context, lab Lab, rounds int) (map[model.Setup]time.Duration, error) {
	found := map[model.Setup]time.Duration{}
	var websocket Measurement
	for _, l := range []load{
		{transports: allPushed},
		{tls: scenarios.TLS13, transports: []scenarios.Transport{scenarios.LongPollNewConn}},
	} {
		l.delay, l.clients, l.rate, l.duration = calibrationDelay, 2, calibrationRate, 300*time.Millisecond
		s := l.scenario("verify-calibration")
		s.Rounds = rounds
		all, err := lab.Measure(ctx, s, Options{})
		if err != nil {
			return nil, fmt.Errorf("calibration: %w", err)
		}
		for _, m := range all {
			if m.Cell.Transport == scenarios.WebSocket {
				websocket = m
				continue
			}
			setup := setupOf(m.Cell.Transport, l.tls)
			if found[setup], err = turnaround(websocket, m, setup); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// turnaround is the median over the rounds of a calibration.
func turnaround(websocket, polled Measurement, setup model.Setup) (time.Duration, error) {
	var each []time.Duration
	for i, round := range polled.Cell.Rounds {
		k := round.Wire.MessagesPerResponse
		if k == nil || *k < 1.2 || websocket.Cell.Rounds[i].Latency == nil {
			return 0, fmt.Errorf("%w (%s)", errNoBatches, polled.Cell.Transport)
		}
		path := model.Path{Delay: time.Duration(websocket.Cell.Rounds[i].Latency.P50), Setup: setup}
		each = append(each, model.GapOf(calibrationRate, *k)-path.RoundTrip())
	}
	slices.Sort(each)
	return each[len(each)/2], nil
}
