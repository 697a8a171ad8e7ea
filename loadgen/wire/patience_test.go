package wire

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// piped runs a test in its own time with a client and a server whose requests are read away.
func piped(t *testing.T, o Options, test func(t *testing.T, c *HTTPConn, server net.Conn, work *sync.WaitGroup)) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		var work sync.WaitGroup
		work.Go(func() { _, _ = io.Copy(io.Discard, server) })
		test(t, NewHTTPConn(client, o), server, &work)
		_ = client.Close()
		_ = server.Close()
		work.Wait()
	})
}

// A response that has begun must end in time, whether it stops or drips; what a poll waits before it begins does not count.
func TestAnswerTimeout(t *testing.T) {
	const patience = 5 * time.Second
	for name, drip := range map[string]func(net.Conn){
		"stops": func(c net.Conn) { _, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Le")) },
		"drips": func(c net.Conn) {
			for range 1000 {
				if _, err := c.Write([]byte("H")); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			piped(t, Options{AnswerTimeout: patience}, func(t *testing.T, c *HTTPConn, server net.Conn, work *sync.WaitGroup) {
				must(t, c.Send([]byte("GET / HTTP/1.1\r\n\r\n")))
				work.Go(func() { time.Sleep(2 * patience); drip(server) })
				began := time.Now()
				var resp Response
				err := c.Receive(&resp)
				slow, ok := errors.AsType[*SlowError](err)
				if !ok || slow.After != patience || !slow.Began || time.Since(began) != 3*patience {
					t.Errorf("error %v after %v, want one that says what took too long", err, time.Since(began))
				}
				if err := c.Send(nil); err == nil {
					t.Error("the connection is said to be usable")
				}
			})
		})
	}
}

// The deadline of one response that came in parts does not end the next, which is held for longer.
func TestAnswerTimeoutIsTakenAway(t *testing.T) {
	const patience = 5 * time.Second
	piped(t, Options{AnswerTimeout: patience}, func(t *testing.T, c *HTTPConn, server net.Conn, work *sync.WaitGroup) {
		var resp Response
		for range 2 {
			must(t, c.Send([]byte("GET / HTTP/1.1\r\n\r\n")))
			work.Go(func() {
				time.Sleep(10 * patience)
				_, _ = server.Write([]byte("HTTP/1.1 200 OK\r\n"))
				time.Sleep(patience / 2)
				_, _ = server.Write([]byte("Content-Length: 2\r\n\r\nok"))
			})
			must(t, c.Receive(&resp))
		}
	})
}

// A server that never begins to answer is given up; one that answers in time is not, however long the connection was idle, and after an answer in parts.
func TestBeginTimeout(t *testing.T) {
	const begin = 30 * time.Second
	piped(t, Options{BeginTimeout: begin, AnswerTimeout: time.Minute}, func(t *testing.T, c *HTTPConn, server net.Conn, work *sync.WaitGroup) {
		var resp Response
		for range 3 {
			must(t, c.Send([]byte("GET / HTTP/1.1\r\n\r\n")))
			work.Go(func() {
				time.Sleep(begin - 2*time.Second)
				_, _ = server.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"))
				time.Sleep(begin)
				_, _ = server.Write([]byte("\r\n"))
			})
			must(t, c.Receive(&resp))
			time.Sleep(2 * begin)
		}
		must(t, c.Send([]byte("GET / HTTP/1.1\r\n\r\n")))
		began := time.Now()
		err := c.Receive(&resp)
		if slow, ok := errors.AsType[*SlowError](err); !ok || slow.Began || slow.After != begin || time.Since(began) != begin {
			t.Errorf("error %v after %v, want that no answer began", err, time.Since(began))
		}
	})
}

// endless is a connection on which a body never ends.
type endless struct {
	scriptConn
	begun bool
}

func (c *endless) Read(b []byte) (int, error) {
	if !c.begun {
		c.begun = true
		return copy(b, "HTTP/1.1 200 OK\r\n\r\n"), nil
	}
	for i := range b {
		b[i] = 'x'
	}
	return len(b), nil
}
func (c *endless) Write(b []byte) (int, error) { return len(b), nil }

// What never ends is bounded for each client by its own limit, and for all of them by the pool's grant.
func TestGrant(t *testing.T) {
	pool := &Pool{Size: 1 << 10, Grant: 12 << 10}
	receive := func(maxBody int) (*HTTPConn, error) {
		c := NewHTTPConn(&endless{}, Options{Pool: pool, MaxBody: maxBody})
		must(t, c.Send(nil))
		var resp Response
		return c, c.Receive(&resp)
	}
	if _, err := receive(5 << 10); !tooLargeError(err) {
		t.Errorf("error %v, want that the body is too large", err)
	}
	if _, err := receive(1 << 20); !errors.Is(err, ErrNoRoom) {
		t.Errorf("error %v, want that there is no room", err)
	}
	if pool.grown != 0 || pool.Lent() != 0 {
		t.Errorf("%d bytes are still granted, %d buffers lent", pool.grown, pool.Lent())
	}
	// A buffer in use counts against the others.
	held, ok := pool.grow(make([]byte, 4<<10))
	if !ok {
		t.Fatal("not granted")
	}
	if _, err := receive(5 << 10); !errors.Is(err, ErrNoRoom) {
		t.Errorf("error %v, want that there is no room beside a buffer in use", err)
	}
	pool.replaced(held)
	if pool.grown != 0 {
		t.Errorf("%d bytes are still granted", pool.grown)
	}
}

func tooLargeError(err error) bool {
	e, ok := errors.AsType[*FormatError](err)
	return ok && e.TooLarge()
}
