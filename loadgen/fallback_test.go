package loadgen

import (
	"sync"
	"testing"

	"pushbench/results"
	"pushbench/scenarios"
)

// Clients whose upgrades fail receive all by polling, each time they open a session, and what the attempts took is in the books.
func TestFallback(t *testing.T) {
	plan := outagePlan(scenarios.Broadcast, scenarios.WebSocket)
	plan.Scenario.Fallback = 0.4
	var mu sync.Mutex
	transports := map[scenarios.Transport]int{}
	m := measure(t, plan, &fakeServer{Opened: func(c *fakeConn) error {
		mu.Lock()
		defer mu.Unlock()
		transports[c.spec.Transport]++
		return nil
	}})
	if m.err != nil || len(m.codes()) > 0 || m.Round.Verdict != results.Valid || m.Round.Delivery.Delivered != 5*testSteady {
		t.Fatalf("error %v, warnings %v, deliveries %+v", m.err, m.Round.Warnings, m.Round.Delivery)
	}
	if s := m.Round.Sessions; s.FellBack != 4 || s.Reopened != 5 || s.FailedOpens["connection"] != 5 || transports[scenarios.WebSocket] != 6 || transports[scenarios.LongPoll] != 4 {
		t.Errorf("sessions %+v over %v; want two of five clients to fall back twice", s, transports)
	}
	if w := m.Round.Wire; w.HandshakeBytes != 10*fakeHandshake+4*fakeRefusal || w.Connections != 14 {
		t.Errorf("wire %+v, want ten handshakes and four refusals", w)
	}
	checkPolls(t, m.Round, 2)
	plan.Transport = scenarios.LongPoll
	if m = measure(t, plan, &fakeServer{}); m.Round.Sessions.FellBack != 0 {
		t.Error("clients of another transport fell back")
	}
}

// checkPolls checks that a WebSocket arm of five clients has books of its own for those that poll.
func checkPolls(t *testing.T, r results.Round, polls int64) {
	t.Helper()
	if err := results.CheckAccounting(r.Measured); err != nil {
		t.Error(err)
	}
	if len(r.ByTransport) != 2 {
		t.Fatalf("parts %+v, want one over WebSocket and one with long-polling", r.ByTransport)
	}
	ws, poll := r.ByTransport[0], r.ByTransport[1]
	if ws.Transport != scenarios.WebSocket || poll.Transport != scenarios.LongPoll || ws.Clients != 5-polls || poll.Clients != polls {
		t.Errorf("%d clients over %s and %d over %s, want %d to poll", ws.Clients, ws.Transport, poll.Clients, poll.Transport, polls)
	}
	if ws.Delivered == 0 || poll.Delivered == 0 || ws.Connect == nil || poll.Connect == nil || ws.Connect.Count != ws.Clients || poll.Connect.Count != poll.Clients {
		t.Errorf("over WebSocket %+v, with long-polling %+v", ws, poll)
	}
}

// In a workload whose users leave and come, what was sent while one was away is not expected of its part either.
func TestFallbackWithChurn(t *testing.T) {
	plan := churnPlan(scenarios.Broadcast, scenarios.WebSocket)
	plan.Scenario.Fallback = 0.4
	m := measure(t, plan, &fakeServer{})
	if m.err != nil || m.Round.Attendance == nil || m.Round.Attendance.Away == 0 {
		t.Fatalf("error %v, attendance %+v: want somebody to have been away", m.err, m.Round.Attendance)
	}
	if err := results.CheckAccounting(m.Round.Measured); err != nil {
		t.Error(err)
	}
}

// In a round without an outage, where nobody comes back, it is counted all the same.
func TestFallbackOfAll(t *testing.T) {
	plan := testPlan(scenarios.Echo, scenarios.WebSocket)
	plan.Scenario.Fallback = 1
	m := measure(t, plan, &fakeServer{})
	if s := m.Round.Sessions; m.err != nil || s == nil || s.FellBack != 5 || m.Round.Delivery.Delivered != testSteady || len(m.codes()) > 0 {
		t.Errorf("error %v, sessions %+v, deliveries %+v, warnings %v", m.err, s, m.Round.Delivery, m.Round.Warnings)
	}
}
