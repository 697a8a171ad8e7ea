package verify

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"pushbench/results"
	"pushbench/scenarios"
)

// loss holds the delivery accounting of the clients against what the server says it did to them.
var loss = Check{
	Name:   "loss",
	Source: "the server's own count of the faults it injected, from GET /stats",
	Run:    runLoss,
}

// lossFaults are high enough that every kind comes often, also to pollers, whose every response draws anew.
const lossFaults = "drop=3%,duplicate=3%,reorder=3%"

// lossScenario has no warm-up: the server counts from its start, so both sides must count the same messages.
const lossScenario = `
name: verify-loss-%[1]s
pattern: direct
clients: 20
rate: 2000/s
warmup: 0s
duration: 1s
rounds: 1
transports: [%[1]s]
headers: none
shortpoll: {interval: 50ms}
`

// runLoss measures all transports at once: a round that has lost messages waits for them for seconds, and counts do not depend on load.
func runLoss(ctx context.Context, lab Lab, _ Depth) ([]Finding, error) {
	cells := make([]results.Cell, len(scenarios.Transports))
	group, groupCtx := errgroup.WithContext(ctx)
	for i, t := range scenarios.Transports {
		group.Go(func() error {
			all, err := measureText(groupCtx, lab, fmt.Sprintf(lossScenario, t), Options{Inject: lossFaults})
			if err == nil && len(all) != 1 {
				err = errors.New("no result")
			}
			if err != nil {
				return fmt.Errorf("%s: %w", t, err)
			}
			cells[i] = all[0].Cell
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var found []Finding
	for _, c := range cells {
		f, err := lossFindings(c)
		if err != nil {
			return found, err
		}
		found = append(found, f...)
	}
	return found, nil
}

// lossFindings compares each kind. A dropped message is missed once a later one has arrived, and undelivered if it was the topic's last.
func lossFindings(c results.Cell) ([]Finding, error) {
	if c.Server == nil || c.Server.InjectedCounts == nil {
		return nil, fmt.Errorf("%s: the run does not say which faults the server made: %v", c.Transport, c.Warnings)
	}
	d, made := c.Delivery, c.Server.InjectedCounts
	name := string(c.Transport)
	found := []Finding{
		occurred(exactly(name+": dropped by the server = missed + undelivered", made.Dropped, d.Missed+d.Undelivered)),
		occurred(exactly(name+": duplicated", made.Duplicated, d.Duplicated)),
		occurred(exactly(name+": reordered", made.Reordered, d.Reordered)),
		exactly(name+": published = delivered + dropped", d.Published, d.Delivered+made.Dropped),
	}
	if err := results.CheckAccounting(c.Measured); err != nil {
		return found, err
	}
	return found, nil
}

// occurred fails a comparison of nothing with nothing.
func occurred(f Finding) Finding {
	f.Pass = f.Pass && f.Expected != "0"
	return f
}
