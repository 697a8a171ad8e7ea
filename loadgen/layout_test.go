package loadgen

import (
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"pushbench/loadgen/schedule"
	"pushbench/scenarios"
)

// Whatever the pattern, a flow is heard by exactly those who receive its topic, and by as many as the audience says; and whoever speaks hears himself.
func TestLayout(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := scenarios.Default()
		s.Pattern = rapid.SampledFrom(scenarios.Patterns).Draw(t, "pattern")
		s.Clients, s.RoomSize = rapid.IntRange(1, 60).Draw(t, "clients"), rapid.IntRange(1, 70).Draw(t, "room size")
		l := newLayout(s)
		heardBy := make([]int, l.downs())
		for client := range s.Clients {
			first, n := l.heard(client)
			for flow := first; flow < first+uint32(n); flow++ {
				heardBy[flow]++
				if l.topicOf(flow) != l.topic(client) {
					t.Fatalf("client %d hears flow %d of topic %d, but receives topic %d", client, flow, l.topicOf(flow), l.topic(client))
				}
			}
			if own := l.ownFlow(client); l.speak && (own < first || own >= first+uint32(n)) {
				t.Fatalf("client %d does not hear itself: it hears %d flows from %d on", client, n, first)
			} else if l.up && (!l.goesUp(own) || int(own) >= l.flows() || l.receivers(own) != 1 || l.nameOf(own) != l.collectorName(l.collectorOf(client))) {
				t.Fatalf("client %d sends flow %d of %d, on topic %s", client, own, l.flows(), l.nameOf(own))
			}
		}
		for flow, n := range heardBy {
			topic := l.topicOf(uint32(flow))
			if n == 0 || n != l.receivers(uint32(flow)) || n != l.audience(topic) || l.nameOf(uint32(flow)) != l.topicName(topic) || n > s.Audience() || topic >= l.topics() {
				t.Fatalf("flow %d on topic %d of %d is heard by %d clients; its audience is %d, at most %d", flow, topic, l.topics(), n, l.audience(topic), s.Audience())
			}
		}
	})
}

// In a room several speak at once: a message of another member that arrives first is no disorder, one of the same member is.
func TestDisorderIsWithinAFlow(t *testing.T) {
	plan := testPlan(scenarios.Rooms, scenarios.WebSocket)
	plan.Scenario.RoomSize = 5
	s, err := plan.schedule()
	if err != nil {
		t.Fatal(err)
	}
	other, same := pairOf(t, s, false), pairOf(t, s, true)
	for name, test := range map[string]struct {
		swapped   int
		reordered int64
	}{"of two members": {other, 0}, "of one member": {same, 1}} {
		t.Run(name, func(t *testing.T) {
			var held atomic.Pointer[[]byte] // members speak at once
			server := &fakeServer{Relay: func(c *fakeConn, n int, m []byte) {
				switch {
				case c.spec.ID != 0:
					c.deliver(m)
				case n == test.swapped:
					held.Store(&m)
				case n == test.swapped+1:
					c.deliver(m, *held.Load())
				default:
					c.deliver(m)
				}
			}}
			m := measure(t, plan, server)
			if d := m.Round.Delivery; d.Reordered != test.reordered || d.Delivered != 5*testSteady || len(m.codes()) > 0 {
				t.Errorf("deliveries %+v, warnings %v; want %d reordered and all delivered", d, m.Round.Warnings, test.reordered)
			}
		})
	}
}

// pairOf finds two events of the steady phase that follow each other, of one sender or of two.
func pairOf(t *testing.T, s *schedule.Schedule, same bool) int {
	t.Helper()
	for i := s.Steady; i+1 < len(s.Events); i++ {
		if (s.Events[i].From == s.Events[i+1].From) == same {
			return i
		}
	}
	t.Fatal("the schedule has no such pair")
	return 0
}

// Who is in a room is heard by its members and by nobody else; what a member that is gone would have said is expected of nobody.
func TestAMemberThatLeavesIsNotWaitedFor(t *testing.T) {
	plan := testPlan(scenarios.Rooms, scenarios.LongPoll)
	plan.Scenario.RoomSize = 3 // rooms of 3 and 2
	server := &fakeServer{Publish: func(s *fakeServer, n int) error {
		if n == testWarmup {
			s.client(4).fail(errFakeGone)
		}
		return nil
	}}
	m := measure(t, plan, server)
	s, err := plan.schedule()
	if err != nil {
		t.Fatal(err)
	}
	var said, delivered, lost int64
	for i, e := range s.Events[s.Steady:] {
		switch {
		case e.From == 4 && i > 0:
			continue
		case e.From == 3:
			delivered, lost = delivered+1, lost+1 // the other member of its room is gone
		case e.From < 3:
			delivered += 3
		}
		said++
	}
	d := m.Round.Delivery
	if d.Published != said || d.Delivered < delivered || d.Delivered > delivered+2 || d.Expected-d.Delivered > lost+2 || d.Errors["connection"] != 1 {
		t.Errorf("deliveries %+v, want %d published and about %d delivered, %d lost", d, said, delivered, lost)
	}
	if d.Expected != d.Delivered+d.Missed+d.Undelivered {
		t.Errorf("deliveries %+v do not add up", d)
	}
}
