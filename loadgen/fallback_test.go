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
	plan.Transport = scenarios.LongPoll
	if m = measure(t, plan, &fakeServer{}); m.Round.Sessions.FellBack != 0 {
		t.Error("clients of another transport fell back")
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
