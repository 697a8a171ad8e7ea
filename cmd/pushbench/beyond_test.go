package main

import (
	"testing"
	"time"

	"pushbench/scenarios"
)

// What clients open while the load goes on is part of the load: those who come and go, and all at once after an outage.
func TestConnectionsOfThePlannedLoad(t *testing.T) {
	for name, test := range map[string]struct {
		change           func(*scenarios.Scenario)
		transport        scenarios.Transport
		opened, requests float64
	}{
		"all stay":              {func(*scenarios.Scenario) {}, scenarios.WebSocket, 0, 0},
		"a tenth a second":      {func(s *scenarios.Scenario) { s.Churn.Share = 0.1 }, scenarios.WebSocket, 10, 0},
		"outage":                {func(s *scenarios.Scenario) { s.Outage.At, s.Reconnect.Backoff = time.Second, time.Second }, scenarios.WebSocket, 100, 0},
		"nobody comes back":     {func(s *scenarios.Scenario) { s.Outage.At = time.Second }, scenarios.WebSocket, 0, 0},
		"a connection for each": {func(s *scenarios.Scenario) { s.Churn.Share = 0.1 }, scenarios.LongPollNewConn, 1010 + 10, 1010},
		"some fall back":        {func(s *scenarios.Scenario) { s.Churn.Share, s.Fallback = 0.1, 0.5 }, scenarios.WebSocket, 15, 505},
		"stages": {func(s *scenarios.Scenario) {
			s.Stages = scenarios.Stages{{Duration: time.Second, Clients: 20}, {Duration: 4 * time.Second, Clients: 60}, {Clients: 100}}
		}, scenarios.WebSocket, 40, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := scenarios.Default()
			s.Pattern, s.Clients, s.Rate, s.LongPoll.Hold = scenarios.Broadcast, 100, 10, 10*time.Second
			s.Reconnect.Backoff = 0
			test.change(&s)
			if l := newLoad("mine", scenarios.Arm{Transport: test.transport, Scenario: &s}); l.opened != test.opened || l.requests != test.requests {
				t.Errorf("%v connections and %v requests a second, want %v and %v", l.opened, l.requests, test.opened, test.requests)
			}
		})
	}
}

// Of several points of a sweep each figure is the largest, whichever point it is of.
func TestTheMostOfAPlannedLoad(t *testing.T) {
	most := load{}.with(load{target: "mine", clients: 10, bytes: 100}).with(load{target: "mine", clients: 10, bytes: 50, opened: 5, requests: 7})
	if most.target != "mine" || most.bytes != 100 || most.opened != 5 || most.requests != 7 {
		t.Errorf("it is %+v", most)
	}
}
