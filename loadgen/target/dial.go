package target

import (
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"

	"pushbench/loadgen"
	"pushbench/loadgen/netem"
	"pushbench/loadgen/wire"
)

// ledger counts a session's bytes over all its connections.
//
// Without emulation and TLS the meter at the socket does that by itself. An emulated network has bytes in flight that the client has sent but the
// socket has not, and others that the socket has received but the client has not; and TLS reads ahead. Charged to the message at hand they would
// make one message dear and the next cheap, so there the bytes count as the client writes and takes them, TLS record by record.
type ledger struct {
	// dialer makes the session's connections.
	dialer *netem.Dialer
	meter  netem.Meter
	// cuts is how often the network had failed when the session began: it must not outlive the next time.
	cuts uint64
	// parting is the last connection of a library that has one for each exchange.
	parting atomic.Pointer[parting]
	// own is true where the bytes count as the client writes and takes them.
	own            bool
	sent, received atomic.Int64
	// secured is set by the first TLS connection; from then on plainSent and plainReceived are what was inside the records, and opened is what handshakes took.
	secured                          atomic.Bool
	plainSent, plainReceived, opened atomic.Int64
}

// flow is bytes at the sockets, and how many of them are what TLS adds: all of a record but what is inside.
type flow struct{ bytes, tls int64 }

func (f flow) plus(o flow) flow  { return flow{f.bytes + o.bytes, f.tls + o.tls} }
func (f flow) minus(o flow) flow { return flow{f.bytes - o.bytes, f.tls - o.tls} }

// flows are the ledger's in both directions.
func (l *ledger) flows() (sent, received flow) {
	t := l.traffic()
	sent, received = flow{bytes: t.Sent}, flow{bytes: t.Received}
	if l.secured.Load() {
		sent.tls, received.tls = t.Sent-l.plainSent.Load(), t.Received-l.plainReceived.Load()
	}
	return sent, received
}

// passed is the flow of both directions.
func (l *ledger) passed() flow {
	sent, received := l.flows()
	return sent.plus(received)
}

func (l *ledger) traffic() loadgen.Traffic {
	t := loadgen.Traffic{Sent: l.meter.Sent.Load(), Received: l.meter.Received.Load(), Connections: l.meter.Connections.Load()}
	if l.own {
		t.Sent, t.Received = l.sent.Load(), l.received.Load()
	}
	return t
}

// failed is the error of an opening that failed, with what it took: all of it is handshake.
func (l *ledger) failed(err error) error {
	took := l.traffic()
	took.Handshake = took.Sent + took.Received
	return &loadgen.OpenError{Took: took, Err: named(err)}
}

// newLedger returns an empty ledger of a client's session, which counts as its connections need it. Net/http writes on a goroutine of its own, so an answer can be
// there before the meter has counted its request: a library's bytes count as it hands them over.
func (t *reach) newLedger(c loadgen.ClientSpec) ledger {
	d := t.dialerOf(c)
	return ledger{dialer: d, cuts: d.Cuts(), own: t.tls != nil || d.Network.Emulates() || t.kind == loadgen.Library}
}

// write writes and counts, first: when the peer has the bytes they are in the books.
func (l *ledger) write(c net.Conn, p []byte) (int, error) { return counted(&l.sent, c, p) }

// writePlain is write for what TLS will put into records.
func (l *ledger) writePlain(c net.Conn, p []byte) (int, error) { return counted(&l.plainSent, c, p) }

func counted(count *atomic.Int64, c net.Conn, p []byte) (int, error) {
	count.Add(int64(len(p)))
	n, err := c.Write(p)
	if n < len(p) {
		count.Add(int64(n - len(p)))
	}
	return n, err
}

// bytes is all that passed, both ways.
func (l *ledger) bytes() int64 {
	t := l.traffic()
	return t.Sent + t.Received
}

// dial makes a client's connection: metered, and delayed and encrypted as the scenario says.
func (t *reach) dial(ctx context.Context, l *ledger, session *tls.Config) (net.Conn, error) {
	conn, err := t.connect(ctx, l)
	if err != nil || !l.own {
		return conn, err
	}
	if session == nil {
		return &tally{Conn: conn, ledger: l}, nil
	}
	before := l.bytes()
	secured, err := secure(ctx, &records{Conn: conn, ledger: l}, session)
	l.opened.Add(l.bytes() - before)
	return secured, err
}

// connect makes the connection itself. A session whose connections were cut is over, also one that had none at that moment.
func (t *reach) connect(ctx context.Context, l *ledger) (net.Conn, error) {
	if l.dialer.Cuts() != l.cuts {
		return nil, netem.ErrCut
	}
	conn, err := l.dialer.Dial(ctx, "tcp", t.host, &l.meter)
	if err == nil && l.dialer.Cuts() != l.cuts {
		_ = conn.Close()
		return nil, netem.ErrCut
	}
	return conn, err
}

// tally counts bytes as its user writes and reads them.
type tally struct {
	net.Conn
	ledger *ledger
}

func (c *tally) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.ledger.received.Add(int64(n))
	return n, err
}

func (c *tally) Write(p []byte) (int, error) { return c.ledger.write(c.Conn, p) }

// ReadLent implements wire.Lender.
func (c *tally) ReadLent(p *wire.Pool) ([]byte, int, error) {
	buf, n, err := c.Conn.(wire.Lender).ReadLent(p)
	c.ledger.received.Add(int64(n))
	return buf, n, err
}
