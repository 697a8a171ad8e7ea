package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

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
	// Restart asks the parent to kill the server and to start another in its place. It answers on standard input when that is ready.
	Restart *restartOrder `json:"restart,omitempty"`
}

// restartOrder says for how long there shall be no server.
type restartOrder struct {
	Down time.Duration `json:"down_ns"`
}

// restarted is the parent's answer: the server that is there now, or why there is none.
type restarted struct {
	Server loadgen.ServerInfo `json:"server"`
	Error  string             `json:"error,omitempty"`
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
			p := &parent{events: json.NewEncoder(cmd.OutOrStdout()), answers: make(chan restarted, 1)}
			go p.listen(in, cancel)
			return work(ctx, plan, p)
		},
	}
}

// parent is the process that started this worker, as the worker talks to it.
type parent struct {
	mu      sync.Mutex
	events  *json.Encoder
	answers chan restarted
}

func (p *parent) tell(e workerEvent) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.events.Encode(e)
}

// listen takes the parent's answers, and cancels when standard input ends. Its goroutine lives as long as the process.
func (p *parent) listen(in *json.Decoder, cancel context.CancelCauseFunc) {
	for {
		var answer restarted
		if err := in.Decode(&answer); err != nil {
			cancel(errParentGone)
			return
		}
		p.answers <- answer
	}
}

// restart asks for another server and waits for it.
func (p *parent) restart(ctx context.Context, down time.Duration) (loadgen.ServerInfo, error) {
	if err := p.tell(workerEvent{Restart: &restartOrder{Down: down}}); err != nil {
		return loadgen.ServerInfo{}, fmt.Errorf("ask for another server: %w", err)
	}
	select {
	case answer := <-p.answers:
		if answer.Error != "" {
			return loadgen.ServerInfo{}, errors.New(answer.Error)
		}
		return answer.Server, nil
	case <-ctx.Done():
		return loadgen.ServerInfo{}, context.Cause(ctx)
	}
}

// work executes the plan and tells the parent.
func work(ctx context.Context, plan loadgen.Plan, p *parent) error {
	t, err := target.Of(plan)
	if err != nil {
		return err
	}
	result, roundErr := loadgen.RoundOf(ctx, plan, t, loadgen.Parent{
		Progress: func(now loadgen.Progress) { _ = p.tell(workerEvent{Progress: &now}) }, Restart: p.restart,
	})
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
	return errors.Join(p.tell(final), t.Close())
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
