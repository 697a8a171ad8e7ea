package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pushbench/report/gate"
	"pushbench/results"
	"pushbench/scenarios"
)

// calibrations are those that were made: making one simulates thousands of gates.
var calibrations = map[[2]float64]calibration{}

// calibrated is a calibration by pairs of identical sides whose p99 has the noise, for the caller to change.
func calibrated(t *testing.T, pairs int, noise float64) calibration {
	t.Helper()
	key := [2]float64{float64(pairs), noise}
	if _, ok := calibrations[key]; !ok {
		calibrations[key] = newCalibration(t, pairs, noise)
	}
	c := calibrations[key]
	c.Rules = slices.Clone(c.Rules)
	return c
}

func newCalibration(t *testing.T, pairs int, noise float64) calibration {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	e := gate.Evidence{Rule: p99Rule}
	for i := range pairs {
		slice := func() gate.Slice {
			return gate.Slice{Value: 50e6 * math.Exp(noise*r.NormFloat64()), Messages: 10_000, Independent: 10_000}
		}
		e.Pairs = append(e.Pairs, gate.Pair{Index: i, CandidateFirst: r.IntN(2) == 0, Baseline: slice(), Candidate: slice()})
	}
	c := calibration{
		calibrationKey: calibrationKey{ScenarioDigest: "d", Budget: 5 * time.Minute}, Created: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC), Power: gate.DefaultPower,
	}
	if err := c.judge(gate.Design{MinPairs: 10}, []gate.Evidence{e}); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCalibration(t *testing.T) {
	quiet, noisy := calibrated(t, 15, 0.02), calibrated(t, 15, 0.2)
	if quiet.Pairs != 15 || quiet.Rules[0].Smallest() >= noisy.Rules[0].Smallest() {
		t.Errorf("%d pairs; %v of the quiet, %v of the noisy", quiet.Pairs, quiet.Rules[0].Smallest(), noisy.Rules[0].Smallest())
	}
	want := "Calibrated on 2026-11-24 with identical servers, 15 pairs: here, in 5 min, the smallest p99 rise caught 80 % of the time is " +
		caught(quiet.Rules[0]) + " (WebSocket)."
	if got := quiet.sentence(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	quiet.Rules[0].Pairs -= 3
	if got := quiet.sentence(); !strings.Contains(got, "15 pairs, 3 of which could not be used: here") {
		t.Errorf("%q does not say what could not be used", got)
	}
}

// What is said of a calibration is also kept, and a gate alike finds it.
func TestCalibrationIsSaidAndKept(t *testing.T) {
	c := calibrated(t, 10, 0.05)
	c.Verdict = gate.Fail
	flags := &gateFlags{}
	flags.run.out = t.TempDir()
	cmd := newGate()
	var out bytes.Buffer
	cmd.SetOut(&out)
	if err := c.finish(cmd, flags); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"websocket         p99", "10 pairs  noise 0.0", "Calibrated on 2026-11-24", "a false alarm", calibrationFileName} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
	found, err := lookupCalibration(flags.run.out, c.calibrationKey)
	if err != nil || found == nil || found.sentence() != c.sentence() {
		t.Errorf("%+v, %v", found, err)
	}
	out.Reset()
	flags.run.json = true
	var back calibration
	if err := errors.Join(c.finish(cmd, flags), json.Unmarshal(out.Bytes(), &back)); err != nil || back.calibrationKey != c.calibrationKey {
		t.Errorf("%v in %s", err, &out)
	}
}

func TestTooFewPairsToCalibrate(t *testing.T) {
	c := calibration{calibrationKey: calibrationKey{Budget: time.Minute}}
	err := c.judge(gate.Design{MinPairs: 10}, evidence([]gate.Rule{p99Rule}, pairSlices(5, 1)))
	if err == nil || !strings.Contains(err.Error(), "5 pairs in 1 min say nothing of the noise") {
		t.Errorf("%v", err)
	}
	exact := gate.Rule{Scenario: "s", Transport: scenarios.WebSocket, Metric: "latency_p99", Exact: true}
	if err := c.judge(gate.Design{}, evidence([]gate.Rule{exact}, pairSlices(5, 1))); err == nil || !strings.Contains(err.Error(), "all metrics are exact") {
		t.Errorf("%v", err)
	}
}

func TestCalibrationsAreKept(t *testing.T) {
	dir := t.TempDir()
	first, other := calibrated(t, 10, 0.05), calibrated(t, 10, 0.05)
	other.Machine = "another"
	again := calibrated(t, 11, 0.05)
	for _, c := range []calibration{first, other, again} {
		if err := keepCalibration(dir, c); err != nil {
			t.Fatal(err)
		}
	}
	all, err := readCalibrations(dir)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d calibrations, %v: want one for each machine", len(all), err)
	}
	found, err := lookupCalibration(dir, first.calibrationKey)
	if err != nil || found == nil || found.Pairs != 11 {
		t.Errorf("%+v, %v: want the newer one, of 11 pairs", found, err)
	}
	unknown := first.calibrationKey
	unknown.Budget++
	if found, err := lookupCalibration(dir, unknown); found != nil || err != nil {
		t.Errorf("another budget: %+v, %v", found, err)
	}
	if found, err := lookupCalibration(t.TempDir(), first.calibrationKey); found != nil || err != nil {
		t.Errorf("no file: %+v, %v", found, err)
	}
	for text, want := range map[string]string{"{": "is damaged", `{"calibration_schema": 7}`: "reads 1"} {
		if err := os.WriteFile(filepath.Join(dir, calibrationFileName), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := lookupCalibration(dir, first.calibrationKey); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

// What changes neither load nor judgement keeps a calibration, everything else ends it.
func TestWorkloadDigest(t *testing.T) {
	digest := func(change func(*scenarios.Scenario)) string {
		draft, err := scenarios.Load(defaultGateScenario)
		if err != nil {
			t.Fatal(err)
		}
		s, err := draft.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		change(s)
		arms, err := s.Arms()
		if err != nil {
			t.Fatal(err)
		}
		d, err := workloadDigest(*s, arms)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	as := digest(func(*scenarios.Scenario) {})
	for name, test := range map[string]struct {
		change func(*scenarios.Scenario)
		same   bool
	}{
		"title": {func(s *scenarios.Scenario) { s.Title = "another" }, true},
		"accepted": {func(s *scenarios.Scenario) {
			s.Gate.Accept = []scenarios.Accepted{{Metric: "m", Until: "2027-01-31", Reason: "r"}}
		}, true},
		"rate":      {func(s *scenarios.Scenario) { s.Rate *= 2 }, false},
		"duration":  {func(s *scenarios.Scenario) { s.Duration *= 2 }, false},
		"tolerance": {func(s *scenarios.Scenario) { s.Gate.Tolerance *= 2 }, false},
		"arms":      {func(s *scenarios.Scenario) { s.Transports = s.Transports[:1] }, false},
	} {
		if got := digest(test.change) == as; got != test.same {
			t.Errorf("%s: same digest %v, want %v", name, got, test.same)
		}
	}
}

// A pass says what it could have seen, or how to find out; nothing else does.
func TestPassSaysItsCalibration(t *testing.T) {
	c := calibrated(t, 10, 0.05)
	for _, test := range []struct {
		verdict     gate.Verdict
		calibration *calibration
		want        string
	}{
		{gate.Pass, &c, "Calibrated on 2026-11-24"}, {gate.Pass, nil, "--calibrate"}, {gate.Fail, &c, ""}, {gate.Inconclusive, nil, ""},
	} {
		decision := gate.Decision{Verdict: test.verdict, Findings: []gate.Finding{{Rule: p99Rule, Verdict: test.verdict}}}
		g := &gateFile{Scenario: scenarios.Default(), Decision: decision, Calibration: test.calibration}
		var text, markdown strings.Builder
		if err := g.text(&text); err != nil {
			t.Fatal(err)
		}
		if err := g.markdown(&markdown); err != nil {
			t.Fatal(err)
		}
		for _, out := range []string{text.String(), markdown.String()} {
			if said := strings.Contains(out, "alibrate"); said != (test.want != "") || !strings.Contains(out, test.want) {
				t.Errorf("%s: want %q in\n%s", test.verdict, test.want, out)
			}
		}
	}
}

func TestBaselineServer(t *testing.T) {
	for want, f := range map[string]sideFlags{
		"pushbench serve": {}, "pushbench serve --inject cpu=50us": {baselineInject: "cpu=50us"}, "node server.js": {baselineCmd: "node server.js"},
	} {
		if got := f.baselineServer(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for _, command := range []string{"node server.js --token hunter2", "node server.js -H 'X-Own: a hunter2'", "sh -c 'hunter2"} {
		if got := (&sideFlags{baselineCmd: command}).baselineServer(); strings.Contains(got, "hunter2") {
			t.Errorf("a secret in %q", got)
		}
	}
}

func TestGateSuite(t *testing.T) {
	finding := func(v gate.Verdict) gate.Finding {
		return gate.Finding{Rule: p99Rule, Verdict: v, Reason: "because", Pairs: 12}
	}
	g := &gateFile{Scenario: scenarios.Default(), Took: 90 * time.Second, Decision: gate.Decision{
		Verdict: gate.Fail, Findings: []gate.Finding{finding(gate.Pass), finding(gate.Fail), finding(gate.Inconclusive)},
	}}
	path := filepath.Join(t.TempDir(), "gate.xml")
	if err := g.publish(path); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Tests    int     `xml:"tests,attr"`
		Failures int     `xml:"failures,attr"`
		Skipped  int     `xml:"skipped,attr"`
		Time     float64 `xml:"time,attr"`
	}
	if err := xml.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	if document.Tests != 4 || document.Failures != 1 || document.Skipped != 1 || document.Time != 90 || !strings.Contains(string(text), `classname="s.websocket"`) {
		t.Errorf("%s", text)
	}
	early := &gateFile{Ended: "a server died"}
	if c := early.suite().Cases; len(c) != 1 || !strings.Contains(c[0].Skipped, "a server died") {
		t.Errorf("%+v: a gate that ended early must not count as passed", c)
	}
	open := &gateFile{Decision: gate.Decision{Verdict: gate.Inconclusive}}
	if c := open.suite().Cases[0]; c.Skipped == "" {
		t.Errorf("%+v: a gate that cannot tell must not count as passed", c)
	}
}

// A live recording of identical servers has bytes of long-polls that vary from slice to slice, which must not be an alarm.
func TestIdenticalLongPollBytes(t *testing.T) {
	quantity, err := results.LookupQuantity("overhead_bytes_p50")
	if err != nil || !quantity.Exact {
		t.Fatalf("%+v, %v: want it to be compared exactly where it repeats", quantity, err)
	}
	file, err := os.Open(filepath.Join("testdata", "longpoll-bytes.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	measured, err := results.ReadPairSlices(file)
	if err != nil {
		t.Fatal(err)
	}
	rule := gate.Rule{Scenario: measured[0].Scenario, Transport: scenarios.LongPoll, Metric: quantity.Key, Exact: true}
	all := evidence([]gate.Rule{rule}, measured)
	decision, err := gate.Decide(gate.Design{MinPairs: len(all[0].Pairs), MaxPairs: len(all[0].Pairs)}, all)
	if err != nil {
		t.Fatal(err)
	}
	f := decision.Findings[0]
	if f.Verdict != gate.Pass || len(f.Warnings) == 0 || f.Warnings[0].Code != gate.WarnNotExact {
		t.Errorf("%s (%s), warnings %v: want a pass that is not exact", f.Verdict, f.Reason, f.Warnings)
	}
}
