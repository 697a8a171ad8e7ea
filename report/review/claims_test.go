package review

import (
	"strings"
	"testing"
	"time"

	"pushbench/report/internal/sample"
	"pushbench/results"
	"pushbench/scenarios"
)

func claim(t *testing.T, run *results.Run, id string) Claim {
	t.Helper()
	for _, c := range reviewed(t, run, nil).Claims {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("no claim %q", id)
	return Claim{}
}

func both(t *testing.T) *results.Run {
	run, _ := made(t, 1000, sample.Default[:2]...)
	return run
}

// percentiles sets a cell's p50 and p99 in milliseconds, each with an interval ± half.
func percentiles(c *results.Cell, p50, p99, half int64) {
	c.Latency.P50, c.Latency.P99 = p50*1e6, p99*1e6
	c.Latency.CI = map[string]results.Interval95{"p50": {(p50 - half) * 1e6, (p50 + half) * 1e6}, "p99": {(p99 - half) * 1e6, (p99 + half) * 1e6}}
}

func TestMuchLowerLatency(t *testing.T) {
	for _, tt := range []struct {
		name     string
		p50, p99 int64 // of polling; WebSocket has 100 and 200
		half     int64
		want     ClaimVerdict
	}{
		{"both well halved", 300, 600, 5, Confirmed},
		{"p99 only", 110, 600, 5, Refuted},
		{"p50 only", 300, 250, 5, Refuted},
		{"exactly half", 200, 400, 5, Undecided},
		{"above two, but within the interval", 215, 600, 20, Undecided},
		{"neither", 110, 210, 5, Refuted},
		{"higher", 50, 100, 5, Refuted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			run := both(t)
			percentiles(&run.Cells[0], 100, 200, tt.half)
			percentiles(&run.Cells[1], tt.p50, tt.p99, tt.half)
			if got := claim(t, run, "latency"); got.Verdict != tt.want {
				t.Errorf("%s, want %s: %s", got.Verdict, tt.want, got.Measured)
			}
		})
	}
	t.Run("no interval", func(t *testing.T) {
		run := both(t)
		percentiles(&run.Cells[0], 100, 200, 1)
		percentiles(&run.Cells[1], 300, 600, 1)
		for i := range run.Cells {
			run.Cells[i].Latency.CI, run.Cells[i].Rounds = nil, run.Cells[i].Rounds[:2]
		}
		if got := claim(t, run, "latency"); got.Verdict != Undecided {
			t.Errorf("%s without an interval", got.Verdict)
		}
	})
}

func TestEvidenceOfBothKindsDepends(t *testing.T) {
	for _, tt := range []struct {
		holds []Holds
		want  ClaimVerdict
	}{
		{nil, NotMeasured},
		{[]Holds{Yes, Yes}, Confirmed},
		{[]Holds{No}, Refuted},
		{[]Holds{Yes, No}, Depends},
		{[]Holds{Yes, No, Unsure}, Depends},
		{[]Holds{Yes, Unsure}, Undecided},
		{[]Holds{No, Unsure}, Undecided},
	} {
		var seen []judged
		for _, h := range tt.holds {
			seen = append(seen, judged{holds: h})
		}
		if got := verdictOf(seen); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.holds, got, tt.want)
		}
	}
}

// Where nothing is sent no claim about messages is judged, and nothing is said of an upgrade that pays for itself by them.
func TestAnIdleRunSaysNothingOfMessages(t *testing.T) {
	run, h := made(t, 100, sample.Default[:2]...)
	run.Scenarios[0].Rate = 0
	for i := range run.Cells {
		c := &run.Cells[i]
		c.Latency, c.Delivery, c.Wire.Overhead, c.Wire.SteadyMessages, c.Wire.RequestsPerMessage = nil, results.Delivery{}, nil, 0, nil
	}
	for _, id := range []string{"push", "overhead", "latency"} {
		if got := claim(t, run, id); got.Verdict != NotMeasured {
			t.Errorf("%s is %s", id, got.Verdict)
		}
	}
	var b strings.Builder
	if err := Markdown(&b, run, reviewed(t, run, h)); err != nil || strings.Contains(b.String(), "pays for itself") || strings.Contains(b.String(), "NaN") {
		t.Errorf("error %v, said:\n%s", err, b.String())
	}
}

func TestReconnecting(t *testing.T) {
	run, _ := made(t, 1000, sample.Default[:3]...)
	c := claim(t, run, "connection")
	if c.Verdict != Depends || c.Truth != "With keep-alive, long-polling does not re-establish the connection; without it, it does." {
		t.Errorf("%s: %s", c.Verdict, c.Truth)
	}
	run.Cells = run.Cells[:2]
	if c := claim(t, run, "connection"); c.Verdict != Refuted {
		t.Errorf("%s with keep-alive alone", c.Verdict)
	}
	run.Cells[0].Wire.Connections *= 2
	run.Cells[1].Wire.Connections *= 3
	if c := claim(t, run, "connection"); c.Verdict != Refuted {
		t.Errorf("%s although WebSocket reconnected, too", c.Verdict)
	}
}

func TestPushWithoutRequest(t *testing.T) {
	run := both(t)
	run.Cells[1].Wire.SteadyRequests, run.Cells[1].Wire.SteadyResponses = 10, 10
	if c := claim(t, run, "push"); c.Verdict != Confirmed || !strings.Contains(c.Truth, "p50 latency") {
		t.Errorf("%s: %s", c.Verdict, c.Truth)
	}
	one := 1.0
	run.Cells[0].Wire.RequestsPerMessage = &one
	if c := claim(t, run, "push"); c.Verdict != Refuted {
		t.Errorf("%s with a request for each push", c.Verdict)
	}
}

func TestDuplexNeedsAnEcho(t *testing.T) {
	run := both(t)
	if c := claim(t, run, "duplex"); c.Verdict != NotMeasured || !strings.Contains(c.Scenario, "run duplex") {
		t.Errorf("%s, %s", c.Verdict, c.Scenario)
	}
	run.Scenarios[0].Pattern = scenarios.Echo
	run.Cells[1].Wire.Connections *= 2
	if c := claim(t, run, "duplex"); c.Verdict != Confirmed {
		t.Errorf("%s: %s", c.Verdict, c.Measured)
	}
	if c := claim(t, run, "connection"); c.Verdict != NotMeasured {
		t.Errorf("an echo's second connection is no reconnection: %s", c.Measured)
	}
}

func TestLittleOverhead(t *testing.T) {
	for _, tt := range []struct {
		ws, poll float64
		want     ClaimVerdict
	}{{4, 800, Confirmed}, {80, 800, Confirmed}, {81, 800, Refuted}, {900, 800, Refuted}} {
		run := both(t)
		run.Cells[0].Wire.Overhead.Mean, run.Cells[1].Wire.Overhead.Mean = tt.ws, tt.poll
		if c := claim(t, run, "overhead"); c.Verdict != tt.want {
			t.Errorf("%v against %v B: %s, want %s", tt.ws, tt.poll, c.Verdict, tt.want)
		}
	}
}

func TestIdlePolling(t *testing.T) {
	run := both(t)
	w := &run.Cells[1].Wire
	w.Responses, w.EmptyResponses = 100, 60
	if c := claim(t, run, "idle"); c.Verdict != Confirmed {
		t.Errorf("60 %% empty: %s", c.Verdict)
	}
	w.EmptyResponses = 0
	if c := claim(t, run, "idle"); c.Verdict != Refuted {
		t.Errorf("none empty at 200 messages a second: %s", c.Verdict)
	}
	run.Scenarios[0].Rate = 0.01 // one message in 100 s, a hold of 25 s, a run of 6 s
	if c := claim(t, run, "idle"); c.Verdict != Undecided {
		t.Errorf("none empty because no poll could time out: %s", c.Verdict)
	}
	run.Scenarios[0].Duration = time.Minute
	if c := claim(t, run, "idle"); c.Verdict != Refuted {
		t.Errorf("none empty although polls could time out: %s", c.Verdict)
	}
}

func TestHandshake(t *testing.T) {
	run, _ := made(t, 1000, sample.Default...)
	c := claim(t, run, "handshake")
	if c.Verdict != Confirmed || len(c.Evidence) != 1 {
		t.Errorf("%s with %d pieces of evidence, want one for the WebSocket arm", c.Verdict, len(c.Evidence))
	}
	run.Cells[0].Wire.Connections *= 2
	if c := claim(t, run, "handshake"); c.Verdict != Refuted {
		t.Errorf("two connections for a session: %s", c.Verdict)
	}
}

// TestRulesAreWrittenDown: a rule that is judged must be readable, and say what would refute it.
func TestRulesAreWrittenDown(t *testing.T) {
	for _, r := range Rules {
		if r.ID == "" || r.Claim == "" || r.Run == "" || r.judge == nil || !strings.Contains(strings.ToLower(r.Rule), "confirmed") {
			t.Errorf("rule %q is incomplete", r.ID)
		}
	}
}

// TestNotesNameTheirScenarios: a total of bytes is one workload's.
func TestNotesNameTheirScenarios(t *testing.T) {
	run, _ := made(t, 100, sample.Default[:2]...)
	second := run.Scenarios[0]
	second.Name = "second"
	run.Scenarios = append(run.Scenarios, second)
	for i := range 2 {
		poll, ws := int64(4e6*(i+1)), int64(1e6)
		c, d := run.Cells[0], run.Cells[1]
		c.Wire.ModelledIP, d.Wire.ModelledIP = &ws, &poll
		if i == 0 {
			run.Cells[0], run.Cells[1] = c, d
			continue
		}
		c.Scenario, d.Scenario = "second", "second"
		run.Cells = append(run.Cells, c, d)
	}
	note := claim(t, run, "overhead").Note
	for _, want := range []string{"in default Long-poll took 4.00 times the bytes of WebSocket", "and in second Long-poll took 8.00 times"} {
		if !strings.Contains(note, want) {
			t.Errorf("%q is not in %q", want, note)
		}
	}
	if note := claim(t, run, "idle").Note; !strings.Contains(note, "bytes of default,") {
		t.Errorf("idle: %q", note)
	}
}
