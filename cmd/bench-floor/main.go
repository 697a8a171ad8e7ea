//go:build linux

// Command bench-floor says what the load generator itself costs: CPU per message and memory per client, as ratios to what the exchange costs at least, to the
// usual Go libraries, and to whichever known load generators are on PATH.
//
//	make bench-floor                     every workload, five rounds, about four minutes; as much again with many tools on PATH
//	bench-floor --quick                  two rounds without tools, under a minute
//	bench-floor --only websocket-flat    one workload
//
// # How it measures
//
// A workload (workload.go) is a server, a number of connections and what happens on them; its contenders are processes that do it: the raw floor (raw.go), our
// own clients inside the engine (ours.go), the same engine with coder/websocket and net/http, and foreign tools (tools.go). All are measured alike, from
// outside (measure.go): against a fresh copy of one server (server.go) pinned to the other half of the processors, once all are connected and warm, the processor
// time that the contender's process used over a window, divided by the messages that the server counted meanwhile. Contenders alternate in seeded random order,
// and ratios are taken within each round, so that drift of the machine falls on all alike.
//
// It is a command of its own because pushbench is what users run, and a floor server, raw socket loops and scripts for other tools would be dead weight there.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"runtime/pprof"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench-floor:", err)
		if errors.Is(err, errUsage) {
			os.Exit(2)
		}
		os.Exit(1)
	}
}

var errUsage = errors.New("see bench-floor --help")

// The words by which this program starts itself again.
const (
	wordServe  = "serve"
	wordClient = "client"
)

func run(ctx context.Context, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case wordServe:
			return serve(args[1:])
		case wordClient:
			stopNotifying(ctx)
			return client(args[1:])
		}
	}
	o, err := parseOptions(args)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	report, err := o.measureAll(ctx)
	if err != nil {
		return err
	}
	return o.print(os.Stdout, report)
}

// stopNotifying is for children, which handle their signals themselves.
func stopNotifying(context.Context) { signal.Reset(os.Interrupt) }

// options are the command line's.
type options struct {
	rounds         int
	window         time.Duration
	seed           uint64
	idle           int
	only           string
	profile        string
	tools          bool
	markdown, json bool
}

func parseOptions(args []string) (options, error) {
	var o options
	var quick bool
	f := flag.NewFlagSet("bench-floor", flag.ContinueOnError)
	f.IntVar(&o.rounds, "rounds", 5, "how often each contender is measured")
	f.DurationVar(&o.window, "window", 700*time.Millisecond, "how long processor time is measured each time")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the order")
	f.IntVar(&o.idle, "idle", 10_000, "connections where memory is measured")
	f.StringVar(&o.only, "only", "", "the one workload to measure: "+workloadKeys())
	f.StringVar(&o.profile, "profile", "", "the `folder` for CPU profiles of our contenders' whole rounds (slows them)")
	f.BoolVar(&o.tools, "tools", true, "let the load generators on PATH join in")
	f.BoolVar(&o.markdown, "markdown", false, "print Markdown")
	f.BoolVar(&o.json, "json", false, "print JSON: every sample")
	f.BoolVar(&quick, "quick", false, "two rounds of half a second, 2,000 idle connections, no foreign tools")
	if err := f.Parse(args); err != nil {
		return o, errors.Join(err, errUsage)
	}
	if quick {
		o.rounds, o.window, o.idle, o.tools = 2, 500*time.Millisecond, 2000, false
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("%q: no arguments are taken; %w", f.Args(), errUsage)
	case o.rounds < 1 || o.idle < 100 || o.window < 100*time.Millisecond || o.window > 3*time.Second:
		return o, fmt.Errorf("want --rounds of 1 or more, --idle of 100 or more, --window from 100ms to 3s; %w", errUsage)
	case o.only != "" && findWorkload(o.only) == nil:
		return o, fmt.Errorf("--only %q: want one of %s; %w", o.only, workloadKeys(), errUsage)
	}
	return o, nil
}

// serve is the server's process.
func serve(args []string) error {
	f := flag.NewFlagSet(wordServe, flag.ContinueOnError)
	tick := f.Duration("tick", 0, "how often parked requests are answered")
	if err := f.Parse(args); err != nil {
		return err
	}
	return runServer(*tick)
}

// client is the process of one of this program's own contenders.
func client(args []string) error {
	f := flag.NewFlagSet(wordClient, flag.ContinueOnError)
	var j job
	key := f.String("workload", "", "")
	name := f.String("contender", "", "")
	f.TextVar(&j.addr, "addr", netip.AddrPort{}, "")
	f.IntVar(&j.connections, "connections", 0, "")
	f.DurationVar(&j.span, "span", 0, "")
	profile := f.String("profile", "", "")
	if err := f.Parse(args); err != nil {
		return err
	}
	w := findWorkload(*key)
	if w == nil {
		return fmt.Errorf("no workload %q", *key)
	}
	for _, c := range w.contenders {
		if c.name == *name {
			stop, err := profileTo(*profile)
			if err != nil {
				return err
			}
			o, err := c.run(j)
			if err := errors.Join(err, stop()); err != nil {
				return err
			}
			return json.NewEncoder(os.Stdout).Encode(o)
		}
	}
	return fmt.Errorf("no contender %q in %s", *name, *key)
}

// profileTo profiles this process into a file, if there is a name for it.
func profileTo(name string) (stop func() error, err error) {
	if name == "" {
		return func() error { return nil }, nil
	}
	file, err := os.Create(name)
	if err != nil {
		return nil, fmt.Errorf("write a profile: %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, errors.Join(fmt.Errorf("start a profile: %w", err), file.Close())
	}
	return func() error { pprof.StopCPUProfile(); return file.Close() }, nil
}
