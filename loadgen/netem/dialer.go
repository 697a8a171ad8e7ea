package netem

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

var errDialerClosed = fmt.Errorf("netem: the dialer is closed: %w", net.ErrClosed)

// Dialer makes metered connections over an emulated network. Its zero value meters and emulates nothing. Its
// exported fields must not change after the first Dial; it must not be copied. It is safe for concurrent use.
type Dialer struct {
	// Network is the path to emulate, the same for every connection.
	Network Network
	// Sources are local addresses to bind, one after the other; none leaves the choice to the kernel.
	//
	// They are for loads above some 28,000 concurrent connections to one destination: connections that share
	// both addresses and the destination's port differ only by their source port, of which Linux has 28,232
	// (net.ipv4.ip_local_port_range). Below that they gain nothing: the kernel reuses the ports of
	// unbound loopback connections after 1 s. See [LoopbackSources].
	//
	// On Linux the port of a bound address is chosen at connect time (IP_BIND_ADDRESS_NO_PORT). Without that,
	// bind needs a port free for every destination and searches for one: 10,000 dials took 33 s once 15,000
	// ports were in TIME_WAIT; with it 30,000 took 2.1 s.
	Sources []netip.Addr
	// Nagle leaves Nagle's algorithm on. By default it is off (TCP_NODELAY), as it is in browsers and in Go.
	Nagle bool
	// ReceiveBuffer is the size in bytes of the kernel's receive buffer of each connection (SO_RCVBUF, which Linux doubles for its own use);
	// 0 leaves it to the kernel, which on loopback grows it to megabytes. It is set before connecting: a window that has been offered
	// is not taken back.
	ReceiveBuffer int
	// Outages lets Cut break the connections. A Dialer that emulates no path then has to know each of them.
	Outages bool
	// Timeout limits one Dial, emulated round trip included; 0 means no limit but the context's.
	Timeout time.Duration

	portable bool // use the engine of platforms without epoll, for tests

	dials     atomic.Uint64
	outages   outages
	mu        sync.Mutex
	emulation *emulation
	closed    bool
}

// Dial connects to addr ("host:port") over network ("tcp", "tcp4" or "tcp6"), and counts the connection and its
// bytes with m, which may be nil. The result is a [*Conn], or a [*DelayedConn] if the Network emulates
// anything; then Dial takes two delays and whatever the real connection takes, and a refusal takes as long.
// TCP keep-alive probes are off: they would be traffic that no transport asked for.
//
// Errors wrap the net package's and say what to do about open files, source ports and refusals.
func (d *Dialer) Dial(ctx context.Context, network, addr string, m *Meter) (net.Conn, error) {
	if m == nil {
		m = new(Meter)
	}
	if d.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, d.Timeout)
		defer cancel()
	}
	conn, err := d.dial(ctx, network, addr, m)
	if err != nil {
		return nil, advise(addr, err)
	}
	return conn, nil
}

func (d *Dialer) dial(ctx context.Context, network, addr string, m *Meter) (net.Conn, error) {
	connect := func(ctx context.Context) (*net.TCPConn, error) { return d.connect(ctx, network, addr) }
	if d.Network.Emulates() {
		e, err := d.shared()
		if err != nil {
			return nil, err
		}
		return e.dial(ctx, d.Network, m, connect)
	}
	cuts := d.Cuts()
	tcp, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	conn, err := NewConn(tcp, m)
	if err != nil || !d.Outages {
		return conn, err
	}
	return d.severable(conn, cuts)
}

// severable makes a connection, made after so many cuts, one that the next can cut.
func (d *Dialer) severable(conn *Conn, cuts uint64) (net.Conn, error) {
	c := &severable{Conn: conn, outages: &d.outages}
	if !d.outages.add(c, cuts) {
		reset(conn.tcp)
		return nil, ErrCut
	}
	return c, nil
}

// connect makes the real connection.
func (d *Dialer) connect(ctx context.Context, network, addr string) (*net.TCPConn, error) {
	switch network {
	case "tcp", "tcp4", "tcp6":
	default:
		return nil, fmt.Errorf("network %q is not TCP", network)
	}
	if d.Outages && d.outages.refuses() {
		return nil, &net.OpError{Op: "dial", Net: network, Err: ErrRefused}
	}
	dialer := net.Dialer{KeepAlive: -1, Control: d.prepare}
	if n := d.dials.Add(1); len(d.Sources) > 0 {
		source := d.Sources[(n-1)%uint64(len(d.Sources))]
		dialer.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
	}
	conn, err := dialer.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	tcp := conn.(*net.TCPConn)
	if d.Nagle {
		if err := tcp.SetNoDelay(false); err != nil {
			tcp.Close()
			return nil, err
		}
	}
	return tcp, nil
}

// prepare is a net.Dialer.Control: it sets the options that a socket must have before it connects.
func (d *Dialer) prepare(_, _ string, raw syscall.RawConn) error {
	if len(d.Sources) > 0 {
		if err := bindWithoutPort(raw); err != nil {
			return err
		}
	}
	if d.ReceiveBuffer > 0 {
		return setReceiveBuffer(raw, d.ReceiveBuffer)
	}
	return nil
}

// shared returns the emulation, made by the first call.
func (d *Dialer) shared() (*emulation, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, errDialerClosed
	}
	if d.emulation != nil {
		return d.emulation, nil
	}
	if err := d.Network.Validate(); err != nil {
		return nil, err
	}
	open := newEngine
	if d.portable {
		open = newThreads
	}
	var err error
	d.emulation, err = newEmulation(open, &d.outages)
	return d.emulation, err
}

// Close closes the emulated connections still open, waits until what was written to them, and to those closed
// before, has left (see [DelayedConn.Close]), and stops the emulation's goroutines. Dialling fails
// from then on. A Dialer that emulates nothing has nothing to close, and its connections belong to their users.
func (d *Dialer) Close() error {
	d.mu.Lock()
	e := d.emulation
	d.closed = true
	d.mu.Unlock()
	if e != nil {
		e.closing.Do(e.close)
	}
	return nil
}

// Lateness reports how late the emulation has been since it began or since ResetLateness; all zero when it moved nothing.
func (d *Dialer) Lateness() Lateness {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.emulation == nil {
		return Lateness{}
	}
	return d.emulation.line.lateness.snapshot()
}

// ResetLateness begins a new account of Lateness, for a caller that wants to know of one phase only.
func (d *Dialer) ResetLateness() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.emulation != nil {
		d.emulation.line.lateness.reset()
	}
}

// ConnectionsPerSource is how many concurrent connections to one destination LoopbackSources plans for each
// source address: Linux's 28,232 ports, less some that are in use or in TIME_WAIT.
const ConnectionsPerSource = 25_000

// LoopbackSources returns the source addresses a load of this many concurrent connections to one loopback
// destination needs, for [Dialer.Sources]: none if one address suffices, else 127.0.0.1, 127.0.0.2 and so on. On Linux all
// of 127.0.0.0/8 is local; elsewhere every address but the first has to be configured on the loopback device.
func LoopbackSources(connections int) []netip.Addr {
	if connections <= ConnectionsPerSource {
		return nil
	}
	sources := make([]netip.Addr, (connections+ConnectionsPerSource-1)/ConnectionsPerSource)
	next := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	for i := range sources {
		sources[i], next = next, next.Next()
	}
	return sources
}

// advise says what to do about the errors that come with large loads.
func advise(addr string, err error) error {
	advice := ""
	switch {
	case errors.Is(err, ErrRefused):
		return err // it was asked for, and thousands are
	case errors.Is(err, errTooManyFiles):
		advice = ": too many open files: raise the limit (`ulimit -n`) above the number of connections, or use fewer clients"
	case errors.Is(err, errNoAddress):
		advice = ": no free source port, or the source address is not local: an address has some 28,000 ports per destination; " +
			"give the dialer more Sources, widen net.ipv4.ip_local_port_range, or use fewer connections"
	case errors.Is(err, errRefused):
		advice = ": nothing accepts connections there: start the server or correct the address"
	case errors.Is(err, context.DeadlineExceeded):
		advice = ": no connection in time: the server's accept queue may overflow (net.core.somaxconn); connect more slowly"
	}
	return fmt.Errorf("netem: dialling %s%s: %w", addr, advice, err)
}
