package sample

import (
	"time"

	"pushbench/results"
)

// WithOutage gives a run what an outage in the steady phase leaves: each cell the way back of its clients. The times are multiples of the cell's latency, so
// that arms differ.
func WithOutage(run *results.Run) {
	run.Scenarios[0].Outage.At, run.Scenarios[0].Reconnect.Backoff = time.Second, 200*time.Millisecond
	for i := range run.Cells {
		c := &run.Cells[i]
		c.Recovery = recovery(c.Latency, Rounds)
		c.Wire.Connections += Rounds * Clients
		for j := range c.Rounds {
			c.Rounds[j].Recovery = recovery(c.Rounds[j].Latency, 1)
		}
	}
}

func recovery(latency *results.Summary, rounds int64) *results.Recovery {
	full, server, generator, share := 5*latency.Max, int64(310e6), int64(420e6), 0.37
	return &results.Recovery{
		Clients: rounds * Clients, Back: rounds * Clients, Reconnect: times(latency, 2), Replay: times(latency, 1), Total: times(latency, 3), Full: &full,
		FailedOpens: 417 * rounds, PeakConnects: 3210, ServerCPU: &server, GeneratorCPU: &generator, GeneratorCPUShare: &share, Missed: 0,
	}
}

// WithUplink gives the cells of a run messages that clients send.
func WithUplink(run *results.Run) {
	for i := range run.Cells {
		c := &run.Cells[i]
		c.Uplink = &results.Uplink{
			Latency: times(c.Latency, 4), Overhead: c.Wire.Overhead, SteadyRequests: 1234,
			Delivery: results.Delivery{Expected: 1300, Delivered: 1291, Missed: 2, Undelivered: 7, Duplicated: 5},
		}
	}
}

// times is a summary of values n times as large.
func times(s *results.Summary, n int64) *results.Summary {
	out := *s
	out.CI = map[string]results.Interval95{}
	for key, ci := range s.CI {
		out.CI[key] = results.Interval95{n * ci[0], n * ci[1]}
	}
	for _, v := range []*int64{&out.Min, &out.P50, &out.P75, &out.P90, &out.P99, &out.P999, &out.P9999, &out.Max} {
		*v *= n
	}
	out.Mean, out.StdDev = out.Mean*float64(n), out.StdDev*float64(n)
	return &out
}
