//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"pushbench/loadgen/proc"
)

// sample is one measurement of one contender.
type sample struct {
	Workload  string `json:"workload"`
	Contender string `json:"contender"`
	Round     int    `json:"round"`
	// CPUPerMessage, Rate and Share are over the window: processor time of the contender's process, messages a second, and how much of a processor it used.
	CPUPerMessage float64 `json:"cpu_ns_per_message,omitempty"`
	Rate          float64 `json:"messages_per_second,omitempty"`
	Share         float64 `json:"cpu_share,omitempty"`
	outcome
}

// value is what the workload is about.
func (s sample) value(w *workload) float64 {
	if w.memory {
		return s.RSSPerClient
	}
	return s.CPUPerMessage
}

// entry is a contender or a tool, ready to be measured.
type entry struct {
	workload *workload
	name     string
	// command makes the words of its command line.
	command func(t toolJob) ([]string, error)
	own     bool
	p99     func(string) (time.Duration, error)
}

// engine says whether the contender runs our engine, which sums up at its end.
func (e entry) engine() bool { return e.own && e.name != nameFloor && e.name != nameBare }

// bench measures.
type bench struct {
	options
	pinning proc.Pinning
	self    string
	folder  string
	// small is the memory of a foreign tool with few connections, by program.
	small map[string]int64
}

// fewConnections is what a foreign tool's own memory is measured with.
const fewConnections = 10

func newBench(o options) (*bench, error) {
	cpus, err := proc.UsableCPUs()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program's own file: %w", err)
	}
	folder, err := os.MkdirTemp("", "bench-floor")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the tools' files: %w", err)
	}
	return &bench{options: o, pinning: proc.Pin(cpus, false), self: self, folder: folder, small: map[string]int64{}}, nil
}

// measureAll measures every contender of every workload in every round, in random order within the round.
func (o options) measureAll(ctx context.Context) (report, error) {
	b, err := newBench(o)
	if err != nil {
		return report{}, err
	}
	defer os.RemoveAll(b.folder)
	entries := b.entries()
	r := report{Rounds: o.rounds, Window: o.window, Seed: o.seed, Idle: o.idle, Pinning: b.pinning.Mode, Started: time.Now()}
	random := rand.New(rand.NewPCG(o.seed, 0x666c6f6f72))
	for round := range o.rounds {
		for at, i := range random.Perm(len(entries)) {
			e := entries[i]
			progress("round %d of %d, %d of %d: %s, %s", round+1, o.rounds, at+1, len(entries), e.workload.key, e.name)
			s, err := b.measure(ctx, e)
			if ctx.Err() != nil {
				return r, ctx.Err()
			}
			if err != nil {
				r.Failures = append(r.Failures, fmt.Sprintf("%s, %s, round %d: %v", e.workload.key, e.name, round+1, err))
				continue
			}
			s.Workload, s.Contender, s.Round = e.workload.key, e.name, round
			r.Samples = append(r.Samples, s)
		}
	}
	progress("")
	r.Took = time.Since(r.Started)
	return r, nil
}

// progress shows where the measurement is, if somebody may be looking.
func progress(format string, args ...any) {
	if info, err := os.Stderr.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		fmt.Fprintf(os.Stderr, "\r\x1b[K"+format, args...)
	}
}

// entries lists who takes part.
func (b *bench) entries() (all []entry) {
	for i := range workloads {
		w := &workloads[i]
		if b.only != "" && b.only != w.key {
			continue
		}
		for _, c := range w.contenders {
			all = append(all, entry{workload: w, name: c.name, own: true, command: func(t toolJob) ([]string, error) {
				return []string{
					b.self, wordClient, "-workload", w.key, "-contender", c.name, "-addr", t.addr.String(),
					"-connections", fmt.Sprint(t.connections), "-span", t.span.String(), "-profile", b.profileOf(w, c),
				}, nil
			}})
		}
		for _, t := range w.tools {
			path, err := exec.LookPath(t.program)
			if err != nil || !b.tools {
				continue
			}
			all = append(all, entry{workload: w, name: t.program, p99: t.p99, command: func(j toolJob) ([]string, error) {
				words, err := t.args(j)
				return append([]string{path}, words...), err
			}})
		}
	}
	return all
}

// profileOf is the file for a contender's profile, "" for none.
func (b *bench) profileOf(w *workload, c contender) string {
	if b.profile == "" {
		return ""
	}
	return filepath.Join(b.profile, w.key+"-"+strings.ReplaceAll(c.name, "/", "-")+".pprof")
}

// measure measures an entry once, against a server of its own.
func (b *bench) measure(ctx context.Context, e entry) (sample, error) {
	if e.workload.memory {
		return b.measureMemory(ctx, e)
	}
	r, err := b.start(ctx, e, e.workload.connections, b.span(e))
	if err != nil {
		return sample{}, err
	}
	defer r.stop()
	if err := r.connected(ctx); err != nil {
		return sample{}, err
	}
	pause(ctx, warming+100*time.Millisecond)
	s, err := r.window(ctx, b.window)
	if err != nil {
		return s, err
	}
	s.outcome, err = r.finish(ctx)
	return s, err
}

// span is how long an entry shall go on: on a schedule a little longer than what is measured, flat out longer than anybody measures.
func (b *bench) span(e entry) time.Duration {
	span := b.window + 400*time.Millisecond
	switch {
	case e.workload.timed && e.engine():
		return span // its warm-up comes on top
	case e.workload.timed && e.own:
		return span + warming
	case e.workload.timed:
		return span + ramping + warming
	case e.own && !e.engine():
		return span + 10*time.Second
	}
	return span + warming + time.Second
}

// measureMemory reads what a contender says of its memory, or compares a foreign tool's at many connections with that at few.
func (b *bench) measureMemory(ctx context.Context, e entry) (sample, error) {
	if e.own {
		r, err := b.start(ctx, e, b.idle, time.Second)
		if err != nil {
			return sample{}, err
		}
		defer r.stop()
		o, err := r.finish(ctx)
		return sample{outcome: o}, err
	}
	if _, ok := b.small[e.name]; !ok {
		rss, err := b.memoryAt(ctx, e, fewConnections)
		if err != nil {
			return sample{}, err
		}
		b.small[e.name] = rss
	}
	rss, err := b.memoryAt(ctx, e, b.idle)
	return sample{outcome: outcome{RSSPerClient: float64(rss-b.small[e.name]) / float64(b.idle-fewConnections)}}, err
}

func (b *bench) memoryAt(ctx context.Context, e entry, connections int) (int64, error) {
	r, err := b.start(ctx, e, connections, 30*time.Second)
	if err != nil {
		return 0, err
	}
	defer r.stop()
	if err := r.connected(ctx); err != nil {
		return 0, err
	}
	pause(ctx, time.Second)
	return residentOf(r.client.PID())
}

func residentOf(pid int) (int64, error) {
	m, err := proc.MemoryOf(pid)
	return m.RSS, err
}

// running is a server with a contender at work on it.
type running struct {
	entry       entry
	connections int
	server      *proc.Process
	client      *proc.Process
	addr        netip.AddrPort
	said        *output
	http        http.Client
}

// output keeps what a process prints.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// start starts a fresh server and the contender.
func (b *bench) start(ctx context.Context, e entry, connections int, span time.Duration) (*running, error) {
	r, err := b.startServer(ctx, e.workload)
	if err != nil {
		return nil, err
	}
	r.entry, r.connections = e, connections
	words, err := e.command(toolJob{job{r.addr, connections, span}, b.folder})
	if err == nil {
		r.client, err = proc.Start(proc.Command{Name: e.name, Args: words, CPUs: b.pinning.Generator, Output: r.said})
	}
	if err != nil {
		r.stop()
		return nil, err
	}
	return r, nil
}

func (b *bench) startServer(ctx context.Context, w *workload) (*running, error) {
	r := &running{said: &output{}}
	announced := &output{}
	var err error
	r.server, err = proc.Start(proc.Command{
		Name: "server", Args: []string{b.self, wordServe, "-tick", w.tick.String()}, CPUs: b.pinning.Server, Output: announced,
	})
	if err != nil {
		return nil, err
	}
	err = r.server.Ready(ctx, func(context.Context) (err error) {
		r.addr, err = netip.ParseAddrPort(strings.TrimSpace(announced.String()))
		return err
	})
	if err != nil {
		r.stop()
		return nil, err
	}
	return r, nil
}

// stop ends both processes. How they end says nothing any more. The server goes first: who closes first keeps the port for a minute, and for those of tools
// that bind their sockets the next contender would have no use.
func (r *running) stop() {
	r.http.CloseIdleConnections()
	for _, p := range []*proc.Process{r.server, r.client} {
		if p != nil {
			_ = p.Stop(0)
		}
	}
}

// connectTimeout bounds a contender's start.
const connectTimeout = 60 * time.Second

// connected waits until every connection is open; where they come and go, until messages do.
func (r *running) connected(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	return r.client.Ready(ctx, func(ctx context.Context) error {
		open, answered, err := r.count(ctx)
		if err != nil {
			return err
		}
		if open >= r.connections || r.entry.workload.renews && answered > r.connections {
			return nil
		}
		return fmt.Errorf("%d of %d connections are open", open, r.connections)
	})
}

// count asks the server.
func (r *running) count(ctx context.Context) (open, answered int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+r.addr.String()+"/count", nil)
	if err != nil {
		return 0, 0, err
	}
	response, err := r.http.Do(request)
	if err != nil {
		return 0, 0, fmt.Errorf("ask the server for its counts: %w", err)
	}
	defer response.Body.Close()
	_, err = fmt.Fscan(response.Body, &open, &answered)
	_, drainErr := io.Copy(io.Discard, response.Body)
	return open, answered, errors.Join(err, drainErr)
}

// reading is the state at one instant.
type reading struct {
	at       time.Time
	cpu      time.Duration
	answered int
}

func (r *running) read(ctx context.Context) (reading, error) {
	_, answered, err := r.count(ctx)
	if err != nil {
		return reading{}, err
	}
	cpu, err := proc.CPU(r.client.PID())
	return reading{time.Now(), cpu, answered}, err
}

// window measures for so long.
func (r *running) window(ctx context.Context, length time.Duration) (sample, error) {
	before, err := r.read(ctx)
	if err != nil {
		return sample{}, err
	}
	pause(ctx, length)
	after, err := r.read(ctx)
	if err != nil {
		return sample{}, err
	}
	messages, cpu, took := after.answered-before.answered, after.cpu-before.cpu, after.at.Sub(before.at)
	if messages < 1 {
		return sample{}, errors.New("no message came")
	}
	return sample{
		CPUPerMessage: float64(cpu) / float64(messages), Rate: float64(messages) / took.Seconds(), Share: float64(cpu) / float64(took),
	}, nil
}

// finish lets a contender end if it has something to say.
func (r *running) finish(ctx context.Context) (o outcome, err error) {
	if r.entry.engine() || r.entry.workload.timed || r.entry.workload.memory {
		if err := r.end(ctx); err != nil {
			return o, err
		}
	}
	switch {
	case r.said.String() == "":
	case r.entry.own:
		err = json.Unmarshal([]byte(r.said.String()), &o)
	case r.entry.workload.timed && r.entry.p99 != nil:
		o.P99, err = r.entry.p99(r.said.String())
	}
	return o, err
}

// endTimeout is how long a contender may take to sum up.
const endTimeout = 30 * time.Second

// end waits for a contender's end, which it is asked for unless it is on a schedule.
func (r *running) end(ctx context.Context) error {
	if !r.entry.workload.timed && !r.entry.workload.memory {
		_ = r.client.Interrupt()
	}
	timer := time.NewTimer(endTimeout)
	defer timer.Stop()
	select {
	case <-r.client.Done():
		return r.client.Err()
	case <-timer.C:
		return fmt.Errorf("%s did not end within %v", r.entry.name, endTimeout)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pause waits, or not so long if the context is done, which the next step notices.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
