package loadgen

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"pushbench/results"
	"pushbench/scenarios"
)

// killedPlan is outagePlan with a server that dies: another is there after testRefuse, and the clients are back at testReturn.
func killedPlan(pattern scenarios.Pattern, transport scenarios.Transport) Plan {
	p := outagePlan(pattern, transport)
	p.Scenario.Outage.Kill = true
	return p
}

// What the application had to say while there was no server it says to the next one, and clients that resume get all that this one has. Nothing else was lost,
// as everyone had what the first server knew.
func TestServerKilled(t *testing.T) {
	for _, transport := range []scenarios.Transport{scenarios.WebSocket, scenarios.LongPoll} {
		plan := killedPlan(scenarios.Broadcast, transport)
		m := measure(t, plan, &fakeServer{})
		if m.err != nil || len(m.codes()) > 0 || m.Round.Verdict != results.Valid {
			t.Fatalf("error %v, warnings %v: a death that was asked for is no error", m.err, m.Round.Warnings)
		}
		if d := m.Round.Delivery; d.Published != testSteady || d.Delivered != 5*testSteady || d.Duplicated != 0 {
			t.Errorf("deliveries %+v, want all delivered once", d)
		}
		v, kept := m.Round.Recovery, publishedWithin(t, plan, testCutAt, testCutAt+testRefuse)
		if v.Clients != 5 || v.Back != 5 || v.FailedOpens != 5 || v.Missed != 0 || !always(v.Total, testReturn) {
			t.Errorf("recovery %+v", v)
		}
		if kept == 0 || v.PublishedLate != kept || v.Down == nil || !close3(*v.Down, testRefuse) {
			t.Errorf("%d published late after %v, want %d after %v", v.PublishedLate, v.Down, kept, testRefuse)
		}
		if s := m.Round.Sessions; s.Resets != 5 || s.Reopened != 5 {
			t.Errorf("sessions %+v", s)
		}
	}
}

// The log dies with the server: who was away before has lost what the log held for it, to the message.
func TestALogThatIsGone(t *testing.T) {
	plan := killedPlan(scenarios.Broadcast, scenarios.LongPoll)
	s, err := plan.schedule()
	if err != nil {
		t.Fatal(err)
	}
	away := 0
	for s.Events[s.Steady+away].Due-s.Warmup < testCutAt-80*time.Millisecond {
		away++
	}
	lost := publishedWithin(t, plan, s.Events[s.Steady+away].Due-s.Warmup, testCutAt)
	m := measure(t, plan, &fakeServer{Publish: cutBefore(away, 3)})
	if d, v := m.Round.Delivery, m.Round.Recovery; m.err != nil || lost == 0 || d.Missed != lost || d.Undelivered != 0 || v.Missed != lost || v.Back != 5 {
		t.Errorf("error %v, deliveries %+v, recovery %+v; want %d missed", m.err, d, v, lost)
	}
}

// Clients that do not resume miss also what the next server was told before they came back.
func TestServerKilledWithoutResuming(t *testing.T) {
	plan := killedPlan(scenarios.Broadcast, scenarios.WebSocket)
	plan.Scenario.Reconnect.Resume = false
	m := measure(t, plan, &fakeServer{})
	lost := 5 * publishedWithin(t, plan, testCutAt, testCutAt+testReturn)
	if d := m.Round.Delivery; m.err != nil || lost == 0 || d.Missed != lost || m.Round.Recovery.Missed != lost || m.Round.Recovery.Back != 5 || len(m.codes()) > 0 {
		t.Errorf("error %v, deliveries %+v, recovery %+v, warnings %v; want %d missed", m.err, d, m.Round.Recovery, m.Round.Warnings, lost)
	}
}

// A poller that did not ask while there was no server is back when it is told that the log is another.
func TestAPollerThatDidNotNotice(t *testing.T) {
	m := measure(t, killedPlan(scenarios.Broadcast, scenarios.ShortPoll), &fakeServer{Unaware: []int{1, 4}})
	v, s := m.Round.Recovery, m.Round.Sessions
	if m.err != nil || v.Clients != 5 || v.Back != 5 || s.Lost != 3 || s.Reopened != 3 || s.Resets != 5 || m.Round.Delivery.Delivered != 5*testSteady {
		t.Errorf("error %v, recovery %+v, sessions %+v, deliveries %+v", m.err, v, s, m.Round.Delivery)
	}
	if v.Reconnect.Count != 5 || !close3(v.Reconnect.Min, testRefuse) || !close3(v.Reconnect.Max, testReturn) {
		t.Errorf("a session after %+v, want %v and %v", v.Reconnect, testRefuse, testReturn)
	}
}

// What clients wrote to a server that died before it relayed it is lost, and not waited for.
func TestClientsThatSendToAServerThatDies(t *testing.T) {
	plan := killedPlan(scenarios.Echo, scenarios.WebSocket)
	var swallowed atomic.Int64 // clients write at once
	s := &fakeServer{}
	s.Relay = func(c *fakeConn, _ int, message []byte) {
		if began := c.server.began; !began.IsZero() && s.lives(0) && time.Since(began) > headStart+plan.Scenario.Warmup+testCutAt-100*time.Millisecond {
			swallowed.Add(1)
			return
		}
		c.deliver(message)
	}
	m := measure(t, plan, s)
	d := m.Round.Delivery
	if m.err != nil || swallowed.Load() == 0 || d.Published != testSteady || d.Missed+d.Undelivered != swallowed.Load() || len(m.codes()) > 0 {
		t.Errorf("error %v, deliveries %+v, warnings %v; want %d lost", m.err, d, m.Round.Warnings, swallowed.Load())
	}
	if m.took > headStart+plan.Scenario.Warmup+plan.Scenario.Duration+time.Second {
		t.Errorf("it took %v: what died with the server is not waited for", m.took)
	}
}

// A server in whose place no other comes ends the round, which keeps what was measured.
func TestNoServerTakesThePlace(t *testing.T) {
	m := measure(t, killedPlan(scenarios.Broadcast, scenarios.WebSocket), &fakeServer{Doomed: errFakeGone})
	if !errors.Is(m.err, ErrServerGone) || !errors.Is(m.err, errFakeGone) || m.Round.Delivery.Delivered == 0 || slices.Contains(m.codes(), results.WarnAccounting) {
		t.Errorf("error %v, deliveries %+v, warnings %v", m.err, m.Round.Delivery, m.Round.Warnings)
	}
}

func TestKillingNeedsAServerOfOnesOwn(t *testing.T) {
	if _, err := Round(t.Context(), killedPlan(scenarios.Broadcast, scenarios.WebSocket), &fakeServer{}, nil); err == nil {
		t.Error("the round took place")
	}
	plan := killedPlan(scenarios.Broadcast, scenarios.WebSocket)
	plan.Server.Foreign = true
	if _, err := RoundOf(t.Context(), plan, &fakeServer{}, Parent{Restart: (&fakeServer{}).restart}); err == nil {
		t.Error("the round took place with a server that nobody started")
	}
}

// restart is what a parent does that kills the server and starts another when some time has passed.
func (s *fakeServer) restart(ctx context.Context, down time.Duration) (ServerInfo, error) {
	s.mu.Lock()
	s.refusing = time.Now().Add(down)
	s.epoch++
	s.log = nil
	unaware := s.part()
	s.mu.Unlock()
	select {
	case <-time.After(down):
	case <-ctx.Done():
		return ServerInfo{}, context.Cause(ctx)
	}
	for _, c := range unaware {
		c.reset()
	}
	return ServerInfo{}, s.Doomed
}

// part ends the sessions of a server that is killed, but those of the unaware, which it returns: they stand at the beginning of the next one's log.
func (s *fakeServer) part() (unaware []*fakeConn) {
	for _, c := range s.clients {
		switch {
		case !c.open():
		case slices.Contains(s.Unaware, c.spec.ID):
			c.move(s.epoch)
			unaware = append(unaware, c)
		default:
			c.cut()
		}
	}
	return unaware
}

// lives says whether the server of an epoch does.
func (s *fakeServer) lives(epoch int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.epoch == epoch
}

// move lets the session go on at the beginning of another log; what it had not received is gone.
func (c *fakeConn) move(epoch int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue, c.epoch, c.stands = nil, epoch, 0
}
