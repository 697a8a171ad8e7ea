package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"pushbench/loadgen"
	"pushbench/loadgen/proc"
)

const (
	// readyTimeout bounds a server's start.
	readyTimeout = 30 * time.Second
	// stopGrace is how long a process may take to end before it is killed.
	stopGrace = 10 * time.Second
)

// execute runs one plan against a fresh server in a fresh worker. It may return both a result and an error: what was measured, and why it ended early.
func (e *experiment) execute(ctx context.Context, plan loadgen.Plan) (*loadgen.RoundResult, error) {
	server, info, err := e.startServer(ctx, plan)
	if err != nil {
		return nil, err
	}
	plan.Server = info
	result, workErr := e.work(ctx, plan)
	died := false
	select {
	case <-server.Done():
		died = true
	default:
	}
	stopErr := server.Stop(stopGrace)
	if died || workErr != nil {
		return result, errors.Join(workErr, stopErr)
	}
	return result, nil
}

// startServer starts the reference server and waits until it answers.
func (e *experiment) startServer(ctx context.Context, plan loadgen.Plan) (*proc.Process, loadgen.ServerInfo, error) {
	info := loadgen.ServerInfo{Cores: proc.Cores(e.pinning.Server, e.cpus), Injected: e.flags.inject}
	self, err := os.Executable()
	if err != nil {
		return nil, info, fmt.Errorf("find this program's own file: %w", err)
	}
	args := []string{
		self, "serve", "--with-parent", "--addr", "127.0.0.1:0", "--inject", e.flags.inject, "--inject-seed", strconv.FormatUint(plan.Seed, 10),
		"--response-headers", strconv.Itoa(int(plan.Scenario.Headers.Response)), "--max-hold", max(time.Minute, plan.Scenario.LongPoll.Hold).String(),
		"--max-payload", strconv.Itoa(max(1<<20, int(plan.Scenario.Payload), int(plan.Scenario.PayloadMax))),
		"--tls", string(plan.Scenario.TLS), "--tls-resumption=" + strconv.FormatBool(plan.Scenario.TLSResumption),
		"--nagle=" + strconv.FormatBool(plan.Scenario.Network.Nagle),
	}
	said := &announcement{}
	server, err := proc.Start(proc.Command{Name: "server", Args: args, CPUs: e.pinning.Server, Output: said})
	if err != nil {
		return nil, info, err
	}
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	err = server.Ready(ctx, func(ctx context.Context) (err error) {
		info.Certificate, err = healthy(ctx, said.url())
		return err
	})
	if err != nil {
		return nil, info, errors.Join(err, server.Stop(stopGrace))
	}
	info.URL, info.PID = said.url(), server.PID()
	return server, info, nil
}

// announcement waits for a server's "listening on URL".
type announcement struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (a *announcement) Write(p []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.b.Write(p)
}

// url is the address announced so far, or nothing.
func (a *announcement) url() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	line, _, complete := strings.Cut(a.b.String(), "\n")
	if !complete {
		return ""
	}
	return strings.TrimPrefix(line, "listening on ")
}

// healthy asks a server whether it is ready, and returns the certificate it proves itself with, if it speaks TLS. The certificate is taken on
// trust: the server is this process's own child on the loopback device. The clients then verify it.
func healthy(ctx context.Context, url string) (certificate []byte, err error) {
	if url == "" {
		return nil, errors.New("it has not said where it listens")
	}
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/healthz", nil)
	if err != nil {
		return nil, err
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("/healthz answered %s", response.Status)
	}
	if response.TLS != nil {
		certificate = response.TLS.PeerCertificates[0].Raw
	}
	return certificate, nil
}

// work runs the plan in a worker process and follows its events.
func (e *experiment) work(ctx context.Context, plan loadgen.Plan) (*loadgen.RoundResult, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program's own file: %w", err)
	}
	text, err := json.Marshal(plan)
	if err != nil {
		return nil, fmt.Errorf("write the plan: %w", err)
	}
	events, pipe := io.Pipe()
	worker, err := proc.Start(proc.Command{
		Name: "worker", Args: []string{self, "worker"}, CPUs: e.pinning.Generator, Input: text, Output: pipe,
	})
	if err != nil {
		return nil, err
	}
	stopAsking := context.AfterFunc(ctx, func() { interrupt(worker) })
	defer stopAsking()
	go func() { <-worker.Done(); _ = pipe.Close() }()
	final, err := e.follow(events)
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

// follow shows a worker's progress until its result.
func (e *experiment) follow(events io.Reader) (workerEvent, error) {
	decoder := json.NewDecoder(events)
	for {
		var event workerEvent
		switch err := decoder.Decode(&event); {
		case errors.Is(err, io.EOF):
			return workerEvent{}, errors.New("the worker ended without a result")
		case err != nil:
			return workerEvent{}, fmt.Errorf("read the worker's events: %w", err)
		}
		if event.Progress == nil {
			return event, nil
		}
		e.display.progress(*event.Progress)
	}
}
