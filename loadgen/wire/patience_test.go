package wire

import (
	"errors"
	"net"
	"testing"
	"time"
)

// A response that has begun must end in time, whether it stops or drips; what a poll waits before it begins does not count.
func TestAnswerTimeout(t *testing.T) {
	const patience = 40 * time.Millisecond
	for name, drip := range map[string]func(net.Conn){
		"stops": func(c net.Conn) { _, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Le")) },
		"drips": func(c net.Conn) {
			for range 1000 {
				if _, err := c.Write([]byte("H")); err != nil {
					return
				}
				time.Sleep(time.Millisecond)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			client, server := tcpPair(t)
			c := NewHTTPConn(client, Options{AnswerTimeout: patience})
			must(t, c.Send([]byte("GET / HTTP/1.1\r\n\r\n")))
			done := make(chan struct{})
			go func() { defer close(done); time.Sleep(2 * patience); drip(server) }()
			var resp Response
			err := c.Receive(&resp)
			slow, ok := errors.AsType[*SlowError](err)
			if !ok || slow.After != patience || isTimeout(err) {
				t.Errorf("error %v, want one that says what took too long", err)
			}
			if err := c.Send(nil); err == nil {
				t.Error("the connection is said to be usable")
			}
			client.Close()
			<-done
		})
	}
}

// The deadline of one response that came in parts does not end the next.
func TestAnswerTimeoutIsTakenAway(t *testing.T) {
	client, server := tcpPair(t)
	const patience = 300 * time.Millisecond
	c := NewHTTPConn(client, Options{AnswerTimeout: patience})
	var resp Response
	for range 2 {
		must(t, c.Send([]byte("GET / HTTP/1.1\r\n\r\n")))
		go func() {
			time.Sleep(patience)
			_, _ = server.Write([]byte("HTTP/1.1 200 OK\r\n"))
			time.Sleep(5 * time.Millisecond)
			_, _ = server.Write([]byte("Content-Length: 2\r\n\r\nok"))
		}()
		must(t, c.Receive(&resp))
	}
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
