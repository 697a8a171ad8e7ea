package main

import (
	"bytes"
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pushbench/report/gate"
	"pushbench/results"
	"pushbench/scenarios"
)

// pairSlices are slices of pairs of one arm whose candidate has ratio times the p99 of the baseline, which itself varies from pair to pair.
func pairSlices(pairs int, ratio float64) []results.PairSlice {
	var all []results.PairSlice
	for i := range pairs {
		base := 10e6 * (1 + float64(i%5)/10)
		for _, side := range []string{results.Baseline, results.Candidate} {
			v := base
			if side == results.Candidate {
				v *= ratio * (1 + float64(i%3)/1000)
			}
			all = append(all, results.PairSlice{
				Pair: i, Side: side, First: (i%2 == 0) == (side == results.Baseline), Scenario: "s", Transport: scenarios.WebSocket,
				Values: map[string]results.Reading{"latency_p99": {Value: v, Messages: 10_000, Independent: 10_000}},
			})
		}
	}
	return all
}

var p99Rule = gate.Rule{Scenario: "s", Transport: scenarios.WebSocket, Metric: "latency_p99", Tolerance: 0.1, Limit: 0.25, MinRise: smallestRise}

// savedGate is a gate of 20 pairs in a folder.
func savedGate(t *testing.T, ratio float64) string {
	t.Helper()
	folder, err := results.Store{Dir: t.TempDir()}.Create(results.NewRunID(time.Now(), "gate", 1))
	if err != nil {
		t.Fatal(err)
	}
	s := scenarios.Default()
	g := &gateFile{
		Schema: gateSchema, Created: time.Now(), Scenario: s, Design: gate.Design{MinPairs: 10, MaxPairs: 20},
		Evidence: evidence([]gate.Rule{p99Rule}, pairSlices(20, ratio)),
	}
	if err := g.save(folder); err != nil {
		t.Fatal(err)
	}
	return folder.Path
}

func TestRedecide(t *testing.T) {
	for name, test := range map[string]struct {
		ratio float64
		code  int
		want  string
	}{
		"equal":       {1, exitFine, "PASS"},
		"tolerated":   {1.05, exitFine, "PASS"},
		"much worse":  {1.5, exitThreshold, "FAIL"},
		"much better": {0.5, exitFine, "PASS"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			code := run(t.Context(), []string{"gate", "--redecide", savedGate(t, test.ratio)}, streams{strings.NewReader(""), &out, io.Discard})
			if code != test.code || !strings.Contains(out.String(), "\n"+test.want+"\n") {
				t.Errorf("exit code %d, want %d and %s:\n%s", code, test.code, test.want, &out)
			}
		})
	}
}

// A pair that is not whole for every rule is no evidence for any.
func TestEvidenceIsOfWholePairs(t *testing.T) {
	measured := pairSlices(3, 1)
	all := evidence([]gate.Rule{p99Rule}, measured[:5])
	if len(all[0].Pairs) != 2 || all[0].Pairs[1].Index != 1 {
		t.Errorf("%d pairs of two and a half, want 2", len(all[0].Pairs))
	}
	if first := all[0].Pairs[0]; first.CandidateFirst || !all[0].Pairs[1].CandidateFirst {
		t.Error("the order of the pairs is lost")
	}
	other := p99Rule
	other.Metric = "server_cpu_per_message"
	if p := evidence([]gate.Rule{other}, measured)[0].Pairs[0].Baseline.Problem; p != "server_cpu_per_message was not measured" {
		t.Errorf("a metric that is not there: problem %q", p)
	}
}

func TestAccept(t *testing.T) {
	failed := gate.Decision{Verdict: gate.Fail, Findings: []gate.Finding{{Rule: p99Rule, Verdict: gate.Fail, Reason: "worse"}}}
	entry := scenarios.Accepted{Metric: "latency_p99", Until: "2027-01-31", Reason: "known"}
	during, after := time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC), time.Date(2027, 2, 1, 12, 0, 0, 0, time.UTC)
	if d := accept(failed, []scenarios.Accepted{entry}, during); d.Verdict != gate.Pass || !strings.Contains(d.Findings[0].Reason, "known") {
		t.Errorf("on the last day: %s, %s", d.Verdict, d.Findings[0].Reason)
	}
	if d := accept(failed, []scenarios.Accepted{entry}, after); d.Verdict != gate.Fail || !strings.Contains(d.Findings[0].Reason, "is over") {
		t.Errorf("a day later: %s, %s", d.Verdict, d.Findings[0].Reason)
	}
	if failed.Findings[0].Verdict != gate.Fail {
		t.Error("the decision passed in has changed")
	}
}

// One pair in five may be set aside; what is planned and what is to spare never exceed what there is time for.
func TestPlanned(t *testing.T) {
	for _, pairs := range []int{1, 4, 5, 9, 10, 25, 200} {
		d := planned(gate.Design{MinPairs: 10}, pairs)
		if d.MaxPairs+d.Spare != pairs || d.MinPairs > d.MaxPairs || d.Spare > pairs/5 || pairs >= 5 && d.Spare == 0 {
			t.Errorf("%d pairs: %+v", pairs, d)
		}
	}
}

// What all rules of a transport have in common is said once in the text.
func TestGateSaysAWarningOnce(t *testing.T) {
	aside := results.Warning{Code: gate.WarnSetAside, Text: "1 pair was set aside (pair 3)"}
	g := &gateFile{}
	for _, transport := range []scenarios.Transport{scenarios.WebSocket, scenarios.LongPoll} {
		for _, metric := range []string{"latency_p99", "missed"} {
			g.Decision.Findings = append(g.Decision.Findings, gate.Finding{
				Rule: gate.Rule{Scenario: "s", Transport: transport, Metric: metric}, Verdict: gate.Pass, Pairs: 10, Warnings: []results.Warning{aside},
			})
		}
	}
	var b bytes.Buffer
	if err := g.text(&b); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), aside.Text); n != 2 {
		t.Errorf("said %d times, want once for each transport:\n%s", n, &b)
	}
}

// What a gate of old says as JSON is decided again by the rules of today: 400 lost messages against one are no equal sides.
func TestRedecideLosses(t *testing.T) {
	var measured []results.PairSlice
	for _, s := range pairSlices(20, 1) {
		lost := 0.0
		switch {
		case s.Pair == 3 && s.Side == results.Baseline:
			lost = 1
		case s.Pair == 7 && s.Side == results.Candidate:
			lost = 400
		}
		s.Values["missed"] = results.Reading{Value: lost, Messages: 10_000, Independent: 10_000}
		measured = append(measured, s)
	}
	rule := gate.Rule{Scenario: "s", Transport: scenarios.WebSocket, Metric: "missed", Exact: true, Tolerance: 0.1, Limit: 0.25}
	code, said := redecided(t, &gateFile{Design: gate.Design{MinPairs: 10, MaxPairs: 20}, Evidence: evidence([]gate.Rule{rule}, measured)})
	if code != exitThreshold || !strings.Contains(said, "1 → 400 in all, 20 pairs") || strings.Contains(said, "equal") {
		t.Errorf("exit code %d:\n%s", code, said)
	}
}

// redecided saves a gate, decides it again, and returns the exit code and the text.
func redecided(t *testing.T, g *gateFile, args ...string) (code int, said string) {
	t.Helper()
	g.Schema, g.Created, g.Scenario = gateSchema, time.Now(), scenarios.Default()
	folder := results.Folder{Path: t.TempDir()}
	if err := g.save(folder); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	code = run(t.Context(), append([]string{"gate", "--redecide", folder.Path}, args...), streams{strings.NewReader(""), &out, &out})
	return code, out.String()
}

// The file's verdict is that of the text and the exit code, whatever the rules by themselves would have; nothing decided is no pass.
func TestVerdictInTheFile(t *testing.T) {
	passed := gate.Decision{Verdict: gate.Pass, Findings: []gate.Finding{{Rule: p99Rule, Verdict: gate.Pass}}}
	threshold := func(o results.Outcome) *storedRuns {
		return &storedRuns{Thresholds: []results.ThresholdResult{{Rule: "missed==0", Outcome: o}}}
	}
	for name, tt := range map[string]struct {
		g    gateFile
		want gate.Verdict
	}{
		"passed":                     {gateFile{Decision: passed}, gate.Pass},
		"died":                       {gateFile{Decision: passed, Ended: "a server died"}, gate.Inconclusive},
		"nothing decided":            {gateFile{Decision: accept(gate.Decision{}, nil, time.Now())}, gate.Inconclusive},
		"broken threshold":           {gateFile{Decision: passed, Stored: threshold(results.Failed)}, gate.Fail},
		"threshold without a figure": {gateFile{Decision: passed, Stored: threshold(results.Inconclusive)}, gate.Inconclusive},
		"a threshold alone":          {gateFile{Decision: gate.Decision{Final: true}, Stored: threshold(results.Passed)}, gate.Pass},
	} {
		var b bytes.Buffer
		if err := tt.g.encode(&b); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Verdict  gate.Verdict
			Decision gate.Decision
		}
		if err := json.Unmarshal(b.Bytes(), &got); err != nil || got.Verdict != tt.want {
			t.Errorf("%s: %q, %v; want %s", name, got.Verdict, err, tt.want)
		}
		if len(got.Decision.Findings) == 0 && got.Decision.Verdict == gate.Pass {
			t.Errorf("%s: a decision about nothing passes", name)
		}
	}
}

// A pass in spite of a rise above the limit says why in every form.
func TestSmallRiseIsExplained(t *testing.T) {
	measured := pairSlices(20, 1.8)
	for i := range measured {
		v := measured[i].Values["latency_p99"]
		v.Value /= 20 // 0.5 to 0.7 ms
		measured[i].Values["latency_p99"] = v
	}
	summary, junit := filepath.Join(t.TempDir(), "summary.md"), filepath.Join(t.TempDir(), "gate.xml")
	t.Setenv(summaryVariable, summary)
	code, said := redecided(t, &gateFile{Design: gate.Design{MinPairs: 10, MaxPairs: 20}, Evidence: evidence([]gate.Rule{p99Rule}, measured)}, "--junit", junit)
	for form, text := range map[string]string{"text": said, "markdown": read(t, summary), "junit": read(t, junit)} {
		if text = strings.Join(strings.Fields(text), " "); code != exitFine || !strings.Contains(text, "a rise too small to count: under 1 ms") {
			t.Errorf("exit code %d, %s does not say why:\n%s", code, form, text)
		}
	}
}

// A job's summary has what the text has: the sides, every warning once, and no figure that was not measured.
func TestGateMarkdown(t *testing.T) {
	aside := results.Warning{Code: gate.WarnSetAside, Text: "1 pair was set aside (pair 3)"}
	g := &gateFile{
		Scenario: scenarios.Default(), Evidence: []gate.Evidence{{Rule: p99Rule, Pairs: make([]gate.Pair, 1)}},
		Baseline:  &gateSide{Ref: "main", Commit: "0123456789abcdef0123456789abcdef01234567"},
		Candidate: &gateSide{Command: "./new `--listen` {addr}"},
		Decision: gate.Decision{Verdict: gate.Inconclusive, Findings: []gate.Finding{
			{Rule: p99Rule, Verdict: gate.Inconclusive, Reason: "no usable pairs", Warnings: []results.Warning{aside}},
			{Rule: gate.Rule{Scenario: "s", Transport: scenarios.WebSocket, Metric: "missed", Exact: true}, Verdict: gate.Pass, Pairs: 1, Warnings: []results.Warning{aside}},
		}},
	}
	g.Scenario.Rounds, g.Scenario.Duration = 5, 2*time.Second
	var b bytes.Buffer
	if err := g.markdown(&b); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{
		"| p99 | n/a | n/a | unknown | 0 |", "- warning, websocket: 1 pair was set aside (pair 3)\n", "pairs of slices of 2 s", "1 pair in 0s",
		"Baseline: `pushbench serve of main (0123456789abcdef0123456789abcdef01234567)`", "Candidate: `./new '--listen' {addr}`",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in:\n%s", want, text)
		}
	}
	if strings.Count(text, aside.Text) != 1 || strings.Contains(text, "5 rounds") || strings.Contains(text, "1 pairs") {
		t.Error(text)
	}
}

// A baseline of its own beside somebody's candidate are different programs, which the text must say.
func TestDifferentServersAreTold(t *testing.T) {
	for name, tt := range map[string]struct {
		baseline, candidate gateSide
		want                bool
	}{
		"own against a command":  {gateSide{}, gateSide{Command: "./mine"}, true},
		"a command against own":  {gateSide{Command: "./mine"}, gateSide{}, true},
		"a revision against own": {gateSide{Ref: "main", Commit: "abc"}, gateSide{}, false},
		"own against own":        {gateSide{}, gateSide{Inject: "drop=1%"}, false},
		"two commands":           {gateSide{Command: "./old"}, gateSide{Command: "./new"}, false},
	} {
		g := &gateFile{Baseline: &tt.baseline, Candidate: &tt.candidate}
		for form, write := range map[string]func(io.Writer) error{"text": g.text, "markdown": g.markdown} {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(strings.Join(strings.Fields(b.String()), " "), "warning: the sides are different servers"); got != tt.want {
				t.Errorf("%s, %s: warned %v, want %v:\n%s", name, form, got, tt.want, &b)
			}
		}
	}
}

// A budget under a pair is warned of before, and told after; a gate within its own is not.
func TestOverrun(t *testing.T) {
	for _, tt := range []struct {
		budget, took time.Duration
		warned, over bool
	}{{time.Second, 9 * time.Second, true, true}, {time.Minute, 50 * time.Second, false, false}, {0, time.Second, true, false}} {
		g := &gateFile{Budget: tt.budget, Took: tt.took}
		var b bytes.Buffer
		g.warn(&b, 8*time.Second)
		if warned := strings.Contains(b.String(), "is less than a pair takes (8 s and more)"); warned != tt.warned {
			t.Errorf("%v: %s", tt.budget, &b)
		}
		if over := strings.Contains(g.sensitivity(), "in 9s, 8 s more than the budget of 1 s"); over != tt.over {
			t.Errorf("%v: %s", tt.budget, g.sensitivity())
		}
	}
}
