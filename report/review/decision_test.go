package review

import (
	"math"
	"strings"
	"testing"
	"time"

	"pushbench/report/format"
	"pushbench/report/internal/sample"
	"pushbench/results"
	"pushbench/scenarios"
)

func TestNothingIsComparedWithAnInvalidCell(t *testing.T) {
	run, h := made(t, 1000, sample.Default...)
	run.Cells[0].Verdict = results.Invalid
	r := reviewed(t, run, h)
	d := r.Sections[0].Decision
	if !strings.HasPrefix(d.Headline, "No decision: WebSocket is invalid") {
		t.Errorf("headline %q", d.Headline)
	}
	for _, p := range d.Pairs {
		for _, l := range p.Lines {
			if l.Verdict != NotComparable || l.From.Known || l.To.Known || l.Change.Known || strings.ContainsAny(l.Text, "→±") {
				t.Errorf("%s: %q", p.From.Name, l.Text)
			}
		}
	}
	for _, c := range r.Claims {
		if c.Verdict != NotMeasured {
			t.Errorf("claim %s is %s on invalid cells", c.ID, c.Verdict)
		}
	}
	if r.Sections[0].BreakEven != nil {
		t.Error("a map of an invalid comparison")
	}
}

func TestNoToleranceWithoutAnInterval(t *testing.T) {
	run, h := made(t, 10, sample.Default...)
	for i := range run.Cells {
		c := &run.Cells[i]
		c.Rounds = c.Rounds[:2]
		c.Latency.CI = nil
	}
	for _, p := range reviewed(t, run, h).Sections[0].Decision.Pairs {
		for _, l := range p.Lines {
			if l.Verdict != Unproven || l.Basis != NoInterval || strings.Contains(l.Text, "±") || !strings.Contains(l.Text, "no interval") {
				t.Errorf("%s: %+v", l.Text, l)
			}
		}
	}
}

func TestComparisonSaysAbsoluteBeforeRelative(t *testing.T) {
	run, h := made(t, 1000, sample.Default...)
	run.Cells[1].Latency.P99, run.Cells[0].Latency.P99 = 164e6, 41e6
	run.Cells[1].Latency.CI = map[string]results.Interval95{"p99": {160e6, 168e6}}
	run.Cells[0].Latency.CI = map[string]results.Interval95{"p99": {38e6, 44e6}}
	l := reviewed(t, run, h).Sections[0].Decision.Pairs[0].Lines[0]
	if want := "p99 latency 164 → 41.0 ms (−123 ± 5 ms; 4.00× less)"; l.Text != want {
		t.Errorf("got  %q\nwant %q", l.Text, want)
	}
	if l.Verdict != WebSocketLower || l.Basis != FromSeconds {
		t.Errorf("%s, %s", l.Verdict, l.Basis)
	}
}

func TestOverlapIsNotToldApart(t *testing.T) {
	run, h := made(t, 1000, sample.Default...)
	run.Cells[1].Latency.P99, run.Cells[0].Latency.P99 = 45e6, 41e6
	run.Cells[1].Latency.CI = map[string]results.Interval95{"p99": {40e6, 50e6}}
	run.Cells[0].Latency.CI = map[string]results.Interval95{"p99": {38e6, 44e6}}
	l := reviewed(t, run, h).Sections[0].Decision.Pairs[0].Lines[0]
	if l.Verdict != Untold || !strings.Contains(l.Text, "not told apart") {
		t.Errorf("%+v", l)
	}
}

func TestLongPollComesFirst(t *testing.T) {
	run, h := made(t, 100, sample.Default[3], sample.Default[2], sample.Default[1], sample.Default[0])
	d := reviewed(t, run, h).Sections[0].Decision
	var got []scenarios.Transport
	for _, p := range d.Pairs {
		got = append(got, p.From.Transport)
	}
	if len(got) != 3 || got[0] != scenarios.LongPoll {
		t.Errorf("order %v", got)
	}
}

func TestPollingThatIsLowerIsSaid(t *testing.T) {
	run, h := made(t, 1000, sample.Default...)
	run.Cells[0].Latency.P99, run.Cells[0].Latency.CI = 9e9, map[string]results.Interval95{"p99": {8e9, 10e9}}
	d := reviewed(t, run, h).Sections[0].Decision
	if d.Pairs[0].Lines[0].Verdict != PollingLower || !strings.Contains(d.Headline, "raises p99 latency (") || len(d.Stay) == 0 || !strings.Contains(d.Stay[0], "p99 latency measured lower with Long-poll") {
		t.Errorf("headline %q, stay %q", d.Headline, d.Stay)
	}
}

// TestBytesPerClientHour recomputes it from the run file's sums.
func TestBytesPerClientHour(t *testing.T) {
	run, h := made(t, 1000, sample.Default...)
	l := reviewed(t, run, h).Sections[0].Decision.Pairs[0].Lines[2]
	w := run.Cells[1].Wire
	hours := float64(len(run.Cells[1].Rounds)) * run.Scenarios[0].Duration.Hours() * float64(run.Cells[1].Clients)
	if want := float64(w.PayloadBytes+w.OverheadBytes) / hours; l.Metric != hourlyBytes.name || math.Abs(l.From.Number/want-1) > 1e-9 {
		t.Errorf("%s: %v, want %v", l.Metric, l.From.Number, want)
	}
}

func TestSteadyTimeIsTheRecordedOne(t *testing.T) {
	run, _ := made(t, 100, sample.Default[0])
	run.Cells[0].Rounds[0].Phases = []results.Phase{{Name: "steady", Start: time.Second, End: 3 * time.Second}}
	g := format.Groups(run)[0]
	c := newCell(g.Scenario, g.Arms[0])
	if got := c.steady(c.Cell.Rounds[0]); got != 2*time.Second {
		t.Errorf("recorded: %v", got)
	}
	if got := c.steady(c.Cell.Rounds[1]); got != g.Scenario.Duration {
		t.Errorf("not recorded: %v", got)
	}
}

// TestWithoutRoundsNothingIsSaidOfChange tells what cannot be tested from what was tested and not told apart.
func TestWithoutRoundsNothingIsSaidOfChange(t *testing.T) {
	for rounds, want := range map[int]string{
		1: "Moving from Long-poll to WebSocket has one round, so no change can be tested; measured: p99 latency (",
		2: "Moving from Long-poll to WebSocket has 2 rounds, too few to test a change by; measured: p99 latency (",
	} {
		run, h := made(t, 10, sample.Default...)
		for i := range run.Cells {
			run.Cells[i].Rounds, run.Cells[i].Latency.CI = run.Cells[i].Rounds[:rounds], nil
		}
		got := reviewed(t, run, h).Sections[0].Decision.Headline
		if !strings.HasPrefix(got, want) || strings.Contains(got, "Without an interval") {
			t.Errorf("%q, want %q …", got, want)
		}
	}
}

// TestEachHistogramHasItsOwnCaveat: a message that never came has a time it was waited for, but no bytes.
func TestEachHistogramHasItsOwnCaveat(t *testing.T) {
	run, h := made(t, 100, sample.Default...)
	for _, table := range reviewed(t, run, h).Tables {
		switch waited := strings.Contains(table.ShowsNot, "waited for"); table.Name {
		case TableHistogram:
			if !waited {
				t.Errorf("%s: %q", table.Name, table.ShowsNot)
			}
		case TableOverhead:
			if waited || table.ShowsNot == "" {
				t.Errorf("%s: %q", table.Name, table.ShowsNot)
			}
		}
	}
}

// TestScaledCostsHaveTheirInterval: what rounds disagree on is not certain for being multiplied.
func TestScaledCostsHaveTheirInterval(t *testing.T) {
	run, h := made(t, 100, sample.Default[:2]...)
	for i := range run.Cells {
		for j := range run.Cells[i].Rounds {
			cpu := int64(1e9 * (i + 1) * (j + 1))
			run.Cells[i].Rounds[j].Server = &results.Server{CPU: &cpu}
		}
		cpu := int64(6e9 * (i + 1))
		run.Cells[i].Server = &results.Server{CPU: &cpu}
	}
	got := strings.Join(reviewed(t, run, h).Questions[1].Answers, " ")
	for _, want := range []string{"cores busy (saves 40.0 ± 49.7)", "in a month of 730 h connected (saves "} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
}
