package loadgen

import (
	"testing"
	"time"

	"pushbench/scenarios"
)

// latecomer passes messages on a second late, and every fourth not at all. What is not a second old when the last message comes is never delivered.
type latecomer struct {
	held []heldMessage
	// passed and dropped are the numbers of messages passed on, and of those left out on the way.
	passed, dropped []int
}

type heldMessage struct {
	n       int
	at      time.Time
	message []byte
}

func (l *latecomer) take(c *fakeConn, n int, m []byte) {
	l.held = append(l.held, heldMessage{n, time.Now(), m})
	for time.Since(l.held[0].at) >= time.Second {
		h := l.held[0]
		l.held = l.held[1:]
		if h.n%4 == 3 {
			l.dropped = append(l.dropped, h.n)
			continue
		}
		l.passed = append(l.passed, h.n)
		c.deliver(h.message)
	}
}

// steady counts the numbers of the steady phase's messages below a limit.
func steady(numbers []int, limit int) (n int64) {
	for _, number := range numbers {
		if number >= testWarmup && number < limit {
			n++
		}
	}
	return n
}

// One of five clients reads late: its books are its own, to the message, and nobody else's latency has it. The round does not wait for what it lacks.
func TestSlowReadersStandApart(t *testing.T) {
	plan := testPlan(scenarios.Broadcast, scenarios.WebSocket)
	plan.Scenario.Slow.Share = 0.2
	var late latecomer
	m := measure(t, plan, &fakeServer{Relay: func(c *fakeConn, n int, message []byte) {
		if c.spec.Slow {
			late.take(c, n, message)
			return
		}
		c.deliver(message)
	}})
	if m.err != nil || m.Round.Slow == nil {
		t.Fatalf("%v; of the slow client is said %+v", m.err, m.Round.Slow)
	}
	d, s, last := m.Round.Delivery, *m.Round.Slow, late.passed[len(late.passed)-1]
	if d.Expected != 4*testSteady || d.Delivered != 4*testSteady || d.Missed+d.Undelivered != 0 || m.Round.Latency.Max >= int64(time.Second) {
		t.Errorf("the others: %+v, latency up to %v", d, time.Duration(m.Round.Latency.Max))
	}
	delivered, missed := steady(late.passed, last+1), steady(late.dropped, last)
	if s.Clients != 1 || s.Expected != testSteady || s.Delivered != delivered || s.Missed != missed || s.Undelivered != testSteady-delivered-missed || s.CutOff != 0 {
		t.Errorf("the slow one: %+v, want %d delivered and %d missed", s, delivered, missed)
	}
	if s.Undelivered == 0 || s.Missed == 0 || s.Latency.Count != s.Delivered+s.Undelivered || s.Latency.Max < int64(time.Second) {
		t.Errorf("the slow one: %+v with latency %+v", s, s.Latency)
	}
	if o := m.Round.Wire.Overhead; o.Count != d.Delivered+s.Delivered {
		t.Errorf("overhead of %d messages, want everybody's %d", o.Count, d.Delivered+s.Delivered)
	}
	if limit := plan.Scenario.Warmup + plan.Scenario.Duration + 2*time.Second; m.took > limit {
		t.Errorf("the round took %v: it waited for the slow one", m.took)
	}
}

// A slow client that the server gives up is counted; the others go on.
func TestSlowReadersCutOff(t *testing.T) {
	plan := testPlan(scenarios.Direct, scenarios.SSE)
	plan.Scenario.Slow.Share = 0.4
	server := &fakeServer{Relay: func(c *fakeConn, n int, m []byte) {
		if c.spec.Slow {
			c.cut()
			return
		}
		c.deliver(m)
	}}
	m := measure(t, plan, server)
	d, s := m.Round.Delivery, m.Round.Slow
	if s.Clients != 2 || s.CutOff != 2 || s.Delivered != 0 || s.Undelivered != s.Expected || d.Delivered != d.Expected || d.Expected+s.Expected != testSteady {
		t.Errorf("the others %+v, the slow %+v", d, *s)
	}
}
