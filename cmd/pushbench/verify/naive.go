package verify

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"pushbench/loadgen/netem"
	"pushbench/loadgen/wire"
	"pushbench/server"
)

// naivePlan is what a closed-loop load generator does: each connection sends at a fixed interval, but never while an answer is outstanding.
type naivePlan struct {
	Connections    int
	Interval, Span time.Duration
	// Stall is for how long the server stops, once, a third into the span.
	Stall time.Duration
}

// naive is what it reports, from its own samples, and what it does not: how many messages were due.
type naive struct {
	naivePlan
	Sent, Due     int
	P50, P99, Max time.Duration
}

// measureNaively runs the plan against a stalling server of the usual kind in this process.
func measureNaively(ctx context.Context, p naivePlan) (n naive, err error) {
	s, err := server.New(server.Config{Inject: server.Inject{Stall: p.Stall, StallAfter: p.Span / 3}})
	if err != nil {
		return n, err
	}
	if err := s.Start(); err != nil {
		return n, err
	}
	defer func() { err = errors.Join(err, s.Shutdown()) }()
	samples := make([][]time.Duration, p.Connections)
	group, groupCtx := errgroup.WithContext(ctx)
	for i := range samples {
		group.Go(func() (err error) {
			samples[i], err = p.connection(groupCtx, s.Addr(), fmt.Sprintf("naive-%d", i))
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return n, err
	}
	return p.report(slices.Concat(samples...)), nil
}

// report sorts the samples.
func (p naivePlan) report(samples []time.Duration) naive {
	slices.Sort(samples)
	return naive{
		naivePlan: p, Sent: len(samples), Due: p.Connections * int(p.Span/p.Interval),
		P50: nearestRank(samples, 0.5), P99: nearestRank(samples, 0.99), Max: nearestRank(samples, 1),
	}
}

// nearestRank is the smallest sample that at least the share q of all do not exceed; 0 without samples. They are sorted.
func nearestRank(sorted []time.Duration, q float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(q * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// connection sends and awaits its echo, again and again. A tick that passes while an answer is outstanding is forgotten: that is the omission.
func (p naivePlan) connection(ctx context.Context, host, topic string) (samples []time.Duration, err error) {
	var dialer netem.Dialer
	conn, err := dialer.Dial(ctx, "tcp", host, nil)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	session, _, err := wire.Upgrade(conn, wire.UpgradeRequest{Host: host, Target: "/ws?topic=" + topic}, wire.Options{})
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(p.Span + p.Stall + exchangePatience)); err != nil {
		return nil, err
	}
	ticks := time.NewTicker(p.Interval)
	defer ticks.Stop()
	var b wire.Batch
	for end := time.Now().Add(p.Span); time.Now().Before(end); <-ticks.C {
		began := time.Now()
		if err := session.WriteMessage(wire.Binary, []byte(topic)); err != nil {
			return nil, err
		}
		if err := session.Receive(&b); err != nil {
			return nil, err
		}
		samples = append(samples, b.Received.Sub(began))
	}
	return samples, nil
}
