package verify

import (
	"context"
	"fmt"
	"math"
	"time"

	"pushbench/report/model"
	"pushbench/results"
	"pushbench/scenarios"
)

// What the checks against theory allow for, beside the error of sampling, which they compute from n.
const (
	// lateness is what the generator's own rule lets a valid cell be late at p99 (see the warning "lag"). Percentiles may differ by it.
	lateness = time.Millisecond
	// meanLateness is what that rule lets the mean differ by: messages are late one way only, and most by far less than the p99.
	meanLateness = lateness / 2
	// disturbed is the share of messages that the rule leaves free to be later than lateness.
	disturbed = 0.01
	// resolution is how far two measurements of one delay may be apart, in the comparison of distributions: WebSocket's and HTTP's own code, rounds at different times.
	resolution = lateness / 4
	// attempts are how often a scenario is measured until its cells are valid.
	attempts = 3
	// beyond is the share of messages that may come later than the theoretical maximum + grace.
	beyond = 0.001
	// sigmas of sampling error: both tails of a normal distribution beyond it are 6 in 100,000.
	sigmas = 4
)

// load is a workload in which every client has a topic of its own.
type load struct {
	delay      time.Duration
	tls        scenarios.TLSVersion
	pattern    scenarios.Pattern // direct if empty
	arrivals   scenarios.Arrivals
	clients    int
	rate       float64 // per client
	duration   time.Duration
	transports []scenarios.Transport
}

// scenario is one round of the load.
func (l load) scenario(name string) *scenarios.Scenario {
	s := scenarios.Default()
	s.Name, s.Pattern, s.Rounds = name, scenarios.Direct, 1
	if l.pattern != "" {
		s.Pattern = l.pattern
	}
	s.Arrivals = scenarios.Poisson
	if l.arrivals != "" {
		s.Arrivals = l.arrivals
	}
	s.TLS = scenarios.TLSOff
	if l.tls != "" {
		s.TLS = l.tls
	}
	s.Clients, s.RatePerClient, s.Duration, s.Transports = l.clients, scenarios.Rate(l.rate), l.duration, l.transports
	s.Network.Delay, s.Warmup = l.delay, l.warmup()
	s.Headers = scenarios.Headers{Preset: scenarios.HeadersNone}
	return &s
}

// warmup outlasts a poll's way to and fro with its setup, so that polls are in every state when it ends.
func (l load) warmup() time.Duration {
	var most model.Setup
	for _, t := range l.transports {
		most = max(most, setupOf(t, l.tls))
	}
	return 100*time.Millisecond + time.Duration(2*(2+most))*l.delay
}

// cells are a scenario's measurements by transport.
type cells map[scenarios.Transport]Measurement

// measure runs a scenario; all its cells are valid. One whose generator was disturbed is run again, up to twice: the rules that call it invalid look at the
// generator only, never at what is compared here, so this chooses no result.
func measure(ctx context.Context, lab Lab, s *scenarios.Scenario) (c cells, err error) {
	for range attempts {
		var all []Measurement
		if all, err = lab.Measure(ctx, s, Options{}); err != nil {
			return nil, err
		}
		if err = valid(all); err == nil {
			return byTransport(all), nil
		}
	}
	return nil, err
}

func byTransport(all []Measurement) cells {
	c := cells{}
	for _, m := range all {
		c[m.Cell.Transport] = m
	}
	return c
}

// observed is a measured distribution and the number of values in it.
type observed struct {
	*model.Empirical
	count int64
}

// distribution is what a cell measured of a metric, over all rounds.
func distribution(m Measurement, metric results.Metric) (observed, error) {
	all := results.Histograms{}
	for _, round := range m.Histograms {
		all[metric] = append(all[metric], round[metric]...)
	}
	merged, err := all.Merge(metric)
	if err != nil {
		return observed{}, err
	}
	if merged.TotalCount() == 0 {
		return observed{}, fmt.Errorf("%s measured no %s: nothing arrived; see whether the server runs", m.Cell.Transport, metric)
	}
	return observed{model.FromHistogram(merged), merged.TotalCount()}, nil
}

// latencies are what a cell measured.
func latencies(m Measurement) (observed, error) { return distribution(m, results.Latency) }

// setupOf says what each poll pays before it, by transport and encryption.
func setupOf(t scenarios.Transport, v scenarios.TLSVersion) model.Setup {
	switch {
	case t != scenarios.LongPollNewConn:
		return model.KeepAlive
	case v == scenarios.TLS13:
		return model.NewTLS13
	case v == scenarios.TLS12:
		return model.NewTLS12
	}
	return model.NewTCP
}

// sampling is the largest distance that n independent samples have from their own law with 99.9 % confidence (Dvoretzky–Kiefer–Wolfowitz–Massart).
func sampling(n int64) float64 { return math.Sqrt(math.Log(2/0.001) / (2 * float64(n))) }

// milliseconds is d as a number.
func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// quantileError is the sampling error of the q-quantile of n samples: sigmas · √(q(1−q)/n) of probability, read off the law as time.
func quantileError(law model.Distribution, q float64, n int64) time.Duration {
	spread := sigmas * math.Sqrt(q*(1-q)/float64(n))
	at := law.Quantile(q)
	return max(law.Quantile(q+spread)-at, at-law.Quantile(q-spread))
}

// meanError is the sampling error of the mean of n values of a law.
func meanError(law *model.Convolved, n int64) time.Duration {
	wait := float64(law.Gap)
	// The wait's variance is p/3 − p²/4 of the gap's square; the path's own is small beside it, and part of the lateness allowed for.
	variance := wait * wait * (law.Share/3 - law.Share*law.Share/4)
	return time.Duration(sigmas * math.Sqrt(variance/float64(n)))
}

// grace is how much later than the theoretical maximum a message may come: 2 ms for each of the poll's round trips, as each has its own timers and wakes.
func grace(setup model.Setup) time.Duration { return 2 * time.Millisecond * time.Duration(1+setup) }

// brief is a duration in hundredths of a millisecond, for people.
func brief(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
