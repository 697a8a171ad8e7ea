package loadgen

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pushbench/results"
	"pushbench/scenarios"
)

// What passes in the steady phase is upkeep, whatever it is for; what passes before and after is not.
func TestUpkeepOfABusyRound(t *testing.T) {
	for _, pattern := range scenarios.Patterns {
		t.Run(string(pattern), func(t *testing.T) {
			plan := testPlan(pattern, scenarios.LongPoll)
			plan.Scenario.RoomSize = 2
			m := measure(t, plan, &fakeServer{})
			_, steady := deliveriesOf(t, plan)
			sends := int64(0)
			if pattern.ClientsSend() {
				sends = testSteady
			}
			u := m.Round.Upkeep
			if u == nil {
				t.Fatal("there is no upkeep")
			}
			size := int64(plan.Scenario.Payload)
			want := results.Upkeep{
				ClientHours: 5 * (2 * time.Second).Hours(), SentBytes: sends * (size + fakeSend), ReceivedBytes: steady * (size + fakeFrame),
				Requests: steady + sends, Responses: steady + sends,
			}
			got := *u
			got.Hourly = nil
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("upkeep %+v, want %+v", got, want)
			}
			if hourly := float64(want.SentBytes+want.ReceivedBytes) / want.ClientHours; u.Hourly == nil || u.Hourly.Bytes != hourly || u.Hourly.GeneratorCPU == nil || u.Hourly.ServerCPU != nil {
				t.Errorf("for a client and hour %+v, want %v bytes, the generator's CPU and none of a server elsewhere", u.Hourly, hourly)
			}
		})
	}
}

// Nothing is published, and yet the round lasts, keeps its clients, and says what that took.
func TestIdle(t *testing.T) {
	plan := testPlan(scenarios.Broadcast, scenarios.LongPoll)
	plan.Scenario.Rate, plan.Scenario.TimeScale = 0, 25
	server := &fakeServer{}
	// Each client gets an empty answer at every half second of the warm-up, the steady phase and after it.
	m := measureUntil(t, plan, server, func(context.CancelCauseFunc) {
		time.Sleep(headStart + 100*time.Millisecond)
		for i := range 6 {
			for _, c := range server.opened() {
				c.announce(1) // an answer without a message
			}
			if i < 5 {
				time.Sleep(500 * time.Millisecond)
			}
		}
	})
	r := m.Round
	if m.err != nil || r.Verdict != results.Valid || len(m.codes()) > 0 {
		t.Errorf("error %v, verdict %s, warnings %v", m.err, r.Verdict, r.Warnings)
	}
	if d := r.Delivery; d.Offered+d.Published+d.Expected+d.Delivered+d.Missed+d.Undelivered != 0 || d.Announced == 0 || r.Latency != nil || r.Lag != nil {
		t.Errorf("deliveries %+v, latency %+v, lag %+v; want nothing of all", d, r.Latency, r.Lag)
	}
	if w := r.Wire; w.RequestsPerMessage != nil || w.MessagesPerResponse != nil || w.Overhead != nil || w.TailBytes == 0 || w.PayloadBytes+w.OverheadBytes != 0 {
		t.Errorf("wire %+v, want no ratios and all in handshakes and tail", w)
	}
	if u := r.Upkeep; u == nil || u.Requests != 5*4 || u.EmptyResponses != 5*4 || u.Hourly.EmptyResponses != 3600*2/25.0 {
		t.Errorf("upkeep %+v, want the 4 empty answers of each of 5 clients in 2 seconds, which stand for 50", u)
	}
	if steady := r.Steady(); steady != plan.Scenario.Duration || m.took < headStart+2500*time.Millisecond {
		t.Errorf("the steady phase took %v and the round %v", steady, m.took)
	}
}

// A cell of rounds without any message is merged, sound and valid.
func TestIdleRoundsMerge(t *testing.T) {
	plan := testPlan(scenarios.Direct, scenarios.WebSocket)
	plan.Scenario.Rate = 0
	var rounds []results.RoundData
	for i := range 2 {
		plan.Index = i
		rounds = append(rounds, measure(t, plan, &fakeServer{}).RoundResult)
	}
	cell, err := results.NewCell(results.Cell{Scenario: "idle", Transport: scenarios.WebSocket, Clients: 5}, rounds)
	if err != nil || cell.Verdict != results.Valid || cell.Latency != nil || cell.Connect == nil || cell.Upkeep == nil {
		t.Fatalf("error %v, cell %+v", err, cell)
	}
	if want := 2 * rounds[0].Round.Upkeep.ClientHours; cell.Upkeep.ClientHours != want || cell.Upkeep.Hourly == nil {
		t.Errorf("upkeep %+v, want %v client-hours", cell.Upkeep, want)
	}
}

// Sessions that were lost in the steady phase have cost what they cost, and so have those that took their place.
func TestUpkeepOutlivesSessions(t *testing.T) {
	plan := testPlan(scenarios.Broadcast, scenarios.WebSocket)
	plan.Scenario.Reconnect.Backoff = 100 * time.Millisecond
	server := &fakeServer{Publish: func(s *fakeServer, n int) error {
		if n == 2*testWarmup {
			s.die()
		}
		return nil
	}}
	m := measure(t, plan, server)
	u := m.Round.Upkeep
	if u == nil || u.Connections != 5 || u.SentBytes != 5*(fakeHandshake-100+fakeFarewell) {
		t.Errorf("upkeep %+v, want 5 connections, their openings and the farewells of those before", u)
	}
	if m.err != nil || len(m.codes()) > 1 {
		t.Errorf("error %v, warnings %v", m.err, m.Round.Warnings)
	}
}

// A round that ends before its steady phase does has no upkeep: n/a, not zero.
func TestNoUpkeepOfHalfAPhase(t *testing.T) {
	server := &fakeServer{Publish: func(s *fakeServer, n int) error {
		if n == 2*testWarmup {
			s.die()
		}
		return nil
	}}
	if m := measure(t, testPlan(scenarios.Broadcast, scenarios.WebSocket), server); m.err == nil || m.Round.Upkeep != nil {
		t.Errorf("error %v, upkeep %+v", m.err, m.Round.Upkeep)
	}
}

// Totals are read while clients receive and send: with -race this is the test of it.
func TestTotalsWhileClientsWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, err := newRound(testPlan(scenarios.Echo, scenarios.LongPoll), &fakeServer{}, Parent{})
		if err != nil {
			t.Fatal(err)
		}
		r.pacing = sleeping
		var last Traffic
		r.parent.Progress = func(p Progress) {
			now := r.totals()
			if now.Sent < last.Sent || now.Received < last.Received || now.Requests < last.Requests {
				t.Errorf("totals went from %+v to %+v", last, *now)
			}
			last = *now
		}
		if _, err := r.execute(t.Context()); err != nil || last.Requests == 0 {
			t.Errorf("error %v, last totals %+v", err, last)
		}
	})
}
