package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pushbench/report/format"
	"pushbench/report/gate"
	"pushbench/results"
	"pushbench/scenarios"
)

// gateFlags are what gate can be told.
type gateFlags struct {
	run    runFlags
	record string
	pairs  int
	life   choice
	sides  sideFlags
	stored storedFlags
	budget time.Duration
	warm   time.Duration

	inconclusive choice
	redecide     string
	calibrate    bool
}

func newGate() *cobra.Command {
	flags := &gateFlags{}
	cmd := &cobra.Command{
		Use: "gate [SCENARIO|FILE]", Short: "fail if a candidate server's p99 is worse than a baseline's", Long: gateHelp, Example: gateExamples,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(fmt.Errorf("gate takes one scenario or file, have %d (see: pushbench list)", len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return gateVerb(cmd, flags, args) },
	}
	flags.register(cmd)
	return cmd
}

func (f *gateFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	f.run.register(flags)
	for _, none := range []string{"rounds", "sweep", "inject", "server-http", "spare"} {
		_ = flags.MarkHidden(none)
	}
	flags.StringVar(&f.record, "record", "", "only record pairs, without a decision, as lines of JSON in `file`")
	flags.IntVar(&f.pairs, "pairs", 0, "how many pairs --record measures")
	f.life = choice{value: string(lifePair), allowed: words(serverLives)}
	flags.Var(&f.life, "server-life", "a server lives for a round, a pair or the gate; with the latter two both are up, one loaded at a time")
	flags.DurationVar(&f.warm, "warm", defaultWarm, "with --server-life gate: load both servers before the first pair until neither gets faster, at most so long; 0s does not")
	f.sides.register(flags)
	f.stored.register(flags)
	for _, p := range gateParameterFlags {
		registerParameter(flags, p.flag, p.short, p.path)
	}
	flags.DurationVar(&f.budget, "budget", defaultBudget, "how long the gate may take, builds not counted; it ends in time, decided or not, but measures one pair at least")
	f.inconclusive = choice{value: "fail", allowed: []string{"fail", "pass"}}
	flags.Var(&f.inconclusive, "inconclusive", "whether a gate that cannot tell exits with 98, or with 0")
	givenVar(flags, &f.redecide, "redecide", "decide the gate in this `folder` or gate.json again, without measuring")
	flags.BoolVar(&f.calibrate, "calibrate", false, "measure the baseline's server against itself for the budget, and say what rise a gate catches here; a passing gate then says it too")
}

const (
	// defaultBudget is how long a gate may take.
	defaultBudget = 5 * time.Minute
	// defaultWarm is the longest time in which servers that stay up are warmed. It is part of the budget.
	defaultWarm = time.Minute
)

// defaultGateScenario is what gate measures unless told otherwise.
const defaultGateScenario = "gate"

func gateVerb(cmd *cobra.Command, flags *gateFlags, args []string) (err error) {
	if err := checkJUnit(flags.run.junit); err != nil {
		return err
	}
	if flags.calibrate {
		if err := flags.checkCalibrate(); err != nil {
			return err
		}
	}
	if flags.redecide != "" {
		if err := checkRedecide(cmd, args); err != nil {
			return err
		}
		return redecide(cmd, flags)
	}
	if flags.record == "" && cmd.Flags().Changed("pairs") {
		return usage(errors.New("--pairs says how many pairs --record measures: leave it out, or bound a gate with --max-pairs"))
	}
	if err := flags.checkWarm(cmd.Flags().Changed("warm")); err != nil {
		return err
	}
	if flags.budget <= 0 {
		return usage(fmt.Errorf("--budget %v: want more than 0s", flags.budget))
	}
	name := defaultGateScenario
	if len(args) == 1 {
		name = args[0]
	}
	if err := flags.stored.check(cmd); err != nil {
		return err
	}
	if flags.stored.baseline != "" {
		return gateStored(cmd, flags, name)
	}
	p, err := newPairing(cmd, flags, name)
	if err != nil {
		return err
	}
	var cleanup func() error
	p.baseline, p.candidate, cleanup, err = flags.sides.sides(cmd.Context())
	defer func() { err = errors.Join(err, cleanup()) }()
	if err != nil {
		return err
	}
	switch {
	case flags.record != "":
		return recordPairs(cmd.Context(), p, flags)
	case flags.calibrate:
		return calibrate(cmd, p, flags)
	}
	return measureGate(cmd, p, flags)
}

// measureGate measures a gate into a folder of its own, and says what it found.
func measureGate(cmd *cobra.Command, p *pairing, flags *gateFlags) error {
	ctx, s := cmd.Context(), p.arms[0].Scenario
	g := &gateFile{
		Schema: gateSchema, Created: time.Now().UTC(), Tool: tool(), Environment: p.engine.environment(), Seed: p.seed, ServerLife: string(p.life),
		Scenario: *s, Command: commandLine(),
	}
	g.Baseline, g.Candidate = flags.sides.named(p.baseline.commit)
	g.Budget = flags.budget
	g.warn(cmd.ErrOrStderr(), leastPair(p.arms))
	if err := g.recall(p, flags); err != nil {
		return err
	}
	g.ID = results.NewRunID(g.Created, "gate-"+s.Name, uint16(rand.Uint32()))
	folder, err := results.Store{Dir: flags.run.out}.Create(g.ID)
	if err != nil {
		return err
	}
	r := &gateRun{pairing: p, rules: p.rules, design: gateDesign(s.Gate), budget: flags.budget, look: func(gate.Decision) {}}
	file, err := p.recordTo(cmd, flags, folder, func(slice results.PairSlice) { r.slices = append(r.slices, slice) })
	if err != nil {
		return err
	}
	runErr := ended(ctx, r.run(ctx))
	p.close()
	g.Design, g.Evidence, g.Took, g.WarmUp = r.design, evidence(r.rules, r.slices), time.Since(g.Created), p.warmed
	g.Decision = accept(r.decision, s.Gate.Accept, g.Created)
	if runErr != nil {
		g.Ended = runErr.Error()
	}
	saveErr := errors.Join(file.Close(), g.save(folder))
	return errors.Join(runErr, saveErr, g.say(cmd, flags, folder.Path))
}

// recall finds what a calibration said of gates like this one.
func (g *gateFile) recall(p *pairing, flags *gateFlags) error {
	key, err := newCalibrationKey(p, flags)
	if err == nil {
		g.Calibration, err = lookupCalibration(flags.run.out, key)
	}
	return err
}

// recordTo lets the pairing write each slice into a file of the folder as soon as it was measured, show it, and hand it to take. The caller closes the file.
func (p *pairing) recordTo(cmd *cobra.Command, flags *gateFlags, folder results.Folder, take func(results.PairSlice)) (*os.File, error) {
	file, err := os.Create(filepath.Join(folder.Path, slicesFileName))
	if err != nil {
		return nil, err
	}
	write := slicesTo(file)
	p.record = func(slice results.PairSlice) error {
		take(slice)
		if !flags.run.quiet {
			fmt.Fprintln(cmd.ErrOrStderr(), sliceLine(slice))
		}
		return write(slice)
	}
	return file, nil
}

// sliceLine is one slice in words.
func sliceLine(s results.PairSlice) string {
	words := "nothing delivered"
	if v, ok := s.Values["latency_p99"]; ok {
		words = "p99 " + format.Nanoseconds(v.Value)
	}
	if s.Problem != "" {
		words += "  NOT USABLE: " + s.Problem
	}
	return fmt.Sprintf("pair %3d  %-16s  %-9s  %s", s.Pair+1, s.Transport, s.Side, words)
}

// say prints a gate, and returns the error that its verdict is.
func (g *gateFile) say(cmd *cobra.Command, flags *gateFlags, where string) error {
	out := cmd.OutOrStdout()
	var err error
	if flags.run.json {
		err = g.encode(out)
	} else if err = g.text(out); err == nil && where != "" {
		_, err = fmt.Fprintf(out, "\nfiles: %s\n", where)
	}
	if err := errors.Join(err, g.publish(flags.run.junit)); err != nil || g.Ended != "" {
		return err
	}
	switch v := g.verdict(); {
	case v == gate.Fail:
		return &exitError{exitThreshold, errors.New(g.failure())}
	case v == gate.Inconclusive && flags.inconclusive.value == "fail":
		return &exitError{exitInconclusive, errors.New("the gate cannot tell: see the reasons above; " + g.remedy())}
	}
	return nil
}

// checkRedecide refuses whatever would change what was measured or by which rules: those stand in the file.
func checkRedecide(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(fmt.Errorf("--redecide stands beside the scenario %s: a saved gate has its own, leave one of the two out", args[0]))
	}
	var err error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if !slices.Contains([]string{"redecide", "json", "junit", "inconclusive", "quiet", "no-color", "out"}, f.Name) {
			err = usage(fmt.Errorf("--%s stands beside --redecide, which decides by the rules that the gate was measured for: leave one of the two out", f.Name))
		}
	})
	return err
}

// redecide decides a saved gate again, under the rules it was measured for.
func redecide(cmd *cobra.Command, flags *gateFlags) error {
	g, err := readGateFile(flags.redecide)
	if err != nil {
		return err
	}
	if err := checkAccepted(g.Scenario.Gate); err != nil {
		return err
	}
	if len(g.Evidence) > 0 || g.Stored == nil { // of stored runs the thresholds may be all there is
		decision, err := gate.Decide(g.Design, g.Evidence)
		if err != nil {
			return &exitError{exitInconclusive, fmt.Errorf("decide %s again: %w", flags.redecide, err)}
		}
		g.Decision = accept(decision, g.Scenario.Gate.Accept, g.Created)
	}
	if err := g.say(cmd, flags, ""); err != nil || g.Ended == "" || flags.inconclusive.value == "pass" {
		return err
	}
	return &exitError{exitInconclusive, fmt.Errorf("%s ended early (%s): it decides nothing", flags.redecide, g.Ended)}
}

// newPairing is the pairing that the flags ask for.
func newPairing(cmd *cobra.Command, flags *gateFlags, name string) (*pairing, error) {
	s, err := flags.run.resolve(cmd, name)
	if err != nil {
		return nil, err
	}
	if err := checkGated(s); err != nil {
		return nil, err
	}
	arms, err := gateArms(s, cmd.Flags().Changed("transport"))
	if err != nil {
		return nil, err
	}
	engine, err := newEngine(flags.run.pin.value == "off")
	if err != nil {
		return nil, err
	}
	for _, arm := range arms {
		if why := arm.Scenario.Cannot(arm.Transport); why != "" {
			return nil, usage(fmt.Errorf("%s over %s cannot be gated: %s", s.Name, arm.Transport, why))
		}
		if err := checkArm(engine.environment(), arm); err != nil {
			return nil, err
		}
	}
	var rules []gate.Rule
	if flags.record == "" {
		if rules, err = checkedRules(s.Gate, arms, serverLife(flags.life.value)); err != nil {
			return nil, err
		}
	}
	return &pairing{
		engine: engine, arms: arms, rules: rules, life: serverLife(flags.life.value), seed: flags.run.seed, client: s.ClientKind(),
		warmCap: flags.warm,
	}, nil
}

// checkGated refuses a scenario without messages that shall be gated by them: no pair could ever be used.
func checkGated(s *scenarios.Scenario) error {
	for _, key := range s.Gate.Metrics {
		if q, err := results.LookupQuantity(key); err == nil && s.Rate == 0 && q.NeedsMessages() {
			return usage(fmt.Errorf("%s cannot be gated by %s: it sends no messages (server_rss_per_client needs none, with --server-life round)", s.Name, key))
		}
	}
	return nil
}

// gateArms are the scenario's arms over those of the gate's transports that can do what it asks for; over all it names where the user chose them or none of the
// gate's is among them.
func gateArms(s *scenarios.Scenario, chosen bool) ([]scenarios.Arm, error) {
	if len(s.Sweep) > 0 {
		return nil, usage(fmt.Errorf("scenario %s sweeps %s: a gate compares two servers under one workload; give the parameter one value", s.Name, s.Sweep[0].Parameter))
	}
	arms, err := s.Arms()
	if err != nil || chosen {
		return arms, err
	}
	var usual []scenarios.Arm
	for _, arm := range arms {
		if slices.Contains(s.Gate.Transports, arm.Transport) && s.Cannot(arm.Transport) == "" {
			usual = append(usual, arm)
		}
	}
	if len(usual) == 0 {
		return arms, nil
	}
	return usual, nil
}

// recordPairs measures pairs into a file of lines.
func recordPairs(ctx context.Context, p *pairing, flags *gateFlags) (err error) {
	if flags.pairs < 1 {
		return usage(fmt.Errorf("--pairs %d: want at least 1", flags.pairs))
	}
	if err := os.MkdirAll(filepath.Dir(flags.record), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(flags.record, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("record pairs: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	p.record = slicesTo(file)
	defer p.close()
	if err := p.warm(ctx); err != nil {
		return ended(ctx, err)
	}
	for i := range flags.pairs {
		if err := p.pair(ctx, i); err != nil {
			return ended(ctx, err)
		}
	}
	return nil
}

// ended gives what ended the measuring its exit code: a command that is none is the caller's mistake, anything else left too little to judge by.
func ended(ctx context.Context, err error) error {
	var coded *exitError
	switch {
	case err == nil, errors.As(err, &coded):
		return err
	case ctx.Err() != nil:
		return &exitError{exitInterrupted, fmt.Errorf("interrupted; what was measured is saved")}
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return usage(err)
	}
	return &exitError{exitInconclusive, err}
}
