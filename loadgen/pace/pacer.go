package pace

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// Grain is the shortest time a pacer sleeps: items due less than a grain after a release are released
// together when the grain has passed. It bounds what any schedule costs (20,000 wakes a second) and
// the lateness that saving adds (one grain).
const Grain = 50 * time.Microsecond

// Bundle is how late an item of a dense schedule may leave on purpose: where at least dense items are due within a bundle's
// length, they leave together at its end. See the package documentation for what that saves.
const Bundle = 500 * time.Microsecond

// dense is above what 1,000 random arrivals a second bring within a Bundle: six there, once in ten thousand.
const dense = 6

// A Pacer releases the items of a schedule, each at its instant. It must not be copied.
type Pacer struct {
	// Start is the instant all others are relative to.
	Start time.Time
	// Count is the number of items.
	Count int
	// Due is when item i is due, from Start. It should not decrease: an item due before its
	// predecessor is released together with it.
	Due func(i int) time.Duration
	// Release is called for every item in order, one at a time, never before the item is due, on the
	// goroutine of Run or of whoever calls Help. The time is that of the call; released − (Start + Due(i)) is
	// the lag. It should hand the item over and return: the items behind it wait meanwhile (and show that in
	// their lag).
	Release func(i int, released time.Time)

	mu   sync.Mutex
	next int
	// nextWake is when the next items are to be released, in nanoseconds from Start: what Help looks at without the lock.
	nextWake atomic.Int64
	stopped  atomic.Bool
}

// Run releases all items and returns nil, or returns the context's error as soon as ctx is done; the items
// not released by then never are. It leaves no goroutine. Call it once.
func (p *Pacer) Run(ctx context.Context) error {
	w, err := NewWaker()
	if err != nil {
		return err
	}
	defer w.Close()
	return p.run(ctx, w)
}

func (p *Pacer) run(ctx context.Context, w *Waker) error {
	halt := p.stopOn(ctx, w)
	defer halt()
	for {
		p.mu.Lock()
		i := p.releaseDue()
		p.mu.Unlock()
		if p.stopped.Load() {
			return fmt.Errorf("pace: stopped after %d of %d releases: %w", i, p.Count, context.Cause(ctx))
		}
		if i == p.Count {
			return nil
		}
		if err := w.Until(notWithinGrain(p.Start.Add(time.Duration(p.nextWake.Load())))); err != nil {
			return err
		}
	}
}

// Help releases what is due at now, unless that is being done already. While the process is busy, a goroutine that
// waits for a timer is behind all that can run, and late by as much as they take; whoever is running at that
// moment and knows the time can do its work. With nothing due, Help costs one atomic load.
func (p *Pacer) Help(now time.Time) {
	if int64(now.Sub(p.Start)) < p.nextWake.Load() || !p.mu.TryLock() {
		return
	}
	p.releaseDue()
	p.mu.Unlock()
}

// releaseDue releases items until one is not due yet, and returns its index. The lock is held.
func (p *Pacer) releaseDue() int {
	for ; p.next < p.Count && !p.stopped.Load(); p.next++ {
		now, due := time.Now(), p.Due(p.next)
		if now.Before(p.Start.Add(due)) {
			p.nextWake.Store(int64(p.wake(p.next)))
			return p.next
		}
		p.Release(p.next, now)
	}
	p.nextWake.Store(math.MaxInt64)
	return p.next
}

// wake is when item i is to be released, from Start: when it is due, or at the end of its bundle. Items that are due at one instant need no bundle to
// leave together.
func (p *Pacer) wake(i int) time.Duration {
	due := p.Due(i)
	if last := i + dense - 1; last < p.Count {
		if within := p.Due(last) - due; 0 < within && within < Bundle {
			return due + Bundle
		}
	}
	return due
}

// notWithinGrain is t, or the end of the Grain that begins now if that is later.
func notWithinGrain(t time.Time) time.Time {
	if earliest := time.Now().Add(Grain); t.Before(earliest) {
		return earliest
	}
	return t
}

// stopOn stops the pacer and wakes w when ctx is done. After halt nothing of it is left running.
func (p *Pacer) stopOn(ctx context.Context, w *Waker) (halt func()) {
	if ctx.Err() != nil {
		p.stopped.Store(true)
	}
	ended := make(chan struct{})
	cancel := context.AfterFunc(ctx, func() {
		defer close(ended)
		p.stopped.Store(true)
		w.Set(time.Now())
	})
	return func() {
		if !cancel() {
			<-ended
		}
	}
}
