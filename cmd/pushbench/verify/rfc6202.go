package verify

import (
	"context"
	"fmt"
	"time"

	"pushbench/scenarios"
)

// rfc6202 holds long-polling against what its best-practices RFC says of its latency.
var rfc6202 = Check{
	Name:   "rfc6202",
	Source: `RFC 6202 §2.2: "the average latency of long polling is close to one network transit", "the maximal latency is over three network transits"; five with a new connection`,
	Run:    runRFC6202,
}

// rfcDelay is one network transit.
const rfcDelay = 50 * time.Millisecond

func runRFC6202(ctx context.Context, lab Lab, depth Depth) ([]Finding, error) {
	duration := time.Second
	if depth == Long {
		duration = 6 * time.Second
	}
	sparse := load{delay: rfcDelay, arrivals: scenarios.Constant, clients: 50, rate: 2, duration: duration, transports: polling}
	average, err := averageTransits(ctx, lab, sparse)
	if err != nil {
		return nil, err
	}
	dense := load{delay: rfcDelay, clients: 50, rate: 100, duration: duration, transports: polling}
	most, err := maximalTransits(ctx, lab, dense)
	return append(average, most...), err
}

// averageTransits measures messages half a second apart: by then every poll is back.
func averageTransits(ctx context.Context, lab Lab, l load) ([]Finding, error) {
	cells, err := measure(ctx, lab, l.scenario("verify-rfc6202-sparse"))
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, t := range l.transports {
		seen, err := latencies(cells[t])
		if err != nil {
			return nil, err
		}
		findings = append(findings, within(fmt.Sprintf("%s, messages every 500 ms: mean", t), 1, float64(seen.Mean())/float64(rfcDelay), .05, "transits",
			"2.5 ms for the server, the clients and the machine"))
	}
	return findings, nil
}

// maximalTransits measures messages at any moment of a poll's absence. The maximum must be kept, and nearly reached.
func maximalTransits(ctx context.Context, lab Lab, l load) ([]Finding, error) {
	cells, err := measure(ctx, lab, l.scenario("verify-rfc6202-dense"))
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, t := range l.transports {
		seen, err := latencies(cells[t])
		if err != nil {
			return nil, err
		}
		setup := setupOf(t, l.tls)
		transits := 3 + 2*int(setup)
		findings = append(findings,
			beyondMaximum(fmt.Sprintf("%s, messages at any time: %d transits,", t, transits), latest{limit: time.Duration(transits) * rfcDelay, grace: grace(setup)}, seen.Empirical),
			within(fmt.Sprintf("%s, messages at any time: p99.9", t), float64(transits), float64(seen.Quantile(.999))/float64(rfcDelay), .05, "transits",
				"2.5 ms, of which a quarter is the wait that one message in 1,000 falls short of"))
	}
	return findings, nil
}
