package verify

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pushbench/report/model"
	"pushbench/results"
	"pushbench/scenarios"
)

// draw is n latencies by a law, its quantiles at random.
func draw(random *rand.Rand, law *model.Convolved, n int) []time.Duration {
	values := make([]time.Duration, n)
	for i := range values {
		values[i] = law.Quantile(random.Float64())
	}
	slices.Sort(values)
	return values
}

// The errors that the checks allow for sampling must be what sampling makes: sigmas standard deviations.
func TestSamplingErrorsAreThoseOfSamples(t *testing.T) {
	const n, repetitions = 400, 300
	random := rand.New(rand.NewPCG(1, 2))
	law := model.Convolve(model.NewEmpirical([]model.Bin{{Value: 50 * time.Millisecond, Count: 1}}), .7, 100*time.Millisecond)
	var means, nineties []float64
	for range repetitions {
		values := draw(random, law, n)
		var sum time.Duration
		for _, v := range values {
			sum += v
		}
		means = append(means, float64(sum)/n)
		nineties = append(nineties, float64(values[n*9/10]))
	}
	for name, c := range map[string]struct {
		allowed time.Duration
		seen    []float64
	}{
		"mean": {meanError(law, n), means},
		"p90":  {quantileError(law, .9, n), nineties},
	} {
		if got := float64(c.allowed) / (sigmas * deviation(c.seen)); got < .8 || got > 1.25 {
			t.Errorf("%s: %v are allowed, which is %.2f of %d standard deviations", name, c.allowed, got, sigmas)
		}
	}
}

func deviation(values []float64) float64 {
	var sum, squares float64
	for _, v := range values {
		sum, squares = sum+v, squares+v*v
	}
	n := float64(len(values))
	return math.Sqrt(squares/n - sum*sum/n/n)
}

func TestSamplingBoundsTheDistance(t *testing.T) {
	const n = 1000
	random := rand.New(rand.NewPCG(3, 4))
	law := model.Convolve(model.NewEmpirical([]model.Bin{{Value: time.Millisecond, Count: 1}}), 1, 100*time.Millisecond)
	for range 50 {
		var bins []model.Bin
		for _, v := range draw(random, law, n) {
			bins = append(bins, model.Bin{Value: v, Count: 1})
		}
		if d := model.Distance(model.NewEmpirical(bins), law); d > sampling(n) || d == 0 {
			t.Errorf("a sample of the law is %v from it, the bound is %v", d, sampling(n))
		}
	}
}

func TestSetupOf(t *testing.T) {
	tests := []struct {
		transport scenarios.Transport
		version   scenarios.TLSVersion
		want      model.Setup
	}{
		{scenarios.LongPoll, scenarios.TLSOff, model.KeepAlive},
		{scenarios.LongPoll, scenarios.TLS13, model.KeepAlive},
		{scenarios.ShortPoll, scenarios.TLS12, model.KeepAlive},
		{scenarios.LongPollNewConn, scenarios.TLSOff, model.NewTCP},
		{scenarios.LongPollNewConn, scenarios.TLS13, model.NewTLS13},
		{scenarios.LongPollNewConn, scenarios.TLS12, model.NewTLS12},
	}
	for _, tt := range tests {
		if got := setupOf(tt.transport, tt.version); got != tt.want {
			t.Errorf("%s, %s: %d round trips, want %d", tt.transport, tt.version, got, tt.want)
		}
	}
}

// faulty is a lab whose first measurements are invalid.
type faulty struct {
	Lab
	left, asked int
}

func (d *faulty) Measure(ctx context.Context, s *scenarios.Scenario, o Options) ([]Measurement, error) {
	d.asked++
	all, err := d.Lab.Measure(ctx, s, o)
	if d.left--; d.left >= 0 {
		all[0].Cell.Verdict = results.Invalid
	}
	return all, err
}

func TestMeasureRepeatsWhatIsInvalid(t *testing.T) {
	s := load{clients: 2, rate: 10, duration: time.Second, transports: keptAlive}.scenario("repeated")
	for left := range 5 {
		lab := &faulty{Lab: simulated{}, left: left}
		cells, err := measure(t.Context(), lab, s)
		if ok := left < attempts; ok != (err == nil) || ok != (len(cells) == 2) || !ok && !errors.Is(err, errInvalid) {
			t.Errorf("%d disturbances: %d cells, error %v", left, len(cells), err)
		}
		if lab.asked != min(left+1, attempts) {
			t.Errorf("%d disturbances: measured %d times", left, lab.asked)
		}
	}
}

// What the calibration finds must be the turnaround that was there, for each setup.
func TestTurnaroundsFindsIt(t *testing.T) {
	found, err := turnarounds(t.Context(), simulated{seed: 5}, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, setup := range []model.Setup{model.KeepAlive, model.NewTCP, model.NewTLS13} {
		c, ok := found[setup]
		if !ok || c.Abs() > 100*time.Microsecond { // the simulated clients take no time
			t.Errorf("%d round trips of setup: turnaround %v, found %v, want about 0", setup, c, ok)
		}
	}
}

func TestTurnaroundNeedsBatches(t *testing.T) {
	pushed := Measurement{Cell: results.Cell{Rounds: []results.Round{{Measured: results.Measured{Latency: &results.Summary{P50: 1e6}}}}}}
	for name, k := range map[string]*float64{"nothing arrived": nil, "one message each": new(1.0)} {
		polled := Measurement{Cell: results.Cell{Rounds: []results.Round{{Measured: results.Measured{Wire: results.Wire{MessagesPerResponse: k}}}}}}
		if _, err := turnaround(pushed, polled, model.KeepAlive); !errors.Is(err, errNoBatches) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
