package verify

import (
	"strings"
	"testing"
	"time"

	"pushbench/results"
	"pushbench/scenarios"
)

// twoRounds is a measurement with rounds of different samples, made like a worker's.
func twoRounds(t *testing.T) Measurement {
	t.Helper()
	m := Measurement{}
	var rounds []results.RoundData
	for index, base := range []int64{1_000, 1_000_000} {
		h := results.NewHistogram()
		for i := range int64(500) {
			if err := h.RecordValue(base + i*i*37); err != nil {
				t.Fatal(err)
			}
		}
		slice, err := results.NewSlice(0, time.Second, h)
		if err != nil {
			t.Fatal(err)
		}
		data := results.RoundData{Histograms: results.Histograms{results.Latency: {slice}}}
		data.Round.Index, data.Round.Verdict, data.Round.Started = index, results.Valid, time.Unix(1_700_000_000+int64(index), 5)
		if data.Round.Latency, err = data.Histograms.Summarise(results.Latency, 500); err != nil {
			t.Fatal(err)
		}
		rounds, m.Histograms = append(rounds, data), append(m.Histograms, data.Histograms)
	}
	cell, err := results.NewCell(results.Cell{Scenario: "s", Transport: scenarios.WebSocket, Target: results.ReferenceTarget}, rounds)
	if err != nil {
		t.Fatal(err)
	}
	m.Cell = cell
	return m
}

func TestRecomputed(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*Measurement)
		want  [3]bool // rounds, cell, slices
	}{
		"untouched":        {func(*Measurement) {}, [3]bool{true, true, true}},
		"a round's p99":    {func(m *Measurement) { m.Cell.Rounds[1].Latency.P99++ }, [3]bool{false, true, true}},
		"a cell's maximum": {func(m *Measurement) { m.Cell.Latency.Max++ }, [3]bool{true, false, true}},
		"a cell's mean":    {func(m *Measurement) { m.Cell.Latency.Mean *= 1.0001 }, [3]bool{true, false, true}},
		"averaged percentiles": {func(m *Measurement) {
			m.Cell.Latency.P50 = (m.Cell.Rounds[0].Latency.P50 + m.Cell.Rounds[1].Latency.P50) / 2
		}, [3]bool{true, false, true}},
	} {
		m := twoRounds(t)
		c.spoil(&m)
		run, logs, err := roundTrip(t.TempDir(), []Measurement{m})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var rounds, cells recomputed
		if err := rounds.rounds(run.Cells[0], logs); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := cells.cell(run.Cells[0], logs); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := [3]bool{rounds.finding("").Pass, cells.finding("").Pass, sameSlices([]Measurement{m}, run, logs).Pass}
		if got != c.want {
			t.Errorf("%s: pass %v, want %v (%s %s)", name, got, c.want, rounds.difference, cells.difference)
		}
	}
	if (&recomputed{}).finding("").Pass {
		t.Error("comparing nothing passes")
	}
}

func TestSlicesThatWereLostOrMoved(t *testing.T) {
	m := twoRounds(t)
	run, logs, err := roundTrip(t.TempDir(), []Measurement{m})
	if err != nil {
		t.Fatal(err)
	}
	logs[0].Histograms[results.Latency][0].Start += time.Millisecond
	if sameSlices([]Measurement{m}, run, logs).Pass {
		t.Error("a second that moved passes")
	}
	logs[0].Histograms = nil
	if sameSlices([]Measurement{m}, run, logs).Pass {
		t.Error("a round that was lost passes")
	}
}

// agreeing are cells of a lean and a library client that differ as they may.
func agreeing(t scenarios.Transport) (lean, library []results.Cell) {
	cell := func(each int64) results.Cell {
		c := results.Cell{Transport: t, ScheduleDigest: "0123456789"}
		c.Delivery = results.Delivery{Offered: 10, Published: 10, Expected: 10, Delivered: 10}
		c.Latency = &results.Summary{P50: int64(20 * time.Millisecond)}
		c.Wire = results.Wire{SteadyMessages: 10, SteadyResponses: 10, OverheadBytes: 10 * (each + 5), Overhead: &results.Summary{P50: each}}
		return c
	}
	expected, _, _ := byteDifference(t)
	return []results.Cell{cell(300 + int64(expected))}, []results.Cell{cell(300)}
}

func TestCompareClients(t *testing.T) {
	for name, c := range map[string]struct {
		spoil    func(*results.Cell)
		failures int
	}{
		"agree":              {func(*results.Cell) {}, 0},
		"a message fewer":    {func(c *results.Cell) { c.Delivery.Delivered-- }, 1},
		"another schedule":   {func(c *results.Cell) { c.ScheduleDigest = "x" }, 1},
		"five bytes more":    {func(c *results.Cell) { c.Wire.OverheadBytes += 50; c.Wire.Overhead.P50 += 5 }, 1},
		"slower by a tenth":  {func(c *results.Cell) { c.Latency.P50 += int64(2 * time.Millisecond) }, 1},
		"nothing delivered":  {func(c *results.Cell) { c.Wire = results.Wire{} }, 1},
		"no latency at all":  {func(c *results.Cell) { c.Latency = nil }, 1},
		"a millisecond less": {func(c *results.Cell) { c.Latency.P50 -= int64(900 * time.Microsecond) }, 0},
	} {
		for _, transport := range scenarios.Transports {
			lean, library := agreeing(transport)
			c.spoil(&library[0])
			if failed := failures(compareClients(transport, lean, library)); len(failed) != c.failures {
				t.Errorf("%s, %s: failed %q, want %d", name, transport, failed, c.failures)
			}
		}
	}
}

func TestAllExactly(t *testing.T) {
	if f := allExactly("x", []int64{1, 2}, []int64{1, 2}); !f.Pass || f.Expected != "1 2" {
		t.Errorf("%+v", f)
	}
	for _, measured := range [][]int64{nil, {1}, {1, 3}, {1, 2, 2}} {
		if allExactly("x", []int64{1, 2}, measured).Pass {
			t.Errorf("%v passes for 1 2", measured)
		}
	}
	if f := note("x", "y", "z"); !f.Pass || !strings.Contains(f.Tolerance, "not compared") {
		t.Errorf("%+v", f)
	}
}
