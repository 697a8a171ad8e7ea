package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"pushbench/loadgen"
	"pushbench/loadgen/proc"
	"pushbench/scenarios"
	"pushbench/server"
)

// readyTimeout bounds a server's start unless told otherwise.
const readyTimeout = 30 * time.Second

// side is how one server that is measured gets started: as a pushbench's own serve, told what the plan asks of it, or as somebody's command.
// The zero side is this program's serve.
type side struct {
	// name is what errors call it.
	name string
	// binary is the pushbench whose serve is started; empty is this program.
	binary string
	// inject are the faults that serve shall make.
	inject string
	// http is the library that serve shall answer with; empty is net/http.
	http server.Library
	// command are the words of somebody's server; empty is serve. {addr}, {port} and {dir} are replaced in them.
	command []string
	// dir is where the command runs, and what {dir} is; empty is the current folder.
	dir string
	// commit is the git revision that binary or command were built from, if that was asked for.
	commit string
	// ready is what answers 200 once the command's server can be measured: an URL, or a path on the server; empty is /healthz.
	ready   string
	timeout time.Duration
	// running is a server that runs already, for which nothing is started; nil for any other.
	running *aim
}

// liveServer is a side that is up. Its process is nil if it ran before.
type liveServer struct {
	side    side
	process *proc.Process
	info    loadgen.ServerInfo
}

// restart kills the server and starts another like it at the same address when some time has passed. Nobody else gets the port meanwhile: a client that asks for
// the server could be given it as its own, and would then be connected to itself.
func (l *liveServer) restart(ctx context.Context, e engine, plan loadgen.Plan, down time.Duration) (loadgen.ServerInfo, error) {
	if l.process == nil {
		return loadgen.ServerInfo{}, errors.New("the server ran before: pushbench did not start it and does not kill it")
	}
	u, err := url.Parse(l.info.URL)
	if err != nil {
		return loadgen.ServerInfo{}, fmt.Errorf("the server's address: %w", err)
	}
	killed := time.Now()
	l.process.Kill()
	release, err := proc.HoldPort(u.Host)
	if err != nil {
		return loadgen.ServerInfo{}, fmt.Errorf("keep the port of the server that was killed: %w", err)
	}
	timer := time.NewTimer(time.Until(killed.Add(down)))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return loadgen.ServerInfo{}, errors.Join(context.Cause(ctx), release())
	}
	if err := release(); err != nil {
		return loadgen.ServerInfo{}, err
	}
	next, err := l.side.startAt(ctx, e, plan, u.Host)
	if err != nil {
		return loadgen.ServerInfo{}, err
	}
	l.process, l.info = next.process, next.info
	return l.info, nil
}

// stop ends what was started.
func (l *liveServer) stop() error {
	if l.process == nil {
		return nil
	}
	return l.process.Stop(stopGrace)
}

// ended is the error of a server that has ended, beside one that a measurement made of that.
func (l *liveServer) ended(err error) error {
	if l.process == nil {
		return err
	}
	select {
	case <-l.process.Done():
		if l.process.Err() == nil && err == nil {
			err = fmt.Errorf("%s ended while it was measured", l.process.Name())
		}
		return errors.Join(err, l.process.Err())
	default:
		return err
	}
}

// label is what errors and processes call the side.
func (s side) label() string {
	if s.name == "" {
		return "server"
	}
	return s.name + " server"
}

// start starts the side's server and waits until it answers.
func (s side) start(ctx context.Context, e engine, plan loadgen.Plan) (*liveServer, error) {
	switch {
	case s.running != nil:
		return &liveServer{side: s, info: s.running.info()}, nil
	case len(s.command) == 0:
		return s.startServe(ctx, e, plan, "127.0.0.1:0")
	}
	addr, err := freeAddress()
	if err != nil {
		return nil, err
	}
	return s.startCommand(ctx, e, plan, addr)
}

// startAt is start at an address.
func (s side) startAt(ctx context.Context, e engine, plan loadgen.Plan, addr string) (*liveServer, error) {
	if len(s.command) == 0 {
		return s.startServe(ctx, e, plan, addr)
	}
	return s.startCommand(ctx, e, plan, addr)
}

func (s side) startServe(ctx context.Context, e engine, plan loadgen.Plan, addr string) (*liveServer, error) {
	args, err := s.serveArgs(plan, addr)
	if err != nil {
		return nil, err
	}
	said := &announcement{}
	process, err := proc.Start(proc.Command{Name: s.label(), Args: args, Env: procsOf(plan.Scenario), CPUs: e.pinning.Server, Output: said})
	if err != nil {
		return nil, err
	}
	cores := proc.Cores(e.pinning.Server, e.cpus)
	info := loadgen.ServerInfo{
		Cores: cores, Procs: cmp.Or(plan.Scenario.Server.Procs, cores), HTTP: string(cmp.Or(s.http, server.NetHTTP)), Injected: s.inject, PIDs: []int{process.PID()},
	}
	return s.awaitReady(ctx, &liveServer{s, process, info}, func(ctx context.Context) (url, ready string, err error) {
		if url = said.url(); url == "" {
			return "", "", errors.New("it has not said where it listens")
		}
		return url, url + "/healthz", nil
	})
}

// procsOf tells a server's Go runtime on how many processors to run, if the scenario says so.
func procsOf(s scenarios.Scenario) []string {
	if s.Server.Procs == 0 {
		return nil
	}
	return []string{"GOMAXPROCS=" + strconv.Itoa(s.Server.Procs)}
}

// messagesKept is how many of the largest messages a topic's log holds at least, so that a poller finds what came since its last poll.
const messagesKept = 64

// serveArgs is the command line of a pushbench's serve that suits the plan.
func (s side) serveArgs(plan loadgen.Plan, addr string) ([]string, error) {
	binary, err := ownProgram(s.binary)
	if err != nil {
		return nil, err
	}
	w, largest := plan.Scenario, int(plan.Scenario.LargestPayload())
	args := []string{
		binary, "serve", "--with-parent", "--addr", addr, "--inject", s.inject, "--inject-seed", strconv.FormatUint(plan.Seed, 10),
		"--response-headers", strconv.Itoa(int(w.Headers.Response)), "--max-hold", max(time.Minute, w.LongPoll.Hold).String(),
		"--max-payload", strconv.Itoa(max(1<<20, largest)), "--log-bytes", strconv.Itoa(max(16<<20, messagesKept*largest)),
		"--tls", string(w.TLS), "--tls-resumption=" + strconv.FormatBool(w.TLSResumption), "--nagle=" + strconv.FormatBool(w.Network.Nagle),
	}
	if w.Server.LogMessages > 0 {
		args = append(args, "--log-messages", strconv.Itoa(w.Server.LogMessages))
	}
	if w.Server.SendBuffer > 0 {
		args = append(args, "--send-buffer", strconv.Itoa(int(w.Server.SendBuffer)))
	}
	if w.Server.WriteTimeout > 0 {
		args = append(args, "--write-timeout", w.Server.WriteTimeout.String())
	}
	if slices.Contains(w.Uses(plan.Transport), scenarios.SSE) && w.SSE.KeepAlive > 0 { // a gate may start an older version, which does not know the flag
		args = append(args, "--keepalive", w.SSE.KeepAlive.String())
	}
	if w.WebSocket.Ping > 0 {
		args = append(args, "--ping", w.WebSocket.Ping.String())
	}
	if w.HTTP == scenarios.HTTP2 {
		args = append(args, "--http2")
	}
	if w.Compression == scenarios.Deflate {
		args = append(args, "--compress")
	}
	if s.http == server.FastHTTP { // a gate may start an older version, which does not know the flag
		args = append(args, "--http", string(s.http))
	}
	return args, nil
}

// startCommand starts somebody's server at an address.
func (s side) startCommand(ctx context.Context, e engine, plan loadgen.Plan, addr string) (*liveServer, error) {
	process, err := proc.Start(proc.Command{
		Name: s.label(), Args: s.words(addr), Env: []string{"PUSHBENCH_ADDR=" + addr}, Dir: s.dir, CPUs: e.pinning.Server,
	})
	if err != nil {
		return nil, err
	}
	url := serverScheme(plan.Scenario.TLS) + addr
	info := loadgen.ServerInfo{Cores: proc.Cores(e.pinning.Server, e.cpus), PIDs: []int{process.PID()}, Tree: true}
	return s.awaitReady(ctx, &liveServer{s, process, info}, func(context.Context) (string, string, error) { return url, s.readyURL(url, addr), nil })
}

// words are the command's, with the places that depend on the address filled in.
func (s side) words(addr string) []string {
	_, port, _ := net.SplitHostPort(addr)
	dir := s.dir
	if dir == "" {
		dir, _ = os.Getwd()
	}
	fill := strings.NewReplacer("{addr}", addr, "{port}", port, "{dir}", dir)
	words := make([]string, len(s.command))
	for i, w := range s.command {
		words[i] = fill.Replace(w)
	}
	return words
}

// readyURL is what says that the server is ready: a path is one on the server itself.
func (s side) readyURL(url, addr string) string {
	_, port, _ := net.SplitHostPort(addr)
	switch {
	case s.ready == "":
		return url + "/healthz"
	case strings.HasPrefix(s.ready, "/"):
		return url + s.ready
	}
	return strings.NewReplacer("{addr}", addr, "{port}", port).Replace(s.ready)
}

// awaitReady waits until the server answers, and stops one that does not. where says what to ask.
func (s side) awaitReady(ctx context.Context, server *liveServer, where func(context.Context) (url, ready string, err error)) (*liveServer, error) {
	timeout := s.timeout
	if timeout == 0 {
		timeout = readyTimeout
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, fmt.Errorf("nothing after %v (--ready-timeout)", timeout))
	defer cancel()
	err := server.process.Ready(ctx, func(ctx context.Context) error {
		url, ready, err := where(ctx)
		if err != nil {
			return err
		}
		server.info.URL = url
		server.info.Certificate, err = healthy(ctx, ready)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, server.stop())
	}
	return server, nil
}

func serverScheme(v scenarios.TLSVersion) string {
	if v == scenarios.TLSOff {
		return "http://"
	}
	return "https://"
}

// freeAddress is a loopback address that nothing listened on a moment ago.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
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
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", url, response.Status)
	}
	if response.TLS != nil {
		certificate = response.TLS.PeerCertificates[0].Raw
	}
	return certificate, nil
}
