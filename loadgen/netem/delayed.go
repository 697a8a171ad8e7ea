package netem

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"pushbench/loadgen/wire"
)

// DelayedConn is a TCP connection with an emulated path. The package documentation tells how bytes go
// through it. Like any net.Conn it may be used by several goroutines at once; deadlines and errors are those
// of a *net.TCPConn.
type DelayedConn struct {
	in     inbound
	out    outbound
	socket socket
	line   *line
	meter  *Meter
	linger time.Duration // Linger, but for tests
	// adopted is set once there is a socket.
	adopted atomic.Bool

	local, remote net.Addr
	closing       sync.Once
	closed        chan struct{} // closed by Close
	released      func()        // called once, when the socket is closed for good
}

var (
	_ net.Conn    = (*DelayedConn)(nil)
	_ wire.Lender = (*DelayedConn)(nil)
)

// A socket is the real end of a connection. Its calls do not block: they return errWouldBlock, and the engine
// the socket belongs to calls the connection's readable or writable when it is worth another try.
type socket interface {
	read(p []byte) (int, error) // io.EOF at the end
	write(p []byte) (int, error)
	closeWrite() error
	close() error
	abort() // close, so that the peer finds a reset
}

var errWouldBlock = errors.New("netem: the socket is not ready")

func newDelayed(e *emulation, in, out path, tcp *net.TCPConn, m *Meter) *DelayedConn {
	c := &DelayedConn{line: e.line, meter: m, linger: Linger, closed: make(chan struct{})}
	c.local, c.remote = tcp.LocalAddr(), tcp.RemoteAddr()
	c.in.path, c.in.arrived = in, make(chan struct{}, 1)
	c.out.path, c.out.space = out, make(chan struct{}, 1)
	c.in.event.handle = c.deliver
	c.out.event.handle = c.depart
	return c
}

// Read implements net.Conn.
func (c *DelayedConn) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c.in.turn.Lock()
	defer c.in.turn.Unlock()
	if err := c.awaitBytes(); err != nil {
		return 0, c.explain("read", err)
	}
	n, err := c.take(p)
	return n, c.explain("read", err)
}

// ReadLent implements wire.Lender.
func (c *DelayedConn) ReadLent(p *wire.Pool) ([]byte, int, error) {
	c.in.turn.Lock()
	defer c.in.turn.Unlock()
	if err := c.awaitBytes(); err != nil {
		return nil, 0, c.explain("read", err)
	}
	buf := p.Get()
	n, err := c.take(buf)
	if err != nil {
		p.Put(buf)
		return nil, 0, c.explain("read", err)
	}
	return buf, n, nil
}

// Write implements net.Conn. It copies p and returns; the bytes leave through the socket one delay later. It
// waits only while more is in flight than the path may hold.
func (c *DelayedConn) Write(p []byte) (int, error) {
	c.out.turn.Lock()
	defer c.out.turn.Unlock()
	if len(p) == 0 {
		return 0, c.explain("write", c.awaitSpace())
	}
	size, written := c.out.path.network.chunk(), 0
	for written < len(p) {
		if err := c.awaitSpace(); err != nil {
			return written, c.explain("write", err)
		}
		part := p[written:min(len(p), written+size)]
		if err := c.dispatch(part, nil); err != nil {
			return written, c.explain("write", err)
		}
		written += len(part)
	}
	return written, nil
}

// CloseWrite sends the end of the stream behind what was written, one delay later. Write fails from now on.
func (c *DelayedConn) CloseWrite() error {
	if isClosed(c.closed) {
		return c.explain("close", net.ErrClosed)
	}
	return c.explain("close", c.dispatch(nil, errEndOfStream))
}

// Close ends Read and Write at once. What was written still goes out, followed by the end of the stream one
// delay later; if the peer takes nothing for [Linger], the rest is dropped. What arrives meanwhile
// is metered and dropped.
func (c *DelayedConn) Close() error {
	err := net.ErrClosed
	c.closing.Do(func() {
		close(c.closed)
		c.drop()
		c.leave()
		err = nil
	})
	return c.explain("close", err)
}

// LocalAddr implements net.Conn.
func (c *DelayedConn) LocalAddr() net.Addr { return c.local }

// RemoteAddr implements net.Conn.
func (c *DelayedConn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline implements net.Conn.
func (c *DelayedConn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline implements net.Conn.
func (c *DelayedConn) SetReadDeadline(t time.Time) error { return c.setDeadline(&c.in.deadline, t) }

// SetWriteDeadline implements net.Conn. It concerns a Write that waits for room, not bytes in flight.
func (c *DelayedConn) SetWriteDeadline(t time.Time) error { return c.setDeadline(&c.out.deadline, t) }

func (c *DelayedConn) setDeadline(d *deadline, t time.Time) error {
	if isClosed(c.closed) {
		return c.explain("set", net.ErrClosed)
	}
	d.at(t)
	return nil
}

// explain gives err the form of the net package's errors. The end of the stream stays io.EOF.
func (c *DelayedConn) explain(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.local, Addr: c.remote, Err: err}
}

// hindered returns why an operation with this deadline must not go on, if so.
func (c *DelayedConn) hindered(d *deadline) error {
	if isClosed(c.closed) {
		return net.ErrClosed
	}
	if isClosed(d.done()) {
		return os.ErrDeadlineExceeded
	}
	return nil
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// notify wakes the goroutine that waits on c, or the next that will. A channel of capacity 1 remembers it.
func notify(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
