package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"pushbench/cmd/pushbench/probe"
	"pushbench/loadgen/wire"
	"pushbench/report"
	"pushbench/report/format"
)

// probeFlags are what the command line says beside the URL.
type probeFlags struct {
	header            []string
	idle              time.Duration
	insecure          bool
	authorities       string
	asJSON, markdown  bool
	quiet, colourless bool
}

func newProbe() *cobra.Command {
	var flags probeFlags
	cmd := &cobra.Command{
		Use: "probe URL|FILE", Short: "what the path to a server does to each transport, and what to change", Args: oneArgument("a URL or a target file"),
		Long: "Find out what the path to a server does to WebSocket, long-polling and server-sent events: whether an upgrade survives it, when it cuts\n" +
			"what is silent, whether it keeps connections, holds answers back, compresses or spreads them; and which setting of nginx, HAProxy,\n" +
			"Envoy, AWS ALB or Apache changes it. It opens fewer than twenty connections and takes little longer than --idle.\n" +
			"A URL of the reference server's protocol is recognised; any other server is described by a target file, or little can be tried.\n\n" +
			"Exit codes: 0 every transport that was tried works · 99 one does not work · 1 the server cannot be reached · 2 bad usage · 130 interrupted",
		Example: "  pushbench probe https://example.com/chat\n  pushbench probe http://127.0.0.1:8080 --idle 20s --json\n  pushbench probe ./chat.yaml",
		RunE: func(cmd *cobra.Command, args []string) error {
			found, err := flags.run(cmd, args[0])
			if err != nil {
				return err
			}
			if err := flags.print(cmd.OutOrStdout(), found); err != nil {
				return err
			}
			return judgePath(found)
		},
	}
	f := cmd.Flags()
	f.StringArrayVarP(&flags.header, "header", "H", nil, "`'Name: value'` to send with every request; values are never printed")
	f.DurationVar(&flags.idle, "idle", probe.DefaultIdle, "how long to wait for silent connections to be cut; the whole takes little longer")
	f.BoolVar(&flags.insecure, "insecure", false, "go on although the certificate is not valid")
	f.StringVar(&flags.authorities, "ca", "", "PEM `file` with further certificate authorities to trust")
	f.BoolVar(&flags.asJSON, "json", false, "print JSON")
	f.BoolVar(&flags.markdown, "markdown", false, "print Markdown")
	f.BoolVar(&flags.quiet, "quiet", false, "show no progress")
	f.BoolVar(&flags.colourless, "no-color", false, "no colours")
	return cmd
}

// oneArgument wants exactly one word after a verb.
func oneArgument(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usage(fmt.Errorf("%s wants %s, have %d arguments (see: %[1]s --help)", cmd.CommandPath(), what, len(args)))
		}
		return nil
	}
}

func (f *probeFlags) run(cmd *cobra.Command, url string) (*probe.Report, error) {
	options, err := f.options(url)
	if err != nil {
		return nil, usage(err)
	}
	watch := f.progress(cmd.ErrOrStderr())
	options.Progress = watch.checked
	p, err := probe.New(options)
	if err != nil {
		return nil, usage(err)
	}
	defer watch.close()
	return p.Run(cmd.Context())
}

func (f *probeFlags) options(word string) (o probe.Options, err error) {
	o = probe.Options{Idle: f.idle, Insecure: f.insecure, Tool: "pushbench-probe/" + tool().Version}
	server, err := inspect(word)
	if err != nil {
		return o, err
	}
	o.URL, o.Source, o.File = server.url, server.source, server.described
	if f.asJSON && f.markdown {
		return o, errors.New("--json and --markdown: want at most one of them")
	}
	if f.idle <= 0 {
		return o, fmt.Errorf("--idle %v: want more than 0s, such as 65s", f.idle)
	}
	for _, line := range f.header {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return o, errors.New("--header wants 'Name: value', and has no colon") // the value may be a secret
		}
		o.Header = append(o.Header, wire.Field{Name: strings.TrimSpace(name), Value: strings.TrimSpace(value)})
	}
	if f.authorities == "" {
		return o, nil
	}
	text, err := os.ReadFile(f.authorities)
	if err != nil {
		return o, fmt.Errorf("--ca: %w", err)
	}
	if o.Roots, err = x509.SystemCertPool(); err != nil {
		o.Roots = x509.NewCertPool()
	}
	if !o.Roots.AppendCertsFromPEM(text) {
		return o, fmt.Errorf("--ca %s: no certificate in PEM in it", f.authorities)
	}
	return o, nil
}

func (f *probeFlags) print(out io.Writer, found *probe.Report) error {
	switch {
	case f.asJSON:
		return probe.JSON(out, found)
	case f.markdown:
		return probe.Markdown(out, found)
	}
	style := styleOf(out)
	style.Color = style.Color && !f.colourless
	return probe.Text(out, found, style)
}

// judgePath is the error that decides the exit code.
func judgePath(found *probe.Report) error {
	broken := found.Broken()
	switch {
	case found.Interrupted:
		return &exitError{exitInterrupted, errors.New("interrupted; what was found is above")}
	case len(broken) > 0:
		return &exitError{exitThreshold, fmt.Errorf("over this path does not work: %s", strings.Join(words(broken), ", "))}
	}
	return nil
}

// progress shows how the probe goes on: on a terminal one line that is written over, in a pipe a line for each check that has ended.
func (f *probeFlags) progress(out io.Writer) *probeProgress {
	w := &probeProgress{out: out, began: time.Now(), running: map[string]bool{}, stop: make(chan struct{})}
	file, ok := out.(*os.File)
	switch {
	case f.quiet:
		w.out = io.Discard
	case ok && term.IsTerminal(int(file.Fd())):
		w.rewrites, w.style = true, report.StyleOf(file, os.Getenv)
		w.shown.Go(w.run)
	}
	return w
}

type probeProgress struct {
	out      io.Writer
	rewrites bool
	style    report.Style
	began    time.Time
	stop     chan struct{}
	shown    sync.WaitGroup

	mu      sync.Mutex
	running map[string]bool
}

func (w *probeProgress) checked(check string, done bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !done {
		w.running[check] = true
		return
	}
	delete(w.running, check)
	if !w.rewrites {
		fmt.Fprintf(w.out, "%6s  %s\n", time.Since(w.began).Round(100*time.Millisecond), check)
	}
}

// run writes the line anew four times a second.
func (w *probeProgress) run() {
	ticker := time.NewTicker(250 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			fmt.Fprintf(w.out, "\r\x1b[K%s", w.line())
		case <-w.stop:
			fmt.Fprint(w.out, "\r\x1b[K")
			return
		}
	}
}

func (w *probeProgress) line() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	checks := strings.Join(slices.Sorted(maps.Keys(w.running)), ", ")
	return format.Clip(fmt.Sprintf("%s  %s", time.Since(w.began).Round(time.Second), checks), w.style.Width-1)
}

func (w *probeProgress) close() {
	close(w.stop)
	w.shown.Wait()
}
