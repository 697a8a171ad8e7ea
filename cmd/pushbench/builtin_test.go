package main

import (
	"context"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"pushbench/loadgen"
	"pushbench/results"
	"pushbench/scenarios"
)

// The size at which every built-in scenario is run: large enough that each transport delivers, small enough that all of them take seconds.
const (
	smallClients = 12
	smallRate    = 60 // messages a second
	smallWarmup  = 100 * time.Millisecond
	smallSteady  = 400 * time.Millisecond
	smallWait    = 100 * time.Millisecond // intervals, pings, holds of a scenario whose workload is waiting
)

// TestEveryBuiltInScenario runs every arm of every built-in scenario through the engine, in processes of its own, at a small size: what was expected was
// delivered, missed or is still awaited, and every byte is accounted for. Of a sweep both ends are run. Arms share the machine, so nothing is asserted of
// times, nor of whether a round is valid.
func TestEveryBuiltInScenario(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a hundred rounds in processes of their own, for half a minute")
	}
	program, err := exec.LookPath("pushbench") // this test's binary, by the name under which it is pushbench
	if err != nil {
		t.Fatal(err)
	}
	e, err := newEngine(true)
	if err != nil {
		t.Fatal(err)
	}
	e.program = program
	var group errgroup.Group
	group.SetLimit(8)
	for _, s := range scenarios.List() {
		arms, err := small(t, s).Arms()
		if err != nil {
			t.Errorf("%s at a small size: %v", s.Name, err)
			continue
		}
		for _, arm := range arms {
			if arm.Scenario.Cannot(arm.Transport) != "" {
				continue
			}
			group.Go(func() error { runSmall(t, e, arm); return nil })
		}
	}
	_ = group.Wait()
}

// small is a scenario that takes a moment.
func small(t *testing.T, s *scenarios.Scenario) *scenarios.Scenario {
	s.Clients = min(s.Clients, smallClients)
	s.Warmup, s.Duration, s.Rounds = min(s.Warmup, smallWarmup), min(s.Duration, smallSteady), 1
	if s.Rate > 0 {
		s.Rate, s.RatePerClient = smallRate, 0
	}
	if s.UpRate > 0 {
		s.UpRate = smallRate
	}
	s.Burst = min(s.Burst, smallRate/10)
	s.RoomSize = min(s.RoomSize, smallClients/2)
	s.ShortPoll.Interval, s.LongPoll.Hold = min(s.ShortPoll.Interval, smallWait), min(s.LongPoll.Hold, 20*smallWait)
	if s.Outage.At > 0 {
		s.Outage.At, s.Outage.Refuse = smallWait, smallWait
		s.Reconnect.Backoff, s.Reconnect.Max = smallWait/4, smallWait
	}
	for i := range s.Mix { // of which each shall have clients
		s.Mix[i].Share = scenarios.Fraction(1 / float64(len(s.Mix)))
	}
	for i, axis := range s.Sweep {
		s.Sweep[i].Values = ends(axis)
	}
	return staged(t, s)
}

// staged makes short stages of a scenario's, which say its clients, rate and duration.
func staged(t *testing.T, s *scenarios.Scenario) *scenarios.Scenario {
	p, err := scenarios.LookupParameter("stages")
	if err != nil || p.Get(s) == "" {
		return s
	}
	s.Warmup = 0
	if err := s.Set("stages", "1s:3:20/s,1s:12:60/s"); err != nil {
		t.Errorf("%s with short stages: %v", s.Name, err)
	}
	return s
}

// ends are the first and the last of an axis's values, of clients such that take a moment.
func ends(axis scenarios.Axis) []string {
	if axis.Parameter == "clients" {
		return []string{"3", "12"}
	}
	if n := len(axis.Values); n > 2 {
		return []string{axis.Values[0], axis.Values[n-1]}
	}
	return axis.Values
}

func runSmall(t *testing.T, e engine, arm scenarios.Arm) {
	plan := loadgen.Plan{Transport: arm.Transport, Client: arm.Scenario.ClientKind(), Scenario: *arm.Scenario, Seed: 7}
	data, err := e.execute(context.Background(), side{binary: e.program}, plan)
	if err != nil {
		t.Errorf("%s: %v", arm, err)
		return
	}
	m := data.Round.Measured
	if err := results.CheckAccounting(m); err != nil {
		t.Errorf("%s: %v", arm, err)
	}
	d := m.Delivery
	if want := arm.Scenario.Rate > 0; want != (d.Published > 0) || want != (d.Delivered > 0) || d.Foreign > 0 {
		t.Errorf("%s: %+v", arm, d)
	}
	if o := m.Opening; o == nil || o.Sessions < 1 || o.Sessions > int64(arm.Scenario.Clients) || o.PerSession.Bytes == 0 {
		t.Errorf("%s: opening %+v, want one of up to %d sessions", arm, o, arm.Scenario.Clients)
	}
}
