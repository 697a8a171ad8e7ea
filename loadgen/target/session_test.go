package target

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"pushbench/loadgen"
	"pushbench/loadgen/netem"
	"pushbench/scenarios"
	"pushbench/server"
)

// With one message for each response, three messages take three polls; in a batch they take one.
func TestBatch(t *testing.T) {
	for _, kind := range kinds {
		for _, batch := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/batch=%v", kind, batch), func(t *testing.T) {
				f := start(t, kind, scenarios.LongPoll, func(_ *server.Config, p *loadgen.Plan) { p.Scenario.LongPoll.Batch = batch })
				c := f.open(false)
				all := [][]byte{message(1, 60), message(2, 60), message(3, 60)}
				f.publish(f.publisher(), all...)
				want := 3
				if batch {
					want = 1
				}
				if got := expect(t, c, all...); got != want {
					t.Errorf("three messages came in %d responses, want %d", got, want)
				}
			})
		}
	}
}

// What a server's bounded log no longer holds is told to its clients over each transport.
func TestMissed(t *testing.T) {
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			f := start(t, kind, scenarios.LongPoll, func(cfg *server.Config, _ *loadgen.Plan) { cfg.LogMessages = 2 })
			c := f.open(false)
			f.publish(f.publisher(), message(1, 60), message(2, 60), message(3, 60), message(4, 60), message(5, 60))
			b, err := c.Receive()
			if err != nil || b.Missed != 3 || len(b.Messages) != 2 {
				t.Errorf("batch %+v, error %v; want 2 messages and 3 missed", b, err)
			}
		})
	}
}

// Payloads beyond the default limits travel, and the buffers fit them.
func TestLargePayloads(t *testing.T) {
	onEverything(t, func(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport) {
		const size = 3 << 20
		f := start(t, kind, transport, func(cfg *server.Config, p *loadgen.Plan) {
			cfg.MaxPayload, p.Scenario.Payload, p.Scenario.PayloadMax = size, 48, size
		})
		c := f.open(false)
		m := message(1, size)
		f.publish(f.publisher(), m)
		expect(t, c, m)
	})
}

func TestOptions(t *testing.T) {
	for name, test := range map[string]struct {
		payload, payloadMax, cookie scenarios.Size
		size, idle                  int
	}{
		"small":                {128, 0, 200, 16 << 10, 256},
		"one large":            {1 << 20, 0, 0, 1<<20 + 2<<10, 16},
		"drawn from a range":   {48, 64 << 10, 0, 256 << 10, 64},
		"several fit a buffer": {16 << 10, 0, 0, 66 << 10, 248},
		"a large cookie":       {128, 0, 32 << 10, 4*128 + 34<<10, 256},
	} {
		t.Run(name, func(t *testing.T) {
			s := scenarios.Scenario{Payload: test.payload, PayloadMax: test.payloadMax, Headers: scenarios.Headers{Cookie: test.cookie}}
			o := options(s)
			if o.Pool.Size != test.size || o.Pool.MaxIdle != test.idle {
				t.Errorf("buffers of %d bytes, %d idle; want %d and %d", o.Pool.Size, o.Pool.MaxIdle, test.size, test.idle)
			}
			if largest := int(max(test.payload, test.payloadMax)); o.Pool.Size < largest || o.MaxMessage < largest || o.MaxBody < largest || o.MaxHead < int(test.cookie) {
				t.Errorf("a payload of %d bytes does not fit %+v", largest, o)
			}
		})
	}
}

// A server may close a kept-alive connection whenever it is idle. The client makes another; no message is lost, none comes twice.
func TestAnIdleConnectionIsReplaced(t *testing.T) {
	for _, transport := range []scenarios.Transport{scenarios.LongPoll, scenarios.ShortPoll} {
		for _, kind := range kinds {
			for _, reset := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/reset=%v", transport, kind, reset), func(t *testing.T) {
					f := start(t, kind, transport, nil)
					c := f.open(true)
					for i := range 4 {
						m := message(i, 100)
						f.relay.cut(reset)
						if _, err := c.Send(m); err != nil {
							t.Fatal(err)
						}
						f.relay.cut(reset)
						expect(t, c, m)
					}
					if got := c.Traffic().Connections; got < 5 {
						t.Errorf("%d connections in all, want a new one for each that was cut", got)
					}
				})
			}
		}
	}
}

// A server that is gone for good is not asked for ever.
func TestAServerThatIsGone(t *testing.T) {
	onEverything(t, func(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport) {
		f := start(t, kind, transport, nil)
		c := f.open(false)
		if err := f.relay.listener.Close(); err != nil {
			t.Fatal(err)
		}
		f.relay.cut(true)
		for {
			if _, err := c.Receive(); err != nil {
				break
			}
		}
	})
}

// A session that cannot be opened leaves nothing behind and says why.
func TestOpenRefused(t *testing.T) {
	onEverything(t, func(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport) {
		var connections atomic.Int64
		s := httptest.NewUnstartedServer(status(503))
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				connections.Add(1)
			case http.StateClosed:
				connections.Add(-1)
			}
		}
		s.Start()
		defer s.Close()
		target := newTarget(t, plan(s.URL, kind, transport))
		if _, err := target.Open(deadline(t), loadgen.ClientSpec{Transport: transport, Topic: "t"}); err == nil || !strings.Contains(err.Error(), "503") {
			t.Errorf("error %v, want the status", err)
		}
		eventually(t, func() bool { return connections.Load() == 0 })
	})
}

// An interrupt during the ramp must not wait for a server that says nothing.
func TestOpenIsCancelled(t *testing.T) {
	onEverything(t, func(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport) {
		target := newTarget(t, plan(silent(t), kind, transport))
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(5*time.Millisecond, cancel)
		began := time.Now()
		if _, err := target.Open(ctx, loadgen.ClientSpec{Transport: transport, Topic: "t"}); err == nil {
			t.Error("a session with a silent server was opened")
		}
		if time.Since(began) > openTimeout/2 {
			t.Errorf("it took %v to be cancelled", time.Since(began))
		}
	})
	t.Run("publisher", func(t *testing.T) {
		target := newTarget(t, plan(silent(t), loadgen.Lean, scenarios.WebSocket))
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(5*time.Millisecond, cancel)
		if _, err := target.OpenPublisher(ctx); err == nil {
			t.Error("a stream to a silent server was opened")
		}
	})
}

// Close ends a Receive that waits, wherever it waits: for a message, for its turn to poll, or for a connection.
func TestCloseEndsReceive(t *testing.T) {
	onEverything(t, func(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport) {
		f := start(t, kind, transport, func(_ *server.Config, p *loadgen.Plan) { p.Scenario.ShortPoll.Interval = time.Hour })
		checkClose(t, f.open(false))
	})
	for _, kind := range kinds {
		t.Run(fmt.Sprintf("turnaround/%s", kind), func(t *testing.T) {
			f := start(t, kind, scenarios.LongPoll, func(_ *server.Config, p *loadgen.Plan) { p.Scenario.LongPoll.Turnaround = time.Hour })
			c, m := f.open(false), message(1, 60)
			f.publish(f.publisher(), m)
			expect(t, c, m)
			checkClose(t, c)
		})
		t.Run(fmt.Sprintf("dialling/%s", kind), func(t *testing.T) {
			f := start(t, kind, scenarios.LongPollNewConn, nil)
			c := f.open(false)
			f.target.dialer = &netem.Dialer{Network: netem.Network{Delay: time.Hour}}
			checkClose(t, c)
			if err := f.target.dialer.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// checkClose closes a session while it receives.
func checkClose(t *testing.T, c loadgen.Conn) {
	t.Helper()
	began, ended := make(chan struct{}), make(chan error)
	go func() {
		close(began)
		_, err := c.Receive()
		ended <- err
	}()
	<-began
	time.AfterFunc(3*time.Millisecond, func() { _ = c.Close() }) // most likely it waits by then; if not, it must end all the same
	select {
	case err := <-ended:
		if err == nil {
			t.Error("Receive returned without an error")
		}
	case <-deadline(t).Done():
		t.Fatal("Receive goes on")
	}
	if _, err := c.Receive(); err == nil {
		t.Error("a closed session receives")
	}
	if err := c.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func TestPublisher(t *testing.T) {
	f := start(t, loadgen.Lean, scenarios.WebSocket, func(cfg *server.Config, _ *loadgen.Plan) { cfg.MaxPayload = 100 })
	p := f.publisher()
	for i := range 5 {
		if err := p.Publish("t000001", message(i, 80)); err != nil {
			t.Fatal(err)
		}
		if n, err := p.Sync(deadline(t)); n != int64(i+1) || err != nil {
			t.Errorf("the server accepted %d (%v), want %d", n, err, i+1)
		}
	}
	if err := p.Publish("t000001", message(6, 101)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Sync(deadline(t)); kindOf(err) != "websocket close 1009" {
		t.Errorf("error %v, want that the server closed the stream", err)
	}
}

// A server that has stopped answers no sync; the wait ends with its context.
func TestSyncIsCancelled(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, err := websocket.Accept(w, r, nil); err == nil {
			for err == nil {
				_, _, err = c.Read(context.Background())
			}
			_ = c.CloseNow()
		}
	}))
	defer s.Close()
	p, err := newTarget(t, plan(s.URL, loadgen.Lean, scenarios.WebSocket)).OpenPublisher(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(5*time.Millisecond, cancel)
	if _, err := p.Sync(ctx); !errors.Is(err, net.ErrClosed) {
		t.Errorf("error %v, want that the stream was closed", err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}

func TestNewRefusesOtherURLs(t *testing.T) {
	for _, url := range []string{"", "127.0.0.1:80", "https://127.0.0.1:443", "ftp://127.0.0.1:21", "http://%zz:80"} {
		if _, err := New(plan(url, loadgen.Lean, scenarios.WebSocket)); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("%q", url)) {
			t.Errorf("%s: error %v, want one with the URL", url, err)
		}
	}
}
