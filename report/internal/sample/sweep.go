package sample

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"time"

	"pushbench/results"
	"pushbench/scenarios"
)

// Point is what was measured at one combination of a sweep's values.
type Point struct {
	Params map[string]string
	// Publishes in each round; fewer than 100 leave the cells without intervals.
	Publishes int
	Shapes    []Shape
}

// Sweep makes a run of one swept scenario with a cell for each point and shape, as Run does.
func Sweep(seed uint64, axes scenarios.Sweep, points []Point) (*results.Run, error) {
	run, _, err := Run(seed, 1000)
	if err != nil {
		return nil, err
	}
	run.Scenarios[0].Sweep = axes
	random := rand.New(rand.NewPCG(seed, 2))
	for _, p := range points {
		for _, shape := range p.Shapes {
			cell, _, err := newArm(random, p.Publishes, shape)
			if err != nil {
				return nil, fmt.Errorf("sample %s at %v: %w", shape.Transport, p.Params, err)
			}
			cell.Params = p.Params
			run.Cells = append(run.Cells, cell)
		}
	}
	return run, nil
}

// Rates are the values of the sweeps over the rate.
var Rates = []string{"10/s", "20/s", "40/s", "80/s", "160/s", "320/s", "640/s"}

// RateSweep is a sweep over Rates. WebSocket's server is busy at its capacity, in messages per second, and latency grows towards it as in a queue; the
// long-poll's server is slower to answer but takes several messages into one response, so that its capacity is four times as high: below about half of
// WebSocket's capacity it loses, above it wins. A capacity far beyond the rates gives no crossover.
func RateSweep(seed uint64, capacity float64) (*results.Run, error) {
	points, err := ratePoints(capacity, nil)
	if err != nil {
		return nil, err
	}
	return Sweep(seed, scenarios.Sweep{{Parameter: "rate", Values: Rates}}, points)
}

// Delays are the second parameter's values of DelaySweep.
var Delays = []string{"0s", "20ms", "100ms"}

// DelaySweep varies the network's delay, too: it adds to every latency, three times as much to long-polling.
func DelaySweep(seed uint64, capacity float64) (*results.Run, error) {
	var points []Point
	for _, delay := range Delays {
		at, err := ratePoints(capacity, map[string]string{"network.delay": delay})
		if err != nil {
			return nil, err
		}
		points = append(points, at...)
	}
	return Sweep(seed, scenarios.Sweep{{Parameter: "rate", Values: Rates}, {Parameter: "network.delay", Values: Delays}}, points)
}

func ratePoints(capacity float64, fixed map[string]string) ([]Point, error) {
	var delay time.Duration
	if text, swept := fixed["network.delay"]; swept {
		var err error
		if delay, err = scenarios.ParseDuration(text); err != nil {
			return nil, err
		}
	}
	var points []Point
	for _, text := range Rates {
		rate, err := scenarios.ParseRate(text)
		if err != nil {
			return nil, err
		}
		params := map[string]string{"rate": text}
		maps.Copy(params, fixed)
		points = append(points, Point{params, 100, rateShapes(float64(rate), capacity, delay)})
	}
	return points, nil
}

// rateShapes are WebSocket, long-polling and short polling at a rate.
func rateShapes(rate, capacity float64, delay time.Duration) []Shape {
	ws, lp := min(0.97, rate/capacity), min(0.97, rate/(4*capacity))
	queued := func(base time.Duration, load float64) time.Duration { return time.Duration(float64(base) / (1 - load)) }
	wsMedian, lpMedian := queued(4*time.Millisecond, ws)+delay, queued(9*time.Millisecond, lp)+3*delay/2
	batch := 1 + 6*ws
	return []Shape{
		{Transport: scenarios.WebSocket, Median: wsMedian, P99: 2*wsMedian + time.Duration(40*ws*ws*float64(time.Millisecond)), Overhead: 2, Jitter: 2, CPU: 6 * time.Microsecond, Batch: 1, Busy: ws},
		{
			Transport: scenarios.LongPoll, Median: lpMedian, P99: 5 * lpMedian / 2, Overhead: int64(800 / batch), Jitter: 60,
			CPU: time.Duration(19e3 / batch), Requests: 1 / batch, Batch: batch, Busy: lp,
		},
		{Transport: scenarios.ShortPoll, Uniform: time.Second, Overhead: 400, Jitter: 100, CPU: time.Duration(12e3 / batch), Requests: 1 / batch, Batch: batch, Busy: lp},
	}
}
