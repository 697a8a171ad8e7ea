package verify

import (
	"context"
	"fmt"
	"time"

	"pushbench/report/model"
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
	return eachTransport(ctx, lab, l, "verify-rfc6202-sparse", func(t scenarios.Transport, seen observed) []Finding {
		return []Finding{within(fmt.Sprintf("%s, messages every 500 ms: mean", t), 1, inTransits(seen.Mean()), .05, "transits",
			"2.5 ms for the server, the clients and the machine")}
	})
}

// maximalTransits measures messages at any moment of a poll's absence. The maximum must be kept, and nearly reached.
func maximalTransits(ctx context.Context, lab Lab, l load) ([]Finding, error) {
	return eachTransport(ctx, lab, l, "verify-rfc6202-dense", func(t scenarios.Transport, seen observed) []Finding {
		m := model.LongPoll{Path: model.Path{Delay: rfcDelay, Setup: setupOf(t, l.tls)}}
		transits := 3 + 2*int(m.Setup)
		return []Finding{
			beyondMaximum(fmt.Sprintf("%s, messages at any time: %d transits,", t, transits), latest{m.Latency(l.rate).Max(), grace(m.Setup), beyond}, seen),
			within(fmt.Sprintf("%s, messages at any time: p99", t), inTransits(m.Latency(l.rate).Quantile(.99)), inTransits(seen.Quantile(.99)), .05, "transits",
				"2.5 ms for the server, the clients and the machine"),
		}
	})
}

// eachTransport measures a load and compares what each of its transports saw.
func eachTransport(ctx context.Context, lab Lab, l load, name string, compare func(scenarios.Transport, observed) []Finding) ([]Finding, error) {
	cells, err := measure(ctx, lab, l.scenario(name))
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, t := range l.transports {
		seen, err := latencies(cells[t])
		if err != nil {
			return nil, err
		}
		findings = append(findings, compare(t, seen)...)
	}
	return findings, nil
}

// inTransits is a latency in network transits.
func inTransits(d time.Duration) float64 { return float64(d) / float64(rfcDelay) }
