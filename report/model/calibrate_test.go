package model

import (
	"math"
	"testing"
	"time"
)

func TestGapOfInvertsTheModel(t *testing.T) {
	for _, path := range []Path{{Delay: ms}, {Delay: ms, Setup: NewTCP, Turnaround: 300 * time.Microsecond}, {Delay: 50 * ms, Setup: NewTLS13}} {
		for _, rate := range []float64{50, 300, 2000} {
			want := path.Gap()
			got := GapOf(rate, LongPoll{Path: path}.MessagesPerResponse(rate))
			if !near(got, want, want/1000) {
				t.Errorf("%v at %v/s: %v, want %v", path, rate, got, want)
			}
		}
	}
}

func TestGapOfWithoutInformation(t *testing.T) {
	for _, c := range []struct{ rate, messages float64 }{{0, 3}, {10, 1}, {10, 0}, {10, math.NaN()}, {math.NaN(), 3}, {10, math.Inf(1)}} {
		if got := GapOf(c.rate, c.messages); got != 0 {
			t.Errorf("%v messages per response at %v/s: %v, want 0", c.messages, c.rate, got)
		}
	}
}

func TestDistanceWithin(t *testing.T) {
	atom := UniformWait{Base: 50 * ms, Gap: 100 * ms, Share: 0.1}
	shifted := UniformWait{Base: 50*ms + 100*time.Microsecond, Gap: 100 * ms, Share: 0.1}
	tests := []struct {
		name  string
		a, b  Distribution
		slack time.Duration
		want  float64
	}{
		{"no slack is the distance", atom, shifted, 0, Distance(atom, shifted)},
		{"a shift within the slack", atom, shifted, 100 * time.Microsecond, 0},
		{"a shift beyond it", atom, shifted, 99 * time.Microsecond, 0.9},
		{"another share of waits", atom, UniformWait{Base: 50 * ms, Gap: 100 * ms, Share: 0.3}, ms, 0.198}, // 0.2, less the share that 1 ms of 100 hides of 0.2
		{"a longer gap", UniformWait{Gap: 100 * ms, Share: 1}, UniformWait{Gap: 200 * ms, Share: 1}, 10 * ms, 0.45},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, got := range []float64{DistanceWithin(tt.a, tt.b, tt.slack), DistanceWithin(tt.b, tt.a, tt.slack)} {
				if math.Abs(got-tt.want) > 0.0011 {
					t.Errorf("%.5f, want %.5f", got, tt.want)
				}
			}
		})
	}
	if got := DistanceWithin(atom, NewEmpirical(nil), ms); !math.IsNaN(got) {
		t.Errorf("%v from nothing, want NaN", got)
	}
}
