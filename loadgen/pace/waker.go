package pace

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// ErrClosed is returned by a Waker that was closed, before or during the wait. It wraps os.ErrClosed.
var ErrClosed = fmt.Errorf("pace: waker is closed: %w", os.ErrClosed)

// Name is the mechanism wakers use on this platform: "timerfd", or "time.Timer" where there is none.
func Name() string { return platform.name }

// Resolution is how late a wake typically is on an idle machine because of the mechanism alone: a guide for
// reports and for judging measured lateness, not a promise.
func Resolution() time.Duration { return platform.resolution }

// A mechanism is one way to sleep until an instant.
type mechanism struct {
	name       string
	resolution time.Duration
	open       func() (alarm, error)
}

// An alarm wakes one parked goroutine. arm may be called from any goroutine, but not after close.
type alarm interface {
	// park calls arm when an expiry can no longer be missed, then blocks until an expiry.
	// It may return too early; it returns an error only after close.
	park(arm func()) error
	// arm replaces the instant the alarm is set to; one in the past expires at once.
	arm(t time.Time)
	close() error
}

// A Waker waits until given instants. One goroutine, the owner, calls Until and Wait; any goroutine may
// call Set and Close meanwhile. Make one with [NewWaker] and Close it after use: it holds a file descriptor.
type Waker struct {
	alarm alarm
	armFn func() // w.armNext, made once so that waiting does not allocate

	mu     sync.Mutex
	next   time.Time // when the owner shall wake; zero means never
	parked bool      // the owner sleeps, so the alarm must follow every change of next
	closed bool
}

// NewWaker returns a Waker that uses the mechanism [Name] tells.
func NewWaker() (*Waker, error) { return newWaker(platform) }

func newWaker(m mechanism) (*Waker, error) {
	a, err := m.open()
	if err != nil {
		return nil, err
	}
	w := &Waker{alarm: a}
	w.armFn = w.armNext
	return w, nil
}

// Until waits until t, or until an earlier instant given to Set since the last wait ended. It never
// returns nil early. An instant that has passed returns at once, without a system call. After Close it
// returns [ErrClosed].
//
// A Set that comes just before Until is not lost: the owner may look at its queue, find t the next
// instant due, and call Until, while another goroutine queues something earlier and calls Set.
func (w *Waker) Until(t time.Time) error {
	w.mu.Lock()
	w.lower(t)
	return w.sleep()
}

// Wait is Until without an instant of the owner's own: it waits for one given to Set.
func (w *Waker) Wait() error {
	w.mu.Lock()
	return w.sleep()
}

// Set makes the owner wake at t if it would sleep longer; a later t than the one it waits for changes
// nothing. An instant in the past wakes the owner at once. Set does not allocate, and makes a system
// call only if the owner sleeps and has to wake earlier.
func (w *Waker) Set(t time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.lower(t) && w.parked && !w.closed {
		w.alarm.arm(t)
	}
}

// Close ends a wait under way and every later one with [ErrClosed]. It may be called more than once.
func (w *Waker) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil
	}
	w.closed = true
	return w.alarm.close()
}

// lower moves next to t if that is earlier, and reports whether it did. The caller holds w.mu.
func (w *Waker) lower(t time.Time) bool {
	if t.IsZero() {
		t = time.Unix(0, 0) // the zero Time has passed too, but as next it would mean never
	}
	if !w.next.IsZero() && !t.Before(w.next) {
		return false
	}
	w.next = t
	return true
}

// sleep waits until w.next and forgets it. The caller holds w.mu; sleep releases it.
func (w *Waker) sleep() error {
	defer w.mu.Unlock()
	for {
		if w.closed {
			return ErrClosed
		}
		if !w.next.IsZero() && !time.Now().Before(w.next) {
			w.next = time.Time{}
			return nil
		}
		w.mu.Unlock()
		err := w.alarm.park(w.armFn)
		w.mu.Lock()
		w.parked = false
		if err != nil && !w.closed {
			return errors.Join(errors.New("pace: the timer failed; this wait may have ended early"), err)
		}
	}
}

// armNext is called by the alarm when the owner is about to park: from here on Set must reach the alarm.
func (w *Waker) armNext() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.parked = true
	if !w.next.IsZero() && !w.closed {
		w.alarm.arm(w.next)
	}
}
