package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"time"

	"pushbench/loadgen"
	"pushbench/loadgen/proc"
	"pushbench/results"
)

// stopGrace is how long a process may take to end before it is killed.
const stopGrace = 10 * time.Second

// engine executes plans in processes of their own, on the processors that each side has. It decides nothing.
type engine struct {
	// program is the pushbench whose worker executes plans; empty is this program.
	program string
	pinning proc.Pinning
	cpus    []int
	// progress is told how a round goes on.
	progress func(loadgen.Progress)
}

func newEngine(shared bool) (engine, error) {
	cpus, err := proc.UsableCPUs()
	if err != nil {
		return engine{}, err
	}
	return engine{cpus: cpus, pinning: proc.Pin(cpus, shared), progress: func(loadgen.Progress) {}}, nil
}

// environment is the machine's, with what the engine makes of its processors.
func (e engine) environment() results.Environment {
	environment := results.ReadEnvironment()
	environment.Pinning = e.pinning.Mode
	environment.ServerCPUs, environment.GeneratorCPUs = e.pinning.Server, e.pinning.Generator
	return environment
}

// execute runs one plan against a fresh server in a fresh worker. It may return both a result and an error: what was measured, and why it ended early.
func (e engine) execute(ctx context.Context, s side, plan loadgen.Plan) (*loadgen.RoundResult, error) {
	server, err := s.start(ctx, e, plan)
	if err != nil {
		return nil, err
	}
	result, err := e.load(ctx, server, plan)
	stopErr := server.stop()
	if err != nil {
		return result, errors.Join(err, stopErr)
	}
	return result, nil
}

// load runs one plan against a server that is up. A server that ended meanwhile is an error beside what was measured.
func (e engine) load(ctx context.Context, server *liveServer, plan loadgen.Plan) (*loadgen.RoundResult, error) {
	plan.Server = server.info
	if err := addSamples(&plan); err != nil {
		return nil, err
	}
	if plan.Server.Foreign {
		plan.Mark = rand.Uint32() | 1 // it may still have what earlier rounds published
	}
	result, err := e.work(ctx, plan, func(ctx context.Context, down time.Duration) (loadgen.ServerInfo, error) {
		return server.restart(ctx, e, plan, down)
	})
	return result, server.ended(err)
}

// restarter kills a server and starts another in its place after a while.
type restarter func(ctx context.Context, down time.Duration) (loadgen.ServerInfo, error)

// ownProgram is the named pushbench's file, or this program's.
func ownProgram(name string) (string, error) {
	if name != "" {
		return name, nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find this program's own file: %w", err)
	}
	return self, nil
}

// work runs the plan in a worker process and follows its events.
func (e engine) work(ctx context.Context, plan loadgen.Plan, restart restarter) (*loadgen.RoundResult, error) {
	program, err := ownProgram(e.program)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(plan)
	if err != nil {
		return nil, fmt.Errorf("write the plan: %w", err)
	}
	events, pipe := io.Pipe()
	worker, err := proc.Start(proc.Command{
		Name: "worker", Args: []string{program, "worker"}, CPUs: e.pinning.Generator, Input: text, Output: pipe,
	})
	if err != nil {
		return nil, err
	}
	stopAsking := context.AfterFunc(ctx, func() { interrupt(worker) })
	defer stopAsking()
	go func() { <-worker.Done(); _ = pipe.Close() }()
	final, err := e.follow(events, func(o restartOrder) error { return answer(ctx, worker, o, restart) })
	_ = events.Close()
	stopErr := worker.Stop(stopGrace)
	if err != nil {
		return nil, errors.Join(err, stopErr)
	}
	if final.Error != "" {
		return final.Result, errors.New(final.Error)
	}
	if final.Result == nil {
		return nil, errors.Join(errors.New("the worker ended without a result"), stopErr)
	}
	return final.Result, nil
}

// interrupt asks a worker to finish early with what it has, and ends one that does not: a worker that hangs must not outlast Ctrl-C.
func interrupt(worker *proc.Process) {
	_ = worker.Interrupt()
	timer := time.NewTimer(stopGrace)
	defer timer.Stop()
	select {
	case <-worker.Done():
	case <-timer.C:
		_ = worker.Stop(0)
	}
}

// answer carries out a worker's order for another server, and tells it what became of that.
func answer(ctx context.Context, worker *proc.Process, o restartOrder, restart restarter) error {
	var reply restarted
	var err error
	if reply.Server, err = restart(ctx, o.Down); err != nil {
		reply.Error = err.Error()
	}
	text, err := json.Marshal(reply)
	if err != nil {
		return err
	}
	return worker.Send(text)
}

// follow shows a worker's progress, and carries out what it asks for, until its result.
func (e engine) follow(events io.Reader, restart func(restartOrder) error) (workerEvent, error) {
	decoder := json.NewDecoder(events)
	for {
		var event workerEvent
		switch err := decoder.Decode(&event); {
		case errors.Is(err, io.EOF):
			return workerEvent{}, errors.New("the worker ended without a result")
		case err != nil:
			return workerEvent{}, fmt.Errorf("read the worker's events: %w", err)
		}
		switch {
		case event.Progress != nil:
			e.progress(*event.Progress)
		case event.Restart != nil:
			if err := restart(*event.Restart); err != nil {
				return workerEvent{}, fmt.Errorf("tell the worker of another server: %w", err)
			}
		default:
			return event, nil
		}
	}
}
