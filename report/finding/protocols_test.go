package finding

import (
	"testing"

	"pushbench/report"
	"pushbench/results"
	"pushbench/scenarios"
)

// What a message took at the socket is said with the message itself, at both ends of what was swept: here, with and without compression.
func TestCompressionInWords(t *testing.T) {
	pair := func(compression string) []arm {
		return with(golden()[:2], func(a []arm) {
			a[0].params, a[1].params = map[string]string{"compression": compression}, map[string]string{"compression": compression}
		})
	}
	run := runOf([]scenarios.Figure{scenarios.AnswerWire}, append(pair("off"), pair("deflate")...)...)
	run.Scenarios[0].Sweep = scenarios.Sweep{{Parameter: "compression", Values: []string{"off", "deflate"}}}
	for i, took := range []int64{2048, 2048, 900, 940} {
		w := &run.Cells[i].Wire
		w.SteadyMessages, w.PayloadBytes, w.OverheadBytes = 1000, took*1000, int64(i%2)*862_000+4000
		if i > 1 {
			w.Unpacked = new(int64(2_048_000))
		}
	}
	f := Of(run)[0]
	want := "From no compression to deflate, what a message took at the socket was 2.05 kB → 904 B over a WebSocket and 2.91 kB → 1.81 kB with long-polling."
	if f.Sentence != want || f.Trust != report.Firm || f.Caveat == "" || f.Chart != chartSweepAnswer {
		t.Errorf("%s: %q\nwant %q", f.Trust, f.Sentence, want)
	}
}

// Without messages there is no such number.
func TestWireOfNothing(t *testing.T) {
	run := runOf([]scenarios.Figure{scenarios.AnswerWire}, golden()[:2]...)
	run.Cells[0].Wire, run.Cells[1].Wire = results.Wire{}, results.Wire{}
	if f := Of(run)[0]; f.Trust != report.NotMeasured {
		t.Errorf("%s: %q", f.Trust, f.Sentence)
	}
}
