package loadgen

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pushbench/results"
	"pushbench/scenarios"
)

// returningPlan is testPlan with clients that come back 100 ms after they lost their session.
func returningPlan(pattern scenarios.Pattern, transport scenarios.Transport) Plan {
	p := testPlan(pattern, transport)
	p.Scenario.Reconnect = scenarios.Reconnecting{Backoff: 100 * time.Millisecond, Max: time.Second, Jitter: scenarios.NoJitter, Resume: true}
	return p
}

// cutBefore cuts clients' sessions before a message of the steady phase.
func cutBefore(number int, clients ...int) func(*fakeServer, int) error {
	return func(s *fakeServer, n int) error {
		if steadyNumber(n) == number {
			for _, id := range clients {
				s.client(id).cut()
			}
		}
		return nil
	}
}

// dueWithin counts the steady messages that are due within a while after one of them.
func dueWithin(t *testing.T, p Plan, number int, d time.Duration) (n int64) {
	t.Helper()
	s, err := p.schedule()
	if err != nil {
		t.Fatal(err)
	}
	from := s.Events[s.Steady+number].Due
	for _, e := range s.Events {
		if e.Due >= from && e.Due < from+d {
			n++
		}
	}
	return n
}

// A client that comes back and goes on where it was has missed nothing. What all its sessions took is in the books, each byte in its place.
func TestAClientComesBack(t *testing.T) {
	const everyone = 5
	for _, lost := range [][]int{{2}, {0, 1, 2, 3, 4}} {
		t.Run(fmt.Sprintf("%d lost", len(lost)), func(t *testing.T) {
			plan := returningPlan(scenarios.Broadcast, scenarios.WebSocket)
			m := measure(t, plan, &fakeServer{Publish: cutBefore(40, lost...)})
			if d := m.Round.Delivery; m.err != nil || d.Delivered != everyone*testSteady || d.Duplicated+d.Reordered != 0 {
				t.Fatalf("error %v, deliveries %+v; want all delivered once", m.err, d)
			}
			n := int64(len(lost))
			if s := m.Round.Sessions; s == nil || s.Lost != n || s.Reopened != n || len(s.FailedOpens) != 0 {
				t.Errorf("sessions %+v, want %d lost and reopened", s, n)
			}
			w := m.Round.Wire
			if w.Connections != everyone+n || w.HandshakeBytes != (everyone+n)*fakeHandshake || w.TailBytes != (everyone+n)*fakeFarewell {
				t.Errorf("wire %+v, want %d sessions' handshakes and farewells", w, everyone+n)
			}
			if w.OverheadBytes != everyone*testSteady*fakeFrame || w.SteadyRequests != everyone*testSteady {
				t.Errorf("wire %+v, want each message to have cost what it costs", w)
			}
			if got, want := time.Duration(m.Round.Latency.Max), 100*time.Millisecond; got < want*9/10 || got > want+time.Millisecond {
				t.Errorf("largest latency %v, want that of a message that waited for the client: about %v", got, want)
			}
			if !slices.Equal(m.codes(), []string{"client_errors"}) || m.Round.Verdict != results.Valid {
				t.Errorf("warnings %v", m.Round.Warnings)
			}
		})
	}
}

// One that begins anew with what is published from then on has lost what was published meanwhile, to the message.
func TestAClientComesBackWithoutResuming(t *testing.T) {
	plan := returningPlan(scenarios.Broadcast, scenarios.LongPoll)
	plan.Scenario.Reconnect.Resume = false
	m := measure(t, plan, &fakeServer{Publish: cutBefore(40, 1, 3)})
	lost := 2 * dueWithin(t, plan, 40, 100*time.Millisecond)
	if d := m.Round.Delivery; m.err != nil || lost == 0 || d.Missed != lost || d.Undelivered != 0 || d.Delivered != 5*testSteady-lost {
		t.Errorf("error %v, deliveries %+v; want %d missed", m.err, d, lost)
	}
	if !slices.Equal(m.codes(), []string{"client_errors"}) {
		t.Errorf("warnings %v", m.Round.Warnings)
	}
}

// Attempts that fail are repeated after a wait that doubles, and what they took is in the books.
func TestAttemptsThatFail(t *testing.T) {
	const took = 40
	var opened []time.Time
	server := &fakeServer{Publish: cutBefore(10, 2)}
	server.Opened = func(c *fakeConn) error {
		if c.spec.ID != 2 {
			return nil
		}
		opened = append(opened, time.Now())
		if n := len(opened); n == 1 || n > 4 {
			return nil
		}
		server.closed++ // never opened
		return &OpenError{Took: Traffic{Sent: took, Handshake: took, Connections: 1}, Err: errFakeGone}
	}
	m := measure(t, returningPlan(scenarios.Broadcast, scenarios.WebSocket), server)
	var waits []time.Duration
	for i := 2; i < len(opened); i++ {
		waits = append(waits, opened[i].Sub(opened[i-1]))
	}
	if want := []time.Duration{200 * time.Millisecond, 400 * time.Millisecond, 800 * time.Millisecond}; !slices.Equal(waits, want) {
		t.Errorf("waits %v, want %v", waits, want)
	}
	w, s := m.Round.Wire, m.Round.Sessions
	if m.err != nil || m.Round.Delivery.Delivered != 5*testSteady || s.FailedOpens["connection"] != 3 || s.Reopened != 1 {
		t.Errorf("error %v, deliveries %+v, sessions %+v; want all delivered after three failures", m.err, m.Round.Delivery, s)
	}
	if w.HandshakeBytes != 6*fakeHandshake+3*took || w.Connections != 6+3 {
		t.Errorf("wire %+v, want the handshakes of six sessions and three attempts", w)
	}
	if !slices.Equal(m.codes(), []string{"client_errors"}) {
		t.Errorf("warnings %v", m.Round.Warnings)
	}
}

// A round ends without waiting for clients that wait, or that wait for a session to open.
func TestARoundEndsWithClientsAway(t *testing.T) {
	reason := errors.New("enough")
	for name, change := range map[string]func(*Plan, *fakeServer){
		"waiting": func(p *Plan, _ *fakeServer) {
			p.Scenario.Reconnect.Backoff, p.Scenario.Reconnect.Max = time.Hour, time.Hour
		},
		"opening": func(_ *Plan, s *fakeServer) {
			s.Opened = func(c *fakeConn) error {
				if c.spec.Resume != "" {
					time.Sleep(time.Second) // one that comes too late is closed again
				}
				return nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			plan, server := returningPlan(scenarios.Broadcast, scenarios.WebSocket), &fakeServer{Publish: cutBefore(80, 0)}
			change(&plan, server)
			m := measureUntil(t, plan, server, func(cancel context.CancelCauseFunc) {
				time.Sleep(headStart + 2400*time.Millisecond)
				cancel(reason)
			})
			if !errors.Is(m.err, reason) || m.Round.Sessions.Lost != 1 || m.Round.Sessions.Reopened != 0 || slices.Contains(m.codes(), results.WarnAccounting) {
				t.Errorf("error %v, sessions %+v, warnings %v", m.err, m.Round.Sessions, m.Round.Warnings)
			}
		})
	}
}

// A user whose session broke writes on when it is back: late, but nothing is lost.
func TestAClientSendsWhenItIsBack(t *testing.T) {
	plan := returningPlan(scenarios.Echo, scenarios.LongPoll)
	m := measure(t, plan, &fakeServer{Publish: cutBefore(30, 0, 1, 2, 3, 4)})
	if d := m.Round.Delivery; m.err != nil || d.Published != testSteady || d.Delivered != testSteady {
		t.Errorf("error %v, deliveries %+v; want all published and delivered", m.err, d)
	}
	s, err := plan.schedule()
	if err != nil {
		t.Fatal(err)
	}
	next := s.Events[s.Steady+31].Due - s.Events[s.Steady+30].Due // after the one that all were cut with
	if want := 100*time.Millisecond - next; !close3(m.Round.SendDelay.Max, want) {
		t.Errorf("largest send delay %v, want %v", time.Duration(m.Round.SendDelay.Max), want)
	}
}

// What a server says of a log that is another than before is counted.
func TestResets(t *testing.T) {
	server := &fakeServer{Publish: func(s *fakeServer, n int) error {
		if steadyNumber(n) == 7 {
			s.client(3).reset()
		}
		return nil
	}}
	m := measure(t, testPlan(scenarios.Broadcast, scenarios.LongPoll), server)
	if s := m.Round.Sessions; m.err != nil || s == nil || s.Resets != 1 || m.Round.Delivery.Delivered != 5*testSteady {
		t.Errorf("error %v, sessions %+v", m.err, s)
	}
}
