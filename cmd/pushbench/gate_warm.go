package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"pushbench/loadgen"
	"pushbench/report/gate"
	"pushbench/results"
	"pushbench/scenarios"
)

// warming is the load on servers that stay up, before anything is measured: until neither gets faster, or its time is over.
type warming struct {
	Took   time.Duration `json:"took_ns"`
	Slices int           `json:"slices"`
	// Steady is false if the time was over while a server still got faster.
	Steady bool `json:"steady"`

	// readings are by side, transport and figure.
	readings map[string][]float64
}

// warmFigures are what a server gets better at while it warms. The median is the path's; a compiler at work shows in the processor time, where that can be read.
var warmFigures = []string{"latency_p50", "server_cpu_per_message"}

// warmSlice is the longest steady phase of a warming slice: many short ones show sooner that nothing changes any more.
const warmSlice = time.Second

// warm loads both servers in turn until they are warm. Only servers that stay up for all pairs can be warmed; of others there is nothing to do.
func (p *pairing) warm(ctx context.Context) error {
	if p.warmCap <= 0 || p.life != lifeGate {
		return nil
	}
	began := time.Now()
	w := &warming{readings: map[string][]float64{}}
	p.warmed = w
	for !w.Steady && time.Since(began) < p.warmCap {
		if err := p.warmOnce(ctx, w); err != nil {
			return err
		}
		w.Steady = w.steady()
		w.Took = time.Since(began)
	}
	return nil
}

// warmOnce loads each server once over each transport.
func (p *pairing) warmOnce(ctx context.Context, w *warming) error {
	for _, arm := range p.arms {
		for _, s := range []side{p.baseline, p.candidate} {
			if err := context.Cause(ctx); err != nil {
				return err
			}
			data, err := p.execute(ctx, s, p.warmPlan(arm, w.Slices))
			if err != nil {
				return fmt.Errorf("warming up, %s, %s: %w", arm, s.name, err)
			}
			w.add(s.name, arm.Transport, data)
		}
	}
	return nil
}

// warmPlan is a short slice on a schedule of its own.
func (p *pairing) warmPlan(arm scenarios.Arm, index int) loadgen.Plan {
	s := arm.Scenario.Clone()
	s.Duration = min(s.Duration, warmSlice)
	return loadgen.Plan{
		Index: index, Order: index, Transport: arm.Transport, Client: p.client, Scenario: *s, Seed: roundSeed(p.seed, "warm-up of "+s.Name, index),
	}
}

// add takes what a slice says of how fast the server is. A figure that cannot be read says nothing.
func (w *warming) add(side string, t scenarios.Transport, data *loadgen.RoundResult) {
	w.Slices++
	slice := results.PairSlice{}
	slice.Fill(data.Round)
	for _, figure := range warmFigures {
		if v, ok := slice.Values[figure]; ok {
			key := fmt.Sprintf("%s %s %s", side, t, figure)
			w.readings[key] = append(w.readings[key], v.Value)
		}
	}
}

// steady reports whether nothing gets better any more.
func (w *warming) steady() bool {
	for _, readings := range w.readings {
		if !gate.Warm(readings) {
			return false
		}
	}
	return len(w.readings) > 0
}

// String says how the warm-up went.
func (w *warming) String() string {
	took := w.Took.Round(time.Second)
	if w.Steady {
		return fmt.Sprintf("Warmed up for %v, until neither server got faster.", took)
	}
	return fmt.Sprintf("Warmed up for %v and still getting faster: give it a larger --warm.", took)
}

// checkWarm refuses a warm-up that would not happen.
func (f *gateFlags) checkWarm(changed bool) error {
	switch {
	case f.warm < 0:
		return usage(fmt.Errorf("--warm %v: want 0s or more", f.warm))
	case changed && f.warm > 0 && serverLife(f.life.value) != lifeGate:
		return usage(errors.New("--warm needs --server-life gate: a server that lives for a round or a pair is measured as it starts"))
	}
	return nil
}
