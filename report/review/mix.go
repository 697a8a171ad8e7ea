package review

import (
	"pushbench/report/format"
	"pushbench/results"
	"pushbench/scenarios"
)

// MixPart is what the clients of a mix received over one of its transports.
type MixPart struct {
	Transport scenarios.Transport
	Clients   int64
	// Median and Tail are p50 and p99 of their latency, with units.
	Median, Tail Value
}

// WithinMix are the parts of an arm that mixes transports.
func WithinMix(a format.Arm) []MixPart {
	var parts []MixPart
	for _, p := range a.Cell.ByTransport {
		alone := cell{Arm: format.Arm{Cell: &results.Cell{Measured: results.Measured{Latency: p.Latency}}}}
		parts = append(parts, MixPart{p.Transport, p.Clients, sampled("p50", medianLatency).said(alone), sampled("p99", tailLatency).said(alone)})
	}
	return parts
}

// SlowTail is the p99 of what an arm's slow readers received, with its unit.
func SlowTail(a format.Arm) Value {
	return sampled("p99", tailLatency).said(cell{Arm: format.Arm{Cell: &results.Cell{Measured: results.Measured{Latency: a.Cell.Slow.Latency}}}})
}
