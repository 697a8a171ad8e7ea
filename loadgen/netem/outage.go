package netem

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"pushbench/loadgen/wire"
)

var (
	// ErrCut is what a connection's user finds once Cut has broken it.
	ErrCut = errors.New("connection cut by the emulated network")
	// ErrRefused is what Dial finds while the network refuses connections.
	ErrRefused = errors.New("connection refused by the emulated network")
)

// outages is what a Dialer knows of the network's failures.
type outages struct {
	// cuts counts them. A connection that was made before one and is found after it must not live.
	cuts atomic.Uint64

	mu sync.Mutex
	// until is when the last one that refuses connections ends.
	until time.Time
	conns map[*severable]struct{} // of a Dialer that emulates no path; the emulation knows its own
}

// Cut breaks every connection at once, as a proxy beside the server does when it dies: the server finds each reset now, and the client with [ErrCut] as
// soon as the news has come down its path, behind what was there before it. What clients had on its way to the server is lost. For as long as
// refuse, connecting is refused with [ErrRefused], which takes as long as connecting. Cut returns how many connections it broke. It needs
// Outages to be set.
func (d *Dialer) Cut(refuse time.Duration) int {
	open := d.outages.begin(refuse)
	for _, c := range open {
		c.sever()
	}
	d.mu.Lock()
	e := d.emulation
	d.mu.Unlock()
	if e == nil {
		return len(open)
	}
	return len(open) + e.cut()
}

// Cuts counts the calls of Cut. Who dials several times for one session can tell by it that the network has failed in between.
func (d *Dialer) Cuts() uint64 { return d.outages.cuts.Load() }

// begin begins an outage and returns the connections it breaks.
func (o *outages) begin(refuse time.Duration) (open []*severable) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.cuts.Add(1)
	o.until = time.Now().Add(refuse)
	for c := range o.conns {
		open = append(open, c)
	}
	clear(o.conns)
	return open
}

// refuses says whether a connection that arrives now is refused.
func (o *outages) refuses() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return time.Now().Before(o.until)
}

// add enters a connection that was made after so many cuts, unless there has been one since.
func (o *outages) add(c *severable, cuts uint64) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.cuts.Load() != cuts {
		return false
	}
	if o.conns == nil {
		o.conns = make(map[*severable]struct{})
	}
	o.conns[c] = struct{}{}
	return true
}

func (o *outages) remove(c *severable) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.conns, c)
}

// severable is a Conn that can be cut.
type severable struct {
	*Conn
	outages *outages
	cut     atomic.Bool
}

// reset closes a socket so that its peer finds a reset.
func reset(tcp *net.TCPConn) {
	_ = tcp.SetLinger(0) // what cannot be reset is closed
	_ = tcp.Close()
}

func (c *severable) sever() {
	c.cut.Store(true)
	reset(c.tcp)
}

// Read implements net.Conn.
func (c *severable) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	return n, c.explain("read", err)
}

// ReadLent implements wire.Lender.
func (c *severable) ReadLent(p *wire.Pool) ([]byte, int, error) {
	buf, n, err := c.Conn.ReadLent(p)
	return buf, n, c.explain("read", err)
}

// Write implements net.Conn.
func (c *severable) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	return n, c.explain("write", err)
}

// Close implements net.Conn.
func (c *severable) Close() error {
	c.outages.remove(c)
	return c.explain("close", c.Conn.Close())
}

// explain says of an operation on a cut connection that it was cut, and not that somebody closed it.
func (c *severable) explain(op string, err error) error {
	if err == nil || !c.cut.Load() {
		return err
	}
	if op == "close" {
		return nil
	}
	return &net.OpError{Op: op, Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: ErrCut}
}

// cut breaks every connection of the emulation, and returns how many.
func (e *emulation) cut() int {
	e.mu.Lock()
	open := make([]*DelayedConn, 0, len(e.conns))
	for c := range e.conns {
		open = append(open, c)
	}
	e.mu.Unlock()
	n := 0
	for _, c := range open {
		if c.adopted.Load() && c.sever() {
			n++
		}
	}
	return n
}

// sever breaks the connection where its path meets the peer, and reports whether it was still whole: the peer is told by a reset, the user behind what has
// arrived by now.
func (c *DelayedConn) sever() bool {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	c.in.mu.Lock()
	if c.in.gone {
		c.in.mu.Unlock()
		return false
	}
	c.collect(false)
	c.admitEnd(ErrCut)
	c.out.broken.CompareAndSwap(nil, &failure{err: ErrCut, due: c.in.path.date(c.line.now(), 0)})
	c.in.gone = true
	c.socket.abort()
	c.in.mu.Unlock()
	c.out.queue.clear()
	notify(c.out.space)
	c.released()
	return true
}
