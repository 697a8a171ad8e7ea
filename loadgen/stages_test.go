package loadgen

import (
	"testing"
	"time"

	"pushbench/results"
	"pushbench/scenarios"
)

// stagedPlan begins with two clients and 20 messages a second, goes to ten and 100, steps down to four and stays there.
func stagedPlan(pattern scenarios.Pattern) Plan {
	p := testPlan(pattern, scenarios.WebSocket)
	s := &p.Scenario
	s.Warmup = time.Second
	s.Stages = scenarios.Stages{{Duration: time.Second, Clients: 2, Rate: 20}, {Duration: 2 * time.Second, Clients: 10, Rate: 100}, {Clients: 4, Rate: 50}, {Duration: 2 * time.Second, Clients: 4, Rate: 50}}
	s.Duration, s.Clients, s.Rate = s.Stages.Duration(), s.Stages.Clients(), s.Stages.Rate()
	return p
}

// Each stage has its clients and its messages, and what it measured adds up to the whole.
func TestStages(t *testing.T) {
	plan := stagedPlan(scenarios.Broadcast)
	m := measure(t, plan, &fakeServer{Relay: later(3 * time.Millisecond)})
	if m.err != nil || len(m.codes()) > 0 || m.Round.Verdict != results.Valid {
		t.Fatalf("error %v, warnings %v", m.err, m.Round.Warnings)
	}
	stages := m.Round.Stages
	if len(stages) != 3 {
		t.Fatalf("stages %+v, want those that take time", stages)
	}
	var offered, delivered int64
	for i, want := range []struct {
		from, to  int
		connected float64
		offered   int64
	}{{2, 2, 2, 20}, {2, 10, 10, 120}, {4, 4, 4, 100}} {
		s := stages[i]
		offered += s.Offered
		delivered += s.Latency.Count
		if s.FromClients != want.from || s.Clients != want.to || s.Connected != want.connected || s.Offered < want.offered-40 || s.Offered > want.offered+40 {
			t.Errorf("stage %d is %+v, want %+v", i, s, want)
		}
		if s.GeneratorCPUShare == nil || s.ServerCPU != nil || s.Latency.Independent != s.Offered || !close3(s.Latency.Max, 3*time.Millisecond) {
			t.Errorf("stage %d cost %v and %v, latency %+v", i, s.ServerCPU, s.GeneratorCPUShare, s.Latency)
		}
	}
	if first, last := stages[0], stages[2]; first.Start != plan.Scenario.Warmup || last.End != plan.Scenario.Warmup+plan.Scenario.Duration || last.FromRate != 50 {
		t.Errorf("stages %+v", stages)
	}
	d, a := m.Round.Delivery, m.Round.Attendance
	if offered != 240 || d.Published != offered || delivered != d.Delivered || d.Delivered != d.Expected || d.Expected+a.Away != 10*offered {
		t.Errorf("%d offered and %d delivered in stages, deliveries %+v, attendance %+v", offered, delivered, d, a)
	}
	if a.Left != 6 || a.Came != 8 || a.Join.Count != 8 || m.Round.Connect.Count != 2 {
		t.Errorf("attendance %+v, %d connected at first", a, m.Round.Connect.Count)
	}
}

// A round that is cut short tells of the stages that it lived to the end of.
func TestStagesOfARoundCutShort(t *testing.T) {
	m := measureUntil(t, stagedPlan(scenarios.Direct), &fakeServer{}, after(headStart+2500*time.Millisecond))
	if m.err == nil || len(m.Round.Stages) != 1 || m.Round.Stages[0].Offered == 0 {
		t.Errorf("error %v, stages %+v", m.err, m.Round.Stages)
	}
}

// Stages of rounds are merged from their histograms.
func TestStagesMerge(t *testing.T) {
	plan := stagedPlan(scenarios.Broadcast)
	first := measure(t, plan, &fakeServer{Relay: later(3 * time.Millisecond)}).RoundResult
	plan.Index, plan.Seed = 1, 8
	second := measure(t, plan, &fakeServer{Relay: later(5 * time.Millisecond)}).RoundResult
	cell, err := results.NewCell(results.Cell{Scenario: "test"}, []results.RoundData{first, second})
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range cell.Stages {
		a, b := first.Round.Stages[i], second.Round.Stages[i]
		if s.Offered != a.Offered+b.Offered || s.Latency.Count != a.Latency.Count+b.Latency.Count || !close3(s.Latency.Min, 3*time.Millisecond) || !close3(s.Latency.Max, 5*time.Millisecond) {
			t.Errorf("stage %d is %+v of %+v and %+v", i, s, a, b)
		}
		if s.Connected != a.Connected || s.GeneratorCPUShare == nil || s.Latency.Independent != s.Offered {
			t.Errorf("stage %d is %+v", i, s)
		}
	}
	if len(cell.Stages) != 3 {
		t.Errorf("stages %+v", cell.Stages)
	}
}
