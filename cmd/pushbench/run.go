package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"pushbench/results"
	"pushbench/scenarios"
	"pushbench/server"
)

func newRun() *cobra.Command {
	flags := &runFlags{}
	cmd := &cobra.Command{
		Use: "run SCENARIO|FILE", Short: "run a scenario, built in or from a YAML file",
		Example: "  pushbench run direct --clients 2k --duration 10s\n  pushbench run ./mine.yaml --json > run.json\n" +
			"  pushbench run quick --threshold 'websocket: p(99)<50ms' --threshold 'missed==0' --junit report.xml",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(fmt.Errorf("run takes one scenario or file, have %d (see: pushbench list)", len(args)))
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return scenarios.Names(), cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error { return measure(cmd, flags, args) },
	}
	flags.register(cmd.Flags())
	return cmd
}

// measure runs scenarios, saves the run and prints it. It is bench and run.
func measure(cmd *cobra.Command, flags *runFlags, names []string) error {
	if _, err := server.ParseInject(flags.inject); err != nil {
		return usage(fmt.Errorf("--%w", err)) // it begins with "inject:"
	}
	if err := checkJUnit(flags.junit); err != nil {
		return err
	}
	e, err := newExperiment(flags)
	if err != nil {
		return err
	}
	for _, name := range names {
		s, err := flags.resolve(cmd, name)
		if err != nil {
			return err
		}
		if err := e.add(s); err != nil {
			return err
		}
	}
	if err := e.checkLimits(); err != nil {
		return err
	}
	out := newOutput(cmd, flags)
	// The folder is made first: a disk that cannot be written to is found before two minutes have gone.
	if err := out.prepare(e.id()); err != nil {
		return err
	}
	e.display = out.display(e)
	measured, runErr := e.run(cmd.Context())
	measured.run.Command = results.RedactArgs(append([]string{"pushbench"}, os.Args[1:]...))
	return out.finish(measured, runErr)
}
