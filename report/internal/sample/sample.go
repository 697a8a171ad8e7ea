// Package sample records seeded random distributions into real histograms and summarises them as a run, for the tests of the renderers.
//
// The numbers say nothing about any server: they have the shapes that renderers must cope with. Latencies are log-normal around a chosen median and p99
// (uniform for short polling), and everything that a summary holds is read back from the histogram it was recorded into.
package sample

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pushbench/results"
	"pushbench/scenarios"
)

// Shape is what one arm's samples look like.
type Shape struct {
	Transport scenarios.Transport
	// Median and P99 of the latency; a Uniform shape ignores them and spreads evenly up to that.
	Median, P99, Uniform time.Duration
	// Overhead is the least overhead in bytes and Jitter what is randomly added.
	Overhead, Jitter int64
	// CPU is the server's per message, Requests are per message.
	CPU      time.Duration
	Requests float64
	// Batch is how many messages a response carries, 0 standing for 1; Busy is the share of its cores that the server uses.
	Batch, Busy float64
}

// Default are the shapes of the default comparison.
var Default = []Shape{
	{scenarios.WebSocket, 9 * time.Millisecond, 20 * time.Millisecond, 0, 2, 2, 6 * time.Microsecond, 0, 1, 0.2},
	{scenarios.LongPoll, 15 * time.Millisecond, 35 * time.Millisecond, 0, 790, 60, 19 * time.Microsecond, 1, 1, 0.2},
	{scenarios.LongPollNewConn, 60 * time.Millisecond, 200 * time.Millisecond, 0, 800, 60, 160 * time.Microsecond, 1, 1, 0.2},
	{scenarios.ShortPoll, 0, 0, time.Second, 400, 2500, 11 * time.Microsecond, 0.63, 1, 0.2},
}

// Scenario is the workload of the sample, with n publishes a round for 1,000 clients.
func Scenario(n int) scenarios.Scenario {
	s := scenarios.Default()
	s.Name, s.Title, s.Pattern = "default", "One publisher, every client receives", scenarios.Broadcast
	s.Rate = scenarios.Rate(float64(n) / s.Duration.Seconds())
	return s
}

// Rounds and Clients are those of every sample.
const (
	Rounds  = 3
	Clients = 1000
	fanOut  = 20 // deliveries recorded for each publish; enough for the shape
)

// Run makes a run of one scenario with the given shapes and n publishes in each round, and the histograms of its cells and rounds.
func Run(seed uint64, n int, shapes ...Shape) (*results.Run, [][]results.Histograms, error) {
	random := rand.New(rand.NewPCG(seed, 1))
	run := &results.Run{
		Schema: results.Schema, ID: "20260131T120000Z", Created: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC), Seed: seed,
		Scenarios: []scenarios.Scenario{Scenario(n)}, Environment: results.Environment{OS: "linux", Arch: "amd64", CPUs: 2, Virtualised: "kvm", Pinning: "split"},
	}
	var all [][]results.Histograms
	for _, shape := range shapes {
		cell, rounds, err := newCell(random, n, shape)
		if err != nil {
			return nil, nil, fmt.Errorf("sample %s: %w", shape.Transport, err)
		}
		run.Cells = append(run.Cells, cell)
		all = append(all, rounds)
	}
	return run, all, nil
}

func newCell(random *rand.Rand, n int, shape Shape) (results.Cell, []results.Histograms, error) {
	cell, recorded, err := newArm(random, n, shape)
	var rounds []results.Histograms
	for _, r := range recorded {
		h, encodeErr := encode(r.latency, r.overhead)
		err = errors.Join(err, encodeErr)
		rounds = append(rounds, h)
	}
	return cell, rounds, err
}

// recording is the histograms of a round.
type recording struct{ latency, overhead *hdrhistogram.Histogram }

// newArm is a cell with its histograms as recorded; encoding them takes most of the time, and charts of sweeps need none.
func newArm(random *rand.Rand, n int, shape Shape) (results.Cell, []recording, error) {
	cell := results.Cell{Scenario: "default", Transport: shape.Transport, Target: "reference", Clients: Clients, Verdict: results.Valid}
	all := recording{results.NewHistogram(), results.NewHistogram()}
	var rounds []recording
	for i := range Rounds {
		r := recording{results.NewHistogram(), results.NewHistogram()}
		if err := record(random, n*fanOut, shape, r.latency, r.overhead); err != nil {
			return cell, nil, err
		}
		rounds = append(rounds, r)
		cell.Rounds = append(cell.Rounds, results.Round{Index: i, Verdict: results.Valid, Measured: measured(shape, r.latency, r.overhead, n, 1)})
		all.latency.Merge(r.latency)
		all.overhead.Merge(r.overhead)
	}
	cell.Measured = measured(shape, all.latency, all.overhead, n*Rounds, Rounds)
	return cell, rounds, nil
}

// zP99 is the standard normal distribution's 99th percentile.
const zP99 = 2.3263

func record(random *rand.Rand, n int, shape Shape, latency, overhead *hdrhistogram.Histogram) error {
	for range n {
		ns := random.Float64() * float64(shape.Uniform)
		if shape.Uniform == 0 {
			sigma := math.Log(float64(shape.P99)/float64(shape.Median)) / zP99
			ns = float64(shape.Median) * math.Exp(sigma*random.NormFloat64())
		}
		if err := latency.RecordValue(int64(ns)); err != nil {
			return err
		}
		if err := overhead.RecordValue(shape.Overhead + random.Int64N(shape.Jitter+1)); err != nil {
			return err
		}
	}
	return nil
}

func encode(latency, overhead *hdrhistogram.Histogram) (results.Histograms, error) {
	l, err := results.NewSlice(0, results.SliceWidth, latency)
	if err != nil {
		return nil, err
	}
	o, err := results.NewSlice(0, results.SliceWidth, overhead)
	return results.Histograms{results.Latency: {l}, results.Overhead: {o}}, err
}

// measured is the summary of what was recorded, with sums that hold.
func measured(shape Shape, latency, overhead *hdrhistogram.Histogram, n, rounds int) results.Measured {
	delivered := latency.TotalCount()
	const payload = 128
	w := results.Wire{
		HandshakeBytes: int64(rounds) * Clients * 600, PayloadBytes: delivered * payload, OverheadBytes: int64(overhead.Mean() * float64(delivered)),
		Connections: int64(rounds) * Clients, SteadyMessages: delivered, RequestsPerMessage: &shape.Requests, Overhead: summary(overhead, n),
	}
	if shape.Transport == scenarios.LongPollNewConn {
		w.Connections = delivered
	}
	w.OverheadParts = parts(shape.Transport, w.OverheadBytes, delivered)
	batch := max(1, shape.Batch)
	w.MessagesPerResponse = &batch
	w.ReceivedBytes = w.HandshakeBytes + w.PayloadBytes + w.OverheadBytes
	server, generator, rss := float64(shape.CPU), 12e3, 21_400.0
	return results.Measured{
		Latency:   summary(latency, n),
		Delivery:  results.Delivery{Offered: int64(n), Published: int64(n), Expected: delivered, Delivered: delivered},
		Wire:      w,
		Server:    &results.Server{CPUPerMessage: &server, RSSPerClient: &rss, CPUShare: &shape.Busy},
		Generator: results.Generator{CPUPerMessage: &generator},
	}
}

// parts are all framing over a WebSocket; with polling a netstring's five bytes are, and headers the rest, of which short polls spend half on empty answers.
func parts(t scenarios.Transport, overhead, delivered int64) *results.OverheadParts {
	p := results.OverheadParts{Framing: overhead}
	if t != scenarios.WebSocket {
		p.Framing = min(5*delivered, overhead)
	}
	rest := overhead - p.Framing
	if t == scenarios.ShortPoll {
		p.EmptyPolls = rest / 2
	}
	p.Headers = rest - p.EmptyPolls
	return &p
}

func summary(h *hdrhistogram.Histogram, independent int) *results.Summary {
	q := func(p float64) int64 { return h.ValueAtQuantile(p) }
	s := &results.Summary{
		Count: h.TotalCount(), Independent: int64(independent), Min: h.Min(), Mean: h.Mean(), StdDev: h.StdDev(), Max: h.Max(),
		P50: q(50), P75: q(75), P90: q(90), P99: q(99), P999: q(99.9), P9999: q(99.99),
	}
	if independent >= 299 {
		s.CI = map[string]results.Interval95{"p50": {q(48.5), q(51.5)}, "p99": {q(98.5), q(99.4)}}
	}
	return s
}
