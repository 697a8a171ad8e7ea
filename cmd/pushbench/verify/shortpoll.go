package verify

import (
	"context"
	"fmt"
	"time"

	"pushbench/report/model"
	"pushbench/scenarios"
)

// shortPoll holds plain polling against its model.
var shortPoll = Check{
	Name:   "shortpoll",
	Source: "a message waits for the next poll: U(0,T) on a fixed schedule, U(0,T+2d+c) when the client sleeps after each response; d from the WebSocket cell",
	Run:    runShortPoll,
}

const (
	shortPollDelay    = 25 * time.Millisecond
	shortPollInterval = 200 * time.Millisecond
	// sleepTurnaround is what a sleeping poller's c comes to: Go's timers wake at a granularity of 1 ms, half of it late in the mean.
	sleepTurnaround = 500 * time.Microsecond
)

func runShortPoll(ctx context.Context, lab Lab, depth Depth) ([]Finding, error) {
	l := load{
		delay: shortPollDelay, clients: 100, rate: 100, duration: time.Second,
		transports: []scenarios.Transport{scenarios.WebSocket, scenarios.ShortPoll},
	}
	if depth == Long {
		l.duration = 6 * time.Second
	}
	var findings []Finding
	var websocket *model.Empirical
	for _, schedule := range scenarios.PollSchedules {
		s := l.scenario("verify-shortpoll")
		s.ShortPoll = scenarios.ShortPolling{Interval: shortPollInterval, Schedule: schedule}
		s.Warmup += shortPollInterval
		if websocket != nil {
			s.Transports = []scenarios.Transport{scenarios.ShortPoll}
		}
		cells, err := measure(ctx, lab, s)
		if err != nil {
			return findings, err
		}
		if websocket == nil {
			pushed, err := latencies(cells[scenarios.WebSocket])
			if err != nil {
				return findings, err
			}
			websocket = pushed.Empirical
		}
		found, err := predictShortPoll(websocket, schedule).compare(cells[scenarios.ShortPoll])
		findings = append(findings, found...)
		if err != nil {
			return findings, err
		}
	}
	return findings, nil
}

// predictShortPoll is what a short-polling cell must measure.
func predictShortPoll(websocket *model.Empirical, schedule scenarios.PollSchedule) prediction {
	m := model.ShortPoll{Path: model.Measured(websocket, sleepTurnaround), Interval: shortPollInterval, Sleeps: schedule == scenarios.PollSleep}
	return prediction{fmt.Sprintf("d=%v T=%v %s", shortPollDelay, shortPollInterval, schedule), m.Predict(websocket), m.Path}
}
