package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"pushbench/scenarios"
	"pushbench/server"
)

func newRun() *cobra.Command {
	flags := &runFlags{}
	cmd := &cobra.Command{
		Use: "run SCENARIO|SUITE|FILE", Short: "run a scenario or a suite of them, built in or from a YAML file",
		Example: "  pushbench run direct --clients 2k --duration 10s\n  pushbench run ./mine.yaml --json > run.json\n" +
			"  pushbench run quick --threshold 'websocket: p(99)<50ms' --threshold 'missed==0' --junit report.xml",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(fmt.Errorf("run takes one scenario, suite or file, have %d (see: pushbench list)", len(args)))
			}
			return nil
		},
		ValidArgsFunction: runnable,
		RunE:              func(cmd *cobra.Command, args []string) error { return measure(cmd, flags, args[0]) },
	}
	flags.register(cmd.Flags())
	flags.aim.register(cmd.Flags())
	flags.watch.register(cmd.Flags())
	return cmd
}

// runnable completes what can be run: a name, or a file.
func runnable(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return append(scenarios.Names(), scenarios.SuiteNames()...), cobra.ShellCompDirectiveDefault
}

// measure runs a scenario or the scenarios of a suite, saves the run and prints it. It is bench and run.
func measure(cmd *cobra.Command, flags *runFlags, name string) error {
	if _, err := server.ParseInject(flags.inject); err != nil {
		return usage(fmt.Errorf("--%w", err)) // it begins with "inject:"
	}
	if err := errors.Join(checkJUnit(flags.junit), flags.watch.check()); err != nil {
		return err
	}
	e, err := newExperiment(flags)
	if err != nil {
		return err
	}
	if e.aims, err = flags.aim.aims(); err != nil {
		return err
	}
	if err := flags.checkOwn(e.aims); err != nil {
		return err
	}
	all, err := flags.resolveAll(cmd, name)
	if err != nil {
		return err
	}
	for _, s := range all {
		if err := e.add(s); err != nil {
			return err
		}
	}
	if len(all) > 1 {
		e.label = name
	}
	if err := e.checkLimits(); err != nil {
		return err
	}
	if err := e.checkBeyond(cmd.Context(), cmd.ErrOrStderr()); err != nil {
		return err
	}
	out := newOutput(cmd, flags)
	// The folder is made first: a disk that cannot be written to is found before two minutes have gone.
	if err := out.prepare(e.id()); err != nil {
		return err
	}
	if e.display, err = out.displays(e); err != nil {
		return errors.Join(err, os.Remove(out.folder.Path))
	}
	measured, runErr := e.run(cmd.Context())
	measured.run.Command = commandLine()
	return out.finish(measured, runErr)
}
