package server

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"pushbench/longpoll"
	"pushbench/server/api"
)

// observed is what one subscriber saw of the messages 0, 1, 2, …
type observed struct {
	last                            int
	received, duplicated, reordered uint64
	seen                            map[int]bool
}

func (o *observed) take(t testing.TB, msg string) {
	n, err := strconv.Atoi(msg)
	if err != nil {
		t.Error(err)
	}
	o.received++
	switch {
	case o.seen[n]:
		o.duplicated++
	case n < o.last:
		o.reordered++
	}
	o.seen[n] = true
	o.last = max(o.last, n)
}

// arrival is one message at one subscriber.
type arrival struct {
	subscriber int
	message    string
}

// Over every transport, what the subscribers see is exactly what /stats says was
// injected.
func TestInjectionCountsAreExact(t *testing.T) { overLibraries(t, testInjectionCountsAreExact) }

func testInjectionCountsAreExact(t *testing.T, lib Library) {
	const subscribers = 3
	messages := 2000
	if testing.Short() {
		messages = 500
	}
	for transport, subscribe := range map[string]func(*fixture, func(string)){
		"websocket":           (*fixture).subscribeFrames,
		"sse":                 (*fixture).subscribeEvents,
		"longpoll":            func(f *fixture, got func(string)) { f.subscribePolls(0, got) },
		"longpoll one by one": func(f *fixture, got func(string)) { f.subscribePolls(1, got) },
	} {
		t.Run(transport, func(t *testing.T) {
			in, err := ParseInject("drop=3%,duplicate=3%,reorder=3%,delay=1%:1ms,cpu=1us")
			if err != nil {
				t.Fatal(err)
			}
			f := start(t, Config{HTTP: lib, Inject: in, Seed: 42})
			arrivals := make(chan arrival, 2*subscribers*messages)
			for i := range subscribers {
				subscribe(f, func(m string) { arrivals <- arrival{i, m} })
			}
			f.publishNumbers(messages)
			s := f.until("all is accounted for", func(s api.Stats) bool {
				// Deliveries are counted before they are written, what is burnt for each just before it is.
				return delivered(s)+s.Injection.Dropped-s.Injection.Duplicated == uint64(subscribers*messages) && s.Injection.Burned >= delivered(s)
			})
			seen := collect(t, arrivals, subscribers, delivered(s))
			checkInjected(t, s, seen, subscribers*messages)
		})
	}
}

func delivered(s api.Stats) uint64 {
	return s.Messages.DeliveredWebSocket + s.Messages.DeliveredSSE + s.Messages.DeliveredPoll
}

// collect takes n arrivals and checks that no further ones are there.
func collect(t *testing.T, arrivals <-chan arrival, subscribers int, n uint64) []observed {
	t.Helper()
	seen := make([]observed, subscribers)
	for i := range seen {
		seen[i].seen = make(map[int]bool)
	}
	for range n {
		select {
		case a := <-arrivals:
			seen[a.subscriber].take(t, a.message)
		case <-deadline(t).Done():
			t.Fatal("fewer messages arrived than were delivered")
		}
	}
	if extra := len(arrivals); extra > 0 {
		t.Errorf("%d messages arrived beyond those delivered", extra)
	}
	return seen
}

func checkInjected(t *testing.T, s api.Stats, seen []observed, deliveries int) {
	t.Helper()
	var duplicated, reordered, different uint64
	for _, o := range seen {
		duplicated += o.duplicated
		reordered += o.reordered
		different += uint64(len(o.seen))
	}
	in := s.Injection
	if in.Dropped == 0 || in.Duplicated == 0 || in.Reordered == 0 || in.Delayed == 0 || in.Burned != delivered(s) {
		t.Errorf("not every fault was made: %+v", in)
	}
	if missing := uint64(deliveries) - different; duplicated != in.Duplicated || reordered != in.Reordered || missing != in.Dropped {
		t.Errorf("saw %d duplicated, %d reordered, %d missing: %+v", duplicated, reordered, missing, in)
	}
}

func (f *fixture) publishNumbers(n int) {
	f.t.Helper()
	stream, _ := f.dial("/publish")
	for i := range n {
		if err := stream.Write(deadline(f.t), websocket.MessageBinary, fmt.Appendf(nil, "a\n%d", i)); err != nil {
			f.t.Fatal(err)
		}
	}
}

// subscribeFrames subscribes over WebSocket until the test ends.
func (f *fixture) subscribeFrames(got func(string)) {
	ws, _ := f.dial("/ws?topic=a")
	var reader sync.WaitGroup
	reader.Go(func() {
		for {
			_, b, err := ws.Read(context.Background())
			if err != nil {
				return
			}
			got(string(b))
		}
	})
	f.t.Cleanup(func() { _ = ws.CloseNow(); reader.Wait() })
}

// subscribePolls subscribes by long-polling until the test ends.
func (f *fixture) subscribePolls(most int, got func(string)) {
	ctx, cancel := context.WithCancel(context.Background())
	p := f.poller("a")
	p.Max, p.Cursor = most, f.cursor(0)
	var reader sync.WaitGroup
	reader.Go(func() {
		_ = p.Run(ctx, func(a longpoll.Answer) error {
			for _, m := range a.Messages {
				got(string(m))
			}
			return nil
		})
	})
	f.t.Cleanup(func() { cancel(); reader.Wait() })
}

// What is published during a stall is delivered after it, over every transport,
// and the stall is counted once.
func TestStallHoldsDeliveries(t *testing.T) { overLibraries(t, testStallHoldsDeliveries) }

func testStallHoldsDeliveries(t *testing.T, lib Library) {
	f := start(t, Config{HTTP: lib, Inject: Inject{Stall: 150 * time.Millisecond}}) // from the first publish on
	arrivals := make(chan arrival, 10)
	f.subscribeFrames(func(m string) { arrivals <- arrival{0, m} })
	f.subscribePolls(0, func(m string) { arrivals <- arrival{1, m} })
	f.subscribeEvents(func(m string) { arrivals <- arrival{2, m} })
	begin := time.Now()
	f.publishNumbers(1)
	seen := collect(t, arrivals, 3, 3)
	if took := time.Since(begin); took < 150*time.Millisecond {
		t.Errorf("all had the message after %v, within the stall", took)
	}
	if s := f.stats(); s.Injection.Stalls != 1 || seen[0].received != 1 || seen[1].received != 1 || seen[2].received != 1 {
		t.Errorf("%+v, %+v", s.Injection, seen)
	}
}
