package verify

import (
	"context"
	"fmt"
	"time"

	"pushbench/report/model"
	"pushbench/scenarios"
)

// periodic holds long-polling against the step that a publisher with a period makes of it.
var periodic = Check{
	Name:   "periodic",
	Source: "a gap of 2d shorter than the publisher's period P is never met, a longer one always: the mean jumps from d to 2d as d crosses P/2 (P = 250 ms)",
	Run:    runPeriodic,
}

// period is between two messages of one client.
const period = 250 * time.Millisecond

// Each of these is measured over whole beats of the gap with the period, or its mean would depend on where the measurement ends: with a gap of 270 ms a
// message waits 20 ms longer than the one before, and starts again after 13.5 of them.
var periodicLoads = []struct {
	delay time.Duration
	beats time.Duration
}{
	{115 * time.Millisecond, period},
	{135 * time.Millisecond, 27 * period / 2},
}

func runPeriodic(ctx context.Context, lab Lab, depth Depth) ([]Finding, error) {
	var findings []Finding
	for _, p := range periodicLoads {
		l := load{
			delay: p.delay, arrivals: scenarios.Constant, clients: 60, rate: 1 / period.Seconds(), duration: max(p.beats, time.Second),
			transports: []scenarios.Transport{scenarios.LongPoll},
		}
		if depth == Long {
			l.duration = 2 * max(p.beats, time.Second)
		}
		cells, err := measure(ctx, lab, l.scenario("verify-periodic"))
		if err != nil {
			return findings, err
		}
		seen, err := latencies(cells[scenarios.LongPoll])
		if err != nil {
			return findings, err
		}
		law := model.LongPoll{Path: model.Path{Delay: p.delay}}.Periodic(period)
		findings = append(findings, within(fmt.Sprintf("d=%v mean", p.delay), float64(law.Mean())/float64(p.delay), float64(seen.Mean())/float64(p.delay), .05, "d",
			"half the 10 ms that 250 and 270 ms have in common, and 1 ms for the machine"))
	}
	return findings, nil
}
