package schedule

import (
	"math"
	"slices"
	"testing"
	"time"

	"pushbench/scenarios"
)

var ramp = []Part{{2 * time.Second, 10, 10}, {4 * time.Second, 10, 50}, {0, 50, 20}, {2 * time.Second, 20, 20}, {time.Second, 20, 0}, {time.Second, 0, 0}}

// As many events fall into each part as its rate gives it, and none where the rate is 0.
func TestPartsHaveTheirEvents(t *testing.T) {
	for _, arrivals := range []scenarios.Arrivals{scenarios.Constant, scenarios.Poisson} {
		s, err := New(Spec{Seed: 5, Flows: 3, Arrivals: arrivals, Rate: 19, Parts: ramp, Warmup: time.Second, Duration: 10 * time.Second, Size: 64})
		if err != nil {
			t.Fatal(err)
		}
		if s.Steady != 10 || len(s.Events)-s.Steady != 190 {
			t.Fatalf("%d events to warm up and %d steady, want 10 and 190", s.Steady, len(s.Events)-s.Steady)
		}
		if !slices.IsSortedFunc(s.Events, func(a, b Event) int { return int(a.Due - b.Due) }) {
			t.Error("events out of order")
		}
		for _, part := range []struct {
			from, to time.Duration
			want     float64
		}{{0, 2, 20}, {2, 4, 40}, {4, 6, 80}, {6, 8, 40}, {8, 9, 10}, {9, 10, 0}} {
			got := 0
			for _, e := range s.Events[s.Steady:] {
				if at := e.Due - time.Second; at >= part.from*time.Second && at < part.to*time.Second {
					got++
				}
			}
			far := 1.0
			if arrivals == scenarios.Poisson {
				far = 4 * math.Sqrt(part.want)
			}
			if math.Abs(float64(got)-part.want) > far {
				t.Errorf("%s: %d events from %d to %d s, want %g", arrivals, got, part.from, part.to, part.want)
			}
		}
	}
}

// One part with the rate of the whole changes nothing.
func TestOnePartIsTheWhole(t *testing.T) {
	spec := Spec{Seed: 5, Flows: 3, Rate: 40, Warmup: time.Second, Duration: 5 * time.Second, Size: 64}
	plain, err := New(spec)
	if err != nil {
		t.Fatal(err)
	}
	spec.Parts = []Part{{5 * time.Second, 40, 40}}
	parted, err := New(spec)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range plain.Events {
		if d := (parted.Events[i].Due - e.Due).Abs(); d > time.Microsecond || parted.Events[i].Flow != e.Flow {
			t.Fatalf("event %d is %+v, and with a part %+v", i, e, parted.Events[i])
		}
	}
}

func TestAfterIsTheInverse(t *testing.T) {
	for _, p := range []Part{{3 * time.Second, 5, 5}, {3 * time.Second, 0, 50}, {3 * time.Second, 50, 0}, {time.Hour, 1e-3, 9}} {
		for d := time.Duration(0); d <= p.Length; d += p.Length / 7 {
			if got := p.after(p.events(d)); (got - d).Abs() > time.Microsecond {
				t.Errorf("%+v: %v have %g events, which take %v", p, d, p.events(d), got)
			}
		}
	}
}
