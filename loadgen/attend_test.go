package loadgen

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"pushbench/results"
	"pushbench/scenarios"
)

// churnPlan is testPlan with two of its five clients leaving each second, one at a time, from 250 ms on.
func churnPlan(pattern scenarios.Pattern, transport scenarios.Transport) Plan {
	p := testPlan(pattern, transport)
	p.Scenario.Churn = scenarios.Churn{Share: 0.4, Away: 300 * time.Millisecond}
	return p
}

// sentToTheAway counts the steady messages that are due while one of their receivers is away.
func sentToTheAway(t *testing.T, p Plan) (n int64) {
	t.Helper()
	s, err := p.schedule()
	if err != nil {
		t.Fatal(err)
	}
	l := newLayout(p.Scenario)
	for _, a := range p.absences() {
		for _, e := range s.Events[s.Steady:] {
			if first, _ := l.heard(a.Client); e.Flow == first && e.Due >= a.From && e.Due < a.To {
				n++
			}
		}
	}
	return n
}

// A client is expected to receive what is sent from when it has a session to when it is asked to leave: no more, no less, whatever the delay.
func TestChurn(t *testing.T) {
	for _, pattern := range []scenarios.Pattern{scenarios.Broadcast, scenarios.Direct} {
		for _, transport := range []scenarios.Transport{scenarios.WebSocket, scenarios.ShortPoll} {
			for _, takes := range []time.Duration{0, 40 * time.Millisecond} {
				t.Run(fmt.Sprintf("%s/%s/%s", pattern, transport, takes), func(t *testing.T) { testChurn(t, churnPlan(pattern, transport), takes) })
			}
		}
	}
}

func testChurn(t *testing.T, plan Plan, takes time.Duration) {
	server := &fakeServer{}
	if takes > 0 {
		server.Relay = later(takes)
	}
	m := measure(t, plan, server)
	away, all := sentToTheAway(t, plan), testSteady*int64(newLayout(plan.Scenario).share)
	d, a := m.Round.Delivery, m.Round.Attendance
	if m.err != nil || len(m.codes()) > 0 || m.Round.Verdict != results.Valid {
		t.Fatalf("error %v, warnings %v", m.err, m.Round.Warnings)
	}
	if away == 0 || a.Away != away || d.Expected != all-away || d.Delivered != d.Expected || d.Missed+d.Undelivered+d.Duplicated != 0 {
		t.Errorf("%d sent to the away, deliveries %+v; want %d of %d", a.Away, d, away, all)
	}
	// Departures at 250, 750, 1250, 1750 and 2250 ms, arrivals 300 ms later; the steady phase is from 500 to 2500.
	if a.Left != 4 || a.Came != 4 || a.Stayed != 0 || a.Join.Count != 4 || a.Join.Max != 0 {
		t.Errorf("attendance %+v, join %+v", a, a.Join)
	}
	if w := m.Round.Wire; w.Connections != 10 || w.HandshakeBytes != 10*fakeHandshake || w.TailBytes != 10*fakeFarewell {
		t.Errorf("wire %+v, want the handshakes and farewells of ten sessions", w)
	}
	if s := m.Round.Sessions; s.Lost+s.Reopened != 0 || s.FailedOpens != nil {
		t.Errorf("sessions %+v: nothing was lost", s)
	}
}

// A message that a client should have had is missed, though the client has left since.
func TestChurnHidesNoLoss(t *testing.T) {
	plan := churnPlan(scenarios.Broadcast, scenarios.WebSocket)
	leaves := plan.absences()[2]
	var lost int64
	began := time.Time{}
	server := &fakeServer{}
	server.Relay = func(c *fakeConn, _ int, message []byte) {
		if began.IsZero() {
			began = server.began.Add(headStart)
		}
		// In the last 100 ms before the client leaves nothing reaches it but the last message of all.
		if at := time.Since(began); c.spec.ID == leaves.Client && at > leaves.From-100*time.Millisecond && at <= leaves.From-20*time.Millisecond {
			lost++
			return
		}
		c.deliver(message)
	}
	m := measure(t, plan, server)
	d, a := m.Round.Delivery, m.Round.Attendance
	if m.err != nil || lost == 0 || d.Missed+d.Undelivered != lost || a.Left < 3 || a.Away+d.Expected != 5*testSteady {
		t.Errorf("error %v, deliveries %+v, attendance %+v; want %d lost", m.err, d, a, lost)
	}
}

// Who comes while the server refuses tries again, and what it took is in the books.
func TestComingAgain(t *testing.T) {
	plan := churnPlan(scenarios.Broadcast, scenarios.WebSocket)
	second, refused := plan.absences()[1].Client, 0
	var mu sync.Mutex
	sessions := map[int]int{}
	server := &fakeServer{}
	server.Opened = func(c *fakeConn) error {
		mu.Lock()
		defer mu.Unlock()
		sessions[c.spec.ID]++
		if c.spec.ID != second || sessions[second] < 2 || refused == 2 {
			return nil
		}
		refused++
		server.mu.Lock()
		server.closed++ // never opened
		server.mu.Unlock()
		return &OpenError{Took: Traffic{Sent: 40, Handshake: 40, Connections: 1}, Err: errFakeGone}
	}
	m := measure(t, plan, server)
	if s, w := m.Round.Sessions, m.Round.Wire; m.err != nil || s.FailedOpens["connection"] != 2 || w.HandshakeBytes != 10*fakeHandshake+80 {
		t.Errorf("error %v, sessions %+v, wire %+v", m.err, s, w)
	}
	if d, a := m.Round.Delivery, m.Round.Attendance; d.Delivered != d.Expected || a.Away <= sentToTheAway(t, plan) {
		t.Errorf("deliveries %+v, attendance %+v", d, a)
	}
}
