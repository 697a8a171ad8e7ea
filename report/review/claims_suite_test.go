package review

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pushbench/report/internal/sample"
	"pushbench/results"
	"pushbench/scenarios"
)

// suiteRun is a run of the claims suite as it would be, with made numbers: a cell for each arm of each member, and the blocks that its scenario measures.
func suiteRun(t *testing.T) *results.Run {
	t.Helper()
	suite, ok := scenarios.LookupSuite("claims")
	if !ok {
		t.Fatal("there is no suite of claims")
	}
	drafts, err := suite.Drafts()
	if err != nil {
		t.Fatal(err)
	}
	run := &results.Run{Schema: results.Schema}
	for _, d := range drafts {
		s, err := d.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		run.Scenarios = append(run.Scenarios, *s)
		arms, err := s.Arms()
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range arms {
			run.Cells = append(run.Cells, suiteCell(t, a))
		}
	}
	return run
}

func suiteCell(t *testing.T, a scenarios.Arm) results.Cell {
	at := slices.IndexFunc(sample.Default, func(s sample.Shape) bool { return s.Transport == a.Transport })
	if at < 0 {
		t.Fatalf("no numbers for %s of %s: the claims need no such arm", a.Transport, a.Scenario.Name)
	}
	made, _ := made(t, 400, sample.Default[at])
	c := made.Cells[0]
	c.Scenario, c.Params, c.Clients = a.Scenario.Name, a.Params, sample.Clients
	c.Wire.SteadyRequests, c.Wire.SteadyResponses, c.Wire.Responses, c.Wire.EmptyResponses = 10, 10, 100, 10
	c.Connect = &results.Summary{Count: 1000, Independent: 1000, P50: 2e6, P99: 3e6}
	if a.Scenario.Rate == 0 {
		cpu := float64(9e6)
		hour := &results.Hourly{Bytes: 3.24e6, Requests: 144, EmptyResponses: 140, ServerCPU: &cpu}
		if a.Transport == scenarios.WebSocket {
			hour = &results.Hourly{Bytes: 36e3}
		}
		c.Upkeep = &results.Upkeep{ClientHours: 1, Hourly: hour}
		c.Wire.EmptyResponses = 100
	}
	if a.Scenario.Pattern.ClientsSend() {
		up := *c.Latency
		up.P50, up.P99 = up.P50/2, up.P99/2
		c.Uplink = &results.Uplink{Latency: &up}
	}
	return c
}

// told are the scenarios by which each claim must be judged, whatever else bears on it, and what must be said of them.
var told = map[string]struct {
	scenarios []string
	texts     []string
	turns     string
}{
	"connection": {[]string{"internet"}, []string{"connections per client and spent ", " on opening them"}, "the upgrade has paid for itself"},
	"push":       {[]string{"internet"}, []string{"requests per message with Long-poll"}, ""},
	"duplex":     {[]string{"duplex"}, []string{"connections per client", "and meanwhile p50 of the way up", "p99 of the way up"}, ""},
	"overhead":   {[]string{"internet", "headers"}, []string{"per message, WebSocket"}, "measured in headers: Long-poll takes "},
	"latency":    {[]string{"internet", "direct"}, []string{"p50 latency", "p99 latency"}, "measured in direct: Long-poll takes "},
	"idle": {[]string{"internet", "idle"}, []string{
		"came back empty", "idle: an idle hour of a client took 144 requests (140 answered empty), 3.24 MB and 9.00 ms of server CPU of Long-poll, a poll every 1 s; of WebSocket 0 requests, 36.0 kB",
	}, "by the model"},
	"handshake": {[]string{"internet", "connect"}, []string{"WebSocket opens with", " in 2.00 ms (p50)"}, ""},
}

// TestTheClaimsSuiteFeedsEveryRule: each row of the table is judged by what the suite measures, and says the numbers that the claim is about.
func TestTheClaimsSuiteFeedsEveryRule(t *testing.T) {
	run := suiteRun(t)
	for _, c := range reviewed(t, run, nil).Claims {
		want, known := told[c.ID]
		if !known || c.Verdict == NotMeasured || strings.Contains(c.Scenario, "to measure it") {
			t.Errorf("%s: %s, %s", c.ID, c.Verdict, c.Scenario)
		}
		for _, s := range want.scenarios {
			at := slices.IndexFunc(c.Evidence, func(e Evidence) bool { return e.Scenario == s })
			if at < 0 {
				t.Errorf("%s is not judged by %s: %s", c.ID, s, c.Measured)
				continue
			}
			for _, text := range want.texts {
				if !strings.Contains(c.Measured, text) {
					t.Errorf("%s does not say %q: %s", c.ID, text, c.Measured)
				}
			}
		}
		if !strings.Contains(c.Turns, want.turns) {
			t.Errorf("%s turns: %s, want %s", c.ID, c.Turns, want.turns)
		}
		if strings.Contains(c.Measured, "n/a") {
			t.Errorf("%s lacks a number: %s", c.ID, c.Measured)
		}
	}
}

// TestTheClaimsSuiteIsShort: by the phases that its rounds are made of, connecting and ending left aside, there is a third of three minutes to spare.
func TestTheClaimsSuiteIsShort(t *testing.T) {
	suite, _ := scenarios.LookupSuite("claims")
	var sum time.Duration
	for _, m := range suite.Members {
		d, err := m.Draft()
		if err != nil {
			t.Fatal(err)
		}
		s, err := d.Resolve()
		if err != nil {
			t.Fatal(err)
		}
		arms, err := s.Arms()
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range arms {
			sum += time.Duration(s.Rounds) * (a.Scenario.Warmup + a.Scenario.Duration)
		}
	}
	if sum > 2*time.Minute {
		t.Errorf("%s of warm-up and steady phases", sum)
	}
}

// TestWhatIsInvalidSaysWhy: a row whose only evidence may not be quoted is not measured, and says why.
func TestWhatIsInvalidSaysWhy(t *testing.T) {
	run := both(t)
	run.Cells[1].Verdict = results.Invalid
	run.Cells[1].Warnings = []results.Warning{{Code: "slow", Text: "a hint"}, {Code: "lag", Text: "the generator was late. Use fewer clients.", Invalidates: true}}
	c := claim(t, run, "push")
	if c.Verdict != NotMeasured || c.Note != "Left out: 1 comparison with an invalid arm, such as Long-poll of default: the generator was late. Use fewer clients." {
		t.Errorf("%s: %s", c.Verdict, c.Note)
	}
}

// sweptRun is a sweep of one parameter with the overheads and latencies of long-polling; WebSocket's are 4 B, p50 100 ms and p99 200 ms.
func sweptRun(t *testing.T, parameter string, values []string, overhead []float64, p99 []int64) *results.Run {
	run := &results.Run{Scenarios: []scenarios.Scenario{sample.Scenario(1000)}}
	run.Scenarios[0].Sweep = scenarios.Sweep{{Parameter: parameter, Values: values}}
	for i, v := range values {
		cells := both(t).Cells
		percentiles(&cells[0], 100, 200, 5)
		percentiles(&cells[1], 110, p99[i], 5)
		cells[0].Wire.Overhead.Mean, cells[1].Wire.Overhead.Mean = 4, overhead[i]
		for j := range cells {
			cells[j].Params = map[string]string{parameter: v}
		}
		run.Cells = append(run.Cells, cells...)
	}
	return run
}

// TestWhereASweepTurns: a sweep says between which of its values a claim stops being true, or that it does not.
func TestWhereASweepTurns(t *testing.T) {
	run := sweptRun(t, "headers.cookie", []string{"0B", "200B", "4KiB"}, []float64{20, 400, 4000}, []int64{210, 230, 250})
	if c := claim(t, run, "overhead"); !strings.HasSuffix(c.Turns, "measured in default: Long-poll takes 5.00× WebSocket's at headers.cookie 0B and 100× WebSocket's at headers.cookie 200B") || c.Verdict != Depends {
		t.Errorf("%s: %s", c.Verdict, c.Turns)
	}
	if c := claim(t, run, "latency"); strings.Contains(c.Turns, "measured") {
		t.Errorf("without a way there is nothing to turn: %s", c.Turns)
	}
	run.Scenarios[0].Network.Delay = 20 * time.Millisecond
	if c := claim(t, run, "latency"); !strings.HasSuffix(c.Turns, "; measured in default: Long-poll takes 1.05× WebSocket's at headers.cookie 0B and 1.25× WebSocket's at headers.cookie 4KiB, less than 2.00× throughout") {
		t.Errorf("%s", c.Turns)
	}
	run.Cells[2].Verdict = results.Invalid
	if c := claim(t, run, "overhead"); !strings.Contains(c.Turns, "at headers.cookie 0B and 1000× WebSocket's at headers.cookie 4KiB") {
		t.Errorf("an invalid arm: %s", c.Turns)
	}
}

// TestOpeningSessionsShowsNoPolling: a run that ends before an idle client would ask again says nothing of what idling takes.
func TestOpeningSessionsShowsNoPolling(t *testing.T) {
	run := both(t)
	run.Scenarios[0].Rate, run.Scenarios[0].Duration = 0, 200*time.Millisecond
	if c := claim(t, run, "idle"); c.Verdict != NotMeasured {
		t.Errorf("%s: %s", c.Verdict, c.Measured)
	}
}

// TestAnOutageIsNoTransport: what a cut of all connections does to latency and connections says nothing of what carries messages.
func TestAnOutageIsNoTransport(t *testing.T) {
	run := both(t)
	run.Scenarios[0].Outage.At = time.Second
	for _, id := range []string{"connection", "latency", "handshake"} {
		if c := claim(t, run, id); c.Verdict != NotMeasured {
			t.Errorf("%s is %s", id, c.Verdict)
		}
	}
	if c := claim(t, run, "push"); c.Verdict == NotMeasured {
		t.Error("a push needs no request even then")
	}
}
