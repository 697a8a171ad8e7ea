package finding

import (
	"strings"
	"testing"
	"time"

	"pushbench/report"
	"pushbench/results"
	"pushbench/scenarios"
)

// arm is what a cell of a golden run measured.
type arm struct {
	transport        scenarios.Transport
	p50, p99         time.Duration
	half             time.Duration // of p99's interval; 0 for none
	overhead         float64
	cpu              time.Duration
	connections      int64
	missed           int64
	few, invalid     bool
	target           string
	params           map[string]string
	withoutLatencies bool
}

const users = 100

func (a arm) cell() results.Cell {
	c := results.Cell{
		Scenario: "golden", Transport: a.transport, Target: a.target, Params: a.params, Clients: users, Verdict: results.Valid,
		Measured: results.Measured{
			Latency:  &results.Summary{Count: 10_000, Independent: 10_000, P50: int64(a.p50), P99: int64(a.p99)},
			Delivery: results.Delivery{Expected: 10_000, Delivered: 10_000 - a.missed, Missed: a.missed},
			Wire:     results.Wire{Connections: a.connections, Overhead: &results.Summary{Count: 10_000, Mean: a.overhead}},
		},
		Rounds: []results.Round{{}},
	}
	if a.invalid {
		c.Verdict = results.Invalid
	}
	if a.few {
		c.Latency.Independent = 200
	}
	if a.half > 0 {
		c.Latency.CI = map[string]results.Interval95{"p99": {int64(a.p99 - a.half), int64(a.p99 + a.half)}}
	}
	if a.cpu > 0 {
		cpu := float64(a.cpu)
		c.Server = &results.Server{CPUPerMessage: &cpu}
	}
	if a.withoutLatencies {
		c.Latency = nil
	}
	return c
}

const ms = time.Millisecond

// golden are four arms with numbers that are easy to check: differences are 8.8, 91 and 989.4 ms, factors 36.2, 43.1 and 67.3.
func golden() []arm {
	return []arm{
		{transport: scenarios.WebSocket, p50: 20300 * time.Microsecond, p99: 20600 * time.Microsecond, half: 100 * time.Microsecond, overhead: 26, cpu: 18300, connections: 100},
		{transport: scenarios.LongPoll, p50: 20300 * time.Microsecond, p99: 29400 * time.Microsecond, half: 100 * time.Microsecond, overhead: 942, cpu: 37300, connections: 200},
		{transport: scenarios.LongPollNewConn, p50: 20200 * time.Microsecond, p99: 111600 * time.Microsecond, half: ms, overhead: 1120, cpu: 57500, connections: 450},
		{transport: scenarios.ShortPoll, p50: 512 * ms, p99: 1010 * ms, half: ms, overhead: 1750, cpu: 40500, connections: 100},
	}
}

func runOf(figures []scenarios.Figure, arms ...arm) *results.Run {
	s := scenarios.Default()
	s.Name, s.Title, s.Question, s.Caveat = "golden", "Known numbers", "Which is sooner?", "It says nothing of Tuesdays."
	s.Pattern, s.Clients, s.Network.Delay, s.Answer = scenarios.Direct, users, 20*ms, figures
	run := &results.Run{Schema: results.Schema, ID: "r", Scenarios: []scenarios.Scenario{s}}
	for _, a := range arms {
		run.Cells = append(run.Cells, a.cell())
	}
	return run
}

func with(arms []arm, change func([]arm)) []arm {
	change(arms)
	return arms
}

func TestGoldenFindings(t *testing.T) {
	latency := []scenarios.Figure{scenarios.AnswerLatency}
	lead := "Over a WebSocket a message reached a user 20 ms away after 20.3 ms (p99 20.6 ms), with long-polling 20.3 ms (p99 29.4 ms, "
	rest := "; p99 was 112 ms with long-polling on new connections and 1.01 s with short polling"
	for name, c := range map[string]struct {
		run      *results.Run
		sentence string
		trust    report.FindingTrust
	}{
		"told": {runOf(latency, golden()...), lead + "8.80 ± 0.141 ms more)" + rest + ".", report.Firm},
		"two figures": {
			runOf([]scenarios.Figure{scenarios.AnswerLatency, scenarios.AnswerOverhead}, golden()...),
			lead + "8.80 ± 0.141 ms more)" + rest + "; over a WebSocket each message took 26.0 B on top of its 128 B, with long-polling 942 B (36.2 times as much), " +
				"with long-polling on new connections 1.12 kB, with short polling 1.75 kB.", report.Firm,
		},
		"less": {
			runOf(latency, with(golden()[:2], func(a []arm) { a[1].p50, a[1].p99 = 10*ms, 10600*time.Microsecond })...),
			"Over a WebSocket a message reached a user 20 ms away after 20.3 ms (p99 20.6 ms), with long-polling 10.0 ms (p99 10.6 ms, 10.0 ± 0.141 ms less).", report.Firm,
		},
		"not told apart": {
			runOf(latency, with(golden()[:2], func(a []arm) { a[1].half = 10 * ms })...), lead + "8.80 ± 10 ms more, not told apart).", report.NotTold,
		},
		"no interval": {
			runOf(latency, with(golden()[:2], func(a []arm) { a[1].half = 0 })...), lead + "8.80 ms more, no interval).", report.NoInterval,
		},
		"others not told apart": {
			runOf(latency, with(golden()[:3], func(a []arm) { a[2].half = time.Second })...),
			lead + "8.80 ± 0.141 ms more); p99 was 112 ms (not told apart) with long-polling on new connections.", report.Firm,
		},
		"too few": {
			runOf(latency, with(golden()[:2], func(a []arm) { a[1].few = true })...),
			"Over a WebSocket a message reached a user 20 ms away after 20.3 ms (p99 20.6 ms), with long-polling 20.3 ms (p99 ~29.4 ms, ~8.80 ± 0.141 ms more); " +
				"~ marks a percentile that fewer than 299 independent messages carry.", report.TooFew,
		},
		"invalid long-poll": {
			runOf(latency, with(golden()[:3], func(a []arm) { a[1].invalid = true })...),
			"Over a WebSocket a message reached a user 20 ms away after 20.3 ms (p99 20.6 ms), with long-polling on new connections 20.2 ms (p99 112 ms, 91.0 ± 1 ms more); " +
				"Long-poll: invalid, not quoted.", report.NotValid,
		},
		"invalid WebSocket": {
			runOf(latency, with(golden()[:2], func(a []arm) { a[0].invalid = true })...),
			"With long-polling a message reached a user 20 ms away after 20.3 ms (p99 29.4 ms); WebSocket: invalid, not quoted.", report.NotValid,
		},
		"all invalid": {
			runOf(latency, with(golden()[:2], func(a []arm) { a[0].invalid, a[1].invalid = true, true })...),
			"No answer: every arm is invalid, and the warnings say why and what to do.", report.NotValid,
		},
		"one transport": {runOf(latency, golden()[0]), "Over a WebSocket a message reached a user 20 ms away after 20.3 ms (p99 20.6 ms).", report.Alone},
		"no WebSocket": {
			runOf(latency, golden()[1:]...),
			"With long-polling a message reached a user 20 ms away after 20.3 ms (p99 29.4 ms), with long-polling on new connections 20.2 ms (p99 112 ms); p99 was 1.01 s with short polling.",
			report.Alone,
		},
		"nothing": {runOf(latency), "No answer: nothing was measured of this scenario.", report.NotMeasured},
		"not measured": {
			runOf([]scenarios.Figure{scenarios.AnswerServerCPU}, with(golden()[:2], func(a []arm) { a[0].cpu, a[1].cpu = 0, 0 })...),
			"Server CPU per message was not measured over a WebSocket, with long-polling n/a.", report.NotMeasured,
		},
		"not measured of one": {
			runOf([]scenarios.Figure{scenarios.AnswerServerCPU}, with(golden()[:2], func(a []arm) { a[1].cpu = 0 })...),
			"Over a WebSocket the server spent 18.3 µs of CPU on each message, with long-polling n/a.", report.NotMeasured,
		},
		"no message": {
			runOf(latency, with(golden()[:2], func(a []arm) { a[0].withoutLatencies, a[1].withoutLatencies = true, true })...),
			"P99 was not measured over a WebSocket, with long-polling n/a.", report.NotMeasured,
		},
		"connections": {
			runOf([]scenarios.Figure{scenarios.AnswerConnections}, golden()...),
			"Over a WebSocket a user opened 1.00 connections, with long-polling 2.00 (2.00 times as much), with long-polling on new connections 4.50, with short polling 1.00.", report.Firm,
		},
		"losses": {
			runOf([]scenarios.Figure{scenarios.AnswerLost}, with(golden()[:2], func(a []arm) { a[1].missed = 1234 })...),
			"Over a WebSocket users missed 0 of 10,000 messages, with long-polling 1,234 of 10,000.", report.Firm,
		},
		"a CPU without an interval": {
			runOf([]scenarios.Figure{scenarios.AnswerServerCPU}, golden()[:2]...),
			"Over a WebSocket the server spent 18.3 µs of CPU on each message, with long-polling 37.3 µs (19.0 µs more, no interval).", report.NoInterval,
		},
	} {
		t.Run(name, func(t *testing.T) {
			all := Of(c.run)
			if len(all) != 1 {
				t.Fatalf("%d findings", len(all))
			}
			f := all[0]
			if f.Sentence != c.sentence || f.Trust != c.trust {
				t.Errorf("got  %s (%s)\nwant %s (%s)", f.Sentence, f.Trust, c.sentence, c.trust)
			}
			if f.Scenario != "golden" || f.Question != "Which is sooner?" || f.Caveat != "It says nothing of Tuesdays." || f.Title != "Known numbers" {
				t.Errorf("%+v", f)
			}
		})
	}
}

// TestRecovery: how long all took is one number of a round; where not all came back, it says how many did not.
func TestRecovery(t *testing.T) {
	run := runOf([]scenarios.Figure{scenarios.AnswerRecovery}, golden()[:3]...)
	for i := range run.Cells {
		run.Cells[i].Recovery = &results.Recovery{
			Clients: 6000, Back: 6000, Full: new(int64(2_412_000_000)), ServerCPU: new(int64(591_000_000)), Total: &results.Summary{Count: 6000, Independent: 6000, P50: 823e6, P99: 2002e6},
		}
	}
	late := run.Cells[1].Recovery
	late.Back, late.Full = 5990, nil
	want := "Over a WebSocket a user 20 ms away whose connection was cut was back and had all it missed after 823 ms (p99 2.00 s, server CPU 591 ms, all 2.41 s), " +
		"with long-polling 823 ms (p99 2.00 s, server CPU 591 ms, 10 of 6,000 never); the time until all were back was 2.41 s (no interval) with long-polling on new connections."
	if f := Of(run)[0]; f.Sentence != want || f.Trust != report.NotMeasured {
		t.Errorf("got  %s (%s)\nwant %s", f.Sentence, f.Trust, want)
	}
}

// TestServerKilled: what was lost, and that who is back has what the next server knows, which is not all.
func TestServerKilled(t *testing.T) {
	run := runOf([]scenarios.Figure{scenarios.AnswerLost, scenarios.AnswerRecovery}, golden()[:2]...)
	run.Scenarios[0].Outage = scenarios.Outage{At: time.Second, Kill: true}
	for i := range run.Cells {
		c := &run.Cells[i]
		c.Delivery.Missed = int64(40 * i)
		c.Delivery.Delivered = c.Delivery.Expected - c.Delivery.Missed
		c.Recovery = &results.Recovery{
			Clients: 6000, Back: 6000, Full: new(int64(2_412_000_000)), ServerCPU: new(int64(591_000_000)), Total: &results.Summary{Count: 6000, Independent: 6000, P50: 823e6, P99: 2002e6},
		}
	}
	sentence := Of(run)[0].Sentence
	for _, want := range []string{
		"Over a WebSocket users missed 0 of 10,000 messages, with long-polling 40 of 10,000",
		"over a WebSocket a user 20 ms away of the server that was killed was back and had all that the next one knew after 823 ms (p99 2.00 s, server CPU 591 ms, all 2.41 s)",
	} {
		if !strings.Contains(sentence, want) {
			t.Errorf("got  %s\nwant %s", sentence, want)
		}
	}
}

// TestChurnAndStages: how long users took to come, and what the busiest stage was like, with its users and messages.
func TestChurnAndStages(t *testing.T) {
	run := runOf([]scenarios.Figure{scenarios.AnswerBusiest, scenarios.AnswerJoin}, golden()[:2]...)
	s := &run.Scenarios[0]
	s.Stages = scenarios.Stages{{Duration: time.Second, Clients: 20, Rate: 2}, {Duration: time.Second, Clients: 2000, Rate: 20}, {Duration: time.Second, Clients: 200, Rate: 2}}
	for i := range run.Cells {
		c := &run.Cells[i]
		c.Attendance = &results.Attendance{Join: &results.Summary{Count: 6000, Independent: 6000, P50: 1.5e6, P99: 4.5e6}}
		for n, stage := range s.Stages {
			c.Stages = append(c.Stages, results.Stage{
				Clients: stage.Clients, Rate: float64(stage.Rate), Latency: &results.Summary{Count: 9000, Independent: 9000, P50: int64(n+1) * 20e6, P99: int64(n+1) * 30e6},
			})
		}
	}
	sentence := Of(run)[0].Sentence
	for _, want := range []string{
		"Over a WebSocket with 2,000 users and 20 messages/s a message reached a user 20 ms away after 40.0 ms (p99 60.0 ms)",
		"over a WebSocket a user 20 ms away who came had a session after 1.50 ms (p99 4.50 ms)",
	} {
		if !strings.Contains(sentence, want) {
			t.Errorf("got  %s\nwant %s", sentence, want)
		}
	}
}

// TestOpening: bytes and rate, and the server's CPU by which arms are compared.
func TestOpening(t *testing.T) {
	run := runOf([]scenarios.Figure{scenarios.AnswerOpening}, golden()[:3]...)
	for i := range run.Cells {
		run.Cells[i].Opening = &results.Opening{Sessions: 1000, Elapsed: 500e6, SentBytes: int64(600e3 * (i + 1)), ReceivedBytes: 100e3, ServerCPU: new(int64(120e6 * (i + 1)))}
		run.Cells[i].Opening.Divide()
	}
	run.Cells[2].Opening = nil
	want := "Over a WebSocket opening a session took 700 B (2000 a second, server CPU 120 µs), with long-polling 1.30 kB (2000 a second, server CPU 240 µs, 120 µs more, no interval); " +
		"the server's CPU to open a session was n/a with long-polling on new connections."
	if f := Of(run)[0]; f.Sentence != want || f.Trust != report.NoInterval {
		t.Errorf("got  %s (%s)\nwant %s", f.Sentence, f.Trust, want)
	}
}

// TestUpkeep: requests, CPU and traffic of an hour; arms are compared by the traffic, which is counted.
func TestUpkeep(t *testing.T) {
	run := runOf([]scenarios.Figure{scenarios.AnswerUpkeep}, golden()[:3]...)
	for i := range run.Cells {
		cpu := float64(45e6 * (i + 1))
		run.Cells[i].Upkeep = &results.Upkeep{ClientHours: 1, Hourly: &results.Hourly{Bytes: []float64{36e3, 3.24e6, 3.6e6}[i], Requests: float64(3600 * i), ServerCPU: &cpu}}
	}
	want := "Over a WebSocket an hour of a connected user took 0 requests (server CPU 45.0 ms, 36.0 kB), with long-polling 3600 requests (server CPU 90.0 ms, 3.24 MB, 90.0 times as much); " +
		"the traffic of an hour was 3.60 MB with long-polling on new connections."
	if f := Of(run)[0]; f.Sentence != want || f.Trust != report.Firm {
		t.Errorf("got  %s (%s)\nwant %s", f.Sentence, f.Trust, want)
	}
	run.Cells[1].Upkeep.Hourly.ServerCPU, run.Cells[0].Upkeep = nil, nil
	want = "The traffic of an hour was not measured over a WebSocket, with long-polling 3600 requests (server CPU n/a, 3.24 MB); the traffic of an hour was 3.60 MB with long-polling on new connections."
	if f := Of(run)[0]; f.Sentence != want || f.Trust != report.NotMeasured {
		t.Errorf("got  %s (%s)\nwant %s", f.Sentence, f.Trust, want)
	}
}

// TestTheScenarioNamesWhatIsCompared: the transport that a scenario names next to WebSocket is held against it in full.
func TestTheScenarioNamesWhatIsCompared(t *testing.T) {
	run := runOf([]scenarios.Figure{scenarios.AnswerLatency}, golden()...)
	run.Scenarios[0].Transports = []scenarios.Transport{scenarios.ShortPoll, scenarios.LongPoll, scenarios.WebSocket, scenarios.LongPollNewConn}
	want := "Over a WebSocket a message reached a user 20 ms away after 20.3 ms (p99 20.6 ms), with short polling 512 ms (p99 1.01 s, 989 ± 1 ms more); " +
		"p99 was 29.4 ms with long-polling and 112 ms with long-polling on new connections."
	if f := Of(run)[0]; f.Sentence != want {
		t.Errorf("got  %s\nwant %s", f.Sentence, want)
	}
}

// TestInterrupted: a run that was cut short says so after whatever it can say.
func TestInterrupted(t *testing.T) {
	run := runOf([]scenarios.Figure{scenarios.AnswerLatency}, golden()[0])
	run.Interrupted = true
	if f := Of(run)[0]; f.Trust != report.CutShort || !strings.HasSuffix(f.Sentence, "(p99 20.6 ms); the run was cut short.") {
		t.Errorf("%s (%s)", f.Sentence, f.Trust)
	}
	if Of(nil) != nil || len(Of(&results.Run{})) != 0 {
		t.Error("no run has findings")
	}
}

// TestTwoTargets: arms are held against the WebSocket arm of their own server only.
func TestTwoTargets(t *testing.T) {
	arms := append(golden()[:2], golden()[:2]...)
	for i := range arms {
		arms[i].target = []string{"ours", "ours", "theirs", "theirs"}[i]
	}
	arms[3].p99 = 50 * ms
	f := Of(runOf([]scenarios.Figure{scenarios.AnswerLatency}, arms...))[0]
	for _, want := range []string{
		"With WebSocket @ours a message reached a user 20 ms away after 20.3 ms (p99 20.6 ms), with Long-poll @ours 20.3 ms (p99 29.4 ms, 8.80 ± 0.141 ms more); ",
		"with WebSocket @theirs a message reached a user 20 ms away after 20.3 ms (p99 20.6 ms), with Long-poll @theirs 20.3 ms (p99 50.0 ms, 29.4 ± 0.141 ms more).",
	} {
		if !strings.Contains(f.Sentence, want) {
			t.Errorf("%s\nlacks %s", f.Sentence, want)
		}
	}
}

// swept is a sweep of the rate in which long-polling's p99 falls from above WebSocket's to below it.
func sweptRun(figures ...scenarios.Figure) *results.Run {
	run := runOf(figures)
	run.Scenarios[0].Sweep = scenarios.Sweep{{Parameter: "rate", Values: []string{"10/s", "20/s", "40/s"}}}
	for i, rate := range run.Scenarios[0].Sweep[0].Values {
		for j, p99 := range [][]time.Duration{{100 * ms, 100 * ms, 100 * ms}, {200 * ms, 200 * ms, 50 * ms}} {
			a := golden()[j]
			a.p99, a.half, a.params = p99[i], 5*ms, map[string]string{"rate": rate}
			run.Cells = append(run.Cells, a.cell())
		}
	}
	return run
}

func TestSweep(t *testing.T) {
	f := Of(sweptRun(scenarios.AnswerLatency, scenarios.AnswerOverhead))[0]
	want := "From messages at 10/s to 40/s, p99 was 100 ms over a WebSocket and 200 ms → 50.0 ms with long-polling (falls below at ≈28/s); " +
		"the overhead of a message was 26.0 B over a WebSocket and 942 B with long-polling (higher throughout)."
	if f.Sentence != want || f.Trust != report.Firm || f.Chart != "sweep" {
		t.Errorf("got  %s (%s, %s)\nwant %s", f.Sentence, f.Trust, f.Chart, want)
	}
	run := sweptRun(scenarios.AnswerLatency)
	run.Cells[1].Verdict = results.Invalid
	run.Cells[4].Latency.CI = nil
	f = Of(run)[0]
	want = "From messages at 10/s to 40/s, p99 was 100 ms over a WebSocket and invalid → 50.0 ms with long-polling (higher at 1 of 3 values)."
	if f.Sentence != want || f.Trust != report.NotValid {
		t.Errorf("got  %s (%s)\nwant %s", f.Sentence, f.Trust, want)
	}
	run = sweptRun(scenarios.AnswerLatency)
	run.Cells = run.Cells[:3] // interrupted
	if f = Of(run)[0]; f.Trust != report.NotMeasured || !strings.Contains(f.Sentence, "n/a") {
		t.Errorf("%s (%s)", f.Sentence, f.Trust)
	}
}

// TestHostileNames: whatever a file calls things, a finding is one line without control characters.
func TestHostileNames(t *testing.T) {
	for _, evil := range []string{"\x1b[31mred\u202e", "a\nb\r\tc", "</script>", "\u2028", strings.Repeat("x", 5000), "", "~", "%s%!d(MISSING)"} {
		run := sweptRun(scenarios.AnswerLatency)
		run.Scenarios[0].Title, run.Scenarios[0].Question, run.Scenarios[0].Caveat = evil, evil, evil
		for i := range run.Cells {
			run.Cells[i].Params = map[string]string{evil: evil + string(rune('a'+i))}
			run.Cells[i].Target = evil
		}
		run.Cells[1].Transport = scenarios.Transport(evil)
		run.Scenarios[0].Answer = []scenarios.Figure{scenarios.Figure(evil), scenarios.AnswerLatency}
		for _, f := range Of(run) {
			for _, text := range []string{f.Scenario, f.Title, f.Question, f.Sentence, f.Caveat, f.Chart} {
				if strings.ContainsAny(text, "\x1b\n\r\t\u202e\u2028") || strings.Contains(text, "%!") && !strings.Contains(evil, "%!") {
					t.Errorf("%q: %q", evil, text)
				}
			}
		}
	}
}
