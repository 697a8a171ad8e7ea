package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"pushbench/loadgen"
	"pushbench/report/format"
	"pushbench/results"
	"pushbench/scenarios"
)

// display shows how a run goes on. It is called by one goroutine.
type display interface {
	roundStarts(order int, s step)
	progress(p loadgen.Progress)
	roundEnds(order int, s step, r *results.RoundData)
	close()
}

// display chooses how to show progress: bars on a terminal, a line for each round in a pipe, nothing when told to be quiet.
func (o *output) display(e *experiment) display {
	out := o.cmd.ErrOrStderr()
	switch file, ok := out.(*os.File); {
	case o.flags.quiet:
		return silent{}
	case ok && term.IsTerminal(int(file.Fd())):
		return newBars(file, e)
	}
	return &lines{out: out, rounds: e.rounds, began: time.Now()}
}

type silent struct{}

func (silent) roundStarts(int, step)                   {}
func (silent) progress(loadgen.Progress)               {}
func (silent) roundEnds(int, step, *results.RoundData) {}
func (silent) close()                                  {}

// lines writes one line for each finished round.
type lines struct {
	out    io.Writer
	rounds func() int
	began  time.Time
}

func (l *lines) roundStarts(int, step)     {}
func (l *lines) progress(loadgen.Progress) {}
func (l *lines) close()                    {}

func (l *lines) roundEnds(order int, s step, r *results.RoundData) {
	fmt.Fprintf(l.out, "%3d/%d %6s  %-28s round %d  %s\n",
		order+1, l.rounds(), time.Since(l.began).Round(100*time.Millisecond), s.cell.arm, s.index+1, roundSummary(r))
}

// roundSummary is one round in words.
func roundSummary(r *results.RoundData) string {
	m := r.Round.Measured
	words := []string{"nothing delivered"}
	if l := m.Latency; l != nil {
		words = []string{
			"p50 " + format.Nanoseconds(float64(l.P50)), "p99 " + format.Nanoseconds(float64(l.P99)),
			fmt.Sprintf("%d of %d delivered", m.Delivery.Delivered, m.Delivery.Expected),
		}
	}
	if r.Round.Verdict != results.Valid {
		words = append(words, "INVALID")
	}
	return strings.Join(words, "  ")
}

// bars show the whole run as a bar, and a line for each transport with its latest p99.
type bars struct {
	progress_ *mpb.Progress
	total     *mpb.Bar
	began     time.Time
	expected  time.Duration
	rounds    func() int

	mu     sync.Mutex
	status string
	live   map[scenarios.Transport]string
	now    scenarios.Transport
}

func newBars(out io.Writer, e *experiment) *bars {
	b := &bars{
		progress_: mpb.New(mpb.WithOutput(out), mpb.WithRefreshRate(200*time.Millisecond), mpb.WithWidth(100)),
		began:     time.Now(), expected: e.expected(), rounds: e.rounds, live: map[scenarios.Transport]string{},
	}
	b.total = b.progress_.New(int64(len(e.steps))*perMille, mpb.BarStyle().Rbound("│").Lbound("│").Filler("█").Tip("█").Padding("░"),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return b.times() })))
	b.line(func() string { return b.status })
	for _, t := range scenarios.Transports {
		if e.has(t) {
			b.line(func() string { return fmt.Sprintf("  %-18s %s", t, b.live[t]) })
		}
	}
	return b
}

// perMille is how finely a round moves the bar.
const perMille = 1000

// line adds a line of text.
func (b *bars) line(text func() string) {
	b.progress_.New(0, mpb.NopStyle(), mpb.PrependDecorators(decor.Any(func(decor.Statistics) string {
		b.mu.Lock()
		defer b.mu.Unlock()
		return text()
	})))
}

// times says how long the run has taken and how long it will.
func (b *bars) times() string {
	elapsed := time.Since(b.began)
	return fmt.Sprintf(" %s elapsed, about %s left", elapsed.Round(time.Second), max(0, b.expected-elapsed).Round(time.Second))
}

func (b *bars) roundStarts(order int, s step) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = s.cell.arm.Transport
	b.status = fmt.Sprintf("round %d of %d: %s", order+1, b.rounds(), s.cell.arm)
	b.total.SetTotal(int64(b.rounds())*perMille, false)
	b.total.SetCurrent(int64(order) * perMille)
}

func (b *bars) progress(p loadgen.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case p.P99 > 0:
		b.live[b.now] = fmt.Sprintf("%-7s %8s left   p99 %9s   %d delivered", p.Phase, max(0, p.Remaining).Round(100*time.Millisecond), format.Nanoseconds(float64(p.P99)), p.Delivered)
	default:
		b.live[b.now] = fmt.Sprintf("%-7s %d of %d clients connected", p.Phase, p.Connected, p.Clients)
	}
}

func (b *bars) roundEnds(order int, _ step, r *results.RoundData) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.live[b.now] = roundSummary(r)
	b.total.SetCurrent(int64(order+1) * perMille)
}

func (b *bars) close() {
	b.total.Abort(false)
	b.progress_.Shutdown()
}

// has says whether any arm uses the transport.
func (e *experiment) has(t scenarios.Transport) bool {
	for _, c := range e.cells {
		if c.arm.Transport == t {
			return true
		}
	}
	return false
}
