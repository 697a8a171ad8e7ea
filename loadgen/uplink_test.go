package loadgen

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pushbench/results"
	"pushbench/scenarios"
)

// upward relays what comes down at once and hands what goes up to f, which counts from the first message of the steady phase that the application has.
func upward(f func(c *fakeConn, n int, m []byte)) func(*fakeConn, int, []byte) {
	var counted atomic.Int64 // in a bubble clients send one after the other, yet each in a goroutine of its own
	return func(c *fakeConn, _ int, m []byte) {
		if c.spec.ID != fakeApplication {
			c.deliver(m)
			return
		}
		f(c, int(counted.Add(1))-1-testWarmup, m)
	}
}

// What the server does to messages for the application stands in the uplink's books and nowhere else, and its sends are charged only if they arrived.
func TestBooksOfTheUplink(t *testing.T) {
	for name, test := range map[string]struct {
		relay func(c *fakeConn, n int, m []byte)
		want  results.Delivery
	}{
		"drops every tenth": {func(c *fakeConn, n int, m []byte) {
			if n%10 != 5 {
				c.deliver(m)
			}
		}, results.Delivery{Delivered: 90}},
		"doubles every fourth": {func(c *fakeConn, n int, m []byte) {
			c.deliver(m)
			if n%4 == 0 {
				c.deliver(m)
			}
		}, results.Delivery{Delivered: 100, Duplicated: 25}},
		"tells of losses": {func(c *fakeConn, n int, m []byte) {
			if n == 50 {
				c.announce(1)
				return
			}
			c.deliver(m)
		}, results.Delivery{Delivered: 99, Announced: 1}},
		"what is no message": {func(c *fakeConn, n int, m []byte) {
			c.deliver(m)
			if n == 7 {
				c.deliver([]byte("hello"))
			}
		}, results.Delivery{Delivered: 100, Foreign: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			m := measure(t, testPlan(scenarios.Duplex, scenarios.LongPoll), &fakeServer{Relay: upward(test.relay)})
			u, w := m.Round.Uplink, m.Round.Wire
			got := u.Delivery
			lost := got.Missed + got.Undelivered
			got.Missed, got.Undelivered = 0, 0
			want := test.want
			want.Offered, want.Published, want.Expected = testSteady, testSteady, testSteady
			if fmt.Sprint(got) != fmt.Sprint(want) || lost != testSteady-want.Delivered {
				t.Errorf("up: %+v, %d lost; want %+v, %d lost", got, lost, want, testSteady-want.Delivered)
			}
			if u.PayloadBytes != want.Delivered*100 || u.OverheadBytes != want.Delivered*fakeSend || u.SteadyRequests != want.Delivered {
				t.Errorf("up: %+v; want the payload, overhead and requests of %d messages", u, want.Delivered)
			}
			if d := m.Round.Delivery; d.Delivered != testSteady || d.Duplicated+d.Foreign+d.Missed+d.Undelivered != 0 || w.SteadyRequests != testSteady {
				t.Errorf("down: %+v, %d requests; want all %d, untouched by what happens above", d, w.SteadyRequests, testSteady)
			}
			if m.err != nil || len(m.codes()) > 0 {
				t.Errorf("error %v, warnings %v", m.err, m.Round.Warnings)
			}
		})
	}
}

// What a stalled way up costs is the uplink's latency alone.
func TestAStalledUplink(t *testing.T) {
	const stall = 500 * time.Millisecond
	var until time.Time
	m := measure(t, testPlan(scenarios.Duplex, scenarios.WebSocket), &fakeServer{Relay: upward(func(c *fakeConn, n int, m []byte) {
		if n == 20 {
			until = time.Now().Add(stall)
		}
		time.AfterFunc(max(0, time.Until(until)), func() { c.deliver(m) })
	})})
	if up, down := m.Round.Uplink.Latency, m.Round.Latency; !close3(up.Max, stall) || down.Max != 0 || m.Round.Lag.Max != 0 {
		t.Errorf("latency up %+v, down %+v; want at most %v and 0", up, down, stall)
	}
}

// Messages that the application still awaits at the end are in the uplink's latency with the time they were waited for.
func TestAnUplinkThatTimesOut(t *testing.T) {
	m := measure(t, testPlan(scenarios.Duplex, scenarios.WebSocket), &fakeServer{Relay: upward(func(c *fakeConn, n int, m []byte) {
		if n < 90 {
			c.deliver(m)
		}
	})})
	u := m.Round.Uplink
	if u.Delivery.Undelivered != 10 || u.Latency.Count != testSteady || u.Latency.Max < int64(drainAtLeast) {
		t.Errorf("up: %+v, latency %+v; want 10 undelivered that waited for the drain", u.Delivery, u.Latency)
	}
}

// Without its subscription the application is deaf, and the round has nothing to measure.
func TestTheApplicationLosesItsSubscription(t *testing.T) {
	server := &fakeServer{Publish: func(s *fakeServer, n int) error {
		if n == 2*testWarmup {
			s.client(fakeApplication).fail(errFakeGone)
		}
		return nil
	}}
	m := measure(t, testPlan(scenarios.Duplex, scenarios.WebSocket), server)
	if !errors.Is(m.err, ErrServerGone) || !errors.Is(m.err, errFakeGone) || !slices.Contains(m.codes(), "aborted") {
		t.Errorf("error %v, warnings %v; want the server gone", m.err, m.Round.Warnings)
	}
}

// deaf is a target on which the application cannot listen.
type deaf struct{ server *fakeServer }

func (d deaf) Open(ctx context.Context, c ClientSpec) (Conn, error) { return d.server.Open(ctx, c) }

func (d deaf) OpenPublisher(ctx context.Context) (Publisher, error) {
	return d.server.OpenPublisher(ctx)
}

// refusing refuses the third subscription.
type refusing struct {
	*fakeServer
	asked int
}

func (r *refusing) Listen(ctx context.Context, topic string) (Subscription, error) {
	if r.asked++; r.asked == 3 {
		return nil, errFakeGone
	}
	return r.fakeServer.Listen(ctx, topic)
}

func TestAnUplinkThatCannotBeOpened(t *testing.T) {
	without, refused := &fakeServer{}, &fakeServer{}
	for want, target := range map[error]Target{errNoListener: deaf{without}, errFakeGone: &refusing{fakeServer: refused}} {
		synctest.Test(t, func(t *testing.T) {
			result, err := Round(t.Context(), testPlan(scenarios.Duplex, scenarios.WebSocket), target, nil)
			if !errors.Is(err, want) || !result.Round.Started.IsZero() {
				t.Errorf("error %v, result %+v; want %v and none", err, result.Round, want)
			}
		})
	}
	if without.closed != 5 || refused.closed != 7 {
		t.Errorf("%d and %d sessions were closed, want the 5 clients' and 2 more", without.closed, refused.closed)
	}
}

func TestUpRate(t *testing.T) {
	plan := testPlan(scenarios.Duplex, scenarios.WebSocket)
	plan.Scenario.UpRate = 10
	m := measure(t, plan, &fakeServer{})
	if up, down := m.Round.Uplink.Delivery, m.Round.Delivery; up.Delivered != 20 || down.Delivered != testSteady {
		t.Errorf("%d up and %d down, want 20 and %d", up.Delivered, down.Delivered, testSteady)
	}
}
