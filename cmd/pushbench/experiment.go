package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"pushbench/loadgen"
	"pushbench/results"
	"pushbench/scenarios"
	"pushbench/server"
)

// experiment is a fixed list of rounds: every scenario's arms, interleaved in seeded random order.
type experiment struct {
	flags  *runFlags
	engine engine
	// server is how pushbench's own is started, and aims are the servers that are measured.
	server      side
	aims        []*aim
	environment results.Environment
	created     time.Time
	label       string // of several scenarios: the suite's name
	scenarios   []*scenarios.Scenario
	cells       []*cellInProgress
	steps       []step
	// spare is how many rounds may still be measured again.
	spare    int
	warnings []results.Warning
	display  display
}

// cellInProgress is an arm with what its rounds have measured so far.
type cellInProgress struct {
	arm      scenarios.Arm
	template results.Cell
	rounds   []results.RoundData
	// spoiled are those that were measured again, as they were.
	spoiled []results.Round
	// partial is a round that was cut short in its steady phase or later: kept only if there is no whole one.
	partial *results.RoundData
}

// step is one round to execute.
type step struct {
	cell  *cellInProgress
	index int
	seed  uint64
}

func newExperiment(flags *runFlags) (*experiment, error) {
	engine, err := newEngine(flags.pin.value == "off")
	if err != nil {
		return nil, err
	}
	e := &experiment{
		flags: flags, engine: engine, server: side{inject: flags.inject, http: server.Library(flags.serverHTTP.value)}, environment: engine.environment(), created: time.Now().UTC(), display: silent{},
		aims: []*aim{{name: results.ReferenceTarget}},
	}
	e.engine.progress = func(p loadgen.Progress) { e.display.progress(p) }
	return e, nil
}

// add appends a scenario's rounds.
func (e *experiment) add(s *scenarios.Scenario) error {
	var targets []string
	for _, a := range e.aims {
		targets = append(targets, a.armTarget())
	}
	arms, err := s.Arms(targets...)
	if err != nil {
		return err
	}
	if arms = e.described(arms); len(arms) == 0 {
		return usage(fmt.Errorf("%s: no target describes any of the transports", s.Name))
	}
	if arms = e.able(arms); len(arms) == 0 {
		return usage(fmt.Errorf("%s: nothing is left to measure; %s", s.Name, e.warnings[len(e.warnings)-1].Text))
	}
	for _, arm := range arms {
		if err := e.aimOf(arm).check(arm); err != nil {
			return err
		}
	}
	e.scenarios = append(e.scenarios, s)
	first := len(e.cells)
	for _, arm := range arms {
		e.cells = append(e.cells, &cellInProgress{arm: arm, template: results.Cell{
			Scenario: s.Name, Transport: arm.Transport, Target: cmp.Or(arm.Target, results.ReferenceTarget), Params: arm.Params, Clients: arm.Scenario.Clients,
		}})
	}
	for _, slot := range scenarios.Order(len(arms), s.Rounds, e.flags.seed) {
		e.steps = append(e.steps, step{cell: e.cells[first+slot.Arm], index: slot.Round, seed: roundSeed(e.flags.seed, s.Name, slot.Round)})
	}
	return nil
}

// aimOf is the server that an arm measures.
func (e *experiment) aimOf(arm scenarios.Arm) *aim {
	return e.aims[slices.IndexFunc(e.aims, func(a *aim) bool { return a.armTarget() == arm.Target })]
}

// sideOf is how the server that an arm measures gets started.
func (e *experiment) sideOf(arm scenarios.Arm) side {
	if a := e.aimOf(arm); !a.own() {
		return side{running: a}
	}
	return e.server
}

// described keeps the arms whose transport their target describes, and notes the others.
func (e *experiment) described(arms []scenarios.Arm) []scenarios.Arm {
	return slices.DeleteFunc(arms, func(arm scenarios.Arm) bool {
		a := e.aimOf(arm)
		missing := slices.DeleteFunc(arm.Scenario.Uses(arm.Transport), a.describes)
		if len(missing) == 0 {
			return false
		}
		text := fmt.Sprintf("%s describes no %s: not measured", a.name, missing[0])
		if !slices.ContainsFunc(e.warnings, func(w results.Warning) bool { return w.Text == text }) {
			e.warnings = append(e.warnings, results.Warning{Code: "undescribed", Text: text})
		}
		return true
	})
}

// able keeps the arms whose transport and target can do what the scenario asks for, and notes why the others cannot.
func (e *experiment) able(arms []scenarios.Arm) []scenarios.Arm {
	return slices.DeleteFunc(arms, func(arm scenarios.Arm) bool {
		why := arm.Scenario.Cannot(arm.Transport)
		if a, s := e.aimOf(arm), arm.Scenario; why == "" && (s.Compression == scenarios.Deflate || s.HTTP == scenarios.HTTP2) && !a.own() {
			why = "n/a: compression and HTTP/2 are asked of pushbench's own server, and not of " + a.name
		}
		if why != "" {
			e.warnings = append(e.warnings, results.Warning{Code: "not_applicable", Text: fmt.Sprintf("%s: %s", arm, why)})
		}
		return why != ""
	})
}

// roundSeed gives every round of a scenario its own schedule, which all arms share.
func roundSeed(seed uint64, scenario string, round int) uint64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%s/%d", seed, scenario, round))
	return binary.BigEndian.Uint64(sum[:])
}

// id is the run's.
func (e *experiment) id() string {
	return results.NewRunID(e.created, cmp.Or(e.label, e.scenarios[0].Name), uint16(rand.Uint32()))
}

// outcome is what an experiment measured: the run, and the histograms behind it.
type outcome struct {
	run *results.Run
	// logs are all rounds' histograms; histograms are the same by cell of the run and round.
	logs       []results.LogRound
	histograms [][]results.Histograms
}

// run executes the rounds. On an error or interruption the outcome holds what was measured until then.
func (e *experiment) run(ctx context.Context) (outcome, error) {
	var runErr error
	e.spare = e.flags.spare.of(len(e.steps))
	for order := 0; order < len(e.steps) && runErr == nil; order++ { // it grows by the rounds that are measured again
		if runErr = context.Cause(ctx); runErr == nil {
			runErr = e.step(ctx, order, e.steps[order])
		}
	}
	e.display.close()
	o, err := e.assemble()
	o.run.Interrupted = ctx.Err() != nil
	if runErr != nil && !o.run.Interrupted {
		o.run.Warnings = append(o.run.Warnings, results.Warning{Code: "aborted", Text: fmt.Sprintf("the run ended early: %v", runErr), Invalidates: true})
	}
	return o, errors.Join(runErr, err)
}

// step executes one round in fresh processes.
func (e *experiment) step(ctx context.Context, order int, s step) error {
	e.display.roundStarts(order, s)
	plan := loadgen.Plan{
		Index: s.index, Order: order, Transport: s.cell.arm.Transport, Client: s.cell.arm.Scenario.ClientKind(),
		Scenario: *s.cell.arm.Scenario, Seed: s.seed,
	}
	data, err := e.engine.execute(ctx, e.sideOf(s.cell.arm), plan)
	switch {
	case err == nil:
		e.keep(s, *data)
		e.display.roundEnds(order, s, data)
	case data != nil && data.Round.Measured.Delivery.Expected > 0:
		s.cell.partial = data
	}
	if err != nil {
		return fmt.Errorf("%s, round %d: %w", s.cell.arm, s.index+1, err)
	}
	return nil
}

// keep takes a whole round. One that the generator spoiled is measured again at the end, once, while there are rounds to spare, and stands until then.
func (e *experiment) keep(s step, data results.RoundData) {
	c := s.cell
	if at := slices.IndexFunc(c.rounds, func(r results.RoundData) bool { return r.Round.Index == s.index }); at >= 0 {
		c.spoiled = append(c.spoiled, c.rounds[at].Round)
		c.rounds[at] = data
		return
	}
	c.rounds = append(c.rounds, data)
	if e.spare > 0 && data.Round.Spoiled() {
		e.spare--
		e.steps = append(e.steps, s)
	}
}

// assemble merges what there is into a run.
func (e *experiment) assemble() (outcome, error) {
	o := outcome{run: &results.Run{
		Schema: results.Schema, Created: e.created, Tool: tool(), Environment: e.environment, Seed: e.flags.seed, Cells: []results.Cell{}, Warnings: e.warnings,
	}}
	for _, s := range e.scenarios {
		o.run.Scenarios = append(o.run.Scenarios, *s)
	}
	var problems []error
	for _, c := range e.cells {
		if err := o.add(c); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", c.arm, err))
		}
	}
	return o, errors.Join(problems...)
}

// add merges a cell's rounds, if it has any.
func (o *outcome) add(c *cellInProgress) error {
	rounds := c.rounds
	if len(rounds) == 0 && c.partial != nil {
		rounds = []results.RoundData{*c.partial}
	}
	if len(rounds) == 0 {
		return nil
	}
	template := c.template
	template.SpoiledRounds = c.spoiled
	cell, err := results.NewCell(template, rounds)
	if err != nil {
		return err
	}
	var histograms []results.Histograms
	for _, r := range rounds {
		o.logs = append(o.logs, results.NewLogRound(cell, r))
		histograms = append(histograms, r.Histograms)
	}
	o.run.Cells = append(o.run.Cells, cell)
	o.histograms = append(o.histograms, histograms)
	return nil
}

// rounds is how many the run has, as far as is known: more when one has to be measured again.
func (e *experiment) rounds() int { return len(e.steps) }

// expected is how long the rest of the run will take, roughly.
func (e *experiment) expected() time.Duration {
	var sum time.Duration
	for _, s := range e.steps {
		sum += s.expected()
	}
	return sum
}

// expected is how long the round will take.
func (s step) expected() time.Duration { return roundLength(s.cell.arm.Scenario) }

// roundLength is how long a round takes, roughly: its phases, the time processes need to start and stop, and some 300 µs for each client to connect.
func roundLength(w *scenarios.Scenario) time.Duration {
	connect := time.Duration(w.Clients) * 300 * time.Microsecond
	return w.Warmup + w.Duration + connect + time.Second
}
