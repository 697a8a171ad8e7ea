package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"pushbench/report/model"
	"pushbench/scenarios"
)

// longpollModel holds long-polling against its model, in which nothing is fitted: the path's delay is the WebSocket cell's, the turnaround is measured apart.
var longpollModel = Check{
	Name:   "longpoll-model",
	Source: "renewal model: a poll is away for τ = 2d(1+h) + c, a share λτ/(λτ+e^−λτ) of messages waits U(0,τ); d from the WebSocket cell, c from a calibration",
	Run:    runLongpollModel,
}

// The transports that are compared together.
var (
	allPushed    = []scenarios.Transport{scenarios.WebSocket, scenarios.LongPoll, scenarios.LongPollNewConn}
	keptAlive    = []scenarios.Transport{scenarios.WebSocket, scenarios.LongPoll}
	reconnecting = []scenarios.Transport{scenarios.WebSocket, scenarios.LongPollNewConn}
	polling      = []scenarios.Transport{scenarios.LongPoll, scenarios.LongPollNewConn}
)

// defaultLoads are rates and setups at 50 ms, some 10,000 messages each.
//
// Durations are whole multiples of the gap: at a high rate the first messages set all polls off together, and they stay together. A part of
// a gap at the end would weigh too much; and many clients that all come at once would wait for each other's work, which is not in the model, so there are few.
var defaultLoads = []load{
	{delay: 50 * time.Millisecond, clients: 50, rate: 100, duration: 1600 * time.Millisecond, transports: keptAlive},
	{delay: 50 * time.Millisecond, clients: 400, rate: 10, duration: 2 * time.Second, transports: polling},
	{delay: 50 * time.Millisecond, tls: scenarios.TLS13, clients: 50, rate: 100, duration: 1500 * time.Millisecond, transports: []scenarios.Transport{scenarios.LongPollNewConn}},
}

// longLoads are the whole table, λ from 1 to 100 a second for each client and d of 5 and 50 ms. A new TLS connection takes the machine some half of a millisecond, so there are
// fewer of those: clients that wait for each other's handshakes are not in the model.
func longLoads() []load {
	var loads []load
	for _, d := range []time.Duration{5 * time.Millisecond, 50 * time.Millisecond} {
		for _, at := range []struct {
			rate    float64
			clients int
		}{{1, 1700}, {4, 500}, {10, 250}, {100, 50}} {
			loads = append(loads, load{delay: d, clients: at.clients, rate: at.rate, duration: 6 * time.Second, transports: allPushed})
		}
		loads = append(loads,
			load{delay: d, tls: scenarios.TLS13, clients: 10, rate: 100, duration: 6 * time.Second, transports: reconnecting})
	}
	return append(loads, load{delay: 50 * time.Millisecond, tls: scenarios.TLS13, clients: 200, rate: 10, duration: 6 * time.Second, transports: reconnecting})
}

func runLongpollModel(ctx context.Context, lab Lab, depth Depth) ([]Finding, error) {
	loads, rounds := defaultLoads, 1
	if depth == Long {
		loads, rounds = longLoads(), 5
	}
	c, err := turnarounds(ctx, lab, rounds)
	if err != nil {
		return nil, err
	}
	predictor := predictor{lab: lab, turnarounds: c}
	findings := smallTurnarounds(c)
	for _, l := range loads {
		found, err := predictor.compare(ctx, l)
		findings = append(findings, found...)
		if err != nil {
			return findings, err
		}
	}
	return findings, nil
}

// smallTurnarounds holds the poll loop itself to being quick. The predictions take its time as it is, so they would not notice a slow one.
func smallTurnarounds(c map[model.Setup]time.Duration) []Finding {
	var findings []Finding
	for _, setup := range slices.Sorted(maps.Keys(c)) {
		limit := lateness * time.Duration(1+setup)
		findings = append(findings, within(fmt.Sprintf("h=%d turnaround c", setup), 0, milliseconds(c[setup]), milliseconds(limit), "ms",
			fmt.Sprintf("%v for each round trip, as a valid cell may be late; below 0 by the publisher's share of d", lateness)))
	}
	return findings
}

// predictor turns WebSocket cells into what polling must measure.
type predictor struct {
	lab         Lab
	turnarounds map[model.Setup]time.Duration
	websocket   *model.Empirical
}

// compare measures a load and compares its polling cells with the model.
func (p *predictor) compare(ctx context.Context, l load) ([]Finding, error) {
	cells, err := measure(ctx, p.lab, l.scenario("verify-longpoll"))
	if err != nil {
		return nil, err
	}
	if cell, ok := cells[scenarios.WebSocket]; ok {
		pushed, err := latencies(cell)
		if err != nil {
			return nil, err
		}
		p.websocket = pushed.Empirical
	}
	var findings []Finding
	for _, t := range slices.DeleteFunc(slices.Clone(l.transports), isWebSocket) {
		setup := setupOf(t, l.tls)
		path := model.Measured(p.websocket, p.turnarounds[setup])
		path.Setup = setup
		m := model.LongPoll{Path: path}
		name := fmt.Sprintf("d=%v λ=%v/s h=%d", l.delay, l.rate, setup)
		found, err := prediction{name, m.Predict(p.websocket, l.rate), path}.compare(cells[t])
		if err != nil {
			return findings, err
		}
		findings = append(findings, found...)
	}
	return findings, nil
}

func isWebSocket(t scenarios.Transport) bool { return t == scenarios.WebSocket }
