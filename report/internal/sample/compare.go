package sample

import (
	"pushbench/results"
	"pushbench/scenarios"
)

// Compared makes a run of one scenario with a cell for each transport, whose rounds have the given p50 in milliseconds, a p99 of twice and costs
// that follow it. The other figures are the same in every round.
func Compared(id string, p50 map[scenarios.Transport][]float64) *results.Run {
	run := &results.Run{
		Schema: results.Schema, ID: id, Seed: 1, Scenarios: []scenarios.Scenario{Scenario(1000)},
		Environment: results.Environment{OS: "linux", Arch: "amd64", CPUs: 2, Pinning: "split"}, Tool: results.Tool{Version: "v1", Go: "go1.26"},
	}
	for _, t := range scenarios.Transports {
		if values, ok := p50[t]; ok {
			run.Cells = append(run.Cells, comparedCell(t, values))
		}
	}
	return run
}

func comparedCell(t scenarios.Transport, p50 []float64) results.Cell {
	cell := results.Cell{Scenario: "default", Transport: t, Target: results.ReferenceTarget, Clients: Clients, Verdict: results.Valid}
	for i, ms := range p50 {
		cpu, rss := ms*1e3, 21_400.0
		cell.Rounds = append(cell.Rounds, results.Round{Index: i, Verdict: results.Valid, ScheduleDigest: "d", Measured: results.Measured{
			Latency:  &results.Summary{Count: 1000, Independent: 1000, P50: int64(ms * 1e6), P99: int64(2 * ms * 1e6)},
			Delivery: results.Delivery{Expected: 1000, Delivered: 1000},
			Wire:     results.Wire{Overhead: &results.Summary{Count: 1000, Mean: 4}},
			Server:   &results.Server{CPUPerMessage: &cpu, RSSPerClient: &rss},
		}})
	}
	return cell
}
