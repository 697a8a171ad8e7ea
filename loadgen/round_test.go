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
	for _, pattern := range scenarios.Patterns {
		for _, transport := range []scenarios.Transport{scenarios.WebSocket, scenarios.LongPoll, scenarios.ShortPoll} {
			t.Run(fmt.Sprintf("%s/%s", pattern, transport), func(t *testing.T) {
				plan := testPlan(pattern, transport)
				plan.Scenario.RoomSize = 2 // of five clients, so that the last is alone
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
	summaries := map[string]*results.Summary{"latency": m.Round.Latency, "service": m.Round.Service}
	due := int64(testSteady)
	if u := m.Round.Uplink; u != nil {
		summaries["the uplink's latency"] = u.Latency
		due *= 2
	}
	for name, s := range summaries {
		if s == nil || !close3(s.Min, 3*time.Millisecond) || !close3(s.Max, 3*time.Millisecond) {
			t.Errorf("%s is %+v, want 3ms always", name, s)
		}
	}
	if lag := m.Round.Lag; lag == nil || lag.Count != due || lag.Max != 0 {
		t.Errorf("lag is %+v, want %d times 0", lag, due)
	}
	if g, rate := m.Round.Generator, float64(due)/2; g.AchievedRate != rate || g.OfferedRate != rate {
		t.Errorf("achieved %v of %v/s, want %v of as many", g.AchievedRate, g.OfferedRate, rate)
	}
}

func checkBooks(t *testing.T, m measured, plan Plan) {
	t.Helper()
	clients, size := int64(plan.Scenario.Clients), int64(plan.Scenario.Payload)
	warm, steady := deliveriesOf(t, plan)
	want := results.Delivery{Offered: testSteady, Published: testSteady, Expected: steady, Delivered: steady}
	if got := m.Round.Delivery; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("deliveries %+v, want %+v", got, want)
	}
	// Of what clients say to each other the sender's own delivery carries what sending took; what they say to the application stands apart.
	var sent, posts int64
	least, most := int64(fakeFrame), int64(fakeFrame)
	if plan.Scenario.Pattern.ClientsSend() {
		sent = 1
		if plan.Transport != scenarios.WebSocket {
			posts = testSteady
		}
	}
	if plan.Scenario.Pattern.ClientsSpeak() {
		most = fakeFrame + fakeSend
		if plan.Scenario.Audience() == 1 {
			least = most
		}
	}
	polls := steady
	if plan.Scenario.Pattern == scenarios.Duplex {
		checkUplink(t, m.Round.Uplink, size, posts)
	} else if polls += posts; m.Round.Uplink != nil {
		t.Errorf("nothing goes up, but there is an uplink: %+v", m.Round.Uplink)
	}
	w := m.Round.Wire
	for name, pair := range map[string][2]int64{
		"handshake":         {w.HandshakeBytes, fakeHandshake * clients},
		"warm-up":           {w.WarmupBytes, warm*(size+fakeFrame) + sent*testWarmup*(size+fakeSend)},
		"payload":           {w.PayloadBytes, (steady + sent*testSteady) * size},
		"overhead":          {w.OverheadBytes, steady*fakeFrame + sent*testSteady*fakeSend},
		"tail":              {w.TailBytes, fakeFarewell * clients},
		"steady requests":   {w.SteadyRequests, polls},
		"requests":          {w.Requests, warm + steady + sent*(testWarmup+testSteady)},
		"steady messages":   {w.SteadyMessages, steady},
		"connections":       {w.Connections, clients},
		"overhead samples":  {w.Overhead.Count, steady},
		"smallest overhead": {w.Overhead.Min, least},
		"largest overhead":  {w.Overhead.Max, most},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %d, want %d", name, pair[0], pair[1])
		}
	}
	if w.MessagesPerResponse == nil || *w.MessagesPerResponse != 1 {
		t.Errorf("messages per response are %v, want 1: the answer to a client's own post carries none", w.MessagesPerResponse)
	}
}

// checkUplink holds what went up against a plan that sends as much up as down.
func checkUplink(t *testing.T, u *results.Uplink, size, posts int64) {
	t.Helper()
	if u == nil || u.Overhead == nil {
		t.Fatalf("the uplink is %+v", u)
	}
	for name, pair := range map[string][2]int64{
		"offered":   {u.Delivery.Offered, testSteady},
		"published": {u.Delivery.Published, testSteady},
		"expected":  {u.Delivery.Expected, testSteady},
		"delivered": {u.Delivery.Delivered, testSteady},
		"payload":   {u.PayloadBytes, testSteady * size},
		"overhead":  {u.OverheadBytes, testSteady * fakeSend},
		"posts":     {u.SteadyRequests, posts},
		"samples":   {u.Overhead.Count, testSteady},
		"smallest":  {u.Overhead.Min, fakeSend},
		"largest":   {u.Overhead.Max, fakeSend},
	} {
		if pair[0] != pair[1] {
			t.Errorf("up: %s is %d, want %d", name, pair[0], pair[1])
		}
	}
}

// A burst is one observation, however many messages it has, and its messages leave together.
func TestBurstsAreOneObservationEach(t *testing.T) {
	plan := testPlan(scenarios.Direct, scenarios.LongPoll)
	plan.Scenario.Arrivals, plan.Scenario.Burst = scenarios.Burst, 20
	m := measure(t, plan, &fakeServer{Relay: later(3 * time.Millisecond), Shared: true})
	l, lag := m.Round.Latency, m.Round.Lag
	if l.Count != testSteady || l.Independent != testSteady/20 || lag.Independent != testSteady/20 || lag.Max != 0 || !close3(l.Max, 3*time.Millisecond) {
		t.Errorf("latency %+v, lag %+v; want %d messages that are %d observations", l, lag, testSteady, testSteady/20)
	}
	if m.err != nil || len(m.codes()) > 0 {
		t.Errorf("error %v, warnings %v: that nothing is due between two bursts is no departure from the plan", m.err, m.Round.Warnings)
	}
}

// deliveriesOf counts what a plan's clients are to receive, from the schedule and the pattern's definition alone.
func deliveriesOf(t *testing.T, plan Plan) (warm, steady int64) {
	t.Helper()
	s, err := plan.schedule()
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range s.Events {
		receivers := int64(1)
		if s.GoesUp(e) {
			continue
		}
		switch plan.Scenario.Pattern {
		case scenarios.Broadcast:
			receivers = int64(plan.Scenario.Clients)
		case scenarios.Rooms:
			room := int(e.From) / plan.Scenario.RoomSize * plan.Scenario.RoomSize
			receivers = int64(min(plan.Scenario.RoomSize, plan.Scenario.Clients-room))
		}
		if i < s.Steady {
			warm += receivers
		} else {
			steady += receivers
		}
	}
	return warm, steady
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

func TestProgress(t *testing.T) {
	var phases []string
	synctest.Test(t, func(t *testing.T) {
		parent := Parent{Progress: func(p Progress) {
			if len(phases) == 0 || phases[len(phases)-1] != p.Phase {
				phases = append(phases, p.Phase)
			}
			if p.Clients != 5 || p.Connected != 5 {
				t.Errorf("%d of %d connected", p.Connected, p.Clients)
			}
			if (p.P99 > 0) != (p.Elapsed > 1100*time.Millisecond) && p.Elapsed > 1200*time.Millisecond {
				t.Errorf("p99 %v after %v", p.P99, p.Elapsed)
			}
		}}
		r, err := newRound(testPlan(scenarios.Broadcast, scenarios.WebSocket), &fakeServer{Relay: later(400 * time.Millisecond)}, parent)
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
	// What it cost is not asserted: on a busy machine the readings come too late for a phase as short as this.
	d := result.Round.Delivery
	if d.Offered != 40 || d.Delivered != 40 || result.Round.Latency.Count != 40 {
		t.Errorf("deliveries %+v, latency %+v", d, result.Round.Latency)
	}
}
