package chart

import (
	"fmt"

	"pushbench/report/format"
	"pushbench/report/recorded"
	"pushbench/results"
)

// recoveries is how long clients took to come back from an outage; none without one. Storms differ by what was swept, so here a sweep's arms are drawn as well.
func recoveries(g format.Group, source *recorded.Histograms) ([]figure, error) {
	var arms []series
	for _, a := range g.Arms {
		r := a.Cell.Recovery
		if r == nil || r.Total == nil || len(arms) == maxArms {
			continue
		}
		h, err := source.Merged(a.Index, results.RecoveryTotal)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.Name, err)
		}
		arms = append(arms, series{Arm: a, latency: h, carried: r.Total})
	}
	if len(arms) == 0 {
		return nil, nil
	}
	return []figure{byPercentile(figure{
		kind: Recovery, title: "the way back from the outage", caption: percentileCaption(
			"Counted from the cut until a client had a session again and all that it had missed. The right end is the last client that came back.", arms),
	}, "percentile of clients", "since the cut", arms)}, nil
}
