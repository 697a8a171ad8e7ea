package netem

import (
	"context"
	"net"
	"sync"
)

// An emulation is what the emulated connections of a Dialer share.
type emulation struct {
	line    *line
	engine  engine
	outages *outages
	ctx     context.Context // ends when the Dialer is closed; ends the Dials under way
	cancel  context.CancelFunc
	running sync.WaitGroup // Dials under way, and sockets open

	closing sync.Once
	mu      sync.Mutex
	conns   map[*DelayedConn]struct{}
	dials   uint64
	closed  bool
}

// An engine tells connections when their sockets are ready.
type engine interface {
	// adopt takes tcp over, sets c.socket, and from then on calls c.readable and c.writable. With an
	// error tcp is closed.
	adopt(tcp *net.TCPConn, c *DelayedConn) error
	// stop waits for the engine's goroutines. All sockets are closed before.
	stop()
}

func newEmulation(open func() (engine, error), o *outages) (*emulation, error) {
	l, err := newLine()
	if err != nil {
		return nil, err
	}
	eng, err := open()
	if err != nil {
		l.stop()
		return nil, err
	}
	e := &emulation{line: l, engine: eng, outages: o, conns: make(map[*DelayedConn]struct{})}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	return e, nil
}

// A connector makes the real connection.
type connector func(context.Context) (*net.TCPConn, error)

// dial makes an emulated connection: the SYN travels for one delay, connect takes what it takes, and the answer,
// also a refusal, travels for another.
func (e *emulation) dial(ctx context.Context, n Network, m *Meter, connect connector) (net.Conn, error) {
	number, err := e.begin()
	if err != nil {
		return nil, err
	}
	defer e.running.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.ctx, cancel)()
	out, in := newPath(n.from(), number, 0), newPath(n.towards(), number, 1)
	if err := e.line.pause(ctx, out.date(e.line.now(), 0)); err != nil {
		return nil, e.stopped(err)
	}
	cuts := e.outages.cuts.Load()
	tcp, err := connect(ctx)
	if waitErr := e.line.pause(ctx, in.date(e.line.now(), 0)); err == nil && waitErr != nil {
		tcp.Close()
		err = waitErr
	}
	if err != nil {
		return nil, e.stopped(err)
	}
	return e.admit(newDelayed(e, in, out, tcp, m), tcp, cuts)
}

// begin counts a Dial, unless the Dialer is closed.
func (e *emulation) begin() (number uint64, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return 0, errDialerClosed
	}
	e.running.Add(1)
	e.dials++
	return e.dials, nil
}

// stopped tells a closed Dialer from a context that ended.
func (e *emulation) stopped(err error) error {
	if e.ctx.Err() != nil {
		return errDialerClosed
	}
	return err
}

// admit starts a connection that was made after so many cuts.
func (e *emulation) admit(c *DelayedConn, tcp *net.TCPConn, cuts uint64) (net.Conn, error) {
	c.released = func() { e.release(c) }
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		tcp.Close()
		return nil, errDialerClosed
	}
	e.running.Add(1)
	e.conns[c] = struct{}{}
	e.mu.Unlock()
	c.meter.Connections.Add(1)
	if err := e.engine.adopt(tcp, c); err != nil {
		e.release(c)
		return nil, err
	}
	c.adopted.Store(true)
	if e.outages.cuts.Load() != cuts { // an outage that began before now cannot have found the connection
		c.sever()
		c.Close()
		return nil, ErrCut
	}
	return c, nil
}

func (e *emulation) release(c *DelayedConn) {
	e.mu.Lock()
	delete(e.conns, c)
	e.mu.Unlock()
	e.running.Done()
}

// close closes all connections, waits until what was written has gone out, and stops the goroutines.
func (e *emulation) close() {
	e.mu.Lock()
	e.closed = true
	open := make([]*DelayedConn, 0, len(e.conns))
	for c := range e.conns {
		open = append(open, c)
	}
	e.mu.Unlock()
	e.cancel()
	for _, c := range open {
		c.Close()
	}
	e.running.Wait()
	e.engine.stop()
	e.line.stop()
}
