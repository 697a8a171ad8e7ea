package loadgen

import (
	"context"
	"errors"
	"time"

	"pushbench/loadgen/proc"
	"pushbench/results"
)

// Stages are parts of a steady phase whose load changes. The schedule has the messages (schedule.Part), the plan of attendance the clients (attend.go); here is what
// is read at the bounds of stages, and how a round's results are told by stage: latency from the histograms of its seconds.

// stageEnd is what was read at an instant between two stages.
type stageEnd struct {
	cost      *readings
	memory    *proc.Memory
	connected int64
}

// sampleStages reads what the round costs at the beginning of the first stage and at the end of each.
func (r *round) sampleStages(ctx context.Context) {
	at := r.schedule.Warmup
	for i := range len(r.plan.Scenario.Stages) + 1 {
		if i > 0 {
			at += r.plan.Scenario.Stages[i-1].Duration
		}
		if r.sleepUntil(ctx, at) != nil {
			return
		}
		r.stageEnds = append(r.stageEnds, stageEnd{r.meters.read(), r.meters.serverMemory(), r.connected.Load()})
	}
}

// stages are the round's results by stage, of those that it lived to the end of; those that take no time are left out.
func (r *round) stages(histograms results.Histograms) (all []results.Stage, err error) {
	at := r.schedule.Warmup
	for i, stage := range r.plan.Scenario.Stages {
		begin := at
		at += stage.Duration
		if stage.Duration == 0 || i+1 >= len(r.stageEnds) {
			continue
		}
		before := r.plan.Scenario.Stages.Before(i)
		s := results.Stage{
			Start: begin, End: at, FromClients: before.Clients, Clients: stage.Clients, FromRate: float64(before.Rate), Rate: float64(stage.Rate),
			Offered: r.due(begin, at),
		}
		r.costOfStage(&s, r.stageEnds[i], r.stageEnds[i+1])
		latency, problem := r.latencyOfStage(histograms, s)
		s.Latency, err = latency, errors.Join(err, problem)
		all = append(all, s)
	}
	return all, err
}

// due is how many messages of the steady phase are due between two instants.
func (r *round) due(begin, end time.Duration) (n int64) {
	for _, e := range r.schedule.Events[r.schedule.Steady:] {
		if e.Due >= begin && e.Due < end {
			n++
		}
	}
	return n
}

func (r *round) costOfStage(s *results.Stage, begin, end stageEnd) {
	elapsed := end.cost.at.Sub(begin.cost.at)
	s.Connected = float64(end.connected)
	s.ServerCPU, _, s.ServerCPUShare = cpuCost(begin.cost.serverCPU, end.cost.serverCPU, elapsed, 0, r.meters.server.Usable())
	_, _, s.GeneratorCPUShare = cpuCost(begin.cost.selfCPU, end.cost.selfCPU, elapsed, 0, r.meters.cores)
	if end.memory != nil {
		s.ServerRSS = new(end.memory.RSS)
	}
}

// latencyOfStage is over the messages that were due in it. Those that reached many clients are one observation each.
func (r *round) latencyOfStage(histograms results.Histograms, s results.Stage) (*results.Summary, error) {
	within := histograms.Within(results.Latency, s)
	summary, err := within.Summarise(results.Latency, s.Offered)
	if summary != nil && r.layout.share == 1 {
		summary.Independent = summary.Count
	}
	return summary, err
}
