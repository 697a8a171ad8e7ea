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

const (
	testCutAt  = 700 * time.Millisecond // of the steady phase
	testRefuse = 250 * time.Millisecond
	// testReturn is when the clients of outagePlan are back: the attempt after 100 ms is refused, that after 200 more is not.
	testReturn = 300 * time.Millisecond
)

// outagePlan is a plan whose clients are all cut, and come back together.
func outagePlan(pattern scenarios.Pattern, transport scenarios.Transport) Plan {
	p := returningPlan(pattern, transport)
	p.Scenario.Outage = scenarios.Outage{At: testCutAt, Refuse: testRefuse}
	return p
}

// publishedWithin counts the steady messages due within a part of the steady phase.
func publishedWithin(t *testing.T, p Plan, from, to time.Duration) (n int64) {
	t.Helper()
	s, err := p.schedule()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range s.Events[s.Steady:] {
		if at := e.Due - s.Warmup; at >= from && at < to {
			n++
		}
	}
	return n
}

// always says whether all of a summary's values are one.
func always(s *results.Summary, want time.Duration) bool {
	return s != nil && close3(s.Min, want) && close3(s.Max, want)
}

// All clients are cut at one instant and come back by their backoff. With a cursor nothing is missed, and the way back is measured to the nanosecond.
func TestOutage(t *testing.T) {
	const replay = 20 * time.Millisecond
	for _, transport := range []scenarios.Transport{scenarios.WebSocket, scenarios.LongPoll} {
		m := measure(t, outagePlan(scenarios.Broadcast, transport), &fakeServer{ReplayAfter: replay})
		if m.err != nil || len(m.codes()) > 0 || m.Round.Verdict != results.Valid {
			t.Fatalf("error %v, warnings %v: an outage that was asked for is no error", m.err, m.Round.Warnings)
		}
		if d := m.Round.Delivery; d.Delivered != 5*testSteady || d.Duplicated != 0 || d.Errors != nil {
			t.Errorf("deliveries %+v, want all delivered once", d)
		}
		v := m.Round.Recovery
		if v.Clients != 5 || v.Back != 5 || v.FailedOpens != 5 || v.Missed != 0 || v.PeakConnects != 50 || v.Full == nil || !close3(*v.Full, testReturn+replay) {
			t.Errorf("recovery %+v", v)
		}
		if !always(v.Reconnect, testReturn) || !always(v.Replay, replay) || !always(v.Total, testReturn+replay) || v.Total.Count != 5 {
			t.Errorf("reconnect %+v, replay %+v, recovery %+v; want %v, %v, %v", v.Reconnect, v.Replay, v.Total, testReturn, replay, testReturn+replay)
		}
		if v.GeneratorCPU == nil || v.GeneratorCPUShare == nil || v.ServerCPU != nil {
			t.Errorf("CPU in recovery: generator %v, server %v", v.GeneratorCPU, v.ServerCPU)
		}
		if s := m.Round.Sessions; s.Lost != 5 || s.Reopened != 5 || s.FailedOpens["connection"] != 5 {
			t.Errorf("sessions %+v", s)
		}
		// The first message that waited for the clients waited longest: it is latency, whatever the reason.
		if got := time.Duration(m.Round.Latency.Max); got > testReturn+replay || got < testReturn/2 {
			t.Errorf("largest latency %v", got)
		}
	}
}

// Clients that may not resume have lost exactly what was published while they were away.
func TestOutageWithoutResuming(t *testing.T) {
	plan := outagePlan(scenarios.Broadcast, scenarios.WebSocket)
	plan.Scenario.Reconnect.Resume = false
	m := measure(t, plan, &fakeServer{})
	lost := 5 * publishedWithin(t, plan, testCutAt, testCutAt+testReturn)
	if d := m.Round.Delivery; m.err != nil || lost == 0 || d.Missed != lost || d.Undelivered != 0 || m.Round.Recovery.Missed != lost {
		t.Errorf("error %v, deliveries %+v, recovery %+v; want %d missed", m.err, d, m.Round.Recovery, lost)
	}
	if v := m.Round.Recovery; v.Back != 5 || !always(v.Total, testReturn) || !always(v.Replay, 0) || len(m.codes()) > 0 {
		t.Errorf("recovery %+v, warnings %v", v, m.Round.Warnings)
	}
	if m.took > headStart+plan.Scenario.Warmup+plan.Scenario.Duration+time.Second {
		t.Errorf("it took %v: what was lost is not waited for", m.took)
	}
}

// With jitter each client comes back by its own waits, which are known before the round.
func TestOutageWithJitter(t *testing.T) {
	plan := outagePlan(scenarios.Broadcast, scenarios.WebSocket)
	plan.Scenario.Reconnect.Jitter = scenarios.FullJitter
	m := measure(t, plan, &fakeServer{})
	var want []time.Duration
	failed := int64(0)
	for id := range 5 {
		var at time.Duration
		for attempt := 0; at < testRefuse; attempt++ {
			if attempt > 0 {
				failed++
			}
			at += plan.backoff().Wait(id, attempt)
		}
		want = append(want, at)
	}
	v := m.Round.Recovery
	if v.FailedOpens != failed || !close3(v.Total.Min, slices.Min(want)) || !close3(v.Total.Max, slices.Max(want)) || !close3(*v.Full, slices.Max(want)) {
		t.Errorf("recovery %+v after %d failures, want %d and %v", v.Total, v.FailedOpens, failed, want)
	}
	if m.err != nil || m.Round.Delivery.Delivered != 5*testSteady || len(m.codes()) > 0 {
		t.Errorf("error %v, deliveries %+v, warnings %v", m.err, m.Round.Delivery, m.Round.Warnings)
	}
}

// Clients that are still on their way back when the steady phase ends are waited for.
func TestOutageAtTheEnd(t *testing.T) {
	plan := outagePlan(scenarios.Direct, scenarios.LongPoll)
	plan.Scenario.Outage = scenarios.Outage{At: plan.Scenario.Duration - time.Millisecond, Refuse: 8 * time.Second}
	plan.Scenario.Reconnect.Max = 5 * time.Second
	m := measure(t, plan, &fakeServer{})
	if v := m.Round.Recovery; m.err != nil || v.Back != 5 || m.Round.Delivery.Delivered != testSteady || len(m.codes()) > 0 {
		t.Errorf("error %v, recovery %+v, deliveries %+v, warnings %v", m.err, v, m.Round.Delivery, m.Round.Warnings)
	}
}

// Those that are not back when the round ends are told.
func TestClientsThatDoNotComeBack(t *testing.T) {
	plan := outagePlan(scenarios.Broadcast, scenarios.WebSocket)
	plan.Scenario.Outage.Refuse = time.Minute
	m := measure(t, plan, &fakeServer{})
	v, d := m.Round.Recovery, m.Round.Delivery
	if m.err != nil || v.Clients != 5 || v.Back != 5 {
		t.Errorf("error %v, recovery %+v", m.err, v)
	}
	m = measureUntil(t, plan, &fakeServer{}, func(cancel context.CancelCauseFunc) {
		time.Sleep(headStart + plan.Scenario.Warmup + testCutAt + 500*time.Millisecond)
		cancel(errors.New("enough"))
	})
	v, d = m.Round.Recovery, m.Round.Delivery
	if v.Back != 0 || v.Full != nil || v.Total != nil || v.GeneratorCPU != nil || d.Undelivered == 0 || v.Missed != d.Undelivered {
		t.Errorf("recovery %+v, deliveries %+v", v, d)
	}
	if !slices.Equal(m.codes(), []string{"not_recovered", "aborted"}) {
		t.Errorf("warnings %v", m.Round.Warnings)
	}
}

// Clients that send go on sending when they are back, and what they wrote meanwhile is late, not lost.
func TestOutageOfClientsThatSend(t *testing.T) {
	for _, transport := range []scenarios.Transport{scenarios.WebSocket, scenarios.LongPoll} {
		m := measure(t, outagePlan(scenarios.Echo, transport), &fakeServer{})
		if d := m.Round.Delivery; m.err != nil || d.Delivered != testSteady || m.Round.Recovery.Back != 5 || len(m.codes()) > 0 {
			t.Errorf("error %v, deliveries %+v, recovery %+v, warnings %v", m.err, d, m.Round.Recovery, m.Round.Warnings)
		}
	}
}

// uncuttable is a target whose network cannot fail.
type uncuttable struct{ Target }

func TestAnOutageNeedsANetworkThatCanFail(t *testing.T) {
	if _, err := Round(t.Context(), outagePlan(scenarios.Broadcast, scenarios.WebSocket), uncuttable{&fakeServer{}}, nil); err == nil {
		t.Error("the round took place")
	}
}

func TestPeak(t *testing.T) {
	at := func(ms ...int) (all []comeback) {
		for _, n := range ms {
			all = append(all, comeback{opened: time.Duration(n) * time.Millisecond})
		}
		return all
	}
	for _, test := range []struct {
		returns []comeback
		want    float64
	}{{nil, 0}, {at(5), 10}, {at(0, 100), 10}, {at(250, 0, 99, 40, 180, 190), 30}, {at(0, 0, 0, 99, 100), 40}} {
		if got := peak(test.returns); got != test.want {
			t.Errorf("peak of %v is %v, want %v", test.returns, got, test.want)
		}
	}
}
