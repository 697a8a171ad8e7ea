package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"pushbench/cmd/pushbench/observe"
	"pushbench/loadgen"
	"pushbench/loadgen/target"
	"pushbench/report/chart"
	"pushbench/report/format"
	"pushbench/scenarios"
)

// observeFlags are what the command line says.
type observeFlags struct {
	target, key, chart string
	transports, topics []string
	duration, wait     time.Duration
	interval           time.Duration
	asJSON, quiet      bool

	// server is the target, once it was read.
	server inspected
}

func newObserve() *cobra.Command {
	var flags observeFlags
	cmd := &cobra.Command{
		Use: "observe --target URL|FILE --key KEY [--topics LIST]", Short: "two transports of a live server side by side, where nobody may publish", Args: noArguments,
		Long: "Subscribe to live topics over two transports at once, pair the messages that both bring by something they say of themselves, and tell\n" +
			"how much later each arrived, which came first, what only one of them brought, and what it took. Nothing is published.\n" +
			"A difference of two arrivals needs no publisher's clock; absolute latency does, and is not known.\n" +
			"A URL is one of the reference server's protocol; any other server is described by a target file, whose split says how an answer carries\n" +
			"several messages: without one a frame, an event or the body of an answer is one.\n\n" +
			"Exit codes: 0 fine · 98 no message came over both · 1 a session could not be opened · 2 bad usage · 130 interrupted (what was observed is printed)",
		Example: "  pushbench observe --target http://127.0.0.1:8080 --topics news --key json:/id\n" +
			"  pushbench observe --target chat.yaml --topics lobby,news --key 'match:\"id\":\"([^\"]+)\"' -d 10m --chart lobby.svg",
		RunE: func(cmd *cobra.Command, _ []string) error { return flags.run(cmd) },
	}
	f := cmd.Flags()
	givenVar(f, &flags.target, "target", "the server: a `URL` or a target file")
	f.StringVar(&flags.key, "key", "", "what identifies a message: "+observe.KeyForms)
	f.StringSliceVar(&flags.transports, "transport", []string{string(scenarios.WebSocket), string(scenarios.LongPoll)}, "two `transports`; differences are the second's arrival less the first's")
	f.StringSliceVar(&flags.topics, "topics", nil, "`topics` to subscribe to, each over both transports; none for a file without {topic}")
	f.DurationVarP(&flags.duration, "duration", "d", time.Minute, "how long messages count; 0 is until Ctrl-C")
	f.DurationVar(&flags.wait, "wait", observe.DefaultWait, "how long a message's partner is awaited before it counts as lost")
	f.DurationVar(&flags.interval, "interval", time.Second, "pause between short polls")
	f.StringVar(&flags.chart, "chart", "", "draw how much later each arrived: a `file` ending in .svg or .png; both are written")
	f.BoolVar(&flags.asJSON, "json", false, "print JSON")
	f.BoolVar(&flags.quiet, "quiet", false, "show no progress")
	return cmd
}

func (f *observeFlags) run(cmd *cobra.Command) error {
	options, err := f.options()
	if err == nil {
		f.server, err = inspect(f.target)
	}
	if err == nil && len(f.topics) == 0 {
		options.Topics, err = f.server.onlyTopic()
	}
	if err != nil {
		return usage(err)
	}
	options.Clean = f.server.clean
	targets, err := f.open(&options)
	if err != nil {
		return usage(err)
	}
	defer func() {
		for _, t := range targets {
			_ = t.Close()
		}
	}()
	watch := f.progress(cmd.ErrOrStderr(), options)
	options.Progress = watch.show
	found, err := observe.Run(cmd.Context(), options)
	watch.close()
	if err != nil {
		return err
	}
	found.Tool, found.Target = toolVersion(), f.shown()
	return f.finish(cmd, found)
}

// finish prints and draws what was observed, and returns the error that decides the exit code.
func (f *observeFlags) finish(cmd *cobra.Command, found *observe.Report) error {
	out := cmd.OutOrStdout()
	write := func() error { return observe.Text(out, found, styleOf(out).Width) }
	if f.asJSON {
		write = func() error { return observe.JSON(out, found) }
	}
	if err := errors.Join(write(), f.draw(found)); err != nil {
		return err
	}
	switch {
	case found.Interrupted:
		return &exitError{exitInterrupted, errors.New("interrupted; what was observed is above")}
	case found.Pairs == 0:
		return &exitError{exitInconclusive, errors.New("no message came over both transports")}
	}
	return nil
}

// draw writes the chart, in both formats.
func (f *observeFlags) draw(found *observe.Report) error {
	if f.chart == "" {
		return nil
	}
	var arrivals []chart.Arrival
	for i, s := range found.Sides {
		arrivals = append(arrivals, chart.Arrival{Transport: s.Transport, Lateness: found.Lateness(i)})
	}
	subtitle := fmt.Sprintf("%s · %s pairs in %s", found.Target, format.Grouped(found.Pairs), format.Setting(time.Duration(found.Seconds*float64(time.Second)).Round(time.Second)))
	_, err := chart.WriteArrivals(strings.TrimSuffix(f.chart, filepath.Ext(f.chart)), subtitle, arrivals)
	return err
}

// options checks what needs no server.
func (f *observeFlags) options() (o observe.Options, err error) {
	o.Topics, o.Duration, o.Wait = f.topics, f.duration, f.wait
	switch extension := filepath.Ext(f.chart); {
	case f.target == "":
		return o, errors.New("--target: want a URL or a target file")
	case f.duration < 0 || f.wait <= 0 || f.interval <= 0:
		return o, errors.New("--duration, --wait, --interval: want more than 0s (a --duration of 0s is until Ctrl-C)")
	case f.chart != "" && extension != ".svg" && extension != ".png":
		return o, fmt.Errorf("--chart %s: want a name ending in .svg or .png", f.chart)
	case len(f.transports) != observe.Sides || f.transports[0] == f.transports[1]:
		return o, fmt.Errorf("--transport %s: want two different ones of %s", strings.Join(f.transports, ","), strings.Join(words(scenarios.Transports), ", "))
	}
	if o.Key, err = observe.ParseKey(f.key); err != nil {
		return o, fmt.Errorf("--key: %w", err)
	}
	for i, name := range f.transports {
		t := choice{allowed: words(scenarios.Transports)}
		if err := t.Set(name); err != nil {
			return o, fmt.Errorf("--transport: %w", err)
		}
		o.Sides[i].Transport = scenarios.Transport(name)
	}
	return o, nil
}

// open makes the target of each side.
func (f *observeFlags) open(o *observe.Options) (all []io.Closer, err error) {
	for i := range o.Sides {
		side := &o.Sides[i]
		t, err := target.Live(f.plan(side.Transport, len(o.Topics)))
		if err != nil {
			return all, fmt.Errorf("--target: %w", err)
		}
		side.Target, all = t, append(all, t)
	}
	return all, nil
}

// plan is a client for each topic, over one transport, with the header fields of a browser.
func (f *observeFlags) plan(t scenarios.Transport, topics int) loadgen.Plan {
	s := scenarios.Default()
	s.Clients, s.ShortPoll.Interval = topics, f.interval
	s.ShortPoll.Schedule = scenarios.PollSleep
	return loadgen.Plan{Transport: t, Client: loadgen.Lean, Scenario: s, Server: f.server.info()}
}

// shown is the target without what may be secret in it.
func (f *observeFlags) shown() string {
	if f.server.described != nil {
		return f.server.described.Name
	}
	return f.target
}

// progress shows how it goes on: on a terminal one line that is written over, in a pipe a line every ten seconds.
func (f *observeFlags) progress(out io.Writer, o observe.Options) *observeProgress {
	w := &observeProgress{out: out, every: 10 * time.Second, last: -9 * time.Second, duration: o.Duration} // the first line comes after a second
	file, ok := out.(*os.File)
	switch {
	case f.quiet:
		w.out = io.Discard
	case ok && term.IsTerminal(int(file.Fd())):
		w.every, w.begin = 0, "\r\x1b[K"
	}
	return w
}

// observeProgress is told by one goroutine.
type observeProgress struct {
	out      io.Writer
	begin    string
	every    time.Duration
	duration time.Duration
	last     time.Duration
}

func (w *observeProgress) show(p observe.Progress) {
	if p.Elapsed-w.last < w.every {
		return
	}
	w.last = p.Elapsed
	left := ""
	switch {
	case p.Ending:
		left = ", awaiting what is still on its way"
	case w.duration > 0:
		left = fmt.Sprintf(" of %s", w.duration)
	}
	end := ""
	if w.begin == "" {
		end = "\n"
	}
	fmt.Fprintf(w.out, "%s%s%s: %d and %d messages, %d pairs, %d awaited%s", w.begin, p.Elapsed.Round(time.Second), left, p.Received[0], p.Received[1], p.Pairs, p.Pending, end)
}

func (w *observeProgress) close() { fmt.Fprint(w.out, w.begin) }
