package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"pushbench/loadgen"
	"pushbench/report/gate"
	"pushbench/results"
	"pushbench/scenarios"
)

// serverLife is for how long the servers of a pair live.
type serverLife string

// The lives. With the longer two, both servers are up and one at a time is loaded.
const (
	lifeRound serverLife = "round" // a fresh server for each slice
	lifePair  serverLife = "pair"  // for each pair
	lifeGate  serverLife = "gate"  // one on each side for all
)

var serverLives = []serverLife{lifeRound, lifePair, lifeGate}

// pairing is the policy that measures two sides in pairs of slices: of each pair, every arm in random order, and of each arm the two sides next to each
// other in random order, on one seed.
type pairing struct {
	engine engine
	// baseline and candidate are driven alike, by this program and with one scenario.
	baseline, candidate side
	arms                []scenarios.Arm
	rules               []gate.Rule // of what is measured; none of what is only recorded
	life                serverLife
	seed                uint64
	client              loadgen.ClientKind
	// record takes each slice as soon as it was measured.
	record func(results.PairSlice) error
	// warmCap bounds the load before the first pair; 0 is none. warmed is what became of it.
	warmCap time.Duration
	warmed  *warming

	up    map[string]*liveServer // by side, while a server outlives its slice
	order int
}

// pair measures one pair of every arm. An error ends the recording; what was measured until then has been recorded.
func (p *pairing) pair(ctx context.Context, index int) error {
	source := p.source(index)
	seed := roundSeed(p.seed, p.arms[0].Scenario.Name, index)
	var err error
	for _, arm := range source.Perm(len(p.arms)) {
		order := []side{p.baseline, p.candidate}
		if source.IntN(2) == 1 {
			order[0], order[1] = order[1], order[0]
		}
		for place, s := range order {
			if err == nil {
				err = p.slice(ctx, s, p.arms[arm], results.PairSlice{
					Pair: index, Side: s.name, First: place == 0, Scenario: p.arms[arm].Scenario.Name, Transport: p.arms[arm].Transport,
					Seed: seed, ServerLife: string(p.life),
				})
			}
		}
	}
	if p.life == lifePair {
		p.close()
	}
	return err
}

// source is the randomness of one pair.
func (p *pairing) source(index int) *rand.Rand {
	return rand.New(rand.NewPCG(p.seed, roundSeed(p.seed, "order of a pair", index)))
}

// slice measures one slice and records it, whole or not.
func (p *pairing) slice(ctx context.Context, s side, arm scenarios.Arm, record results.PairSlice) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	began := time.Now()
	plan := loadgen.Plan{Index: record.Pair, Order: p.order, Transport: arm.Transport, Client: p.client, Scenario: *arm.Scenario, Seed: record.Seed}
	p.order++
	data, err := p.execute(ctx, s, plan)
	record.Wall = time.Since(began)
	if data != nil {
		record.Fill(data.Round)
	}
	if err != nil {
		if broken, ok := errors.AsType[*startError](err); ok && broken.side != s.name {
			record.Side, record.First = broken.side, !record.First // nothing was measured of this side
		}
		err = fmt.Errorf("pair %d, %s, %s: %w", record.Pair+1, arm, record.Side, err)
		record.Problem = err.Error()
	}
	return errors.Join(err, p.record(record))
}

func (p *pairing) execute(ctx context.Context, s side, plan loadgen.Plan) (*loadgen.RoundResult, error) {
	if p.life == lifeRound {
		return p.engine.execute(ctx, s, plan)
	}
	if err := p.open(ctx, plan); err != nil {
		return nil, err
	}
	return p.engine.load(ctx, p.up[s.name], plan)
}

// startError is of a server that did not start, which may be the other one than is to be loaded.
type startError struct {
	side string
	err  error
}

func (e *startError) Error() string { return e.err.Error() }
func (e *startError) Unwrap() error { return e.err }

// open starts both servers unless they are up.
func (p *pairing) open(ctx context.Context, plan loadgen.Plan) error {
	if p.up == nil {
		p.up = map[string]*liveServer{}
	}
	for _, s := range []side{p.baseline, p.candidate} {
		if p.up[s.name] != nil {
			continue
		}
		server, err := s.start(ctx, p.engine, plan)
		if err != nil {
			return &startError{s.name, err}
		}
		p.up[s.name] = server
	}
	return nil
}

// close stops the servers that are up. Its owner calls it at the end, whatever the life.
func (p *pairing) close() {
	for _, server := range p.up {
		// How a server ends once it was measured is its own affair; many end on SIGTERM with an error.
		_ = server.stop()
	}
	p.up = nil
}

// slicesTo writes each slice as a line, at once.
func slicesTo(out io.Writer) func(results.PairSlice) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return func(s results.PairSlice) error {
		if err := encoder.Encode(s); err != nil {
			return fmt.Errorf("write what was measured: %w", err)
		}
		return nil
	}
}
