package server

import (
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// deadlineListener gives every connection a deadline for its writes, and knows
// the connections on which nothing has been received yet.
//
// Browsers and HTTP clients open connections in reserve. [http.Server.Shutdown]
// waits five seconds for those, because a request might be on its way; here they
// are closed at once.
type deadlineListener struct {
	net.Listener
	timeout time.Duration
	nagle   bool
	// sendBuffer is the kernel's for each connection; 0 leaves it to the kernel.
	sendBuffer int

	mu      sync.Mutex
	closing bool
	fresh   map[*deadlineConn]struct{}
}

func (l *deadlineListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok && l.prepare(tcp) != nil {
		_ = conn.Close() // net/http finds it closed and drops it
	}
	c := &deadlineConn{Conn: conn, timeout: l.timeout, base: time.Now()}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closing {
		_ = conn.Close() // net/http finds it closed and drops it
		return c, nil
	}
	if l.fresh == nil {
		l.fresh = make(map[*deadlineConn]struct{})
	}
	c.fresh.Store(l)
	l.fresh[c] = struct{}{}
	return c, nil
}

// prepare sets a connection's options.
func (l *deadlineListener) prepare(tcp *net.TCPConn) error {
	if l.sendBuffer > 0 {
		if err := tcp.SetWriteBuffer(l.sendBuffer); err != nil {
			return err
		}
	}
	if l.nagle {
		return tcp.SetNoDelay(false)
	}
	return nil
}

// closeFresh closes the connections on which nothing has been received, and those
// still to come.
func (l *deadlineListener) closeFresh() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closing = true
	for c := range l.fresh {
		_ = c.Conn.Close()
	}
}

// deadlineConn fails a write that the peer does not take within the timeout.
//
// Setting a deadline for each write would cost a timer operation per message.
// Instead one is set a quarter too late and reused while it leaves the timeout in
// full: a write waits between timeout and 1.25 × timeout. A deadline that passes
// while nothing is written harms nobody; the next write sets a new one.
type deadlineConn struct {
	net.Conn
	timeout time.Duration
	base    time.Time
	until   atomic.Int64 // the deadline set, as time after base; 0 = none

	fresh atomic.Pointer[deadlineListener] // nil once something was received
}

func (c *deadlineConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && c.fresh.Load() != nil {
		c.used()
	}
	return n, err
}

// socket gives access to the descriptor, for what does not wait: no deadline is set there. It is nil if there is none.
func (c *deadlineConn) socket() syscall.RawConn {
	tcp, ok := c.Conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

func (c *deadlineConn) Close() error {
	c.used()
	return c.Conn.Close()
}

// used takes the connection off its listener's list of fresh ones.
func (c *deadlineConn) used() {
	l := c.fresh.Swap(nil)
	if l == nil {
		return
	}
	l.mu.Lock()
	delete(l.fresh, c)
	l.mu.Unlock()
}

func (c *deadlineConn) Write(p []byte) (int, error) {
	now := time.Since(c.base)
	if time.Duration(c.until.Load())-now < c.timeout {
		until := now + c.timeout + c.timeout/4
		if err := c.Conn.SetWriteDeadline(c.base.Add(until)); err != nil {
			return 0, err
		}
		c.until.Store(int64(until))
	}
	return c.Conn.Write(p)
}

// SetDeadline replaces the write deadline too; the next write sets its own again.
func (c *deadlineConn) SetDeadline(t time.Time) error {
	c.until.Store(0)
	return c.Conn.SetDeadline(t)
}

// SetWriteDeadline holds until the next write.
func (c *deadlineConn) SetWriteDeadline(t time.Time) error {
	c.until.Store(0)
	return c.Conn.SetWriteDeadline(t)
}
