package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"pushbench/cmd/pushbench/targetcheck"
	"pushbench/loadgen/target/file"
	"pushbench/scenarios"
)

func newTargetCheck() *cobra.Command {
	var transports []string
	var wait time.Duration
	cmd := &cobra.Command{
		Use: "check FILE", Short: "try a target file out: two messages over each transport, and all that was said", Args: oneArgument("a target file, or the name of one"),
		Long: "Open a session over each transport that the file describes, publish two messages, and show every request, answer and frame, where in it the\n" +
			"message was found, where the next poll goes on, and, if something does not work, the lines of the file to look at. Secrets are hidden.\n\n" +
			"Exit codes: 0 every transport works · 99 one does not · 2 bad usage or a bad file · 130 interrupted",
		Example: "  pushbench target check ./mine.yaml\n  pushbench target check ./mine.yaml --transport longpoll --wait 30s",
		RunE: func(cmd *cobra.Command, args []string) error {
			return checkTarget(cmd, args[0], transports, wait)
		},
	}
	cmd.Flags().StringSliceVar(&transports, "transport", nil, "the `transports` to try; by default all that the file describes")
	cmd.Flags().DurationVar(&wait, "wait", targetcheck.DefaultWait, "how long a session may take to open, and a message to come")
	return cmd
}

func checkTarget(cmd *cobra.Command, nameOrPath string, transports []string, wait time.Duration) error {
	source, err := file.Open(nameOrPath)
	if err != nil {
		return usage(err)
	}
	o := targetcheck.Options{Source: source, Wait: wait}
	for _, name := range transports {
		t := choice{allowed: words(scenarios.Transports)}
		if err := t.Set(name); err != nil {
			return usage(fmt.Errorf("--transport: %w", err))
		}
		o.Transports = append(o.Transports, scenarios.Transport(name))
	}
	if wait <= 0 {
		return usage(fmt.Errorf("--wait %v: want more than 0s, such as 10s", wait))
	}
	found, err := targetcheck.Run(cmd.Context(), o)
	if printErr := targetcheck.Text(cmd.OutOrStdout(), found); printErr != nil {
		return printErr
	}
	switch {
	case cmd.Context().Err() != nil:
		return err // which is counted as an interruption
	case err != nil:
		return usage(err)
	}
	return judgeTarget(found)
}

// judgeTarget is the error that decides the exit code.
func judgeTarget(found []targetcheck.Finding) error {
	failed := 0
	for _, f := range found {
		if f.Problem != "" {
			failed++
		}
	}
	if failed == 0 {
		return nil
	}
	return &exitError{exitThreshold, fmt.Errorf("%d of %d transports do not work as the file says", failed, len(found))}
}

func newTargetSchema() *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "print the JSON Schema of target files, with which editors complete and check them", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			schema, err := file.Schema()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(schema)
			return err
		},
	}
}
