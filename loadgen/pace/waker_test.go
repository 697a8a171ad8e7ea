package pace

import (
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// mechanisms are all that this platform has; every test of a Waker runs with each.
func mechanisms() []mechanism {
	if platform.name == goTimer.name {
		return []mechanism{goTimer}
	}
	return []mechanism{platform, goTimer}
}

func withWaker(t *testing.T, test func(t *testing.T, w *Waker)) {
	for _, m := range mechanisms() {
		t.Run(m.name, func(t *testing.T) {
			w, err := newWaker(m)
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			test(t, w)
		})
	}
}

func TestUntilIsNeverEarly(t *testing.T) {
	withWaker(t, func(t *testing.T, w *Waker) {
		for d := time.Microsecond; d < 20*time.Millisecond; d *= 3 {
			due := time.Now().Add(d)
			if err := w.Until(due); err != nil {
				t.Fatal(err)
			}
			if early := time.Until(due); early > 0 {
				t.Errorf("waiting %v: woke %v early", d, early)
			}
		}
	})
}

func TestUntilPastReturnsWithoutParking(t *testing.T) {
	withWaker(t, func(t *testing.T, w *Waker) {
		w.alarm = &forbidden{alarm: w.alarm, t: t}
		for _, past := range []time.Time{time.Now(), time.Now().Add(-time.Hour), {}} {
			if err := w.Until(past); err != nil {
				t.Errorf("Until(%v) = %v", past, err)
			}
		}
	})
}

// forbidden is an alarm that must not be parked on.
type forbidden struct {
	alarm
	t *testing.T
}

func (f *forbidden) park(func()) error {
	f.t.Error("parked")
	return nil
}

func TestSetWakesAParkedOwnerEarlier(t *testing.T) {
	withWaker(t, func(t *testing.T, w *Waker) {
		done := make(chan error)
		go func() { done <- w.Until(time.Now().Add(time.Hour)) }()
		awaitParked(w)
		due := time.Now().Add(2 * time.Millisecond)
		w.Set(due.Add(time.Minute))
		w.Set(due)
		w.Set(due.Add(time.Second)) // later than what is set: changes nothing
		if err := <-done; err != nil || time.Now().Before(due) {
			t.Errorf("Until = %v, %v before the instant set", err, time.Until(due))
		}
	})
}

func TestSetInThePastWakesAtOnce(t *testing.T) {
	withWaker(t, func(t *testing.T, w *Waker) {
		done := make(chan error)
		go func() { done <- w.Wait() }()
		awaitParked(w)
		w.Set(time.Now().Add(-time.Second))
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestSetBeforeWaitIsKeptAndUsedOnce(t *testing.T) {
	withWaker(t, func(t *testing.T, w *Waker) {
		w.Set(time.Now())
		if err := w.Until(time.Now().Add(time.Hour)); err != nil { // would time out if Set were lost
			t.Fatal(err)
		}
		due := time.Now().Add(5 * time.Millisecond)
		if err := w.Until(due); err != nil || time.Now().Before(due) {
			t.Errorf("the instant set ended a second wait, %v early (error %v)", time.Until(due), err)
		}
	})
}

func TestCloseEndsWaits(t *testing.T) {
	withWaker(t, func(t *testing.T, w *Waker) {
		done := make(chan error)
		go func() { done <- w.Wait() }()
		awaitParked(w)
		for range 2 {
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		}
		for _, err := range []error{<-done, w.Wait(), w.Until(time.Now())} {
			if !errors.Is(err, ErrClosed) || !errors.Is(err, os.ErrClosed) {
				t.Errorf("after Close: %v, want ErrClosed", err)
			}
		}
		w.Set(time.Now()) // must not reach a closed alarm
	})
}

// TestSetIsNeverLost lets many goroutines announce work the way a delay line does; a lost Set would leave
// the owner asleep for ever.
func TestSetIsNeverLost(t *testing.T) {
	const senders, each = 8, 300
	withWaker(t, func(t *testing.T, w *Waker) {
		var mu sync.Mutex
		var queue []time.Time
		for range senders {
			go func() {
				for i := range each {
					due := time.Now().Add(time.Duration(i%7) * 20 * time.Microsecond)
					mu.Lock()
					queue = append(queue, due)
					mu.Unlock()
					w.Set(due)
				}
			}()
		}
		for seen := 0; seen < senders*each; {
			if err := w.Wait(); err != nil {
				t.Fatal(err)
			}
			mu.Lock()
			now, kept := time.Now(), queue[:0]
			for _, due := range queue {
				if due.After(now) {
					kept = append(kept, due)
				}
			}
			seen += len(queue) - len(kept)
			queue = kept
			for _, due := range queue {
				w.Set(due)
			}
			mu.Unlock()
		}
	})
}

func TestWaitingDoesNotAllocate(t *testing.T) {
	withWaker(t, func(t *testing.T, w *Waker) {
		allocs := testing.AllocsPerRun(100, func() {
			now := time.Now()
			w.Set(now.Add(100 * time.Microsecond))
			if err := w.Until(now.Add(50 * time.Microsecond)); err != nil {
				t.Fatal(err)
			}
		})
		if allocs != 0 {
			t.Errorf("Set and Until allocate %v times", allocs)
		}
	})
}

func TestPlatformIsNamed(t *testing.T) {
	if Name() == "" || Resolution() <= 0 {
		t.Errorf("Name() = %q, Resolution() = %v", Name(), Resolution())
	}
}

// awaitParked returns when w's owner sleeps. It polls, because parking is not visible from outside.
func awaitParked(w *Waker) {
	tick := time.NewTicker(50 * time.Microsecond)
	defer tick.Stop()
	for range tick.C {
		w.mu.Lock()
		parked := w.parked
		w.mu.Unlock()
		if parked {
			return
		}
	}
}
