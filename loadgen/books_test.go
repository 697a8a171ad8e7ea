package loadgen

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"pushbench/results"
	"pushbench/scenarios"
)

// steadyNumber says which message of the steady phase the n-th published one is; below 0 for the warm-up.
func steadyNumber(n int) int { return n - testWarmup }

// firstClients says whether a message is one of the steady phase for the first client.
func firstClients(c *fakeConn, n int) bool { return c.spec.ID == 0 && steadyNumber(n) >= 0 }

// misbehaviours are what a server may do to messages, and what the books must then say.
var misbehaviours = map[string]struct {
	relay func(c *fakeConn, n int, message []byte)
	want  results.Delivery
}{
	"drops every tenth": {
		func(c *fakeConn, n int, m []byte) {
			if steadyNumber(n)%10 != 5 {
				c.deliver(m)
			}
		},
		results.Delivery{Delivered: 450, Missed: 50},
	},
	"drops the last ten": {
		func(c *fakeConn, n int, m []byte) {
			if steadyNumber(n) < 90 {
				c.deliver(m)
			}
		},
		results.Delivery{Delivered: 450, Undelivered: 50},
	},
	"drops in the warm-up": {
		func(c *fakeConn, n int, m []byte) {
			if n != 3 {
				c.deliver(m)
			}
		},
		results.Delivery{Delivered: 500},
	},
	"delivers to one client nothing": {
		func(c *fakeConn, n int, m []byte) {
			if c.spec.ID != 2 {
				c.deliver(m)
			}
		},
		results.Delivery{Delivered: 400, Undelivered: 100},
	},
	"doubles every fourth": {
		func(c *fakeConn, n int, m []byte) {
			c.deliver(m)
			if steadyNumber(n)%4 == 0 {
				c.deliver(m)
			}
		},
		results.Delivery{Delivered: 500, Duplicated: 125},
	},
	"doubles the last one much later": {
		func(c *fakeConn, n int, m []byte) {
			c.deliver(m)
			if steadyNumber(n) == testSteady-1 {
				time.AfterFunc(graceAtLeast/2, func() { c.deliver(m) })
			}
		},
		results.Delivery{Delivered: 500, Duplicated: 5},
	},
	"swaps pairs for one client": {
		swapPairs(),
		results.Delivery{Delivered: 500, Reordered: 50},
	},
	"answers with what is no message": {
		func(c *fakeConn, n int, m []byte) {
			if firstClients(c, n) {
				other := slices.Clone(m)
				other[5] ^= 1 // of another round
				c.deliver([]byte("hello"), other, m[:20], m)
				return
			}
			c.deliver(m)
		},
		results.Delivery{Delivered: 500, Foreign: 300},
	},
	"tells of losses": {
		func(c *fakeConn, n int, m []byte) {
			if firstClients(c, n) && steadyNumber(n) == 8 {
				c.announce(1)
				return
			}
			c.deliver(m)
		},
		results.Delivery{Delivered: 499, Missed: 1, Announced: 1},
	},
}

// swapPairs delivers the second of each two messages before the first.
func swapPairs() func(*fakeConn, int, []byte) {
	var held []byte
	return func(c *fakeConn, n int, m []byte) {
		switch {
		case !firstClients(c, n):
			c.deliver(m)
		case steadyNumber(n)%2 == 0:
			held = m
		default:
			c.deliver(m, held)
		}
	}
}

// Whatever the server does to messages, expected = delivered + missed + undelivered, duplicates stand outside, reordered ones inside, and every byte is somewhere.
func TestBooksOfAMisbehavingServer(t *testing.T) {
	for name, test := range misbehaviours {
		for _, shared := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/batches=%v", name, shared), func(t *testing.T) {
				m := measure(t, testPlan(scenarios.Broadcast, scenarios.LongPoll), &fakeServer{Relay: test.relay, Shared: shared})
				want := test.want
				want.Offered, want.Published, want.Expected = testSteady, testSteady, 5*testSteady
				if fmt.Sprint(m.Round.Delivery) != fmt.Sprint(want) {
					t.Errorf("deliveries %+v, want %+v", m.Round.Delivery, want)
				}
				if m.err != nil || len(m.codes()) > 0 {
					t.Errorf("error %v, warnings %v: a server that misbehaves is a result", m.err, m.Round.Warnings)
				}
			})
		}
	}
}

// A message for another topic, and one that a server kept from an earlier round of the same schedule, are not this client's.
func TestForeignStamps(t *testing.T) {
	plan := testPlan(scenarios.Direct, scenarios.WebSocket)
	sched, err := plan.schedule()
	if err != nil {
		t.Fatal(err)
	}
	tag, err := runTag(sched.Digest(), 0)
	if err != nil {
		t.Fatal(err)
	}
	old := make([]byte, StampSize)
	last := sched.Events[len(sched.Events)-1]
	Stamp{Run: tag, Flow: last.Flow, Seq: last.Seq, Due: last.Due}.put(old)
	server := &fakeServer{}
	server.Opened = func(c *fakeConn) error {
		if c.spec.Topic == (layout{}).topicName(int(last.Flow)) {
			c.deliver(old) // before anything was published
		}
		return nil
	}
	server.Relay = func(c *fakeConn, n int, m []byte) {
		if n == 0 {
			for _, other := range server.clients {
				other.deliver(old, m)
			}
			return
		}
		c.deliver(m)
	}
	m := measure(t, plan, server)
	if d := m.Round.Delivery; d.Foreign != 1+5+4 || d.Delivered != testSteady || d.Expected != testSteady {
		t.Errorf("deliveries %+v, want 10 foreign and all %d delivered", d, testSteady)
	}
	if m.err != nil || len(m.codes()) > 0 {
		t.Errorf("error %v, warnings %v", m.err, m.Round.Warnings)
	}
}

// What sending took is charged to messages that came back; of those that did not it stays in the tail.
func TestSendsOfLostMessages(t *testing.T) {
	server := &fakeServer{Relay: func(c *fakeConn, n int, m []byte) {
		if steadyNumber(n)%10 != 0 {
			c.deliver(m)
		}
	}}
	m := measure(t, testPlan(scenarios.Echo, scenarios.LongPoll), server)
	w, d := m.Round.Wire, m.Round.Delivery
	if d.Delivered != 90 || w.PayloadBytes != 90*200 || w.OverheadBytes != 90*(fakeFrame+fakeSend) || w.SteadyRequests != 2*90 {
		t.Errorf("deliveries %+v, wire %+v; want the payload, overhead and requests of 90 messages", d, w)
	}
	if want := (results.OverheadParts{Framing: 90 * (1 + 2), Headers: 90 * (1 + 5), TLS: 90}); w.OverheadParts == nil || *w.OverheadParts != want {
		t.Errorf("the overhead went into %+v, want %+v", w.OverheadParts, want)
	}
	// Warm-up messages 5 and 15 were lost as well.
	if want := int64(12*(100+fakeSend) + 5*fakeFarewell); w.TailBytes != want {
		t.Errorf("the tail is %d bytes, want the %d of twelve lost messages and five farewells", w.TailBytes, want)
	}
	if m.err != nil || len(m.codes()) > 0 {
		t.Errorf("error %v, warnings %v", m.err, m.Round.Warnings)
	}
}

// A client's own send may fail although the server got the message; it is published all the same, or a delivery would have no publish.
func TestASendThatFailsMayHaveArrived(t *testing.T) {
	server := &fakeServer{Publish: func(_ *fakeServer, n int) error {
		if steadyNumber(n) == 30 {
			return errFakeGone // this one never arrived
		}
		return nil
	}}
	conns := &answerLost{fakeServer: server, lost: map[int]bool{10: true, testSteady - 1: true}}
	var m measured
	synctest.Test(t, func(t *testing.T) {
		r, err := newRound(testPlan(scenarios.Echo, scenarios.LongPoll), conns, Parent{})
		if err != nil {
			t.Fatal(err)
		}
		r.pacing = sleeping
		m.RoundResult, m.err = r.execute(t.Context())
	})
	d := m.Round.Delivery
	if d.Published != testSteady || d.Expected != testSteady || d.Delivered != testSteady-1 || d.Missed+d.Undelivered != 1 || d.Errors["connection"] != 3 {
		t.Errorf("deliveries %+v, want all published, one lost, three errors", d)
	}
	if !slices.Equal(m.codes(), []string{"client_errors"}) {
		t.Errorf("warnings %v", m.Round.Warnings)
	}
}

// answerLost is a server whose answers to some of the steady phase's posts get lost.
type answerLost struct {
	*fakeServer
	lost map[int]bool
}

func (a *answerLost) Open(ctx context.Context, spec ClientSpec) (Conn, error) {
	c, err := a.fakeServer.Open(ctx, spec)
	return &answerLostConn{c.(*fakeConn), a}, err
}

type answerLostConn struct {
	*fakeConn
	target *answerLost
}

func (c *answerLostConn) Send(payload []byte) (Traffic, error) {
	c.server.mu.Lock()
	number := steadyNumber(c.server.n)
	c.server.mu.Unlock()
	cost, err := c.fakeConn.Send(payload)
	if c.target.lost[number] {
		return cost, errFakeGone
	}
	return cost, err
}

// A target that does not say what its bytes went into leaves that open, also if only its sends do not tell.
func TestUntoldParts(t *testing.T) {
	for _, pattern := range []scenarios.Pattern{scenarios.Broadcast, scenarios.Echo} {
		m := measure(t, testPlan(pattern, scenarios.LongPoll), &fakeServer{Untold: true})
		if m.Round.Wire.OverheadParts != nil || m.Round.Wire.OverheadBytes == 0 || m.err != nil {
			t.Errorf("%s: overhead of %d bytes in parts %+v, error %v; want no parts", pattern, m.Round.Wire.OverheadBytes, m.Round.Wire.OverheadParts, m.err)
		}
	}
}

// The server is asked how many messages it accepted, whether or not all of them arrived.
func TestUnaccepted(t *testing.T) {
	for name, relay := range map[string]func(*fakeConn, int, []byte){"all delivered": nil, "none delivered": func(*fakeConn, int, []byte) {}} {
		t.Run(name, func(t *testing.T) {
			server := &fakeServer{Relay: relay, Accepted: func(n int64) int64 { return n - 1 }}
			m := measure(t, testPlan(scenarios.Broadcast, scenarios.WebSocket), server)
			if m.err != nil || m.Round.Verdict != results.Valid || !slices.Equal(m.codes(), []string{"unaccepted"}) {
				t.Errorf("error %v, warnings %v; want one that the server accepted a message less", m.err, m.Round.Warnings)
			}
		})
	}
}
