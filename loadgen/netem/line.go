package netem

import (
	"container/heap"
	"context"
	"net"
	"sync"
	"time"

	"pushbench/loadgen/pace"
)

// A line is the delay line: it calls the handlers of events at their instants, from one goroutine. Instants
// are durations since the line was made, which compare faster than time.Time and stay monotonic.
type line struct {
	base     time.Time
	waker    *pace.Waker
	stopped  chan struct{} // closed when the goroutine has ended
	lateness lateness

	mu     sync.Mutex
	events eventHeap
}

// An event is something a line shall do. Its owner embeds it and sets handle once; the rest is the line's.
type event struct {
	// handle does what is due and returns the instant of what is left, if any. It may be called when
	// nothing is due.
	handle func() (next time.Duration, more bool)
	due    time.Duration
	place  int // index in the heap + 1; 0 when not in it
}

func newLine() (*line, error) {
	waker, err := pace.NewWaker()
	if err != nil {
		return nil, err
	}
	l := &line{base: time.Now(), waker: waker, stopped: make(chan struct{})}
	go l.run()
	return l, nil
}

func (l *line) now() time.Duration { return time.Since(l.base) }

// stop ends the line and waits for its goroutine. Events left are never handled.
func (l *line) stop() {
	l.waker.Close()
	<-l.stopped
}

// schedule makes e be handled at due or before: an event that is scheduled already only ever moves earlier.
// It does not allocate once the heap has grown.
func (l *line) schedule(e *event, due time.Duration) {
	if l.place(e, due) {
		l.waker.Set(l.base.Add(due))
	}
}

// place puts e into the heap and reports whether it is now the first.
func (l *line) place(e *event, due time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case e.place == 0:
		e.due = due
		heap.Push(&l.events, e)
	case due < e.due:
		e.due = due
		heap.Fix(&l.events, e.place-1)
	default:
		return false
	}
	return e.place == 1
}

func (l *line) run() {
	defer close(l.stopped)
	var due []*event
	for {
		due = l.takeDue(due[:0])
		for _, e := range due {
			if next, more := e.handle(); more {
				l.place(e, next)
			}
		}
		if l.sleep(len(due) > 0) != nil {
			return
		}
	}
}

// takeDue moves the events that are due from the heap to dst.
func (l *line) takeDue(dst []*event) []*event {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for len(l.events) > 0 && l.events[0].due <= now {
		dst = append(dst, heap.Pop(&l.events).(*event))
	}
	return dst
}

// sleep waits for the next event. After work it sleeps a pace.Grain at least, so that a dense stream of events
// is handled in batches instead of one wake each.
func (l *line) sleep(worked bool) error {
	l.mu.Lock()
	if len(l.events) == 0 {
		l.mu.Unlock()
		return l.waker.Wait()
	}
	next := l.events[0].due
	l.mu.Unlock()
	if worked {
		next = max(next, l.now()+pace.Grain)
	}
	return l.waker.Until(l.base.Add(next))
}

// pause sleeps until the given instant, or until ctx is done.
func (l *line) pause(ctx context.Context, until time.Duration) error {
	done := make(chan struct{}, 1)
	e := &event{handle: func() (time.Duration, bool) {
		done <- struct{}{}
		return 0, false
	}}
	l.schedule(e, until)
	select {
	case <-done:
		return ctx.Err()
	case <-l.stopped:
		return net.ErrClosed
	case <-ctx.Done():
		return ctx.Err() // the event stays until due; nobody waits for it
	}
}

// eventHeap implements heap.Interface, earliest first.
type eventHeap []*event

func (h eventHeap) Len() int           { return len(h) }
func (h eventHeap) Less(i, j int) bool { return h[i].due < h[j].due }

func (h eventHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i+1, j+1
}

func (h *eventHeap) Push(x any) {
	e := x.(*event)
	*h = append(*h, e)
	e.place = len(*h)
}

func (h *eventHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	e.place = 0
	return e
}
