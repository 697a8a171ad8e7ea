package observe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pushbench/loadgen"
	"pushbench/loadgen/target"
	"pushbench/scenarios"
	"pushbench/server"
)

// stream is a target whose sessions bring made-up messages: the n-th at its time plus a delay, unless it is lost.
type stream struct {
	loadgen.Target
	every, delay time.Duration
	began        time.Time
	lost         func(n int) bool
	// endAfter ends a session with that message, 0 never.
	endAfter int
	// batch is how many messages come at once.
	batch int

	mu     sync.Mutex
	opened int
}

func (s *stream) Open(context.Context, loadgen.ClientSpec) (loadgen.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened++
	return &streamConn{stream: s, next: int(time.Since(s.began)/s.every) + 1, ended: make(chan struct{})}, nil
}

type streamConn struct {
	loadgen.Conn
	stream  *stream
	next    int
	brought int
	once    sync.Once
	ended   chan struct{}
}

func (c *streamConn) Receive() (*loadgen.Batch, error) {
	s, b := c.stream, &loadgen.Batch{}
	if s.endAfter > 0 && c.brought >= s.endAfter {
		return nil, errors.New("the stream ended")
	}
	for len(b.Messages) < max(1, s.batch) {
		due := s.began.Add(time.Duration(c.next)*s.every + s.delay)
		select {
		case <-time.After(time.Until(due)):
		case <-c.ended:
			return nil, errors.New("closed")
		}
		if s.lost == nil || !s.lost(c.next) {
			b.Messages = append(b.Messages, fmt.Appendf(nil, `{"text":"x","id":%d}`, c.next))
		}
		c.next++
		c.brought++
	}
	b.Received = time.Now()
	return b, nil
}

func (c *streamConn) Close() error {
	c.once.Do(func() { close(c.ended) })
	return nil
}

func (c *streamConn) Place() loadgen.Place { return "" }

func (c *streamConn) Traffic() loadgen.Traffic {
	return loadgen.Traffic{Sent: 10, Received: int64(100 * c.brought), Handshake: 10, Connections: 1, Requests: int64(c.brought), Responses: int64(c.brought / max(1, c.stream.batch))}
}

func key(t *testing.T, text string) Key {
	t.Helper()
	k, err := ParseKey(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// observed runs an observation of two made-up streams in a bubble, for two minutes that take no time.
func observed(t *testing.T, a, b *stream, change func(*Options), judge func(t *testing.T, r *Report)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a.began, b.began = time.Now(), time.Now()
		o := Options{
			Sides:  [Sides]SideOptions{{scenarios.WebSocket, a}, {scenarios.LongPoll, b}},
			Topics: []string{"t"}, Key: key(t, "json:/id"), Duration: 2 * time.Minute,
		}
		if change != nil {
			change(&o)
		}
		r, err := Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		judge(t, r)
	})
}

func TestDifference(t *testing.T) {
	a, b := &stream{every: 100 * time.Millisecond}, &stream{every: 100 * time.Millisecond, delay: 30 * time.Millisecond}
	observed(t, a, b, nil, func(t *testing.T, r *Report) {
		d := r.Difference
		if r.Pairs < 1150 || d.Min/1e6 != 30 || d.Max/1e6 != 30 || *r.Sides[0].FirstShare != 1 || *r.Sides[1].FirstShare != 0 {
			t.Errorf("%d pairs, %+v", r.Pairs, d)
		}
		if r.Sides[0].Only+r.Sides[1].Only+r.Sides[0].Undecided+r.Sides[1].Undecided != 0 || len(r.Warnings) != 0 {
			t.Errorf("%+v %v", r.Sides, r.Warnings)
		}
		if r.Seconds < 120 || r.Seconds > 121 {
			t.Errorf("%v s", r.Seconds)
		}
	})
	observed(t, b, a, nil, func(t *testing.T, r *Report) {
		if (r.Difference.P50-5e5)/1e6 != -30 { // the histogram's class reaches half a percent beyond
			t.Errorf("%+v", r.Difference)
		}
	})
}

// TestLostMessages has each side lose some of its own; the books must say exactly which side lost how many.
func TestLostMessages(t *testing.T) {
	a := &stream{every: 100 * time.Millisecond, lost: func(n int) bool { return n%10 == 3 }}
	b := &stream{every: 100 * time.Millisecond, delay: 40 * time.Millisecond, lost: func(n int) bool { return n%7 == 4 }, batch: 3}
	observed(t, a, b, nil, func(t *testing.T, r *Report) {
		last := int(r.Sides[0].Received) // of what a brought, by number
		var onlyA, onlyB, paired int64
		for n := 1; n <= 1200; n++ {
			switch {
			case n%10 == 3 && n%7 == 4:
			case n%10 == 3:
				onlyB++
			case n%7 == 4:
				onlyA++
			default:
				paired++
			}
		}
		// A few at the end were begun when counting ended, so that their partner is none of those counted.
		if near := func(have, want int64) bool { return have <= want && have >= want-2 }; !near(r.Sides[0].Only, onlyA) || !near(r.Sides[1].Only, onlyB) || r.Pairs > paired || r.Pairs < paired-4 {
			t.Errorf("only %d and %d, %d pairs; want %d and %d, %d (%d received)", r.Sides[0].Only, r.Sides[1].Only, r.Pairs, onlyA, onlyB, paired, last)
		}
		for _, s := range r.Sides {
			if s.Received != s.Paired+s.Only+s.Before+s.After+s.Undecided+s.Unkeyed+s.Duplicated {
				t.Errorf("%s: %d received are not %+v", s.Transport, s.Received, s.Counts)
			}
		}
		if m := *r.Sides[1].MessagesPerResponse; m < 2.5 || m > 2.6 { // three at a time, of which every seventh is lost
			t.Errorf("%v messages for each response", m)
		}
	})
}

func TestSessionsThatEnd(t *testing.T) {
	a, b := &stream{every: 100 * time.Millisecond}, &stream{every: 100 * time.Millisecond, delay: time.Millisecond, endAfter: 300}
	observed(t, a, b, nil, func(t *testing.T, r *Report) {
		s := r.Sides[1]
		if s.Reopened != 3 || s.Errors["connection"] != 3 || s.Connections != 4 {
			t.Errorf("%d times opened, reopened %d, errors %v, %d connections", b.opened, s.Reopened, s.Errors, s.Connections)
		}
		if lost := r.Sides[0].Only; lost < 25 || lost > 35 { // a second each time
			t.Errorf("%d were lost", lost)
		}
		if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "opened again 3 times") {
			t.Errorf("%v", r.Warnings)
		}
	})
}

func TestInterrupted(t *testing.T) {
	a, b := &stream{every: 100 * time.Millisecond}, &stream{every: 100 * time.Millisecond, delay: 5 * time.Second}
	synctest.Test(t, func(t *testing.T) {
		a.began, b.began = time.Now(), time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		r, err := Run(ctx, Options{Sides: [Sides]SideOptions{{scenarios.WebSocket, a}, {scenarios.ShortPoll, b}}, Topics: []string{"t"}, Key: key(t, "body")})
		if err != nil {
			t.Fatal(err)
		}
		if !r.Interrupted || r.Sides[0].Only != 0 || r.Sides[0].Undecided < 45 || r.Difference.P50/1e9 != 5 {
			t.Errorf("%+v", r)
		}
	})
}

func TestWrongKey(t *testing.T) {
	for _, text := range []string{"json:/nothing", `match:"text":"(.)"`} {
		a, b := &stream{every: time.Second}, &stream{every: time.Second, delay: time.Millisecond}
		observed(t, a, b, func(o *Options) { o.Key = key(t, text) }, func(t *testing.T, r *Report) {
			if len(r.Warnings) < 2 {
				t.Errorf("%s: %v", text, r.Warnings)
			}
		})
	}
}

func TestNobodyThere(t *testing.T) {
	p := plan("http://127.0.0.1:1", 0)
	there, err := target.New(p)
	if err != nil {
		t.Fatal(err)
	}
	defer there.Close()
	o := Options{
		Sides: [Sides]SideOptions{{scenarios.WebSocket, there}, {scenarios.LongPoll, there}}, Topics: []string{"t"}, Key: key(t, "body"),
		Clean: func(s string) string { return strings.ReplaceAll(s, "127.0.0.1", "***") },
	}
	if _, err := Run(t.Context(), o); err == nil || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("%v", err)
	}
}

func plan(url string, delay time.Duration) loadgen.Plan {
	s := scenarios.Default()
	s.Clients, s.Network.Delay = 1, delay
	return loadgen.Plan{Client: loadgen.Lean, Scenario: s, Server: loadgen.ServerInfo{URL: url}}
}

// counted counts what a target's sessions bring, and drops every so manieth message of it.
type counted struct {
	loadgen.Target
	// every says which are dropped; 0 for none.
	every int
	// handed is how many were handed on, last whether the last that is published came.
	handed atomic.Int64
	last   atomic.Bool
}

func (c *counted) Open(ctx context.Context, spec loadgen.ClientSpec) (loadgen.Conn, error) {
	conn, err := c.Target.Open(ctx, spec)
	return &countedConn{Conn: conn, of: c}, err
}

type countedConn struct {
	loadgen.Conn
	of   *counted
	seen int
}

func (c *countedConn) Receive() (*loadgen.Batch, error) {
	b, err := c.Conn.Receive()
	if err != nil {
		return b, err
	}
	kept, last := b.Messages[:0], false
	for _, m := range b.Messages {
		last = last || bytes.Contains(m, []byte(lastID))
		if c.seen++; c.of.every == 0 || c.seen%c.of.every != 0 {
			kept = append(kept, m)
		}
	}
	b.Messages = kept
	c.of.handed.Add(int64(len(kept)))
	c.of.last.CompareAndSwap(false, last)
	return b, nil
}

const (
	published = 60
	lastID    = "m59"
)

// TestReferenceServer observes the reference server while somebody else publishes, with an emulated delay on the polls: the differences are that delay, as far
// as a busy machine lets them, and losses on one side are counted exactly. Publishing begins when both sides are open; the end is when both have brought the
// last message.
func TestReferenceServer(t *testing.T) {
	const delay, dropped = 150 * time.Millisecond, 7
	s := serverFor(t)
	near, far := &counted{Target: reachFor(t, s, 0)}, &counted{Target: reachFor(t, s, delay), every: dropped}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	open := make(chan struct{})
	opened := sync.OnceFunc(func() { close(open) })
	var publishing sync.WaitGroup
	publishing.Go(func() {
		<-open
		for n := range published {
			publish(t, s, fmt.Sprintf(`{"id":"m%d"}`, n))
			time.Sleep(20 * time.Millisecond)
		}
	})
	r, err := Run(ctx, Options{
		Sides:  [Sides]SideOptions{{scenarios.WebSocket, near}, {scenarios.LongPoll, far}},
		Topics: []string{"live"}, Key: key(t, "json:/id"), Wait: time.Minute,
		Progress: func(p Progress) {
			opened()
			if near.last.Load() && far.last.Load() && p.Received == [Sides]int64{near.handed.Load(), far.handed.Load()} {
				cancel()
			}
		},
	})
	opened()
	publishing.Wait()
	if err != nil {
		t.Fatal(err)
	}
	ws, poll := r.Sides[0], r.Sides[1]
	if lost := ws.Only + ws.Undecided; ws.Received != published || lost != published/dropped || r.Pairs != published-lost || poll.Only+poll.Undecided != 0 {
		t.Errorf("%d of %d messages were lost, want every %dth: %+v %+v", lost, published, dropped, ws.Counts, poll.Counts)
	}
	// d on the way of an answer, up to 3d for what falls between an answer and the next poll, and what a busy machine adds to either side.
	if p50 := time.Duration(r.Difference.P50); p50 < delay/2 || p50 > 6*delay || *ws.FirstShare < .5 {
		t.Errorf("%v first over WebSocket: %+v", *ws.FirstShare, r.Difference)
	}
	if *poll.MessagesPerResponse < 1 || *ws.BytesPerMessage <= 0 || *poll.BytesPerMessage <= *ws.BytesPerMessage || poll.Requests == 0 {
		t.Errorf("%+v\n%+v", ws, poll)
	}
}

func serverFor(t *testing.T) *server.Server {
	t.Helper()
	s, err := server.New(server.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Shutdown(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func reachFor(t *testing.T, s *server.Server, delay time.Duration) loadgen.Target {
	t.Helper()
	r, err := target.New(plan(s.URL(), delay))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func publish(t *testing.T, s *server.Server, text string) {
	t.Helper()
	response, err := http.Post(s.URL()+"/publish?topic=live", "application/json", strings.NewReader(text))
	if err != nil {
		t.Error(err)
		return
	}
	_ = response.Body.Close()
}

func TestText(t *testing.T) {
	a, b := &stream{every: 10 * time.Millisecond}, &stream{every: 10 * time.Millisecond, delay: 3 * time.Millisecond, lost: func(n int) bool { return n%10 == 0 }}
	observed(t, a, b, nil, func(t *testing.T, r *Report) {
		r.Target = "http://example.com"
		var text bytes.Buffer
		if err := Text(&text, r, 80); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"WebSocket", "Long-poll", "came first", "100%", "absolute latency", "n/a: nobody published here"} {
			if !strings.Contains(text.String(), want) {
				t.Errorf("%q is not in\n%s", want, text.String())
			}
		}
		for line := range strings.Lines(text.String()) {
			if len([]rune(strings.TrimRight(line, "\n"))) > 80 {
				t.Errorf("wider than 80 columns: %s", line)
			}
		}
	})
}
