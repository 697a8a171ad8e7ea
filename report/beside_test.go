package report

import (
	"strings"
	"testing"

	"pushbench/report/internal/sample"
	"pushbench/results"
)

// tableOf returns the lines of the printed table of a title, its header first.
func tableOf(t *testing.T, text, title string) []string {
	t.Helper()
	_, after, found := strings.Cut(text, "\n"+title)
	if !found {
		t.Fatalf("no table %q in\n%s", title, text)
	}
	table, _, _ := strings.Cut(title+after, "\n\n")
	return strings.Split(table, "\n")
}

// hasFields fails unless some line of a table consists of these words.
func hasFields(t *testing.T, table []string, want string) {
	t.Helper()
	for _, line := range table {
		if strings.Join(strings.Fields(line), " ") == want {
			return
		}
	}
	t.Errorf("no line %q in\n%s", want, strings.Join(table, "\n"))
}

// A run shows the tables of the blocks that its cells have, and only those.
func TestUplinkHasATable(t *testing.T) {
	run := made(t, 1000, sample.Default[:2]...)
	if text := printed(t, run, Style{}); strings.Contains(text, "sent up") {
		t.Errorf("a run without an uplink shows one:\n%s", text)
	}
	for i, scale := range []int64{1, 3} {
		c := &run.Cells[i]
		c.Uplink = &results.Uplink{
			Latency:  &results.Summary{Count: 600, Independent: 600, P50: scale * 50e6, P99: scale * 51e6, Max: scale * 60e6},
			Overhead: &results.Summary{Count: 600, Independent: 600, Mean: 8, P50: 8},
			Delivery: results.Delivery{Expected: 601, Delivered: 600, Missed: 1}, SteadyRequests: 600 * int64(i),
		}
	}
	text := printed(t, run, Style{Width: 120})
	table := tableOf(t, text, "sent up")
	hasFields(t, table, "WebSocket 50.0 1.00× 51.0 1.00× 60.0 8.00 0 1 0 0")
	hasFields(t, table, "Long-poll 150 3.00× 153 3.00× 180 8.00 1.00 1 0 0")
	if !strings.Contains(text, "✓") {
		t.Errorf("the books do not hold:\n%s", text)
	}
	run.Cells[1].Uplink.Delivery.Missed = 2
	if text := printed(t, run, Style{}); !strings.Contains(text, "Long-poll, up: 601 expected ≠ 600 delivered + 2 missed") {
		t.Errorf("an uplink's books that do not add up are not reported:\n%s", text)
	}
}
