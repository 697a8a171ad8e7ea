package report

import (
	"testing"

	"pushbench/results"
)

// TestCommandOfAFinding: it says what is measured, and not where one run of it was kept.
func TestCommandOfAFinding(t *testing.T) {
	for command, want := range map[string]string{
		"pushbench run echo --out findings -q --no-color":            "pushbench run echo",
		"pushbench run echo --out='my runs' --clients 10 --quiet":    "pushbench run echo --clients 10",
		"pushbench run quick --set outage.at=1s --json --inject d=1": "pushbench run quick --set outage.at=1s --inject d=1",
		"pushbench run quick": "pushbench run quick",
	} {
		if got := NewFindingRow(Finding{}, &results.Run{Command: command}).Command; got != want {
			t.Errorf("%s: got %q, want %q", command, got, want)
		}
	}
}
