package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"pushbench/scenarios"
)

// The exit codes, which CI relies on.
const (
	exitFine         = 0
	exitFailed       = 1
	exitUsage        = 2
	exitInconclusive = 98
	exitThreshold    = 99
	exitInterrupted  = 130
)

// exitError is an error with the exit code it leads to.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// usage marks an error as the caller's.
func usage(err error) error { return &exitError{exitUsage, err} }

// run executes a command line and returns its exit code.
func run(ctx context.Context, args []string, std streams) int {
	root := newRoot(std)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil {
		fmt.Fprintln(std.err, "pushbench:", err)
	}
	return exitCode(ctx, err)
}

func exitCode(ctx context.Context, err error) int {
	var coded *exitError
	var problems scenarios.Problems
	var unknown *scenarios.UnknownError
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, &coded):
		return coded.code
	case ctx.Err() != nil:
		return exitInterrupted
	case errors.As(err, &problems), errors.As(err, &unknown):
		return exitUsage
	}
	return exitFailed
}

func newRoot(std streams) *cobra.Command {
	root := &cobra.Command{
		Use:           "pushbench",
		Short:         "WebSocket or long-polling? Measured.",
		Long:          longHelp,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArguments,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		Version:       toolVersion(),
	}
	root.SetIn(std.in)
	root.SetOut(std.out)
	root.SetErr(std.err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(fmt.Errorf("%w (see: %s --help)", err, cmd.CommandPath()))
	})
	root.SetHelpCommand(newHelp())
	root.SuggestionsMinimumDistance = 2
	root.AddCommand(
		newBench(), newRun(), newList(), newFindings(), newCompare(), newGate(), newGatePower(), newReport(), newServe(), newDoctor(), newVerify(), newProbe(), newObserve(), newTarget(), newWorker(),
	)
	return root
}

// noArguments refuses words after a verb that takes none. For the root it is an unknown verb.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasSubCommands() {
		return usage(unknownVerb(cmd, args[0]))
	}
	return usage(fmt.Errorf("%s takes no arguments, have %q", cmd.CommandPath(), args))
}

// unknownVerb suggests what was meant.
func unknownVerb(root *cobra.Command, word string) error {
	meant := ""
	if near := root.SuggestionsFor(word); len(near) > 0 {
		meant = fmt.Sprintf("; did you mean %s?", strings.Join(near, " or "))
	}
	return fmt.Errorf("unknown verb %q%s (see: pushbench --help)", word, meant)
}

// newHelp is cobra's help, but for a word that is no verb it says so instead of showing something else.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use: "help [VERB]", Short: "help for a verb",
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil {
				return usage(err)
			}
			if len(rest) > 0 {
				return usage(unknownVerb(cmd.Root(), rest[0]))
			}
			found.InitDefaultHelpFlag()
			found.InitDefaultVersionFlag()
			return found.Help()
		},
	}
}

const longHelp = `pushbench answers one question with numbers an engineer can defend: for this workload,
what do WebSockets cost and gain against HTTP long-polling?

Start with: pushbench bench

Exit codes:
  0    fine
  1    failed to run
  2    bad usage or a bad scenario
  98   inconclusive: an invalid measurement, which must not be quoted
  99   a threshold or a gate failed
  130  interrupted; what was measured is saved`
