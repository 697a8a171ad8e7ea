package finding

import (
	"strings"
	"testing"

	"pushbench/report"
	"pushbench/results"
	"pushbench/scenarios"
)

// mixed is a run of WebSockets alone and of a mix, whose parts are those of golden.
func mixed(t *testing.T) *results.Run {
	t.Helper()
	arms := golden()[:2]
	arms[1].transport = scenarios.Mix
	run := runOf([]scenarios.Figure{scenarios.AnswerLatency}, arms...)
	parts := golden()[:2]
	for i := range parts {
		c := parts[i].cell()
		p := results.TransportPart{Transport: parts[i].transport, Clients: []int64{97, 3}[i], Latency: c.Latency, Wire: c.Wire}
		p.SetDelivery(c.Delivery)
		run.Cells[1].ByTransport = append(run.Cells[1].ByTransport, p)
	}
	return run
}

// TestMix: how the whole stands against a server of WebSockets alone, and then what each transport's clients got.
func TestMix(t *testing.T) {
	whole := "Over a WebSocket a message reached a user 20 ms away after 20.3 ms (p99 20.6 ms), in the mix 20.3 ms (p99 29.4 ms, 8.80 ± 0.141 ms more); "
	run := mixed(t)
	want := whole + "in the mix the 97 users over a WebSocket had a message after 20.3 ms (p99 20.6 ms), the 3 with long-polling after 20.3 ms (p99 29.4 ms)."
	if f := Of(run)[0]; f.Sentence != want || f.Trust != report.Firm {
		t.Errorf("got  %s (%s)\nwant %s", f.Sentence, f.Trust, want)
	}
	fallen := mixed(t)
	fallen.Cells[0].ByTransport, fallen.Cells = fallen.Cells[1].ByTransport, fallen.Cells[:1]
	if f, parts := Of(fallen)[0], "where some fall back, the 97 users over a WebSocket had a message after 20.3 ms (p99 20.6 ms), the 3 with long-polling after"; !strings.Contains(f.Sentence, parts) {
		t.Errorf("got %s, want in it: %s", f.Sentence, parts)
	}
	run.Cells[1].ByTransport[1].Latency = nil
	want = whole + "in the mix the 97 users over a WebSocket had a message after 20.3 ms (p99 20.6 ms), the 3 with long-polling after n/a."
	if f := Of(run)[0]; f.Sentence != want || f.Trust != report.NotMeasured {
		t.Errorf("got  %s (%s)\nwant %s", f.Sentence, f.Trust, want)
	}
	run = mixed(t)
	run.Cells[1].ByTransport[1].Latency.Independent = 15
	if f := Of(run)[0]; f.Trust != report.TooFew {
		t.Errorf("%s (%s)", f.Sentence, f.Trust)
	}
	run.Cells[1].Verdict = results.Invalid
	if f := Of(run)[0]; f.Trust != report.NotValid {
		t.Errorf("%s (%s)", f.Sentence, f.Trust)
	}
	run.Cells = run.Cells[:1]
	if f := Of(run)[0]; f.Trust != report.Alone || strings.Contains(f.Sentence, "mix") {
		t.Errorf("%s (%s)", f.Sentence, f.Trust)
	}
}
