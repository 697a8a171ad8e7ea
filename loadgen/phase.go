package loadgen

import (
	"context"
	"time"

	"pushbench/results"
)

// The phases of a round, in order.
const (
	phaseRamp   = "ramp"
	phaseWarmup = "warmup"
	phaseSteady = "steady"
	phaseDrain  = "drain"
)

// Progress is what a round says of itself while it runs.
type Progress struct {
	Phase     string        `json:"phase"`
	Elapsed   time.Duration `json:"elapsed_ns"`
	Remaining time.Duration `json:"remaining_ns"`
	Connected int           `json:"connected"`
	Clients   int           `json:"clients"`
	Delivered int64         `json:"delivered"`
	// P99 is the steady phase's latency so far; 0 before its first delivery.
	P99 time.Duration `json:"p99_ns"`
}

// headStart is the time between the end of the ramp and the start of the schedule, in which the last sessions come to rest.
const headStart = 100 * time.Millisecond

// phaseAt is the phase at an instant of the schedule and how much of it is left.
func (r *round) phaseAt(at time.Duration) (string, time.Duration) {
	switch {
	case r.start.IsZero() || at < 0:
		return phaseRamp, 0
	case at < r.schedule.Warmup:
		return phaseWarmup, r.schedule.Warmup - at
	case at < r.schedule.End():
		return phaseSteady, r.schedule.End() - at
	}
	return phaseDrain, r.plan.drain() - (at - r.schedule.End())
}

// phases lists when each phase was, once the round is over.
func (r *round) phases(ramp, end time.Duration) []results.Phase {
	return []results.Phase{
		{Name: phaseRamp, Start: ramp, End: 0},
		{Name: phaseWarmup, Start: 0, End: r.schedule.Warmup},
		{Name: phaseSteady, Start: r.schedule.Warmup, End: r.schedule.End()},
		{Name: phaseDrain, Start: r.schedule.End(), End: max(end, r.schedule.End())},
	}
}

// sleepUntil waits for an instant of the schedule, or for the context. Millisecond accuracy suffices for the bounds of phases.
func (r *round) sleepUntil(ctx context.Context, at time.Duration) error {
	timer := time.NewTimer(time.Until(r.start.Add(at)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
