package results

import (
	"fmt"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pushbench/scenarios"
)

// tester is what *testing.T and *rapid.T share.
type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// at is the wall clock of the rounds made here; sub-millisecond, to find whoever rounds.
var at = time.Date(2026, 11, 23, 17, 52, 49, 123_456_789, time.UTC)

func histogram(t tester, values ...int64) *hdrhistogram.Histogram {
	t.Helper()
	h := NewHistogram()
	for _, v := range values {
		if err := h.RecordValue(v); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// slicesOf makes each row one slice of a second.
func slicesOf(t tester, rows [][]int64) []Slice {
	t.Helper()
	var all []Slice
	for i, row := range rows {
		if len(row) == 0 {
			continue
		}
		start := time.Duration(i) * SliceWidth
		s, err := NewSlice(start, start+SliceWidth, histogram(t, row...))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

// round makes a round that adds up: every latency one delivery with an overhead of 10 bytes. Each row is one second.
func round(t tester, index int, rows [][]int64) RoundData {
	t.Helper()
	var overhead [][]int64
	var n int64
	for _, row := range rows {
		var tens []int64
		for range row {
			tens = append(tens, 10)
		}
		overhead = append(overhead, tens)
		n += int64(len(row))
	}
	r := RoundData{
		Round: Round{
			Index: index, Order: index, Started: at.Add(time.Duration(index) * time.Minute), Verdict: Valid,
			ScheduleDigest: fmt.Sprintf("digest of %d", index),
			Phases:         []Phase{{"warmup", 0, time.Second}, {SteadyPhase, time.Second, time.Second + time.Duration(len(rows))*time.Second}},
		},
		Histograms: Histograms{Latency: slicesOf(t, rows), Overhead: slicesOf(t, overhead)},
	}
	m := &r.Round.Measured
	m.Delivery = Delivery{Offered: n, Published: n, Expected: n + 3, Delivered: n, Missed: 3, Errors: map[string]int64{"reset": 1}}
	m.Wire = Wire{
		SentBytes: 100 + 2*n, ReceivedBytes: 200 + 136*n, HandshakeBytes: 250, PayloadBytes: 128 * n, OverheadBytes: 10 * n, TailBytes: 50,
		Connections: 1, SteadyRequests: 2 * n, SteadyResponses: n, SteadyMessages: n,
		MessagesPerResponse: quotient(float64(n), float64(n)), RequestsPerMessage: quotient(float64(2*n), float64(n)),
	}
	m.Generator = Generator{Client: "lean", Pacer: "timerfd", Cores: 1, OfferedRate: 10, AchievedRate: 10}
	for _, metric := range []Metric{Latency, Overhead} {
		s, err := r.Histograms.Summarise(metric, n)
		if err != nil {
			t.Fatal(err)
		}
		*m.Summary(metric) = s
	}
	return r
}

// parted tells what a round's overhead of ten bytes a message went into; files of an earlier version do not.
func parted(r RoundData) RoundData {
	n := r.Round.Wire.SteadyMessages
	r.Round.Wire.OverheadParts = &OverheadParts{Framing: n, Headers: 6 * n, TLS: 2 * n, EmptyPolls: n}
	return r
}

var template = Cell{Scenario: "default", Transport: scenarios.WebSocket, Target: ReferenceTarget, Clients: 1000}

func newCell(t tester, rounds ...RoundData) Cell {
	t.Helper()
	c, err := NewCell(template, rounds)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sampleRun is a run of one cell of two rounds, complete enough for every file.
func sampleRun(t testing.TB) (*Run, []LogRound) {
	t.Helper()
	rounds := []RoundData{
		round(t, 0, [][]int64{{1e6, 2e6}, {3e6}, {}, {1e6, 40e6}}),
		round(t, 1, [][]int64{{1e6, 2e6}, {3e6}, {5e6}, {9e6}, {1e6}}),
	}
	c := newCell(t, rounds...)
	var log []LogRound
	for _, r := range rounds {
		log = append(log, NewLogRound(c, r))
	}
	return &Run{
		Schema: Schema, ID: NewRunID(at, "default", 0xab12), Created: at.Round(0), Tool: Tool{Version: "v1.2.3", Go: "go1.26"},
		Environment: Environment{OS: "linux", Arch: "amd64", CPUs: 2, Pinning: "off"}, Seed: 1,
		Scenarios: []scenarios.Scenario{scenarios.Default()}, Command: "pushbench bench", Cells: []Cell{c},
	}, log
}
