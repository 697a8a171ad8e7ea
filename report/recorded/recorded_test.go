package recorded

import (
	"math"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"

	"pushbench/results"
)

func histogram(t interface{ Fatal(...any) }, values ...int64) *hdrhistogram.Histogram {
	h := results.NewHistogram()
	for _, v := range values {
		if err := h.RecordValue(v); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func slice(t *testing.T, start time.Duration, values ...int64) results.Slice {
	t.Helper()
	s, err := results.NewSlice(start, start+results.SliceWidth, histogram(t, values...))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestBinsHoldEveryValueOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := histogram(t, rapid.SliceOfN(rapid.Int64Range(0, results.HistogramMax), 1, 50).Draw(t, "values")...)
		b, ok := BinsOf([]*hdrhistogram.Histogram{nil, h})
		sum := 0.0
		for _, share := range b.Shares(h) {
			sum += share
		}
		if !ok || math.Abs(sum-1) > 1e-9 {
			t.Fatalf("the bins hold %v of the samples", sum)
		}
	})
}

func TestWholeNumbersStandInTheBinTheyBegin(t *testing.T) {
	b := NewBins(1, 1000)
	for _, v := range []int64{1, 10, 100, 1000} {
		for i, share := range b.Shares(histogram(t, v)) {
			if share > 0 && math.Abs(b.Edge(i)/float64(v)-1) > 1e-9 {
				t.Errorf("%v lies in the bin from %v", v, b.Edge(i))
			}
		}
	}
}

func TestNoBinsWithoutHistograms(t *testing.T) {
	if _, ok := BinsOf([]*hdrhistogram.Histogram{nil}); ok {
		t.Error("bins of nothing")
	}
}

// recordedRun has one cell of two rounds with a warm-up each, and one cell without samples.
func recordedRun(t *testing.T) (*results.Run, []results.LogRound) {
	run := &results.Run{Cells: []results.Cell{
		{Scenario: "a b", Transport: "websocket", Rounds: []results.Round{{Index: 0}, {Index: 1}}},
		{Scenario: "a b", Transport: "longpoll", Rounds: []results.Round{{Index: 0}}},
	}}
	var log []results.LogRound
	for i, r := range run.Cells[0].Rounds {
		log = append(log, results.NewLogRound(run.Cells[0], results.RoundData{Round: r, Histograms: results.Histograms{
			results.WarmupLatency: {slice(t, 0, 900)},
			results.Latency:       {slice(t, time.Second, 1, 2, 3), slice(t, 2*time.Second, int64(10*(i+1)))},
		}}))
	}
	return run, log
}

func TestLogIsFoundByCell(t *testing.T) {
	run, log := recordedRun(t)
	log[0], log[1] = log[1], log[0]
	h := FromLog(run, log)
	merged, err := h.Merged(0, results.Latency)
	if err != nil || merged.TotalCount() != 8 {
		t.Fatalf("%v, %v: want both rounds' 8 samples and no warm-up", merged, err)
	}
	if again, _ := h.Merged(0, results.Latency); again != merged {
		t.Error("merged a second time")
	}
	if none, err := h.Merged(1, results.Latency); none != nil || err != nil {
		t.Errorf("a cell without samples: %v, %v", none, err)
	}
}

func TestSecondsKeepRoundsAndWarmupApart(t *testing.T) {
	seconds, err := FromLog(recordedRun(t)).Seconds(0, nil)
	if err != nil || len(seconds) != 6 {
		t.Fatalf("%d seconds, %v; want 3 of each round", len(seconds), err)
	}
	for i, s := range seconds {
		if s.Round != i/3 || s.Warmup != (i%3 == 0) || s.Start != time.Duration(i%3)*time.Second {
			t.Errorf("second %d: %+v", i, s)
		}
	}
	if last := seconds[5]; last.Count != 1 || last.P50 != 20 || last.Max != 20 {
		t.Errorf("%+v", last)
	}
}

func TestSecondThatAWarmupEndsInIsCut(t *testing.T) {
	h := New([][]results.Histograms{{{results.WarmupLatency: {slice(t, 0, 1)}, results.Latency: {slice(t, 0, 2), slice(t, time.Second, 3)}}}})
	half := 500 * time.Millisecond
	seconds, err := h.Seconds(0, []results.Round{{Phases: []results.Phase{{Name: "warmup", End: half}, {Name: results.SteadyPhase, Start: half, End: 2 * time.Second}}}})
	if err != nil || len(seconds) != 3 {
		t.Fatal(seconds, err)
	}
	for i, want := range [][2]time.Duration{{0, half}, {half, time.Second}, {time.Second, 2 * time.Second}} {
		if got := seconds[i]; got.Start != want[0] || got.End != want[1] {
			t.Errorf("%v to %v, want %v", got.Start, got.End, want)
		}
	}
}

func TestNilHoldsNothing(t *testing.T) {
	var h *Histograms
	if m, err := h.Merged(0, results.Latency); m != nil || err != nil {
		t.Error(m, err)
	}
	if s, err := h.Seconds(0, nil); s != nil || err != nil {
		t.Error(s, err)
	}
}

func TestCorruptSliceIsAnError(t *testing.T) {
	h := New([][]results.Histograms{{{results.Latency: {{HDR: "none"}}}}})
	if _, err := h.Merged(0, results.Latency); err == nil {
		t.Error("merged what does not decode")
	}
	if _, err := h.Seconds(0, nil); err == nil {
		t.Error("seconds of what does not decode")
	}
}
