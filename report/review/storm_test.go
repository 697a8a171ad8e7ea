package review

import (
	"slices"
	"strings"
	"testing"

	"pushbench/report/internal/sample"
	"pushbench/results"
)

// TestStorm: where connections were cut on purpose the way back is what is decided on, and nothing is said that holds only of undisturbed work.
func TestStorm(t *testing.T) {
	run, h := made(t, 1000, sample.Default...)
	sample.WithOutage(run)
	r := reviewed(t, run, h)
	d := r.Sections[0].Decision
	if slices.ContainsFunc(d.NotMeasured, func(s string) bool { return strings.Contains(s, "reconnect at once") }) {
		t.Error("that clients reconnect at once is said not to have been measured")
	}
	line := d.Pairs[0].Lines[0]
	if line.Metric != "p99 of recovery" || line.From.Number != float64(run.Cells[1].Recovery.Total.P99) || line.To.Number != float64(run.Cells[0].Recovery.Total.P99) {
		t.Errorf("the card begins with %s: %+v", line.Metric, line)
	}
	for _, c := range r.Claims {
		if of := c.ID; (of == "connection" || of == "latency" || of == "handshake") && c.Verdict != NotMeasured {
			t.Errorf("%s: %s, %q", of, c.Verdict, c.Measured)
		}
	}
	if r.Sections[0].BreakEven != nil || len(d.Stay) > 0 {
		t.Errorf("the model is held against an outage: %v", d.Stay)
	}
	if q := r.Questions[0]; len(q.Answers) == 0 || !strings.Contains(q.Answers[0], "after the cut half of the clients") {
		t.Errorf("users notice: %q", q.Answers)
	}
	if q := r.Questions[1]; q.Answered {
		t.Errorf("a storm is scaled: %q", q.Answers)
	}
	if !slices.ContainsFunc(r.Sections[0].Notes, func(s string) bool { return strings.HasPrefix(s, "recovery: from the instant") }) {
		t.Error("no note says from when recovery counts")
	}
}

// TestTheCardBeginsWithWhatMayBeCompared: an invalid arm does not hide what the others say.
func TestTheCardBeginsWithWhatMayBeCompared(t *testing.T) {
	run, h := made(t, 1000, sample.Default...)
	run.Cells[1].Verdict = results.Invalid
	d := reviewed(t, run, h).Sections[0].Decision
	if d.Pairs[0].From.Cell != 2 || !d.Pairs[len(d.Pairs)-1].From.Invalid || !strings.HasPrefix(d.Headline, "Moving from Long-poll new-conn") {
		t.Errorf("%s: %v", d.Headline, d.Pairs)
	}
	if !slices.Contains(d.Caveats, "Invalid, and compared with nothing: Long-poll.") {
		t.Errorf("caveats %q", d.Caveats)
	}
}
