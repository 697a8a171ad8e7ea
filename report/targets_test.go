package report

import (
	"strings"
	"testing"

	"pushbench/report/format"
	"pushbench/results"
	"pushbench/scenarios"
)

// targetCell is a cell of a target.
func targetCell(target string, t scenarios.Transport, p50, p99 int64, ci map[string]results.Interval95) results.Cell {
	return results.Cell{
		Scenario: "s", Target: target, Transport: t, Clients: 10, Verdict: results.Valid,
		Measured: results.Measured{Latency: &results.Summary{Count: 1000, Independent: 1000, P50: p50, P99: p99, CI: ci}, Wire: results.Wire{Connections: 10}},
	}
}

func TestWhatATargetAdds(t *testing.T) {
	const ms = 1_000_000
	near, far := map[string]results.Interval95{"p50": {1 * ms, 2 * ms}, "p99": {4 * ms, 9 * ms}}, map[string]results.Interval95{"p50": {3 * ms, 4 * ms}, "p99": {8 * ms, 12 * ms}}
	cpu := func(c results.Cell, ns float64, counted ...string) results.Cell {
		c.Server = &results.Server{CPUPerMessage: &ns, Counted: counted}
		return c
	}
	invalid := targetCell("proxy", scenarios.ShortPoll, 1, 2, near)
	invalid.Verdict = results.Invalid
	run := &results.Run{Scenarios: []scenarios.Scenario{{Name: "s"}}, Cells: []results.Cell{
		cpu(targetCell("direct", scenarios.WebSocket, 2*ms, 5*ms, near), 1000, "process 1"), targetCell("direct", scenarios.LongPoll, 2*ms, 5*ms, nil), targetCell("direct", scenarios.ShortPoll, 1, 2, near),
		cpu(targetCell("proxy", scenarios.WebSocket, 3*ms, 9*ms, far), 1500, "process 2", "process 1"), targetCell("proxy", scenarios.LongPoll, 1*ms, 6*ms, nil), invalid,
		targetCell("proxy", scenarios.SSE, 1, 2, near),
	}}
	have := strings.Join(targetFindings(format.Groups(run)[0]), "\n")
	want := "what proxy adds to direct — WebSocket: p50 +1.00 ms (1.50×), p99 no difference can be told, server CPU +500 ns (1.50×) a message; " +
		"Long-poll: p50 ~−1.00 ms (0.500×), p99 ~+1.00 ms (1.20×); Short poll: n/a, one of the two is invalid"
	if have != want {
		t.Errorf("have %s\nwant %s", have, want)
	}
	run.Cells = run.Cells[:3]
	if more := targetFindings(format.Groups(run)[0]); more != nil {
		t.Errorf("of one target it says %q", more)
	}
}

// A proxy that is counted without the server behind it has less CPU than the server alone, and saves none of it.
func TestWhatATargetAddsInServerCPU(t *testing.T) {
	cell := func(target string, ns float64, counted ...string) *results.Cell {
		c := targetCell(target, scenarios.WebSocket, 1, 1, nil)
		c.Server = &results.Server{CPUPerMessage: &ns, Counted: counted}
		return &c
	}
	const untold = "n/a, as that of proxy leaves out what direct counts (--server-pid)"
	for name, test := range map[string]struct {
		from, to *results.Cell
		want     string
	}{
		"both are counted":      {cell("direct", 1000, "process 1"), cell("proxy", 1500, "process 2", "process 1"), "+500 ns (1.50×) a message"},
		"the server by itself":  {cell("direct", 1000, "process 1"), cell("proxy", 900, "process 1"), "−100 ns (0.900×) a message"},
		"the proxy alone":       {cell("direct", 1000, "process 1"), cell("proxy", 400, "process 2"), untold},
		"one of two":            {cell("direct", 1000, "process 1", "process 3"), cell("proxy", 1400, "process 2", "process 1"), untold},
		"not recorded":          {cell("direct", 1000), cell("proxy", 400), untold},
		"pushbench's own first": {cell(results.ReferenceTarget, 1000), cell("proxy", 400, "process 2"), "−600 ns (0.400×) a message"},
		"pushbench's own":       {cell("direct", 1000, "process 1"), cell(results.ReferenceTarget, 400), "−600 ns (0.400×) a message"},
	} {
		t.Run(name, func(t *testing.T) {
			if have := addedCPU(test.from, test.to); have != test.want {
				t.Errorf("have %s, want %s", have, test.want)
			}
		})
	}
}
