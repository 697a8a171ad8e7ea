package report

import (
	"strings"
	"testing"

	"pushbench/report/internal/sample"
	"pushbench/results"
	"pushbench/scenarios"
)

func TestThresholdLines(t *testing.T) {
	run := made(t, 1000, sample.Default...)
	latency, bytes, share := 61.2e6, 1234.0, 0.25
	run.Thresholds = []results.ThresholdResult{
		{Scenario: "default", Rule: "p(99)<50ms", Transport: scenarios.LongPoll, Target: "reference", Outcome: results.Failed, Unit: scenarios.UnitNanoseconds, Measured: &latency},
		{Scenario: "default", Rule: "overhead_bytes: avg<2kB", Transport: scenarios.WebSocket, Target: "reference", Outcome: results.Passed, Unit: scenarios.UnitBytes, Measured: &bytes, Note: "rough"},
		{Scenario: "default", Rule: "missed<0.1%", Transport: scenarios.ShortPoll, Target: "reference", Outcome: results.Inconclusive, Unit: scenarios.UnitPercent, Measured: &share, Note: "the cell is invalid"},
		{Scenario: "default", Rule: "<b>\x1b[31m: avg<1s", Outcome: results.Inconclusive, Note: "no cell"},
		{Scenario: "elsewhere", Rule: "max<1s", Outcome: results.Failed},
	}
	lines := []string{
		"✗ p(99)<50ms · Long-poll 61.2 ms\n",
		"✓ overhead_bytes: avg<2kB · WebSocket 1.23 kB (rough)\n",
		"? missed<0.1% · Short poll 0.250% · inconclusive (the cell is invalid)\n",
		"? <b>: avg<1s · inconclusive (no cell)\n",
	}
	for _, width := range []int{80, 120} {
		have := printed(t, run, Style{Width: width})
		if want := strings.Join(lines, ""); !strings.HasSuffix(have, want) {
			t.Errorf("have\n%s\nwant at the end\n%s", have, want)
		}
	}
	ascii := printed(t, run, Style{ASCII: true})
	if !strings.Contains(ascii, "\nFAIL p(99)<50ms | Long-poll") || !strings.Contains(ascii, "\nok overhead_bytes") {
		t.Errorf("have\n%s", ascii)
	}
	markdown := markdownOf(t, run)
	for _, want := range []string{"- ✗ p(99)&lt;50ms · Long-poll 61.2 ms\n", "- ? &lt;b&gt;: avg&lt;1s"} {
		if !strings.Contains(markdown, want) {
			t.Errorf("have\n%s\nwant %q in it", markdown, want)
		}
	}
}
