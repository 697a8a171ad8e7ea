package verify

import (
	"fmt"
	"math"
	"time"

	"pushbench/report/model"
)

// prediction is what a polling cell must have measured, over a path whose delay and turnaround were measured elsewhere.
type prediction struct {
	name string
	law  *model.Convolved
	path model.Path
}

// compare holds a cell against the prediction: the mean, the share of messages that waited, p99, the maximum, and the whole distribution.
func (p prediction) compare(m Measurement) ([]Finding, error) {
	seen, err := latencies(m)
	if err != nil {
		return nil, err
	}
	n := seen.count
	return []Finding{
		p.mean(seen.Empirical, n), p.delayed(seen.Empirical, n), p.p99(seen.Empirical, n), p.maximum(seen.Empirical, n), p.distance(seen.Empirical, n),
	}, nil
}

func (p prediction) mean(seen *model.Empirical, n int64) Finding {
	return within(p.name+" mean", milliseconds(p.law.Mean()), milliseconds(seen.Mean()), milliseconds(meanError(p.law, n)+meanLateness), "ms",
		fmt.Sprintf("%d σ of %d messages, and a mean lateness of %v; d = %v, c = %v measured", sigmas, n, meanLateness, brief(p.path.Delay), brief(p.path.Turnaround)))
}

// delayed compares the share of messages that came clearly later than the path's delay. Seen from 2 ms later, the jitter around that delay does not matter.
func (p prediction) delayed(seen *model.Empirical, n int64) Finding {
	const clearly = 2 * time.Millisecond
	waited := 1 - p.law.CDF(p.path.Delay+clearly)
	tolerance := sigmas*math.Sqrt(waited*(1-waited)/float64(n)) + waited*float64(meanLateness)/float64(p.law.Gap) + disturbed
	return within(fmt.Sprintf("%s share delayed by more than %v", p.name, clearly), waited, 1-seen.CDF(p.path.Delay+clearly), tolerance, "of 1",
		fmt.Sprintf("%d σ of %d messages, a gap wrong by %v, and one message in 100", sigmas, n, meanLateness))
}

func (p prediction) p99(seen *model.Empirical, n int64) Finding {
	return within(p.name+" p99", milliseconds(p.law.Quantile(.99)), milliseconds(seen.Quantile(.99)), milliseconds(quantileError(p.law, .99, n)+lateness), "ms",
		fmt.Sprintf("%d σ of %d messages, and %v of lateness", sigmas, n, lateness))
}

// maximum holds the theory's largest latency against the share of messages beyond it. What the path's own stalls put there, as the WebSocket saw them, is in the law.
func (p prediction) maximum(seen *model.Empirical, n int64) Finding {
	limit, grace := p.path.Delay+p.law.Gap, grace(p.path.Setup)
	return beyondMaximum(p.name, latest{limit, grace, beyond + 1 - p.law.CDF(limit+grace)}, observed{seen, n})
}

// latest is a theoretical maximum, how much later a message may come, and the share that may come later still.
type latest struct {
	limit, grace time.Duration
	share        float64
}

func beyondMaximum(name string, l latest, seen observed) Finding {
	most := l.share + sigmas*math.Sqrt(l.share/float64(seen.count))
	return atMost(fmt.Sprintf("%s share beyond the maximum, %v + %v", name, brief(l.limit), l.grace), most, 1-seen.CDF(l.limit+l.grace), "of 1",
		fmt.Sprintf("%.2g, with %d σ of %d messages, and the grace, for a machine that stops a process for milliseconds now and then", l.share, sigmas, seen.count))
}

// distance compares the whole distribution.
func (p prediction) distance(seen *model.Empirical, n int64) Finding {
	return atMost(fmt.Sprintf("%s distance D, to %v", p.name, resolution), model.Agreement, model.DistanceWithin(seen, p.law, resolution), "",
		fmt.Sprintf("%.3f are due to %d messages at 99.9 %%; to the nanosecond D = %.3f, where so many messages take just d that microseconds between WebSocket and HTTP show", sampling(n), n, model.Distance(seen, p.law)))
}
