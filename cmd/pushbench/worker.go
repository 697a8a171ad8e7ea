package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"pushbench/loadgen"
	"pushbench/loadgen/target"
)

// workerEvent is one line of a worker's standard output: progress while the round runs, then once its result.
type workerEvent struct {
	Progress *loadgen.Progress    `json:"progress,omitempty"`
	Result   *loadgen.RoundResult `json:"result,omitempty"`
	// Error says why the round failed, or ended early with what the result holds.
	Error string `json:"error,omitempty"`
	// ServerGone is true if that is because the server went away.
	ServerGone bool `json:"server_gone,omitempty"`
}

// newWorker is the process that executes one round: plan in, histograms out.
func newWorker() *cobra.Command {
	return &cobra.Command{
		Use: "worker", Short: "execute one round: a plan on standard input, the result on standard output", Hidden: true, Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, cancel := context.WithCancelCause(cmd.Context())
			defer cancel(nil)
			in := json.NewDecoder(cmd.InOrStdin())
			var plan loadgen.Plan
			if err := in.Decode(&plan); err != nil {
				return usage(fmt.Errorf("read the plan: %w", err))
			}
			endWithParent(in.Buffered(), cmd.InOrStdin(), cancel)
			return work(ctx, plan, cmd.OutOrStdout())
		},
	}
}

// work executes the plan and writes events.
func work(ctx context.Context, plan loadgen.Plan, out io.Writer) error {
	events := json.NewEncoder(out)
	t, err := target.Of(plan)
	if err != nil {
		return err
	}
	result, roundErr := loadgen.Round(ctx, plan, t, func(p loadgen.Progress) { _ = events.Encode(workerEvent{Progress: &p}) })
	final := workerEvent{}
	if !result.Round.Started.IsZero() {
		final.Result = &result
	}
	for i := range result.Round.Warnings {
		result.Round.Warnings[i].Text = t.Mask(result.Round.Warnings[i].Text)
	}
	if roundErr != nil {
		final.Error, final.ServerGone = t.Mask(roundErr.Error()), errors.Is(roundErr, loadgen.ErrServerGone)
	}
	return errors.Join(events.Encode(final), t.Close())
}

// errParentGone ends a child whose parent closed its standard input, as it does when it dies.
var errParentGone = errors.New("the parent process is gone")

// endWithParent cancels when standard input ends. Its goroutine lives as long as the process.
func endWithParent(buffered, in io.Reader, cancel context.CancelCauseFunc) {
	go func() {
		_, _ = io.Copy(io.Discard, io.MultiReader(buffered, in))
		cancel(errParentGone)
	}()
}
