package loadgen

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pushbench/results"
	"pushbench/scenarios"
)

// later delivers after a delay.
func later(d time.Duration) func(*fakeConn, int, []byte) {
	return func(c *fakeConn, _ int, message []byte) { time.AfterFunc(d, func() { c.deliver(message) }) }
}

// close3 says whether a histogram's value is the exact one, at its three digits.
func close3(got int64, want time.Duration) bool { return brief(time.Duration(got)) == brief(want) }

// With a server that takes 3 ms for everything, every pattern's books and times are known to the byte and the nanosecond.
func TestRoundOfEveryPattern(t *testing.T) {
	for _, pattern := range []scenarios.Pattern{scenarios.Broadcast, scenarios.Direct, scenarios.Echo} {
		for _, transport := range []scenarios.Transport{scenarios.WebSocket, scenarios.LongPoll, scenarios.ShortPoll} {
			t.Run(fmt.Sprintf("%s/%s", pattern, transport), func(t *testing.T) {
				plan := testPlan(pattern, transport)
				m := measure(t, plan, &fakeServer{Relay: later(3 * time.Millisecond)})
				if m.err != nil || len(m.codes()) > 0 {
					t.Fatalf("error %v, warnings %v", m.err, m.Round.Warnings)
				}
				checkTimes(t, m)
				checkBooks(t, m, plan)
			})
		}
	}
}

func checkTimes(t *testing.T, m measured) {
	t.Helper()
	for name, s := range map[string]*results.Summary{"latency": m.Round.Latency, "service": m.Round.Service} {
		if s == nil || !close3(s.Min, 3*time.Millisecond) || !close3(s.Max, 3*time.Millisecond) {
			t.Errorf("%s is %+v, want 3ms always", name, s)
		}
	}
	if lag := m.Round.Lag; lag == nil || lag.Count != testSteady || lag.Max != 0 {
		t.Errorf("lag is %+v, want %d times 0", lag, testSteady)
	}
	if m.Round.Generator.AchievedRate != 50 || m.Round.Generator.OfferedRate != 50 {
		t.Errorf("achieved %v of %v/s, want 50 of 50", m.Round.Generator.AchievedRate, m.Round.Generator.OfferedRate)
	}
}

func checkBooks(t *testing.T, m measured, plan Plan) {
	t.Helper()
	clients, each := int64(plan.Scenario.Clients), int64(plan.receivers())
	want := results.Delivery{Offered: testSteady, Published: testSteady, Expected: testSteady * each, Delivered: testSteady * each}
	if got := m.Round.Delivery; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("deliveries %+v, want %+v", got, want)
	}
	size, beyond := int64(plan.Scenario.Payload), int64(fakeFrame)
	payload := size
	requests, connections := testSteady*each, clients
	if plan.Scenario.Pattern == scenarios.Echo {
		payload, beyond = 2*size, fakeFrame+fakeSend
		if plan.Transport != scenarios.WebSocket {
			requests *= 2
		}
	}
	w := m.Round.Wire
	for name, pair := range map[string][2]int64{
		"handshake":         {w.HandshakeBytes, fakeHandshake * clients},
		"warm-up":           {w.WarmupBytes, testWarmup * each * (payload + beyond)},
		"payload":           {w.PayloadBytes, testSteady * each * payload},
		"overhead":          {w.OverheadBytes, testSteady * each * beyond},
		"tail":              {w.TailBytes, fakeFarewell * clients},
		"steady requests":   {w.SteadyRequests, requests},
		"steady messages":   {w.SteadyMessages, testSteady * each},
		"connections":       {w.Connections, connections},
		"overhead samples":  {w.Overhead.Count, testSteady * each},
		"smallest overhead": {w.Overhead.Min, beyond},
		"largest overhead":  {w.Overhead.Max, beyond},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %d, want %d", name, pair[0], pair[1])
		}
	}
	if w.MessagesPerResponse == nil || *w.MessagesPerResponse != 1 {
		t.Errorf("messages per response are %v, want 1: the answer to a client's own post carries none", w.MessagesPerResponse)
	}
}

// steadyNumber says which message of the steady phase the n-th published one is; below 0 for the warm-up.
func steadyNumber(n int) int { return n - testWarmup }

// Whatever the server does to messages, expected = delivered + missed + undelivered, duplicates stand outside, reordered ones inside, and every byte is somewhere.
func TestBooksOfAMisbehavingServer(t *testing.T) {
	var held []byte
	firstClients := func(c *fakeConn, n int) bool { return c.spec.ID == 0 && steadyNumber(n) >= 0 }
	for name, test := range map[string]struct {
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
					time.AfterFunc(drainGrace/2, func() { c.deliver(m) })
				}
			},
			results.Delivery{Delivered: 500, Duplicated: 5},
		},
		"swaps pairs for one client": {
			func(c *fakeConn, n int, m []byte) {
				switch {
				case !firstClients(c, n):
					c.deliver(m)
				case steadyNumber(n)%2 == 0:
					held = m
				default:
					c.deliver(m, held)
				}
			},
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
	} {
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
	tag, err := runTag(sched.Digest())
	if err != nil {
		t.Fatal(err)
	}
	old := make([]byte, StampSize)
	last := sched.Events[len(sched.Events)-1]
	Stamp{Run: tag, Topic: last.Topic, Seq: last.Seq, Due: last.Due}.put(old)
	server := &fakeServer{}
	server.Opened = func(c *fakeConn) error {
		if c.spec.Topic == topicName(last.Topic) {
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

// A server that takes no messages for a while: those that became due meanwhile waited, and that is latency and send delay, never lag.
func TestAStalledServerShowsInLatencyAndNotInLag(t *testing.T) {
	const stall = 500 * time.Millisecond
	for name, server := range map[string]*fakeServer{
		"reads nothing": {Publish: func(_ *fakeServer, n int) error {
			if steadyNumber(n) == 20 {
				time.Sleep(stall)
			}
			return nil
		}},
		"delivers nothing": {Relay: stallFrom(20, stall)},
	} {
		t.Run(name, func(t *testing.T) {
			m := measure(t, testPlan(scenarios.Broadcast, scenarios.WebSocket), server)
			if m.err != nil || m.Round.Verdict != results.Valid || m.Round.Lag.Max != 0 {
				t.Errorf("error %v, verdict %s, lag %+v; want a valid round without lag", m.err, m.Round.Verdict, m.Round.Lag)
			}
			if got := m.Round.Latency.Max; !close3(got, stall) {
				t.Errorf("largest latency %v, want %v", time.Duration(got), stall)
			}
			// About a quarter of the two seconds' messages fell into the stall, and on the average waited for half of it.
			if mean := time.Duration(m.Round.Latency.Mean); mean < stall/12 || mean > stall/5 {
				t.Errorf("mean latency %v, want about %v", mean, stall/8)
			}
			if delayed := m.Round.SendDelay.Max > int64(stall*9/10); delayed != (name == "reads nothing") {
				t.Errorf("send delay is %+v", m.Round.SendDelay)
			}
			if m.Round.Delivery.Delivered != 5*testSteady {
				t.Errorf("deliveries %+v", m.Round.Delivery)
			}
		})
	}
}

// stallFrom delivers nothing for a while from a message of the steady phase on, then all at once.
func stallFrom(number int, length time.Duration) func(*fakeConn, int, []byte) {
	var until time.Time
	return func(c *fakeConn, n int, m []byte) {
		if steadyNumber(n) == number && until.IsZero() {
			until = time.Now().Add(length)
		}
		time.AfterFunc(max(0, time.Until(until)), func() { c.deliver(m) })
	}
}

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
		plan.Scenario.Clients = 3 * connecting
		server := &fakeServer{Opened: ramp}
		m := measureUntil(t, plan, server, func(cancel context.CancelCauseFunc) {
			time.Sleep(1500 * time.Millisecond)
			cancel(reason)
		})
		if m.err == nil || !m.Round.Started.IsZero() || m.took != 2*time.Second {
			t.Errorf("error %v after %v, result %+v; want no result after the second that opening takes", m.err, m.took, m.Round)
		}
		if len(server.clients) != 2*connecting || server.closed < connecting {
			t.Errorf("%d sessions were begun, %d of them closed; want %d, and none left open", len(server.clients), server.closed, 2*connecting)
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
	// Warm-up messages 5 and 15 were lost as well.
	if want := int64(12*(100+fakeSend) + 5*fakeFarewell); w.TailBytes != want {
		t.Errorf("the tail is %d bytes, want the %d of twelve lost messages and five farewells", w.TailBytes, want)
	}
	if m.err != nil || len(m.codes()) > 0 {
		t.Errorf("error %v, warnings %v", m.err, m.Round.Warnings)
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
		if e.Topic == 2 {
			theirs++
		}
	}
	if d := m.Round.Delivery; d.Offered-d.Published != theirs || d.Expected-d.Delivered > 1 || d.Errors["connection"] != 1 {
		t.Errorf("deliveries %+v, want %d not published", d, theirs)
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
		r, err := newRound(testPlan(scenarios.Echo, scenarios.LongPoll), conns, nil)
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

func TestRoundThatCannotStart(t *testing.T) {
	refuse := func(c *fakeConn) error {
		if c.spec.ID == 3 {
			return errFakeGone
		}
		return nil
	}
	m := measure(t, testPlan(scenarios.Broadcast, scenarios.WebSocket), &fakeServer{Opened: refuse})
	if !errors.Is(m.err, errFakeGone) || !strings.Contains(m.err.Error(), "client 4 of 5 (websocket)") || !m.Round.Started.IsZero() {
		t.Errorf("error %v, result %+v; want the error of client 4 and no result", m.err, m.Round)
	}

	var err error
	server := &noPublisher{fakeServer: &fakeServer{}}
	synctest.Test(t, func(t *testing.T) {
		m.RoundResult, err = Round(t.Context(), testPlan(scenarios.Direct, scenarios.WebSocket), server, nil)
	})
	if !errors.Is(err, errFakeGone) || !m.Round.Started.IsZero() || server.closed != 5 || server.streams != 3 {
		t.Errorf("error %v, result %+v, %d sessions closed, %d streams tried; want no result, 5 and 3", err, m.Round, server.closed, server.streams)
	}
}

// noPublisher refuses the third publish stream.
type noPublisher struct {
	*fakeServer
	streams int
}

func (p *noPublisher) OpenPublisher(ctx context.Context) (Publisher, error) {
	if p.streams++; p.streams == 3 {
		return nil, errFakeGone
	}
	return p.fakeServer.OpenPublisher(ctx)
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

func TestProgress(t *testing.T) {
	var phases []string
	synctest.Test(t, func(t *testing.T) {
		r, err := newRound(testPlan(scenarios.Broadcast, scenarios.WebSocket), &fakeServer{Relay: later(400 * time.Millisecond)}, func(p Progress) {
			if len(phases) == 0 || phases[len(phases)-1] != p.Phase {
				phases = append(phases, p.Phase)
			}
			if p.Clients != 5 || p.Connected != 5 {
				t.Errorf("%d of %d connected", p.Connected, p.Clients)
			}
			if (p.P99 > 0) != (p.Elapsed > 1100*time.Millisecond) && p.Elapsed > 1200*time.Millisecond {
				t.Errorf("p99 %v after %v", p.P99, p.Elapsed)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		r.pacing = sleeping
		if _, err := r.execute(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	if want := []string{phaseWarmup, phaseSteady, phaseDrain}; !slices.Equal(phases, want) {
		t.Errorf("phases %v, want %v", phases, want)
	}
}

// One short round with the machine's own clock and timer.
func TestRoundInRealTime(t *testing.T) {
	plan := testPlan(scenarios.Direct, scenarios.WebSocket)
	plan.Scenario.Warmup, plan.Scenario.Duration, plan.Scenario.Rate = 20*time.Millisecond, 80*time.Millisecond, 500
	result, err := Round(t.Context(), plan, &fakeServer{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := result.Round.Delivery
	if d.Offered != 40 || d.Delivered != 40 || result.Round.Latency.Count != 40 || result.Round.Generator.CPU == nil {
		t.Errorf("deliveries %+v, latency %+v, generator %+v", d, result.Round.Latency, result.Round.Generator)
	}
}
