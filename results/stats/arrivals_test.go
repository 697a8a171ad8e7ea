package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const window = 10 * time.Second

// poisson is n uniform instants in the window: a Poisson process given its count.
func poisson(r *rand.Rand, n int) []time.Duration {
	at := make([]time.Duration, n)
	for i := range at {
		at[i] = time.Duration(r.Int64N(int64(window)))
	}
	slices.Sort(at)
	return at
}

// generator turns intended instants into released ones.
type generator func(r *rand.Rand, at []time.Duration) []time.Duration

func each(f func(at time.Duration, r *rand.Rand) time.Duration) generator {
	return func(r *rand.Rand, at []time.Duration) []time.Duration {
		for i := range at {
			at[i] = f(at[i], r)
		}
		return at
	}
}

func rounded(to time.Duration) generator {
	return each(func(at time.Duration, _ *rand.Rand) time.Duration { return at / to * to })
}

func constantLag(lag time.Duration) generator {
	return each(func(at time.Duration, _ *rand.Rand) time.Duration { return at + lag })
}

// independentLag is as a timer that wakes late by chance; what leaves the window comes back at its start, as it would from the window before.
func independentLag(mean time.Duration) generator {
	return each(func(at time.Duration, r *rand.Rand) time.Duration {
		return (at + time.Duration(r.ExpFloat64()*float64(mean))) % window
	})
}

// oneAtATime needs s for every release, as a queue does.
func oneAtATime(s time.Duration) generator {
	return func(_ *rand.Rand, at []time.Duration) []time.Duration {
		for i := range at[1:] {
			at[i+1] = max(at[i+1], at[i]+s)
		}
		return at
	}
}

// pauses releases nothing for a while in the middle, and then all at once.
func pauses(length time.Duration) generator {
	return each(func(at time.Duration, _ *rand.Rand) time.Duration {
		if begin := window / 2; begin <= at && at < begin+length {
			return begin + length
		}
		return at
	})
}

// slows releases at a rate that falls by a share from start to end.
func slows(share float64) generator {
	return func(r *rand.Rand, at []time.Duration) []time.Duration {
		return slices.DeleteFunc(at, func(t time.Duration) bool { return r.Float64() < share*float64(t)/float64(window) })
	}
}

func evenly(r *rand.Rand, at []time.Duration) []time.Duration {
	for i := range at {
		at[i] = window * time.Duration(2*i+1) / time.Duration(2*len(at))
	}
	return at
}

func faultless(_ *rand.Rand, at []time.Duration) []time.Duration { return at }

// alarms is how often a generator of n messages is warned of at each level.
func (g generator) alarms(n, trials int, levels ...float64) []float64 {
	r := rand.New(rand.NewPCG(uint64(n), 3))
	shares := make([]float64, len(levels))
	for range trials {
		test, ok := CheckPoisson(g(r, poisson(r, n)), window)
		for i, level := range levels {
			if ok && test.P() < level {
				shares[i]++
			}
		}
	}
	for i := range shares {
		shares[i] /= float64(trials)
	}
	return shares
}

func TestPoissonSize(t *testing.T) {
	levels, tolerances := []float64{0.05, 0.01, ArrivalsLevel}, []float64{0.012, 0.005, 0.0015}
	for _, n := range []int{8, 20, 100, 1000} {
		for i, got := range generator(faultless).alarms(n, 4_000, levels...) {
			t.Logf("n = %d: %.4f at level %v", n, got, levels[i])
			if math.Abs(got-levels[i]) > tolerances[i] {
				t.Errorf("n = %d: faultless arrivals raise the alarm in %.4f of runs, want %v", n, got, levels[i])
			}
		}
	}
}

// What the documentation of CheckPoisson says can be found, and cannot.
func TestPoissonPower(t *testing.T) {
	tests := []struct {
		name   string
		g      generator
		n      int
		lo, hi float64
	}{
		{"rounded, λs = 1", rounded(window / 100), 100, 0.99, 1},
		{"rounded, λs = 0.1", rounded(window / 10_000), 1_000, 0.99, 1},
		{"rounded, λs = 0.03", rounded(window * 3 / 500_000), 5_000, 0.99, 1},
		{"rounded, λs = 0.01", rounded(window / 3_000_000), 30_000, 0.95, 1},
		{"rounded, λs = 0.01, too few", rounded(window / 100_000), 1_000, 0, 0.01},
		{"apart, λs = 0.3", oneAtATime(window / 1_000), 300, 0.99, 1},
		{"apart, λs = 0.1", oneAtATime(window / 30_000), 3_000, 0.99, 1},
		{"apart, λs = 0.03", oneAtATime(window / 1_000_000), 30_000, 0.95, 1},
		{"apart, λs = 0.03, too few", oneAtATime(window * 3 / 300_000), 3_000, 0, 0.01},
		{"evenly, few", evenly, 20, 0.99, 1},
		{"evenly", evenly, 200, 0.99, 1},
		{"a pause of a twentieth", pauses(window / 20), 1_000, 0.99, 1},
		{"a rate that falls by half", slows(0.5), 2_000, 0.99, 1},
		{"a rate that falls by a twentieth", slows(0.05), 2_000, 0, 0.1},
		{"10 ms late", constantLag(10 * time.Millisecond), 1_000, 0, 0.01},
		{"a tenth of the window late", constantLag(window / 10), 1_000, 0.99, 1},
		{"independently late, 100 ms", independentLag(100 * time.Millisecond), 1_000, 0, 0.01},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := tt.g.alarms(tt.n, min(200, 600_000/tt.n), ArrivalsLevel)[0]
			t.Logf("found in %.3f of runs", got)
			if got < tt.lo || got > tt.hi {
				t.Errorf("found in %.3f of runs, want %v to %v", got, tt.lo, tt.hi)
			}
		})
	}
}

// The upper points of A², all parameters known, as printed since M. A. Stephens, JASA 69 (1974) 730. For 1 % his tables have 3.857, the distribution's own
// series 3.878.
func TestAndersonDarlingPublishedValues(t *testing.T) {
	for statistic, want := range map[float64]float64{1.933: 0.10, 2.492: 0.05, 3.070: 0.025, 3.857: 0.01, 3.878: 0.01} {
		if got := 1 - andersonDarlingLimit(statistic); math.Abs(got-want) > 0.0003 {
			t.Errorf("P(A² ≥ %v) = %.5f, want %v", statistic, got, want)
		}
	}
}

// seriesLimit is Anderson and Darling's own formula (Annals of Mathematical Statistics 23 (1952) 193, with the integral summed numerically): slow, and owing
// nothing to the approximation that it checks.
func seriesLimit(z float64) float64 {
	const step, end = 0.002, 30.0
	coefficient, sum := 1.0, 0.0
	for j := range 12 {
		k := float64(4*j + 1)
		var integral float64
		for w := step / 2; w < end; w += step {
			integral += step * math.Exp(z/(8*(w*w+1))-k*k*math.Pi*math.Pi*w*w/(8*z))
		}
		sum += coefficient * k * math.Exp(-k*k*math.Pi*math.Pi/(8*z)) * integral
		coefficient *= (-0.5 - float64(j)) / float64(j+1) // the next binomial coefficient of −1/2
	}
	return math.Sqrt(2*math.Pi) / z * sum
}

func TestAndersonDarlingLimitIsTheSeries(t *testing.T) {
	if got := seriesLimit(2.492367); math.Abs(got-0.95) > 1e-7 {
		t.Fatalf("the series itself is off: P(A² < 2.492367) = %.8f", got)
	}
	for _, z := range []float64{0.2, 0.5, 0.775, 1, 1.5, 1.99, 2.01, 2.5, 3, 4, 6} {
		if got, want := andersonDarlingLimit(z), seriesLimit(z); math.Abs(got-want) > 2.5e-5 {
			t.Errorf("P(A² < %v) = %.7f, the series gives %.7f", z, got, want)
		}
	}
}

// By hand: for 1/4, 3/4 A² = −2 − ½(ln ¼ + ln ¼ + 3(ln ¾ + ln ¾)).
func TestAndersonDarlingByHand(t *testing.T) {
	want := -2 - (math.Log(0.25) + 3*math.Log(0.75))
	if got := andersonDarling([]float64{0.25, 0.75}); math.Abs(got-want) > 1e-12 {
		t.Errorf("got %v, want %v", got, want)
	}
}

// By hand: 0.1, 0.4 have gaps 0.1, 0.3, 0.6; the increments 3·0.1, 2·0.2, 1·0.3 add up to 0.3, 0.7, 1.
func TestLewisByHand(t *testing.T) {
	got := lewis([]float64{0.1, 0.4})
	if len(got) != 2 || math.Abs(got[0]-0.3) > 1e-12 || math.Abs(got[1]-0.7) > 1e-12 {
		t.Errorf("got %v, want 0.3 and 0.7", got)
	}
}

func TestCheckPoissonEdges(t *testing.T) {
	if _, ok := CheckPoisson(make([]time.Duration, MinArrivals-1), window); ok {
		t.Error("seven instants gave a result")
	}
	outside := append(evenly(nil, make([]time.Duration, 8)), -1, window, window+1)
	if test, ok := CheckPoisson(outside, window); !ok || test.N != 8 || test.Outside != 3 {
		t.Errorf("got %+v, %v; want 8 inside and 3 outside", test, ok)
	}
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) time.Duration {
			return time.Duration(rapid.Int64Range(-5, 50).Draw(t, "at"))
		}), 0, 40).Draw(t, "released")
		test, ok := CheckPoisson(at, 30)
		if p := test.P(); ok && !(p >= 0 && p <= 1) {
			t.Fatalf("p = %v from %+v", p, test)
		}
	})
}

func TestPoissonWarning(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	late := poisson(r, 800)
	for i := range late {
		late[i] = window/5 + late[i]*4/5
	}
	tests := []struct {
		name, want string
		released   []time.Duration
	}{
		{"faultless", "", poisson(r, 1000)},
		{"nothing", "", nil},
		{"late", "the rate of the 800 releases was not constant (A² = ", late},
		{"a pause", "the gaps between the 1000 releases are not those of Poisson arrivals (A² = ", pauses(2*time.Second)(r, poisson(r, 1000))},
		{"a coarse timer", "the gaps between the 10000 releases are not those of Poisson arrivals (A² = ", rounded(time.Millisecond)(r, poisson(r, 10_000))},
	}
	for _, tt := range tests {
		test, _ := CheckPoisson(tt.released, window)
		if got := test.Warning(); (tt.want == "") != (got == "") || len(got) < len(tt.want) || got[:len(tt.want)] != tt.want {
			t.Errorf("%s: got %q, want %q…", tt.name, got, tt.want)
		}
	}
}

func TestSpacing(t *testing.T) {
	tests := []struct {
		name     string
		released []time.Duration
		want     Spacing
	}{
		{"nothing", nil, Spacing{}},
		{"one", []time.Duration{5}, Spacing{}},
		{"exact, in any order", []time.Duration{200, 0, 100}, Spacing{N: 2}},
		{"one late", []time.Duration{0, 130, 200}, Spacing{N: 2, Worst: 30, RootMeanSquare: 30}},
		{"slow", []time.Duration{0, 104, 208, 312}, Spacing{N: 3, Worst: 4, RootMeanSquare: 4, Drift: 12}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := NewSpacing(tt.released, 100); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
	slow := NewSpacing(tests[4].released, 100)
	if slow.Within(11) || !slow.Within(12) || NewSpacing(tests[3].released, 100).Within(29) {
		t.Error("Within does not turn at the largest error")
	}
	if third := NewSpacing([]time.Duration{0, 333, 667, 1000}, 1000.0/3); third.Drift != 0 || third.Worst > 1 {
		t.Errorf("rounding to nanoseconds counts as drift: %+v", third)
	}
}
