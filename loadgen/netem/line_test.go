package netem

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"testing"
	"time"
)

func newTestLine(t testing.TB) *line {
	t.Helper()
	l, err := newLine()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.stop)
	return l
}

func TestLineHandlesEventsInOrderNeverEarly(t *testing.T) {
	const events = 500
	l := newTestLine(t)
	type handling struct{ due, at time.Duration }
	handled := make(chan handling, events)
	random := rand.New(rand.NewPCG(1, 2))
	// All are scheduled before the first is handled, however long that takes.
	holding, scheduled := make(chan struct{}), make(chan struct{})
	l.schedule(&event{handle: func() (time.Duration, bool) {
		close(holding)
		<-scheduled
		return 0, false
	}}, 0)
	<-holding
	start := l.now() + time.Millisecond
	for range events {
		due := start + time.Duration(random.IntN(20_000))*time.Microsecond
		l.schedule(&event{handle: func() (time.Duration, bool) {
			handled <- handling{due, l.now()}
			return 0, false
		}}, due)
	}
	close(scheduled)
	var last time.Duration
	for range events {
		h := <-handled
		if h.at < h.due || h.due < last {
			t.Fatalf("due %v, handled %v, the one before was due %v", h.due, h.at, last)
		}
		last = h.due
	}
}

func TestLineMovesAnEventEarlierOnly(t *testing.T) {
	l := newTestLine(t)
	handled := make(chan time.Duration, 1)
	e := &event{handle: func() (time.Duration, bool) {
		handled <- l.now()
		return 0, false
	}}
	due := l.now() + 3*time.Millisecond
	l.schedule(e, due+time.Hour)
	l.schedule(e, due)
	l.schedule(e, due+time.Minute)
	if at := <-handled; at < due {
		t.Errorf("handled %v early", due-at)
	}
}

func TestLineRepeatsAnEventThatHasMore(t *testing.T) {
	l := newTestLine(t)
	done, times := make(chan struct{}), 0
	var next time.Duration
	l.schedule(&event{handle: func() (time.Duration, bool) {
		if now := l.now(); now < next {
			t.Errorf("handled %v early", next-now)
		}
		if times++; times == 5 {
			close(done)
			return 0, false
		}
		next = l.now() + time.Millisecond
		return next, true
	}}, l.now())
	<-done
}

func TestPauseEnds(t *testing.T) {
	l, err := newLine()
	if err != nil {
		t.Fatal(err)
	}
	until := l.now() + time.Millisecond
	if err := l.pause(context.Background(), until); err != nil || l.now() < until {
		t.Errorf("pause = %v, %v early", err, until-l.now())
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if err := l.pause(ctx, l.now()+time.Hour); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("pause under a deadline = %v", err)
	}
	l.stop()
	if err := l.pause(context.Background(), l.now()+time.Hour); !errors.Is(err, net.ErrClosed) {
		t.Errorf("pause on a stopped line = %v", err)
	}
}
