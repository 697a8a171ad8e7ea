package results

import (
	"testing"
	"time"
)

// TestNothingWasBackAfterAll: a histogram's percentile is the end of its bin, and may lie above the exact maximum.
func TestNothingWasBackAfterAll(t *testing.T) {
	r := &Recovery{Full: new(int64(1_900_000_000)), Total: &Summary{Count: 9, P50: 5e8, P99: 1_910_000_000, Max: 1_910_000_000, CI: map[string]Interval95{"p99": {18e8, 1_910_000_000}}}}
	got := r.Within(r.Total)
	if got.P50 != 5e8 || got.P99 != *r.Full || got.Max != *r.Full || got.CI["p99"] != (Interval95{18e8, *r.Full}) {
		t.Errorf("%+v", got)
	}
	if r.Total.P99 != 1_910_000_000 || r.Total.CI["p99"][1] != 1_910_000_000 {
		t.Errorf("what was measured is changed: %+v", r.Total)
	}
	if r.Full = nil; r.Within(r.Total) != r.Total || r.Within(nil) != nil {
		t.Error("without a maximum there is nothing to hold it to")
	}
}

// TestClientHoursAreOne: a cell divides by the same hours as its upkeep, which was read at the sockets.
func TestClientHoursAreOne(t *testing.T) {
	steady := Phase{Name: SteadyPhase, End: time.Hour}
	c := Cell{Clients: 3, Rounds: []Round{{Phases: []Phase{steady}}, {Phases: []Phase{steady}, Measured: Measured{Upkeep: &Upkeep{ClientHours: 3.5}}}}}
	if got := c.ClientHours(); got != 6.5 {
		t.Errorf("%v client-hours, want 3 and 3.5", got)
	}
	if c.Rounds = append(c.Rounds, Round{}); c.ClientHours() != 0 {
		t.Error("a round does not say how long it took")
	}
}
