package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"pushbench/loadgen"
	"pushbench/scenarios"
)

// gateFlags are what gate can be told.
type gateFlags struct {
	run    runFlags
	record string
	pairs  int
	life   choice
	sides  sideFlags
}

func newGate() *cobra.Command {
	flags := &gateFlags{}
	cmd := &cobra.Command{
		Use: "gate [SCENARIO|FILE]", Short: "fail if a candidate server's p99 is worse than a baseline's",
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
	for _, none := range []string{"rounds", "sweep", "inject"} {
		_ = flags.MarkHidden(none)
	}
	flags.StringVar(&f.record, "record", "", "only record pairs, without a decision, as lines of JSON in `file`")
	flags.IntVar(&f.pairs, "pairs", 0, "how many pairs --record measures")
	f.life = choice{value: string(lifePair), allowed: words(serverLives)}
	flags.Var(&f.life, "server-life", "a server lives for a round, a pair or the gate; with the latter two both are up, one loaded at a time")
	f.sides.register(flags)
}

// defaultGateScenario is what gate measures unless told otherwise.
const defaultGateScenario = "direct"

func gateVerb(cmd *cobra.Command, flags *gateFlags, args []string) (err error) {
	name := defaultGateScenario
	if len(args) == 1 {
		name = args[0]
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
	return recordPairs(cmd.Context(), p, flags)
}

// newPairing is the pairing that the flags ask for.
func newPairing(cmd *cobra.Command, flags *gateFlags, name string) (*pairing, error) {
	s, err := flags.run.resolve(cmd, name)
	if err != nil {
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
		if err := checkArm(engine.environment(), arm); err != nil {
			return nil, err
		}
	}
	return &pairing{
		engine: engine, arms: arms, life: serverLife(flags.life.value), seed: flags.run.seed, client: loadgen.ClientKind(flags.run.client.value),
	}, nil
}

// gateTransports are those that a gate measures unless told otherwise: the two whose p99 repeats well enough.
var gateTransports = []scenarios.Transport{scenarios.WebSocket, scenarios.LongPoll}

// gateArms are the scenario's arms over the gate's transports; over all it names where the user chose them or it has none of the gate's.
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
		if slices.Contains(gateTransports, arm.Transport) {
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
