package chart

import (
	"os"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"

	"pushbench/report/format"
	"pushbench/report/internal/sample"
	"pushbench/report/recorded"
	"pushbench/results"
	"pushbench/scenarios"
)

// chartOf is a chart of a run's first scenario as text.
func chartOf(t *testing.T, run *results.Run, kind Kind) string {
	t.Helper()
	files, err := Write(t.TempDir(), run, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Kind == kind && strings.HasSuffix(f.Path, ".svg") {
			text, err := os.ReadFile(f.Path)
			if err != nil {
				t.Fatal(err)
			}
			return string(text)
		}
	}
	return ""
}

// The chart of the answer has a panel for each number, with the numbers of the table.
func TestAnswerIsDrawn(t *testing.T) {
	run, _, err := sample.Run(1, 1000, sample.Default[:2]...)
	if err != nil {
		t.Fatal(err)
	}
	s := &run.Scenarios[0]
	s.Question, s.Answer = "How long does it take?", []scenarios.Figure{scenarios.AnswerConnect, scenarios.AnswerServerMemory}
	for i := range run.Cells {
		c := *run.Cells[i].Latency
		c.P50, c.P99 = int64(123e6*(i+1)), int64(456e6*(i+1))
		run.Cells[i].Connect = &c
	}
	text := chartOf(t, run, Answer)
	for _, want := range []string{"p50 of connecting", "p99 of connecting", "Server memory per client", "123 ms", "912 ms", "21.4 kB", "How long does it take?"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the chart", want)
		}
	}
	run.Cells[0].Connect.Independent, run.Cells[1].Connect = 3, nil
	if text = chartOf(t, run, Answer); !strings.Contains(text, "~456 ms") || !strings.Contains(text, "n/a") {
		t.Error("what few samples carry is not marked, or what was not measured says no n/a")
	}
}

// A sweep has a chart of what answers its question where the usual two do not show it.
func TestSweepDrawsItsAnswer(t *testing.T) {
	run, err := sample.RateSweep(1, 400)
	if err != nil {
		t.Fatal(err)
	}
	run.Scenarios[0].Answer = []scenarios.Figure{scenarios.AnswerLatency, scenarios.AnswerServerCPU}
	if chartOf(t, run, SweepAnswer) != "" {
		t.Error("latency and CPU are drawn twice")
	}
	run.Scenarios[0].Answer = []scenarios.Figure{scenarios.AnswerOverhead, scenarios.AnswerConnections, scenarios.AnswerServerMemory}
	text := chartOf(t, run, SweepAnswer)
	for _, want := range []string{"overhead per message", "connections per client", "server memory per client", "640/s"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the chart", want)
		}
	}
	if strings.Contains(text, "not measured") {
		t.Error("a panel is empty")
	}
}

// An outage has a chart of the way back, of a sweep's arms, too.
func TestTheWayBackIsDrawn(t *testing.T) {
	run, rounds, err := sample.Run(1, 100, sample.Default[:2]...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range run.Cells {
		h := results.NewHistogram()
		for v := range int64(2000) {
			if err := h.RecordValue((v + 1) * 1e6); err != nil {
				t.Fatal(err)
			}
		}
		slice, err := results.NewSlice(0, results.SliceWidth, h)
		if err != nil {
			t.Fatal(err)
		}
		rounds[i][0][results.RecoveryTotal] = []results.Slice{slice}
		run.Cells[i].Recovery = &results.Recovery{Clients: 2000, Back: 2000, Total: &results.Summary{Count: 2000, Independent: 2000, P50: 1e9, P99: 1980e6}}
		run.Cells[i].Params = map[string]string{"reconnect.jitter": []string{"full", "none"}[i]}
	}
	files, err := Write(t.TempDir(), run, recorded.New(rounds))
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(files, func(f File) bool { return f.Kind == Recovery && strings.HasSuffix(f.Path, ".svg") })
	if at < 0 {
		t.Fatal("it is not drawn")
	}
	text, err := os.ReadFile(files[at].Path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"percentile of clients", "since the cut", "p99 1.98 s", "WebSocket", "Long-poll"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not in the chart", want)
		}
	}
}

// TestTicksKeepApart: labels of a narrow panel do not overprint, and the first is kept.
func TestTicksKeepApart(t *testing.T) {
	sty := styleOf(tickSize, false, inkGrey)
	for _, width := range []vg.Length{60, 100, 400} {
		const hi = 2e9
		end := vg.Length(-1)
		labels := 0
		for _, tick := range spaced(linearTicks(hi, format.ByteUnits[:1]), width/hi) {
			if tick.Label == "" {
				continue
			}
			at, half := vg.Length(tick.Value)*width/hi, sty.Width(tick.Label)/2
			if labels > 0 && at-half < end {
				t.Errorf("%v wide: %s stands in the one before", width, tick.Label)
			}
			end, labels = at+half, labels+1
		}
		if labels == 0 {
			t.Errorf("%v wide: no label", width)
		}
	}
}

// TestTheHandshakeOfTheWorstArmIsSaid: the longest bar leaves room for both of its numbers.
func TestTheHandshakeOfTheWorstArmIsSaid(t *testing.T) {
	run, _, err := sample.Run(1, 1000, sample.Default...)
	if err != nil {
		t.Fatal(err)
	}
	c := &run.Cells[len(run.Cells)-1]
	c.Wire.HandshakeBytes = 8520 * c.Delivery.Delivered
	if text := chartOf(t, run, Cost); !strings.Contains(text, "+ 8.52 kB") {
		t.Error("the longest bar's handshake is not said")
	}
}

// TestNotesOfAMapAreWhole: a map on loopback has a note of every kind.
func TestNotesOfAMapAreWhole(t *testing.T) {
	run, _, err := sample.Run(1, 1000, sample.Default...)
	if err != nil {
		t.Fatal(err)
	}
	run.Scenarios[0].Network.Delay = 0
	if text := chartOf(t, run, BreakEven); !strings.Contains(text, "loopback") || strings.Contains(text, "…") {
		t.Error("a note is cut")
	}
}
