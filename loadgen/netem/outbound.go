package netem

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Linger is how long a closed connection goes on trying to send what is left to a peer that does not read.
const Linger = 2 * time.Second

// The ends of the outbound direction, as chunks behind the last bytes; inbound it is what the socket reported.
var (
	errEndOfStream = errors.New("netem: shut down for writing")
	errHangUp      = errors.New("netem: close")
)

// outbound is the direction from Write to the socket.
type outbound struct {
	turn     sync.Mutex // held by the one Write at a time
	deadline deadline
	space    chan struct{} // notified when a Write that waits should look again
	event    event

	// broken is set once, when the socket fails: bytes still queued are dropped, and Write fails when the news
	// has come through.
	broken atomic.Pointer[failure]

	mu        sync.Mutex // guards the fields below, and writing to the socket
	path      path
	queue     queue
	ended     bool          // an end was queued: no more bytes
	blocked   bool          // the socket is full
	unblocked time.Duration // when it last ceased to be; chunks due before then were held up by the peer, not by us
	abandon   time.Duration // when to give up on a blocked socket that is to be closed; 0 before Close
}

// A failure of the socket, and when the user of the connection learns of it.
type failure struct {
	err error
	due time.Duration
}

// dispatch dates bytes, or an end, and queues them.
func (c *DelayedConn) dispatch(data []byte, end error) error {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	if isClosed(c.closed) {
		return net.ErrClosed // and never queue behind errHangUp: the socket may be gone
	}
	if c.out.ended && end == nil {
		return os.NewSyscallError("write", syscall.EPIPE)
	}
	due := c.out.path.date(c.line.now(), len(data))
	if end != nil {
		c.out.ended = true
		c.out.queue.push(chunk{due: due, end: end})
	} else {
		c.out.queue.add(data, due)
	}
	if c.out.queue.count == 1 {
		c.line.schedule(&c.out.event, due)
	}
	return nil
}

// leave queues the end of the connection. It is scheduled for itself, because a blocked socket may never
// become writable again.
func (c *DelayedConn) leave() {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	due := c.out.path.date(c.line.now(), 0)
	c.out.ended = true
	c.out.queue.push(chunk{due: due, end: errHangUp})
	c.out.abandon = due + c.linger
	c.line.schedule(&c.out.event, due)
}

// awaitSpace waits until another chunk may be queued. The caller holds c.out.turn.
func (c *DelayedConn) awaitSpace() error {
	for {
		if err := c.hindered(&c.out.deadline); err != nil {
			return err
		}
		if room, err := c.hasSpace(); room || err != nil {
			return err
		}
		select {
		case <-c.out.space:
		case <-c.out.deadline.done():
		case <-c.closed:
		}
	}
}

func (c *DelayedConn) hasSpace() (bool, error) {
	if f := c.out.broken.Load(); f != nil && f.due <= c.line.now() {
		return false, f.err
	}
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	return c.out.queue.bytes < c.out.path.network.inFlight(), nil
}

// depart hands what is due to the socket. The line calls it.
func (c *DelayedConn) depart() (next time.Duration, more bool) {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	for c.out.queue.count > 0 {
		front, now := c.out.queue.at(0), c.line.now()
		if front.due > now {
			return front.due, true
		}
		if front.end != nil {
			c.finish(front.end)
		} else if !c.send(front, now) {
			return c.patience(now)
		}
		notify(c.out.space)
	}
	return 0, false
}

// send writes the front of the queue to the socket and reports whether it took all of it.
func (c *DelayedConn) send(front *chunk, now time.Duration) bool {
	if front.due > c.out.unblocked {
		c.line.lateness.record(now - front.due)
	}
	for c.out.broken.Load() == nil {
		n, err := c.socket.write(front.data)
		c.meter.Sent.Add(int64(n))
		if n > 0 && c.out.abandon > 0 {
			c.out.abandon = now + c.linger
		}
		if err == errWouldBlock {
			c.out.blocked = true
			return false
		}
		if err != nil {
			c.lost(now, err)
			break
		}
		if c.out.queue.consume(n) {
			return true
		}
	}
	return c.out.queue.consume(len(front.data))
}

// lost notes that the socket refused a write: the connection is broken. What arrived before is still
// delivered, and then, one delay later, the error.
func (c *DelayedConn) lost(now time.Duration, err error) {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	c.collect(false)
	c.admitEnd(err)
	// The end of the inbound stream may have been there before, and then it has not noted the failure.
	c.out.broken.CompareAndSwap(nil, &failure{err: err, due: c.in.path.date(now, 0)})
}

// finish does what stands at the end of the queue, and forgets it.
func (c *DelayedConn) finish(end error) {
	c.out.queue.consume(0)
	if end == errHangUp {
		c.closeSocket()
		return
	}
	_ = c.socket.closeWrite() // it fails only if the connection is broken, which reading reports
}

// patience decides what becomes of a socket that is full: wait until it is writable, but after Close not for ever.
func (c *DelayedConn) patience(now time.Duration) (next time.Duration, more bool) {
	if c.out.abandon == 0 || now < c.out.abandon {
		return c.out.abandon, c.out.abandon > 0
	}
	c.out.queue.clear()
	c.closeSocket()
	return 0, false
}

// writable is called by the engine when the socket may take more.
func (c *DelayedConn) writable() {
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	if !c.out.blocked {
		return
	}
	c.out.blocked = false
	c.out.unblocked = c.line.now()
	c.line.schedule(&c.out.event, c.out.unblocked)
}
