package loadgen

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"pushbench/results"
	"pushbench/scenarios"
)

// partial checks what every round that ended early must hold.
func (m measured) partial(t *testing.T) {
	t.Helper()
	d := m.Round.Delivery
	if m.Round.Started.IsZero() || d.Delivered == 0 || d.Published >= testSteady || m.Round.Verdict != results.Invalid {
		t.Errorf("want a partial result, have %+v, verdict %s", d, m.Round.Verdict)
	}
	if codes := m.codes(); !slices.Contains(codes, "aborted") || slices.Contains(codes, results.WarnAccounting) || slices.Contains(codes, "rate") {
		t.Errorf("warnings %v, want aborted, and neither the rate nor the books at fault", m.Round.Warnings)
	}
	if m.took > 2*time.Second {
		t.Errorf("it took %v to notice", m.took)
	}
}

func TestServerGone(t *testing.T) {
	dies := func(s *fakeServer, n int) error {
		if steadyNumber(n) == 50 {
			s.die()
		}
		return nil
	}
	refuses := func(_ *fakeServer, n int) error {
		if steadyNumber(n) >= 50 {
			return errFakeGone
		}
		return nil
	}
	for name, server := range map[string]*fakeServer{"every session broke": {Publish: dies}, "takes no more messages": {Publish: refuses}} {
		t.Run(name, func(t *testing.T) {
			m := measure(t, testPlan(scenarios.Broadcast, scenarios.WebSocket), server)
			if !errors.Is(m.err, ErrServerGone) || !errors.Is(m.err, errFakeGone) {
				t.Errorf("error %v, want %v with its cause", m.err, ErrServerGone)
			}
			m.partial(t)
			if !slices.Contains(m.codes(), "client_errors") || m.Round.Delivery.Errors["connection"] == 0 {
				t.Errorf("no errors counted: %+v", m.Round)
			}
		})
	}
}

// One client's broken session is a result: what it did not get is undelivered, and the round goes on.
func TestOneLostClient(t *testing.T) {
	for name, when := range map[string]int{"before the first message": 0, "in the steady phase": testWarmup + 50} {
		t.Run(name, func(t *testing.T) {
			server := &fakeServer{Publish: func(s *fakeServer, n int) error {
				if n == when {
					s.clients[0].fail(errFakeGone)
				}
				return nil
			}}
			m := measure(t, testPlan(scenarios.Broadcast, scenarios.WebSocket), server)
			lost := int64(min(testSteady, testWarmup+testSteady-when))
			if d := m.Round.Delivery; d.Undelivered != lost && d.Undelivered != lost-1 || d.Errors["connection"] != 1 {
				t.Errorf("deliveries %+v, want %d undelivered and one error", d, lost)
			}
			if m.err != nil || m.Round.Verdict != results.Valid || !slices.Equal(m.codes(), []string{"client_errors"}) {
				t.Errorf("error %v, verdict %s, warnings %v", m.err, m.Round.Verdict, m.Round.Warnings)
			}
		})
	}
}

// A session that breaks while others are still being opened is one lost client, not the end of the server.
func TestAClientLostDuringTheRamp(t *testing.T) {
	server := &fakeServer{Opened: func(c *fakeConn) error {
		if c.spec.ID == 0 {
			c.fail(errFakeGone)
			return nil
		}
		time.Sleep(time.Second)
		return nil
	}}
	m := measure(t, testPlan(scenarios.Broadcast, scenarios.WebSocket), server)
	if m.err != nil || m.Round.Delivery.Delivered != 4*testSteady {
		t.Errorf("error %v, deliveries %+v; want %d delivered", m.err, m.Round.Delivery, 4*testSteady)
	}
}

func TestCancelled(t *testing.T) {
	reason := errors.New("the user pressed Ctrl-C")
	ramp := func(c *fakeConn) error { time.Sleep(time.Second); return nil }
	for name, test := range map[string]struct {
		after  time.Duration // from the beginning of the ramp
		server *fakeServer
	}{
		"warm-up":           {headStart + 300*time.Millisecond, &fakeServer{}},
		"steady":            {headStart + 1500*time.Millisecond, &fakeServer{}},
		"drain":             {headStart + 2600*time.Millisecond, &fakeServer{Relay: later(time.Second)}},
		"drain, incomplete": {headStart + 4*time.Second, &fakeServer{Relay: later(time.Hour)}},
	} {
		t.Run(name, func(t *testing.T) {
			m := measureUntil(t, testPlan(scenarios.Broadcast, scenarios.WebSocket), test.server, func(cancel context.CancelCauseFunc) {
				time.Sleep(test.after)
				cancel(reason)
			})
			if !errors.Is(m.err, reason) || m.took != test.after {
				t.Errorf("error %v after %v, want %v after %v", m.err, m.took, reason, test.after)
			}
			if m.Round.Started.IsZero() || !slices.Equal(m.codes(), []string{"aborted"}) {
				t.Errorf("started %v, warnings %v; want a partial result and one warning", m.Round.Started, m.Round.Warnings)
			}
		})
	}
	t.Run("ramp", func(t *testing.T) {
		plan := testPlan(scenarios.Broadcast, scenarios.WebSocket)
		plan.Scenario.Clients = 3 * Connecting
		server := &fakeServer{Opened: ramp}
		m := measureUntil(t, plan, server, func(cancel context.CancelCauseFunc) {
			time.Sleep(1500 * time.Millisecond)
			cancel(reason)
		})
		if m.err == nil || !m.Round.Started.IsZero() || m.took != 2*time.Second {
			t.Errorf("error %v after %v, result %+v; want no result after the second that opening takes", m.err, m.took, m.Round)
		}
		if len(server.clients) != 2*Connecting || server.closed < Connecting {
			t.Errorf("%d sessions were begun, %d of them closed; want %d, and none left open", len(server.clients), server.closed, 2*Connecting)
		}
	})
}

// A write that nobody reads ends with the round, and is not held against the server twice.
func TestBlockedWrites(t *testing.T) {
	for _, pattern := range []scenarios.Pattern{scenarios.Broadcast, scenarios.Echo} {
		t.Run(string(pattern), func(t *testing.T) {
			server := &fakeServer{Publish: func(_ *fakeServer, n int) error {
				if steadyNumber(n) >= 50 {
					return errBlocks
				}
				return nil
			}}
			m := measure(t, testPlan(pattern, scenarios.WebSocket), server)
			if m.err != nil || m.Round.Verdict != results.Valid || len(m.codes()) > 0 {
				t.Errorf("error %v, warnings %v; a server that stopped is a result", m.err, m.Round.Warnings)
			}
			// What waited behind a blocked write was never sent: it is neither published nor expected.
			blocked := map[scenarios.Pattern]int64{scenarios.Broadcast: 1, scenarios.Echo: 5}[pattern]
			d := m.Round.Delivery
			if d.Published != 50+blocked || d.Undelivered != d.Expected-d.Delivered || d.Offered != testSteady || d.Delivered == 0 {
				t.Errorf("deliveries %+v, want %d published", d, 50+blocked)
			}
		})
	}
}

// What waits to be sent when the round ends early is not sent any more.
func TestCancelledWhileTheServerIsSlow(t *testing.T) {
	server := &fakeServer{Publish: func(*fakeServer, int) error { time.Sleep(200 * time.Millisecond); return nil }}
	m := measureUntil(t, testPlan(scenarios.Broadcast, scenarios.WebSocket), server, func(cancel context.CancelCauseFunc) {
		time.Sleep(headStart + 2*time.Second)
		cancel(errors.New("enough"))
	})
	if m.took > headStart+2200*time.Millisecond || server.n > 11 || !slices.Equal(m.codes(), []string{"aborted"}) {
		t.Errorf("after %v %d messages were published, warnings %v; want the one under way and no more", m.took, server.n, m.Round.Warnings)
	}
}

// A user whose session broke is gone: it sends nothing more.
func TestAClientWithoutASessionDoesNotSend(t *testing.T) {
	server := &fakeServer{Publish: func(s *fakeServer, n int) error {
		if n == testWarmup {
			s.client(2).fail(errFakeGone)
		}
		return nil
	}}
	plan := testPlan(scenarios.Echo, scenarios.LongPoll)
	m := measure(t, plan, server)
	sched, err := plan.schedule()
	if err != nil {
		t.Fatal(err)
	}
	theirs := int64(0) // of the steady phase, but for one that may have been on its way
	for _, e := range sched.Events[sched.Steady+1:] {
		if e.Flow == 2 {
			theirs++
		}
	}
	if d := m.Round.Delivery; d.Offered-d.Published != theirs || d.Expected-d.Delivered > 1 || d.Errors["connection"] != 1 {
		t.Errorf("deliveries %+v, want %d not published", d, theirs)
	}
}
