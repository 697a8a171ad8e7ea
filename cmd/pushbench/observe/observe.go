package observe

import (
	"context"
	"fmt"
	"sync"
	"time"

	"pushbench/loadgen"
	"pushbench/scenarios"
)

// Defaults of Options.
const (
	// DefaultWait is how long a message's partner is awaited.
	DefaultWait = 10 * time.Second
	// reopenAfter is how long after its end a session is opened again, and openTimeout how long that may take.
	reopenAfter = time.Second
	openTimeout = 30 * time.Second
)

// Options say what to observe. Sides, Topics and Key are required.
type Options struct {
	Sides  [Sides]SideOptions
	Topics []string
	Key    Key
	// Duration is how long messages count; 0 is until the context is done.
	Duration time.Duration
	// Wait is how long a message's partner is awaited, and Limit how many messages are remembered; 0 means the defaults.
	Wait  time.Duration
	Limit int
	// Progress is told now and then how many pairs there are; nil for nobody.
	Progress func(Progress)
	// Clean takes secrets out of errors; nil leaves them as they are.
	Clean func(string) string
}

// SideOptions is a transport and the server it goes to.
type SideOptions struct {
	Transport scenarios.Transport
	Target    loadgen.Target
}

// Progress is how far an observation is.
type Progress struct {
	Elapsed  time.Duration
	Received [Sides]int64
	Pairs    int64
	Pending  int
	Ending   bool
}

// observation is one under way.
type observation struct {
	options  Options
	pairer   *pairer
	arrivals chan []arrival
	sessions [Sides][]*session
}

// Run observes. Its error is that a session could not be opened at the beginning; sessions that end later are opened again, and counted.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Wait == 0 {
		o.Wait = DefaultWait
	}
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	if o.Clean == nil {
		o.Clean = func(s string) string { return s }
	}
	b := &observation{options: o, pairer: newPairer(o.Wait, o.Limit), arrivals: make(chan []arrival, 256)}
	defer b.close()
	if err := b.open(ctx); err != nil {
		return nil, err
	}
	began := time.Now()
	running, stop := context.WithCancel(ctx)
	var receiving sync.WaitGroup
	for _, s := range b.all() {
		receiving.Go(func() { s.run(running, b) })
	}
	interrupted := b.collect(ctx, began)
	took := time.Since(began)
	stop()
	b.close()
	b.drop(&receiving)
	b.pairer.finish(time.Now())
	return b.report(began, took, interrupted), nil
}

// open opens every session.
func (b *observation) open(ctx context.Context) error {
	for side, so := range b.options.Sides {
		for i, topic := range b.options.Topics {
			s := &session{side: side, topic: i, spec: loadgen.ClientSpec{ID: i, Transport: so.Transport, Topic: topic}, target: so.Target, key: b.options.Key}
			if err := s.open(ctx); err != nil {
				return fmt.Errorf("open %s for topic %q: %s", so.Transport, topic, b.options.Clean(err.Error()))
			}
			b.sessions[side] = append(b.sessions[side], s)
		}
	}
	return nil
}

func (b *observation) all() (all []*session) {
	for _, side := range b.sessions {
		all = append(all, side...)
	}
	return all
}

func (b *observation) close() {
	for _, s := range b.all() {
		s.close()
	}
}

// drop takes what sessions still hand over until all have ended.
func (b *observation) drop(receiving *sync.WaitGroup) {
	ended := make(chan struct{})
	go func() {
		receiving.Wait()
		close(ended)
	}()
	for {
		select {
		case <-b.arrivals:
		case <-ended:
			return
		}
	}
}

// collect pairs what arrives: first until the duration is over, then until nothing is awaited any more. It says whether it was interrupted.
func (b *observation) collect(ctx context.Context, began time.Time) (interrupted bool) {
	var over <-chan time.Time
	if b.options.Duration > 0 {
		over = time.After(b.options.Duration)
	}
	if b.until(ctx, over, began, func() bool { return false }) {
		return true
	}
	b.pairer.end()
	return b.until(ctx, time.After(b.options.Wait+reopenAfter), began, func() bool { return b.pairer.pending() == 0 })
}

// until pairs what arrives until over, or until enough; true if the context was done before.
func (b *observation) until(ctx context.Context, over <-chan time.Time, began time.Time, enough func() bool) (interrupted bool) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for !enough() {
		select {
		case batch := <-b.arrivals:
			b.take(batch)
		case now := <-tick.C:
			b.pairer.expire(now)
			b.progress(time.Since(began))
		case <-over:
			return false
		case <-ctx.Done():
			return true
		}
	}
	return false
}

func (b *observation) take(batch []arrival) {
	for _, a := range batch {
		if a.unkeyed {
			b.pairer.unkeyed(a.side)
			continue
		}
		b.pairer.arrive(a)
	}
}

func (b *observation) progress(elapsed time.Duration) {
	if b.options.Progress == nil {
		return
	}
	p := Progress{Elapsed: elapsed, Pairs: b.pairer.recorded.count(), Pending: b.pairer.pending(), Ending: b.pairer.ending}
	for side := range Sides {
		p.Received[side] = b.pairer.counts[side].Received
	}
	b.options.Progress(p)
}
