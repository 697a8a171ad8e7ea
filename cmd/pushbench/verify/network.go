package verify

import (
	"context"
	"fmt"
	"time"

	"pushbench/report/model"
	"pushbench/results"
	"pushbench/scenarios"
)

// network holds the emulated network against the delay it was told to have.
var network = Check{
	Name:   "network",
	Source: "the emulation itself: a message takes d longer than on the bare machine, opening a WebSocket 2d for TCP, 2d for TLS 1.3 and 2d for the upgrade",
	Run:    runNetwork,
}

const networkDelay = 25 * time.Millisecond

func runNetwork(ctx context.Context, lab Lab, depth Depth) ([]Finding, error) {
	l := load{clients: 1000, rate: 2, duration: 2 * time.Second, transports: []scenarios.Transport{scenarios.WebSocket}}
	if depth == Long {
		l.duration = 6 * time.Second
	}
	found, err := emulatedLatency(ctx, lab, l)
	if err != nil {
		return nil, err
	}
	versions := []scenarios.TLSVersion{scenarios.TLS13} // its three round trips hold those without TLS
	if depth == Long {
		versions = scenarios.TLSVersions
	}
	for _, v := range versions {
		opened, err := emulatedConnect(ctx, lab, v)
		found = append(found, opened...)
		if err != nil {
			return found, err
		}
	}
	return found, nil
}

// bareAndEmulated measures a load without delay and with it, and returns one metric of both.
func bareAndEmulated(ctx context.Context, lab Lab, l load, metric results.Metric) (bare, emulated observed, err error) {
	both := [2]observed{}
	for i, d := range []time.Duration{0, networkDelay} {
		l.delay = d
		cells, err := measure(ctx, lab, l.scenario("verify-network"))
		if err != nil {
			return bare, emulated, err
		}
		if both[i], err = distribution(cells[scenarios.WebSocket], metric); err != nil {
			return bare, emulated, err
		}
	}
	return both[0], both[1], nil
}

// emulatedLatency compares a thousand connections' messages with and without delay.
func emulatedLatency(ctx context.Context, lab Lab, l load) ([]Finding, error) {
	bare, emulated, err := bareAndEmulated(ctx, lab, l, results.Latency)
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, q := range []float64{.5, .99} {
		findings = append(findings, within(fmt.Sprintf("%d connections, delay added at p%v", l.clients, 100*q), milliseconds(networkDelay),
			milliseconds(emulated.Quantile(q)-bare.Quantile(q)), milliseconds(lateness), "ms", "what a valid cell may be late at p99"))
	}
	return findings, nil
}

// emulatedConnect compares the time to open a session, for so few clients that they do not wait for each other.
func emulatedConnect(ctx context.Context, lab Lab, v scenarios.TLSVersion) ([]Finding, error) {
	l := load{tls: v, clients: 8, rate: 5, duration: 200 * time.Millisecond, transports: []scenarios.Transport{scenarios.WebSocket}}
	bare, emulated, err := bareAndEmulated(ctx, lab, l, results.Connect)
	if err != nil {
		return nil, err
	}
	trips := 2 + int(setupOf(scenarios.LongPollNewConn, v)-model.NewTCP)
	return []Finding{within(fmt.Sprintf("opening a session, tls %s, delay added: %d round trips", v, trips), milliseconds(2*networkDelay*time.Duration(trips)),
		milliseconds(emulated.Quantile(.5)-bare.Quantile(.5)), milliseconds(lateness)*float64(trips), "ms", fmt.Sprintf("%v on each round trip, at the median", lateness))}, nil
}
