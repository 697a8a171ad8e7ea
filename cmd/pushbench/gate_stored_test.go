package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pushbench/results"
	"pushbench/scenarios"
)

// storedRounds is a run of the gate scenario whose rounds are all alike.
func storedRounds(t *testing.T, rounds int) *results.Run {
	t.Helper()
	draft, err := scenarios.Load("gate")
	if err != nil {
		t.Fatal(err)
	}
	s, err := draft.Resolve()
	if err != nil {
		t.Fatal(err)
	}
	run := &results.Run{
		Schema: results.Schema, ID: "run", Created: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Seed: 1, Tool: results.Tool{Go: "go1.26.0"},
		Environment: results.Environment{OS: "linux", Arch: "amd64", CPUModel: "Fast One", CPUs: 2, UsableCPUs: 2, Pinning: "separate"},
		Scenarios:   []scenarios.Scenario{*s},
	}
	for _, transport := range s.Transports {
		overhead := int64(4)
		if transport == scenarios.LongPoll {
			overhead = 898
		}
		measured := results.Measured{
			Latency:  &results.Summary{Count: 3000, Independent: 3000, P50: 10e6, P99: 20e6},
			Delivery: results.Delivery{Offered: 3000, Published: 3000, Expected: 3000, Delivered: 3000},
			Wire:     results.Wire{Overhead: &results.Summary{Count: 3000, Independent: 3000, P50: overhead}}, Generator: results.Generator{Client: "lean"},
		}
		cell := results.Cell{Scenario: s.Name, Transport: transport, Target: results.ReferenceTarget, Verdict: results.Valid, Measured: measured}
		for i := range rounds {
			cell.Rounds = append(cell.Rounds, results.Round{Index: i, Verdict: results.Valid, ScheduleDigest: fmt.Sprint("schedule", i), Measured: measured})
		}
		run.Cells = append(run.Cells, cell)
	}
	return run
}

// store writes a run into a folder of its own.
func store(t *testing.T, run *results.Run) string {
	t.Helper()
	folder := results.Folder{Path: t.TempDir()}
	if err := folder.WriteRun(run); err != nil {
		t.Fatal(err)
	}
	return folder.Path
}

// eachRound changes every round of a run, of every transport, with copies of what rounds share.
func eachRound(run *results.Run, change func(*results.Round)) {
	for c := range run.Cells {
		for i := range run.Cells[c].Rounds {
			r := &run.Cells[c].Rounds[i]
			latency, overhead := *r.Latency, *r.Wire.Overhead
			r.Latency, r.Wire.Overhead = &latency, &overhead
			change(r)
		}
	}
}

func invalidate(run *results.Run, rounds int) {
	for i := range run.Cells {
		invalidateCell(&run.Cells[i], rounds)
	}
}

// invalidateCell makes a cell invalid for so many of its rounds.
func invalidateCell(c *results.Cell, rounds int) {
	c.Verdict, c.Warnings = results.Invalid, []results.Warning{{Code: "lag", Text: "released late", Invalidates: true}}
	for i := range c.Rounds[:rounds] {
		c.Rounds[i].Verdict, c.Rounds[i].Warnings = results.Invalid, c.Warnings
	}
}

// An invalid cell of either side is said by every form of the answer.
func TestGateStoredSaysInvalidCells(t *testing.T) {
	for side := range 2 {
		runs := []*results.Run{storedRounds(t, 3), storedRounds(t, 3)}
		invalidateCell(&runs[side].Cells[0], 1)
		summary, junit := filepath.Join(t.TempDir(), "summary.md"), filepath.Join(t.TempDir(), "gate.xml")
		t.Setenv(summaryVariable, summary)
		code, said := gated(t, runs[0], runs[1], "--junit", junit)
		want := []string{"baseline", "candidate"}[side] + ": the cell is invalid: released late"
		for form, text := range map[string]string{"text": said, "markdown": read(t, summary), "junit": read(t, junit)} {
			if code != exitInconclusive || strings.Count(text, want) < 3 {
				t.Errorf("exit code %d, %s lacks %q for each rule of the cell:\n%s", code, form, want, text)
			}
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// gated runs gate on two stored runs, and returns its exit code and all that it printed.
func gated(t *testing.T, baseline, candidate *results.Run, args ...string) (code int, said string) {
	t.Helper()
	var out bytes.Buffer
	args = append([]string{"gate", "--baseline", store(t, baseline), "--candidate", store(t, candidate), "--out", t.TempDir()}, args...)
	code = run(t.Context(), args, streams{strings.NewReader(""), &out, &out})
	return code, strings.Join(strings.Fields(out.String()), " ")
}

func TestGateStored(t *testing.T) {
	slower := func(r *results.Run) {
		eachRound(r, func(r *results.Round) { r.Latency.P99 += 10e6 + int64(r.Index)*1000 })
	}
	bytes := func(more int64) func(*results.Run) {
		return func(r *results.Run) { eachRound(r, func(r *results.Round) { r.Wire.Overhead.P50 += more }) }
	}
	later := func(r *results.Run) { eachRound(r, func(r *results.Round) { r.Index += 3 }) }
	lost := func(r *results.Run) { r.Cells[0].Rounds[2].Delivery.Missed++ }
	for name, test := range map[string]struct {
		rounds int
		change func(candidate *results.Run)
		args   string
		code   int
		want   string
	}{
		"equal":                      {3, func(*results.Run) {}, "", exitFine, "PASS Stored runs: the baseline of 2026-11-01 00:00 UTC"},
		"slower is not looked at":    {3, slower, "", exitFine, "a slower server is not ruled out"},
		"slower, few rounds":         {3, slower, "--milliseconds", exitInconclusive, "3 pairs cannot fail 2 rules"},
		"slower, looked at":          {12, slower, "--milliseconds", exitThreshold, "fail websocket p99 +50.0 %"},
		"more bytes":                 {5, bytes(1), "", exitThreshold, "4 in every slice of the baseline, up to 5"},
		"more bytes, few rounds":     {3, bytes(1), "", exitInconclusive, "but only in 3 pairs"},
		"fewer bytes":                {3, bytes(-1), "", exitFine, "PASS"},
		"one lost, once":             {3, lost, "", exitThreshold, "fail websocket missed messages up from none 0 → 1 in all, 3 pairs 0 in all on the baseline's side, 1 on the candidate's, in 3 pairs, with some in 1"},
		"one lost, one round late":   {3, func(r *results.Run) { invalidate(r, 1); lost(r) }, "", exitInconclusive, "the cell is invalid"},
		"one round of three late":    {3, func(r *results.Run) { invalidate(r, 1) }, "", exitInconclusive, "candidate: the cell is invalid: released late"},
		"invalid as a whole":         {3, func(r *results.Run) { invalidate(r, 0) }, "", exitInconclusive, "the cell is invalid: released late"},
		"one cell late, looked at":   {12, func(r *results.Run) { invalidateCell(&r.Cells[1], 1) }, "--milliseconds", exitInconclusive, "inconclusive longpoll p99"},
		"one cell late, one loses":   {3, func(r *results.Run) { invalidateCell(&r.Cells[1], 1); lost(r) }, "", exitThreshold, "fail websocket missed messages up from none"},
		"threshold broken":           {3, func(*results.Run) {}, "--threshold websocket:p(99)<15ms", exitThreshold, "websocket:p(99)<15ms: 20.0 ms"},
		"threshold kept":             {3, func(*results.Run) {}, "--threshold p(99)<25ms", exitFine, "pass longpoll p(99)<25ms: 20.0 ms"},
		"threshold without a figure": {3, func(*results.Run) {}, "--threshold p(97)<25ms", exitInconclusive, "it could not be measured here"},
		"but that may pass":          {3, func(*results.Run) {}, "--threshold p(97)<25ms --inconclusive pass", exitFine, "INCONCLUSIVE"},
		"nothing to compare":         {3, func(*results.Run) {}, "--metrics latency_p99", exitUsage, "nothing to compare"},
		"thresholds alone":           {3, func(*results.Run) {}, "--metrics latency_p99 --threshold p(99)<25ms", exitFine, "PASS"},
		"one round":                  {1, func(*results.Run) {}, "", exitInconclusive, "have 1 rounds in common"},
		"no round in common":         {3, later, "", exitInconclusive, "have 0 rounds in common"},
		"interrupted":                {3, func(r *results.Run) { r.Interrupted = true }, "", exitInconclusive, "was cut short"},
		"other scenario":             {3, func(r *results.Run) { r.Scenarios[0].Name = "quick" }, "", exitUsage, "it holds quick, not gate"},
		"other workload":             {3, func(r *results.Run) { r.Scenarios[0].Clients = 7 }, "", exitInconclusive, "clients 7 → 300"},
		"other tolerance":            {3, func(r *results.Run) { r.Scenarios[0].Gate.Tolerance = 0.2 }, "", exitFine, "PASS"},
		"no such cell":               {3, func(r *results.Run) { r.Cells = r.Cells[:1] }, "", exitInconclusive, "has no cell gate/longpoll (it has gate/websocket)"},
		"one transport of two":       {3, func(r *results.Run) { r.Cells = r.Cells[:1] }, "--transport websocket", exitFine, "PASS"},
		"other schedule":             {3, func(r *results.Run) { r.Cells[0].Rounds[1].ScheduleDigest = "x" }, "", exitInconclusive, "different schedules in round 2"},
	} {
		t.Run(name, func(t *testing.T) {
			candidate := storedRounds(t, test.rounds)
			test.change(candidate)
			baseline := storedRounds(t, test.rounds)
			if code, said := gated(t, baseline, candidate, strings.Fields(test.args)...); code != test.code || !strings.Contains(said, test.want) {
				t.Errorf("exit code %d, want %d and %q:\n%s", code, test.code, test.want, said)
			}
		})
	}
}

// Whatever differs of what matters is refused by name, and all of it at once.
func TestGateStoredRefuses(t *testing.T) {
	changes := map[string]func(*results.Run){
		"operating system: linux → plan9":   func(r *results.Run) { r.Environment.OS = "plan9" },
		"architecture: amd64 → arm64":       func(r *results.Run) { r.Environment.Arch = "arm64" },
		"CPU model: Fast One → n/a":         func(r *results.Run) { r.Environment.CPUModel = "" },
		"CPUs: 2 → 4":                       func(r *results.Run) { r.Environment.CPUs = 4 },
		"usable CPUs: 2 → 1":                func(r *results.Run) { r.Environment.UsableCPUs = 1 },
		"Go: go1.26.0 → go1.27":             func(r *results.Run) { r.Tool.Go = "go1.27" },
		"separate (0 for the server, 0 for": func(r *results.Run) { r.Environment.Pinning = "shared" },
		"client: lean → library": func(r *results.Run) {
			for i := range r.Cells {
				r.Cells[i].Generator.Client = "library"
			}
		},
		"seed: 1 → 2": func(r *results.Run) { r.Seed = 2 },
	}
	all := storedRounds(t, 3)
	for want, change := range changes {
		candidate := storedRounds(t, 3)
		change(candidate)
		change(all)
		if code, said := gated(t, storedRounds(t, 3), candidate); code != exitInconclusive || !strings.Contains(said, want) {
			t.Errorf("exit code %d, want 98 and %q:\n%s", code, want, said)
		}
	}
	_, said := gated(t, storedRounds(t, 3), all)
	for want := range changes {
		if !strings.Contains(said, want) {
			t.Errorf("not said: %q:\n%s", want, said)
		}
	}
}

// A run stored elsewhere is refused before anything is measured.
func TestGateStoredRefusesBeforeMeasuring(t *testing.T) {
	var out bytes.Buffer
	folder := t.TempDir()
	code := run(t.Context(), []string{"gate", "--baseline", store(t, storedRounds(t, 3)), "--out", folder}, streams{strings.NewReader(""), &out, &out})
	entries, err := os.ReadDir(folder)
	if code != exitInconclusive || !strings.Contains(out.String(), "CPU model: Fast One →") || len(entries) > 0 || err != nil {
		t.Errorf("exit code %d, files %v, %v:\n%s", code, entries, err, &out)
	}
}

// A gate of stored runs is decided again as it was decided, thresholds and all.
func TestRedecideStored(t *testing.T) {
	folder := t.TempDir()
	baseline, candidate := store(t, storedRounds(t, 3)), store(t, storedRounds(t, 3))
	args := []string{"gate", "--baseline", baseline, "--candidate", candidate, "--threshold", "p(99)<15ms", "--out", folder}
	if code := run(t.Context(), args, streams{strings.NewReader(""), io.Discard, io.Discard}); code != exitThreshold {
		t.Fatalf("exit code %d", code)
	}
	saved, err := filepath.Glob(filepath.Join(folder, "*", gateFileName))
	if err != nil || len(saved) != 1 {
		t.Fatal(saved, err)
	}
	var out bytes.Buffer
	code := run(t.Context(), []string{"gate", "--redecide", saved[0]}, streams{strings.NewReader(""), &out, &out})
	if code != exitThreshold || !strings.Contains(out.String(), "p(99)<15ms: 20.0 ms") || !strings.Contains(out.String(), "breaks a threshold") {
		t.Errorf("exit code %d:\n%s", code, &out)
	}
}
