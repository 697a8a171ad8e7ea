package finding

import (
	"strings"
	"testing"

	"pushbench/report/format"
	"pushbench/scenarios"
)

// TestSweepOfOneValue: the sentence says what was run, not what the scenario had before.
func TestSweepOfOneValue(t *testing.T) {
	for _, c := range []struct {
		path, value, want, workload string
		figure                      scenarios.Figure
		pattern                     scenarios.Pattern
	}{
		{"payload", "1MiB", "on top of its 1.05 MB", "payload = 1MiB", scenarios.AnswerOverhead, scenarios.Direct},
		{"clients", "30", "each of 30 users", "clients = 30", scenarios.AnswerLatency, scenarios.Broadcast},
		{"network.delay", "100ms", "100 ms away", "network.delay = 100ms", scenarios.AnswerLatency, scenarios.Direct},
	} {
		arms := golden()[:2]
		for i := range arms {
			arms[i].params = map[string]string{c.path: c.value}
		}
		run := runOf([]scenarios.Figure{c.figure}, arms...)
		run.Scenarios[0].Pattern = c.pattern
		run.Scenarios[0].Sweep = scenarios.Sweep{{Parameter: c.path, Values: []string{c.value}}}
		if f := Of(run)[0]; !strings.Contains(f.Sentence, c.want) {
			t.Errorf("%s=%s: no %q in: %s", c.path, c.value, c.want, f.Sentence)
		}
		if got := format.Workload(format.Groups(run)[0].Scenario); !strings.Contains(got, c.workload) {
			t.Errorf("%s=%s: no %q in: %s", c.path, c.value, c.workload, got)
		}
	}
}
