package stats

import (
	"math"
	"math/rand/v2"
	"testing"
)

// series is a simulated round: AR(1) noise of standard deviation 1 around a level that changes.
type series struct {
	slices int
	// correlation of neighbouring slices
	correlation float64
	// skewed makes it lognormal instead, with a standard deviation of half the level: the p99 of seconds with few messages.
	skewed bool
	// level is what is added at each share of the round, 0–1.
	level func(at float64) float64
}

func (s series) draw(r *rand.Rand) []Slice {
	out := make([]Slice, s.slices)
	x := r.NormFloat64()
	for i := range out {
		out[i] = Slice{Value: 10 + x, Count: 500 + r.Int64N(1000)}
		if s.skewed {
			out[i].Value = 10 * math.Exp(x/2)
		}
		if s.level != nil {
			out[i].Value += s.level(float64(i) / float64(s.slices))
		}
		x = s.correlation*x + math.Sqrt(1-s.correlation*s.correlation)*r.NormFloat64()
	}
	return out
}

// warned is how often the tests object to such a round, however small the change: the limit of relevance must not be what keeps false alarms rare.
func (s series) warned(trials int) (share float64) {
	r := rand.New(rand.NewPCG(11, uint64(s.slices)))
	var warned int
	for range trials {
		if c, ok := CheckStationary(s.draw(r)); ok && (c.TrendP < trendLevel || c.InitialP < initialLevel) {
			warned++
		}
	}
	return float64(warned) / float64(trials)
}

func ramp(rise float64) func(float64) float64 { return func(at float64) float64 { return rise * at } }

// warmUp starts above the level and falls to it evenly.
func warmUp(height, until float64) func(float64) float64 {
	return func(at float64) float64 { return height * max(0, 1-at/until) }
}

func step(height, until float64) func(float64) float64 {
	return func(at float64) float64 {
		if at < until {
			return height
		}
		return 0
	}
}

func TestStationaryFalseAlarms(t *testing.T) {
	for _, slices := range []int{60, 61, 120, 300} {
		for _, correlation := range []float64{-0.3, 0, 0.3, 0.6} {
			for _, skewed := range []bool{false, true} {
				got := series{slices: slices, correlation: correlation, skewed: skewed}.warned(2000)
				t.Logf("%d slices, correlation %v, skewed %v: %.4f", slices, correlation, skewed, got)
				if got >= 0.01 {
					t.Errorf("%d slices, correlation %v, skewed %v: %.4f of stationary rounds are warned of, want below 0.01", slices, correlation, skewed, got)
				}
			}
		}
	}
}

// What the documentation of CheckStationary says is found.
func TestStationaryPower(t *testing.T) {
	tests := []struct {
		name   string
		round  series
		lo, hi float64
	}{
		{"ramp, two minutes", series{slices: 120, correlation: 0.3, level: ramp(4)}, 0.9, 1},
		{"ramp, one minute", series{slices: 60, correlation: 0.3, level: ramp(4)}, 0.4, 1},
		{"ramp, five minutes, strongly correlated", series{slices: 300, correlation: 0.6, level: ramp(3)}, 0.9, 1},
		{"falling", series{slices: 120, correlation: 0.3, level: ramp(-4)}, 0.9, 1},
		{"transient, two minutes", series{slices: 120, correlation: 0.3, level: step(5, 1.0/6)}, 0.9, 1},
		{"transient, one minute", series{slices: 60, correlation: 0.3, level: step(5, 1.0/6)}, 0.4, 1},
		{"transient that fades", series{slices: 120, correlation: 0.3, level: warmUp(6, 0.25)}, 0.9, 1},
		{"a change too small to see", series{slices: 120, correlation: 0.3, level: ramp(0.5)}, 0, 0.05},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.round.warned(500)
			t.Logf("found in %.3f of rounds", got)
			if got < tt.lo || got > tt.hi {
				t.Errorf("found in %.3f of rounds, want %v to %v", got, tt.lo, tt.hi)
			}
		})
	}
}

// The truncation point must lie where the transient ends, never before, and in most rounds to within two batches. (MSER is known to cut generously now and then.)
func TestTransientEndsWhereItEnds(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	round := series{slices: 120, correlation: 0.3, level: step(5, 1.0/6)} // 20 slices
	var early, near int
	for range 200 {
		switch s, _ := CheckStationary(round.draw(r)); {
		case s.Transient < 20:
			early++
		case s.Transient <= 30:
			near++
		}
	}
	if early > 0 || near < 150 {
		t.Errorf("the end of the transient was set too early in %d and found in %d of 200 rounds", early, near)
	}
	endless := series{slices: 120, level: ramp(30)}
	if s, _ := CheckStationary(endless.draw(r)); s.Settled {
		t.Errorf("a level that never stops rising counts as settled: %+v", s)
	}
}

// A stall in the middle is neither a trend nor a transient: it must not make anyone lengthen the warm-up.
func TestOneStallIsNoTrend(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	var warned int
	for range 200 {
		slices := series{slices: 120, correlation: 0.3}.draw(r)
		at := 40 + r.IntN(60)
		slices[at].Value, slices[at+1].Value = 500, 300
		if s, _ := CheckStationary(slices); s.Warning() != "" {
			warned++
		}
	}
	if warned > 4 {
		t.Errorf("%d of 200 rounds with a stall are called unsteady", warned)
	}
}

// By hand: dropping the first two of 9, 5, 1, 1, 1, 1 leaves no spread.
func TestTruncateByHand(t *testing.T) {
	tests := []struct {
		name    string
		batches []float64
		cut     int
		settled bool
	}{
		{"two high ones first", []float64{9, 5, 1, 1, 1, 1}, 2, true},
		{"constant", []float64{1, 1, 1, 1, 1, 1}, 0, true},
		{"high to the middle", []float64{9, 8, 7, 1, 1, 1}, 3, false},
		// Kept 4 of 4: squares 1+1+1+1 over 16 = 0.25. Kept 3 of 4: (2/3)²+(4/3)²+(2/3)² = 8/3 over 9 = 0.296. Kept 2: 2 over 4 = 0.5.
		{"dropping costs certainty", []float64{1, 3, 1, 3}, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if cut, settled := truncate(tt.batches); cut != tt.cut || settled != tt.settled {
				t.Errorf("got %d, %v; want %d, %v", cut, settled, tt.cut, tt.settled)
			}
		})
	}
}

func TestCheckStationaryNeedsSlices(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	enough := series{slices: MinSlices}.draw(r)
	if _, ok := CheckStationary(enough); !ok {
		t.Error("the fewest slices gave no answer")
	}
	for name, void := range map[string]Slice{"empty": {Value: 10}, "NaN": {math.NaN(), 5}, "zero": {0, 5}, "infinite": {math.Inf(1), 5}} {
		enough[30] = void
		if _, ok := CheckStationary(enough); ok {
			t.Errorf("a slice that is %s counts", name)
		}
		if s, ok := CheckStationary(append(series{slices: MinSlices}.draw(r), void)); !ok || math.IsNaN(s.Trend+s.TrendP+s.Initial+s.InitialP) {
			t.Errorf("a slice more that is %s: %+v, %v", name, s, ok)
		}
	}
}

// Whole batches without messages must shorten the series, not break it.
func TestSlicesWithoutMessages(t *testing.T) {
	slices := series{slices: 200, level: ramp(30)}.draw(rand.New(rand.NewPCG(1, 1)))
	for i := range 60 {
		slices[70+i] = Slice{}
	}
	s, ok := CheckStationary(slices)
	if !ok || s.TrendP >= trendLevel {
		t.Errorf("the ramp is lost: %+v, %v", s, ok)
	}
	for i := range slices {
		if i > 65 {
			slices[i] = Slice{} // all that is left lies in one half
		}
	}
	if s, _ := CheckStationary(slices); math.IsNaN(s.Trend) {
		t.Errorf("half a round gives %+v", s)
	}
}

func TestStationaryWarning(t *testing.T) {
	tests := []struct {
		name string
		s    Stationarity
		want string
	}{
		{"nothing", Stationarity{}, ""},
		{"steady", Stationarity{Settled: true, InitialP: 1, Trend: 0.2, TrendP: 0.4}, ""},
		{"trend", Stationarity{InitialP: 1, Trend: 0.2, TrendP: 1e-5}, "not steady: the second half is +20 % against the first; a longer run would show where it ends"},
		{"certain but small", Stationarity{InitialP: 1, Trend: 0.04, TrendP: 1e-5}, ""},
		{"transient", Stationarity{Transient: 10, Initial: 0.5, InitialP: 1e-6, TrendP: 1}, "not steady: the first 10 slices are +50 % against the rest; a longer warm-up would leave them out"},
		{"MSER's word alone", Stationarity{Transient: 10, Initial: 0.5, InitialP: 0.2, TrendP: 1}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.s.Warning(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// Of the 24 orders of four values one is sorted, three have one inversion; S = 6 − 2·inversions.
func TestMannKendall(t *testing.T) {
	tests := []struct {
		values []float64
		s      int
		p      float64
	}{
		{[]float64{1, 2, 3, 4}, 6, 2.0 / 24},
		{[]float64{4, 3, 2, 1}, -6, 2.0 / 24},
		{[]float64{1, 3, 2, 4}, 4, 8.0 / 24},
		{[]float64{2, 1, 4, 3}, 2, 18.0 / 24},
		{[]float64{1, 1, 1, 1}, 0, 1},
		{nil, 0, 1},
	}
	for _, tt := range tests {
		s := mannKendall(tt.values)
		if p := mannKendallP(len(tt.values), s); s != tt.s || math.Abs(p-tt.p) > 1e-12 {
			t.Errorf("%v: S = %d with p = %v, want %d with %v", tt.values, s, p, tt.s, tt.p)
		}
	}
}
