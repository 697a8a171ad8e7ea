package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pushbench/results"
	"pushbench/scenarios"
)

// syntheticRecording writes pairs over two transports whose p99 has the given noise and whose candidate's is worse by the rise. Pairs take sixteen seconds.
func syntheticRecording(t *testing.T, pairs int, rise, noise float64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "slices.jsonl")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	write := slicesTo(file)
	r := rand.New(rand.NewPCG(3, 3))
	for i := range pairs {
		for _, transport := range []scenarios.Transport{scenarios.WebSocket, scenarios.LongPoll} {
			candidateFirst := r.IntN(2) == 0
			for _, side := range []string{results.Baseline, results.Candidate} {
				p99 := 50e6 * math.Exp(noise*r.NormFloat64())
				if side == results.Candidate {
					p99 *= 1 + rise
				}
				read := func(v float64) results.Reading { return results.Reading{Value: v, Messages: 5000, Independent: 5000} }
				err := write(results.PairSlice{
					Pair: i, Side: side, First: candidateFirst == (side == results.Candidate), Scenario: "s", Transport: transport, ServerLife: string(lifeGate),
					Wall: 4 * time.Second, LagP99: 1e5, Round: results.Round{Phases: []results.Phase{{Name: results.SteadyPhase, End: 700 * time.Millisecond}}},
					Values: map[string]results.Reading{
						"latency_p50": read(p99 / 5), "latency_p99": read(p99), "overhead_bytes_p50": read(790 + float64(r.IntN(2))), "missed": read(0), "duplicated": read(0),
					},
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// studied runs gate-power and returns what it printed.
func studied(t *testing.T, code int, args ...string) (out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if got := run(t.Context(), append([]string{"gate-power"}, args...), streams{strings.NewReader(""), &stdout, &stderr}); got != code {
		t.Fatalf("exit code %d, want %d:\n%s%s", got, code, &stdout, &stderr)
	}
	return stdout.String(), stderr.String()
}

// column is a table's cell in Markdown, without its unit.
func column(t *testing.T, out, row string, at int) float64 {
	t.Helper()
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, row) {
			text := regexp.MustCompile(`^[+]?[0-9.]+`).FindString(strings.TrimSpace(strings.Split(line, "|")[at]))
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			return v
		}
	}
	t.Fatalf("no row %q in\n%s", row, out)
	return 0
}

func TestGatePower(t *testing.T) {
	t.Parallel()
	same, worse := syntheticRecording(t, 60, 0, 0.1), syntheticRecording(t, 60, 0.5, 0.1)
	out, _ := studied(t, exitFine, "--aa", "same="+same, "--level", "half more="+worse, "--level", "equal="+same,
		"--gates", "300", "--max-pairs", "20", "--markdown")
	t.Log(out)
	if alarms := column(t, out, "| same | none", 5); alarms > 3 {
		t.Errorf("%v %% alarms", alarms)
	}
	if alarms := column(t, out, "| same | 10 %", 5); alarms > 1 {
		t.Errorf("%v %% alarms with tolerance", alarms)
	}
	// Two runs with a noise of 0.1 are 10 % apart, one way, in a quarter of all cases: P(N(0, 0.1√2) > ln 1.1) = 25 %.
	if alarms := column(t, out, "| same | WebSocket | p99", 4); math.Abs(alarms-25) > 6 {
		t.Errorf("the usual rule alarms in %v %%, want 25", alarms)
	}
	if caught := column(t, out, "| half more", 4); caught < 95 {
		t.Errorf("a rise by half is caught %v %% of the time", caught)
	}
	if caught := column(t, out, "| equal", 4); caught > 1 {
		t.Errorf("no rise is caught %v %% of the time", caught)
	}
	if pairs := column(t, out, "| half more", 8); pairs < 10 || pairs > 20 || math.Abs(column(t, out, "| half more", 9)-pairs*16/60) > 0.06 {
		t.Errorf("%v pairs of 16 s in %v minutes", pairs, column(t, out, "| half more", 9))
	}
}

func TestGatePowerNoise(t *testing.T) {
	t.Parallel()
	out, _ := studied(t, exitFine, "--noise", "noisy="+syntheticRecording(t, 30, 0, 0.2), "--markdown")
	t.Log(out)
	// Of a pair's two slices each has the noise: the difference has √2 of it. The columns are recording, slice, life, transport, pairs, s/pair, sd p50, sd p99, sd CPU.
	if sd := column(t, out, "| noisy | 700 ms | gate | WebSocket", 8); math.Abs(sd-0.28) > 0.1 {
		t.Errorf("sd %v, want 0.28", sd)
	}
	if s := column(t, out, "| noisy | 700 ms | gate | Long-poll", 6); s != 16 {
		t.Errorf("%v s a pair, want 16", s)
	}
	if !strings.Contains(out, "| n/a |") {
		t.Error("CPU, which was not measured, is not n/a")
	}
	if !strings.Contains(out, "| n/a (6 pairs) |") {
		t.Error("6 pairs cannot fail two rules, whatever the rise: what they detect is not n/a")
	}
	inFive, inTen := column(t, out, "| noisy | 700 ms | gate | WebSocket", 11), column(t, out, "| noisy | 700 ms | gate | WebSocket", 12)
	if inTen >= inFive {
		t.Errorf("in 5 min +%v %%, in 10 +%v %%", inFive, inTen)
	}
}

// That gates too short to fail never alarm is no merit, and is told. Of five pairs one is to spare.
func TestGatePowerTooShort(t *testing.T) {
	path := syntheticRecording(t, 5, 0, 0.1)
	for _, flag := range []string{"--aa", "--level"} {
		if out, _ := studied(t, exitFine, flag, path, "--gates", "5", "--markdown"); !strings.Contains(out, "5 pairs cannot fail") {
			t.Errorf("%s: nothing of it in\n%s", flag, out)
		}
	}
	if out, _ := studied(t, exitFine, "--aa", syntheticRecording(t, 40, 0, 0.1), "--gates", "5"); strings.Contains(out, "cannot fail") {
		t.Errorf("gates long enough are said to be too short:\n%s", out)
	}
}

// Several goes into one file, and several files of one name, are all counted.
func TestRecordingsAreJoined(t *testing.T) {
	path := syntheticRecording(t, 5, 0, 0.1)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	twice := filepath.Join(t.TempDir(), "twice.jsonl")
	if err := os.WriteFile(twice, append(text, text...), 0o644); err != nil {
		t.Fatal(err)
	}
	all, err := readRecordings([]string{"a=" + path, "a=" + twice, path})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[1].name != path {
		t.Fatalf("%d recordings", len(all))
	}
	kept, dropped, err := all[0].evidence(scenarios.DefaultGate(), "latency_p99")
	if err != nil || len(kept) != 2 || len(kept[0].Pairs) != 15 || dropped != 0 {
		t.Errorf("%d rules, %d dropped, %v: want 15 pairs", len(kept), dropped, err)
	}
}

func TestGatePowerRefuses(t *testing.T) {
	good := syntheticRecording(t, 5, 0, 0.1)
	other := filepath.Join(t.TempDir(), "other.jsonl")
	file, err := os.Create(other)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewEncoder(file).Encode(results.PairSlice{Side: results.Baseline, Scenario: "other", Transport: scenarios.WebSocket}); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "broken.jsonl")
	if err := errors.Join(file.Close(), os.WriteFile(broken, []byte("{}\nno\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		code int
		args []string
		want string
	}{
		{exitUsage, nil, "needs recordings"},
		{exitUsage, []string{"--aa", "nowhere.jsonl"}, "nowhere.jsonl"},
		{exitUsage, []string{"--aa", broken}, "broken.jsonl: line 2"},
		{exitUsage, []string{"--noise", os.DevNull}, "holds no slices"},
		{exitUsage, []string{"--aa", "x=" + good, "--aa", "x=" + other}, "a name of its own"},
		{exitUsage, []string{"--aa", good, "--gates", "0"}, "--gates 0"},
		{exitUsage, []string{"--aa", good, "--metrics", "speed"}, `"speed"`},
		{exitInconclusive, []string{"--aa", good, "--metrics", "server_cpu_per_message"}, "was not measured"},
		{exitInconclusive, []string{"--level", other}, "no pair"},
	} {
		if _, errs := studied(t, test.code, test.args...); !strings.Contains(errs, test.want) {
			t.Errorf("%v: %q, want %q", test.args, errs, test.want)
		}
	}
}

// Terminal and Markdown hold the same cells.
func TestStudyTable(t *testing.T) {
	table := studyTable{title: "T", header: []string{"a", "b"}, rows: [][]string{{"x|y", "2"}}, notes: []string{"note"}}
	var text, markdown strings.Builder
	if err := printStudy(&text, []studyTable{table, table}, false); err != nil {
		t.Fatal(err)
	}
	if err := printStudy(&markdown, []studyTable{table}, true); err != nil {
		t.Fatal(err)
	}
	if want := "T\n\na    b\nx|y  2\n\nnote\n"; text.String() != want+"\n"+want {
		t.Errorf("%q", &text)
	}
	if want := "**T**\n\n| a | b |\n|---|---|\n| x\\|y | 2 |\n\nnote\n"; markdown.String() != want {
		t.Errorf("%q", &markdown)
	}
	if err := printStudy(io.Discard, nil, false); err != nil {
		t.Error(err)
	}
}
