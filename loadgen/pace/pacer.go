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
// together when the grain has passed. It bounds what a dense schedule costs (20,000 wakes a second) and
// the lateness that saving adds (one grain).
const Grain = 50 * time.Microsecond

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
	// nextDue is when the next item is due, in nanoseconds from Start: what Help looks at without the lock.
	nextDue atomic.Int64
	stopped atomic.Bool
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
		if err := w.Until(wakeAt(time.Now(), p.Start.Add(p.Due(i)))); err != nil {
			return err
		}
	}
}

// Help releases what is due at now, unless that is being done already. While the process is busy, a goroutine that
// waits for a timer is behind all that can run, and late by as much as they take; whoever is running at that
// moment and knows the time can do its work. With nothing due, Help costs one atomic load.
func (p *Pacer) Help(now time.Time) {
	if int64(now.Sub(p.Start)) < p.nextDue.Load() || !p.mu.TryLock() {
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
			p.nextDue.Store(int64(due))
			return p.next
		}
		p.Release(p.next, now)
	}
	p.nextDue.Store(math.MaxInt64)
	return p.next
}

// wakeAt is the instant to sleep to when the next item is due then: not less than a Grain away.
func wakeAt(now, due time.Time) time.Time {
	if earliest := now.Add(Grain); due.Before(earliest) {
		return earliest
	}
	return due
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
