package netem

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// inbound is the direction from the socket to Read.
type inbound struct {
	turn     sync.Mutex // held by the one Read at a time
	deadline deadline
	arrived  chan struct{} // notified when the front of the queue becomes readable
	event    event

	mu      sync.Mutex // guards the fields below, and reading from and closing the socket
	path    path
	queue   queue
	mature  int  // chunks at the front of the queue that may be read
	ended   bool // the last chunk is an end; the socket is not read again
	stalled bool // the queue was full: the socket has to be read when there is room
	dropped bool // Close was called: arrivals are metered and forgotten
	gone    bool // the socket is closed
}

// readable is called by the engine when bytes or the end may have arrived. drained promises that a read which
// does not fill its buffer was the last that finds something.
func (c *DelayedConn) readable(drained bool) {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	c.collect(drained)
}

// collect reads and dates what has arrived, up to the limit. The caller holds c.in.mu.
func (c *DelayedConn) collect(drained bool) {
	s := getSlab(maxChunk)
	defer putSlab(s)
	limit := c.in.path.network.inFlight()
	for budget := maxInFlight; !c.in.ended && !c.in.gone; {
		if c.in.stalled = c.in.queue.bytes >= limit || budget <= 0; c.in.stalled {
			return
		}
		room := min(len(s.bytes), limit-c.in.queue.bytes)
		n, err := c.socket.read(s.bytes[:room])
		c.meter.Received.Add(int64(n))
		budget -= n
		c.admit(s.bytes[:n])
		if err != nil || drained && n < room {
			c.admitEnd(err)
			return
		}
	}
}

// admit dates bytes that have arrived. The caller holds c.in.mu.
func (c *DelayedConn) admit(data []byte) {
	if c.in.dropped {
		return
	}
	now, size := c.line.now(), c.in.path.network.chunk()
	for len(data) > 0 {
		part := data[:min(len(data), size)]
		data = data[len(part):]
		c.in.queue.add(part, c.in.path.date(now, len(part)))
		c.expect()
	}
}

// admitEnd dates the end of the stream, unless err only says that there is no more at present. The caller
// holds c.in.mu.
func (c *DelayedConn) admitEnd(err error) {
	if err == nil || errors.Is(err, errWouldBlock) || c.in.ended || c.in.dropped {
		return
	}
	c.in.ended = true
	due := c.in.path.date(c.line.now(), 0)
	c.in.queue.push(chunk{due: due, end: err})
	if err != io.EOF {
		c.out.broken.CompareAndSwap(nil, &failure{err: err, due: due})
	}
	c.expect()
}

// expect schedules the delivery of the chunk just queued, if none is: the line knows only the first.
func (c *DelayedConn) expect() {
	if c.in.queue.count == c.in.mature+1 {
		c.line.schedule(&c.in.event, c.in.queue.at(c.in.mature).due)
	}
}

// deliver lets Read have the chunks that are due. The line calls it.
func (c *DelayedConn) deliver() (next time.Duration, more bool) {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	for now := c.line.now(); c.in.mature < c.in.queue.count; c.in.mature++ {
		due := c.in.queue.at(c.in.mature).due
		if due > now {
			return due, true
		}
		c.line.lateness.record(now - due)
		notify(c.in.arrived)
	}
	return 0, false
}

// awaitBytes waits until there is something to take. The caller holds c.in.turn.
func (c *DelayedConn) awaitBytes() error {
	for {
		if err := c.hindered(&c.in.deadline); err != nil {
			return err
		}
		if c.hasMature() {
			return nil
		}
		select {
		case <-c.in.arrived:
		case <-c.in.deadline.done():
		case <-c.closed:
		}
	}
}

func (c *DelayedConn) hasMature() bool {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	return c.in.mature > 0
}

// take moves bytes that may be read to p, or returns the end if that is what is next.
func (c *DelayedConn) take(p []byte) (n int, err error) {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	if c.in.mature == 0 {
		return 0, net.ErrClosed // Close came between awaitBytes and take
	}
	for n < len(p) && c.in.mature > 0 {
		front := c.in.queue.at(0)
		if front.end != nil {
			err = front.end
			break
		}
		moved := copy(p[n:], front.data)
		n += moved
		if c.in.queue.consume(moved) {
			c.in.mature--
		}
	}
	c.resume()
	if n > 0 {
		err = nil // the end stays in the queue for the next Read
	}
	return n, err
}

// resume reads from the socket again when there is room. Nobody else would: the engine reports an arrival
// once. The caller holds c.in.mu.
func (c *DelayedConn) resume() {
	if c.in.stalled && c.in.queue.bytes <= c.in.path.network.inFlight()/2 {
		c.collect(false)
	}
}

// drop forgets what has arrived and what will.
func (c *DelayedConn) drop() {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	c.in.dropped = true
	c.in.mature = 0
	c.in.queue.clear()
	if c.in.stalled {
		c.collect(false)
	}
}

// closeSocket closes the socket for good. It first reads what is there: a kernel that closes a socket with
// bytes unread answers them with a reset, which can overtake the last bytes sent.
func (c *DelayedConn) closeSocket() {
	c.in.mu.Lock()
	if c.in.gone {
		c.in.mu.Unlock()
		return
	}
	c.collect(false)
	c.in.gone = true
	_ = c.socket.close() // nothing can be lost: what was to be sent has been handed to the kernel
	c.in.mu.Unlock()
	c.released()
}
