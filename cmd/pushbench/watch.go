package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"pushbench/loadgen"
	"pushbench/report/finding"
	"pushbench/report/format"
	"pushbench/report/html"
	"pushbench/report/recorded"
	"pushbench/report/review"
	"pushbench/results"
)

// watchFlags are where the report of a run that goes on can be looked at.
type watchFlags struct {
	addr    string
	exposed bool
}

func (f *watchFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.addr, "ui", "", "serve the report of what has been measured so far at an `address`, such as 127.0.0.1:5665")
	flags.BoolVar(&f.exposed, "ui-exposed", false, "let --ui take an address that others can reach")
}

// check refuses an address that others can reach unless that was asked for.
func (f watchFlags) check() error {
	if f.addr == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(f.addr)
	if err != nil {
		return usage(fmt.Errorf("--ui %s: %w; give an address such as 127.0.0.1:5665", f.addr, err))
	}
	ip, err := netip.ParseAddr(host)
	if local := host == "localhost" || err == nil && ip.IsLoopback(); !local && !f.exposed {
		return usage(fmt.Errorf("--ui %s: others can reach that address, and the page shows the command and the machine; use 127.0.0.1, or say --ui-exposed", f.addr))
	}
	return nil
}

// watcher serves the report of what a run has measured so far. It is a display: everything it is told comes from the goroutine that runs the rounds, and
// rendering happens there, between rounds, so that it never runs beside a measurement. While a round is measured it answers with a few bytes of JSON.
type watcher struct {
	server   *http.Server
	served   chan error // of the goroutine that serves
	shell    []byte
	report   func() ([]byte, error)        // of what there is
	left     func(order int) time.Duration // from a round on
	rounds   func() int                    // as far as is known
	rendered time.Duration                 // what the last report took
	since    time.Time                     // when it was made

	mu     sync.Mutex
	state  html.Live
	page   []byte
	looked time.Time     // when somebody last asked how it goes on
	seen   chan struct{} // closed when somebody has fetched what there is at the end
}

// watchShare bounds rendering to a share of the run: a report is made anew when that many times what the last one took has gone by.
const watchShare = 20

// displays is how a run is shown: on the terminal and, where the flags say so, on a page.
func (o *output) displays(e *experiment) (display, error) {
	f := o.flags.watch
	if f.addr == "" {
		return o.display(e), nil
	}
	w := &watcher{report: func() ([]byte, error) { return reportOf(e.assemble()) }, left: e.left, rounds: e.rounds}
	w.state.Rounds = w.rounds()
	if err := w.listen(f, cmp.Or(e.label, e.scenarios[0].Name)); err != nil {
		return nil, err
	}
	fmt.Fprintf(o.cmd.ErrOrStderr(), "ui: http://%s/\n", w.server.Addr)
	return both{o.display(e), w}, nil
}

// left is how long the rounds from one on will take, roughly.
func (e *experiment) left(order int) (sum time.Duration) {
	for _, s := range e.steps[order:] {
		sum += s.expected()
	}
	return sum
}

// listen begins to serve; close ends it.
func (w *watcher) listen(f watchFlags, title string) error {
	var shell bytes.Buffer
	if err := html.LivePage(&shell, title); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", f.addr)
	if err != nil {
		return fmt.Errorf("--ui: %w", err)
	}
	addr := listener.Addr().String()
	w.shell, w.served, w.seen = shell.Bytes(), make(chan error, 1), make(chan struct{})
	w.server = &http.Server{Addr: addr, Handler: w.handler(addr, f.exposed), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	go func() { w.served <- w.server.Serve(listener) }()
	return nil
}

// handler serves the page, how it goes on, and the report. A request by another name comes from a page elsewhere that got its name to point here.
func (w *watcher) handler(addr string, exposed bool) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Security-Policy", html.LivePolicy)
		send(rw, "text/html; charset=utf-8", w.shell)
	})
	mux.HandleFunc("GET /progress", w.serveProgress)
	mux.HandleFunc("GET /report", w.serveReport)
	_, port, _ := net.SplitHostPort(addr)
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if own := r.Host == addr || r.Host == "localhost:"+port; !own && !exposed {
			http.Error(rw, "ask for http://"+addr+"/", http.StatusForbidden)
			return
		}
		mux.ServeHTTP(rw, r)
	})
}

func send(rw http.ResponseWriter, kind string, body []byte) {
	h := rw.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = rw.Write(body) // a reader that went away needs no answer
}

func (w *watcher) serveProgress(rw http.ResponseWriter, _ *http.Request) {
	w.mu.Lock()
	w.looked = time.Now()
	body, err := json.Marshal(w.state)
	w.mu.Unlock()
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	send(rw, "application/json", body)
}

func (w *watcher) serveReport(rw http.ResponseWriter, _ *http.Request) {
	w.mu.Lock()
	page, ended := w.page, w.state.Ended
	w.mu.Unlock()
	if page == nil {
		http.Error(rw, "no round has ended yet", http.StatusNotFound)
		return
	}
	rw.Header().Set("Content-Security-Policy", "frame-ancestors 'self'") // besides the page's own
	send(rw, "text/html; charset=utf-8", page)
	if ended {
		w.mu.Lock()
		defer w.mu.Unlock()
		select {
		case <-w.seen:
		default:
			close(w.seen)
		}
	}
}

func (w *watcher) roundStarts(order int, s step) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.state.Round, w.state.Rounds, w.state.Arm, w.state.Phase, w.state.Detail = order+1, w.rounds(), s.cell.arm.String(), "", ""
	w.reached(order, 0)
}

// reached sets how much of the run is left when so much of a round has gone by.
func (w *watcher) reached(order int, elapsed time.Duration) {
	all, left := w.left(0).Seconds(), max(w.left(order)-elapsed, w.left(min(order+1, w.state.Rounds))).Seconds()
	w.state.LeftSeconds = left
	if all > 0 {
		w.state.Share = 1 - left/all
	}
}

func (w *watcher) progress(p loadgen.Progress) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reached(w.state.Round-1, p.Elapsed)
	w.state.Phase, w.state.Detail = p.Phase, fmt.Sprintf("%d of %d clients connected", p.Connected, p.Clients)
	if p.P99 > 0 {
		w.state.Detail = fmt.Sprintf("p99 %s, %s delivered", format.Nanoseconds(float64(p.P99)), format.Grouped(p.Delivered))
	}
}

func (w *watcher) roundEnds(order int, _ step, _ *results.RoundData) {
	w.mu.Lock()
	w.reached(order+1, 0)
	w.mu.Unlock()
	if time.Since(w.since) >= watchShare*w.rendered {
		w.render()
	}
}

// render makes the report of what there is. One that cannot be made leaves the last one standing: the run's own report tells of the error.
func (w *watcher) render() {
	began := time.Now()
	page, err := w.report()
	w.since = time.Now()
	w.rendered = w.since.Sub(began)
	if err != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.page = page
	w.state.Version++
}

func reportOf(measured outcome, err error) ([]byte, error) {
	if err != nil || len(measured.run.Cells) == 0 {
		return nil, cmp.Or(err, errors.New("nothing was measured"))
	}
	said, err := review.Of(measured.run, recorded.New(measured.histograms))
	if err != nil {
		return nil, err
	}
	said.Answer(finding.Of(measured.run))
	var b bytes.Buffer
	err = html.Run(&b, measured.run, said)
	return b.Bytes(), err
}

// lastLook is how long a browser that looks on has to fetch the end.
const lastLook = 3 * time.Second

// close shows the end to whoever looks on, and ends the server.
func (w *watcher) close() {
	w.render()
	w.mu.Lock()
	w.state.Ended = true
	watched := time.Since(w.looked) < lastLook
	w.mu.Unlock()
	if watched {
		select {
		case <-w.seen:
		case <-time.After(lastLook):
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), lastLook)
	defer cancel()
	if err := w.server.Shutdown(ctx); err != nil {
		_ = w.server.Close()
	}
	<-w.served
}

// both shows a run in two ways.
type both struct{ first, second display }

func (b both) roundStarts(order int, s step) {
	b.first.roundStarts(order, s)
	b.second.roundStarts(order, s)
}

func (b both) progress(p loadgen.Progress) {
	b.first.progress(p)
	b.second.progress(p)
}

func (b both) roundEnds(order int, s step, r *results.RoundData) {
	b.first.roundEnds(order, s, r)
	b.second.roundEnds(order, s, r)
}

func (b both) close() {
	b.first.close()
	b.second.close()
}
