package loadgen

import (
	"testing"
	"time"

	"pushbench/loadgen/record"
	"pushbench/loadgen/schedule"
	"pushbench/results"
	"pushbench/scenarios"
)

// releasedRound is a round whose events were released at the instants that late makes of the intended ones.
func releasedRound(t *testing.T, arrivals scenarios.Arrivals, late func(due time.Duration) time.Duration) *round {
	t.Helper()
	s, err := schedule.New(schedule.Spec{Seed: 1, Flows: 1, Arrivals: arrivals, Rate: 2000, Warmup: time.Second, Duration: 2 * time.Second, Size: StampSize})
	if err != nil {
		t.Fatal(err)
	}
	r := &round{schedule: s, collector: record.NewCollector(record.Spec{Schedule: s})}
	r.plan.Scenario.Arrivals = arrivals
	for i, e := range s.Events {
		r.collector.Released(uint32(i), late(e.Due))
	}
	return r
}

func TestArrivalsWarning(t *testing.T) {
	onTime := func(due time.Duration) time.Duration { return due }
	coarse := func(due time.Duration) time.Duration { return due.Truncate(time.Millisecond) }
	behind := func(due time.Duration) time.Duration {
		into := max(0, due-time.Second).Seconds()
		return due + time.Duration(into*into/4*float64(time.Second))
	}
	for _, tt := range []struct {
		name     string
		arrivals scenarios.Arrivals
		late     func(time.Duration) time.Duration
		warns    bool
	}{
		{"on time", scenarios.Poisson, onTime, false},
		{"in steps of a millisecond", scenarios.Poisson, coarse, true},
		{"falling behind", scenarios.Poisson, behind, true},
		{"constant arrivals are not Poisson and need not be", scenarios.Constant, onTime, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if text := releasedRound(t, tt.arrivals, tt.late).arrivals(); (text != "") != tt.warns {
				t.Errorf("warning %q, want one: %v", text, tt.warns)
			}
		})
	}
}

// A lag that nobody would notice is no reason for a warning, whatever a test of thousands of gaps says.
func TestArrivalsWarningNeedsALag(t *testing.T) {
	r := releasedRound(t, scenarios.Poisson, func(due time.Duration) time.Duration { return due.Truncate(time.Millisecond) })
	for lag, want := range map[time.Duration]int{lagFloor / 2: 0, lagFloor: 1} {
		m := results.Measured{Lag: &results.Summary{P99: int64(lag)}}
		if got := r.steadiness(m, nil); len(got) != want {
			t.Errorf("lag p99 %v: warnings %v, want %d", lag, got, want)
		}
	}
}

func TestStationarityWarning(t *testing.T) {
	for _, tt := range []struct {
		name  string
		level func(second int) time.Duration
		warns bool
	}{
		{"level", func(second int) time.Duration {
			return 10*time.Millisecond + time.Duration(second*7%5)*time.Millisecond
		}, false},
		{"rising to five times", func(second int) time.Duration { return time.Duration(10+second*2/3) * time.Millisecond }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var slices []results.Slice
			for second := range 60 {
				h := results.NewHistogram()
				for range 100 {
					if err := h.RecordValue(int64(tt.level(second))); err != nil {
						t.Fatal(err)
					}
				}
				slice, err := results.NewSlice(time.Duration(second)*time.Second, time.Duration(second+1)*time.Second, h)
				if err != nil {
					t.Fatal(err)
				}
				slices = append(slices, slice)
			}
			warnings := releasedRound(t, scenarios.Poisson, func(due time.Duration) time.Duration { return due }).
				steadiness(results.Measured{}, results.Histograms{results.Latency: slices})
			if (len(warnings) > 0) != tt.warns {
				t.Errorf("warnings %v, want any: %v", warnings, tt.warns)
			}
		})
	}
}
