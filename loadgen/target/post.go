package target

import (
	"context"
	"crypto/tls"
	"sync"

	"pushbench/loadgen"
	"pushbench/loadgen/wire"
	"pushbench/scenarios"
)

// post is the sending half of a client that has no WebSocket: POSTs on a connection of its own, as a browser would open beside the parked poll or the
// stream of events.
type post struct {
	reach  *reach
	spec   loadgen.ClientSpec
	speaks postDialect
	http   *wire.HTTPConn
	sendingHalf
	tls    *tls.Config
	live   *live
	answer wire.Response
	// opened is what opening the connection for sending took; nothing where each post has its own.
	opened loadgen.Traffic
	// message is the one being posted.
	message posting
	// mu keeps apart what the client sends and what answers pings.
	mu sync.Mutex
}

// postDialect is how a server takes a message that a client posts.
type postDialect interface {
	// post appends the request to b.
	post(b, payload []byte) []byte
	// accepted is the error of an answer that refuses the message.
	accepted(answer *wire.Response) error
}

// openPost makes the sending half of a client's session.
func (t *reach) openPost(ctx context.Context, c loadgen.ClientSpec, session *tls.Config, speaks postDialect) (*post, error) {
	p := &post{reach: t, spec: c, speaks: speaks, sendingHalf: sendingHalf{ledger: t.newLedger(c)}, tls: session, live: newLive()}
	if p.renews() {
		return p, nil
	}
	if err := p.connect(ctx); err != nil {
		return p, err
	}
	p.opened = p.ledger.traffic()
	p.opened.Handshake = p.opened.Sent + p.opened.Received
	return p, nil
}

// opening is what opening the connection for sending took, which is of no post; nothing for a client that posts nothing.
func (p *post) opening() loadgen.Traffic {
	if p == nil {
		return loadgen.Traffic{}
	}
	return p.opened
}

// half is what was posted; nil for a client that posts nothing.
func (p *post) half() *sendingHalf {
	if p == nil {
		return nil
	}
	return &p.sendingHalf
}

func (p *post) renews() bool { return p.spec.Transport == scenarios.LongPollNewConn }

func (p *post) connect(ctx context.Context) error {
	conn, err := p.reach.dial(ctx, &p.ledger, p.tls)
	if err != nil {
		return err
	}
	if err := p.live.use(conn); err != nil {
		return err
	}
	o := p.reach.options
	if p.reach.foreign {
		o.BeginTimeout = openTimeout
	}
	p.http = wire.NewHTTPConn(conn, o)
	return nil
}

// send posts one message and waits for the answer.
func (p *post) send(payload []byte) (loadgen.Traffic, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := reading(&p.ledger)
	p.message = posting{p.speaks, payload}
	err := p.exchange(&p.message)
	p.count(err)
	return before.posted(&p.ledger, len(payload), err), p.reach.named(err)
}

// readings are a ledger's before a post.
type readings struct {
	sent, received flow
	connections    int64
}

func reading(l *ledger) (r readings) {
	r.sent, r.received = l.flows()
	r.connections = l.meter.Connections.Load()
	return r
}

// posted is what a post of so many bytes took since then. A connection of its own is part of that.
func (r readings) posted(l *ledger, payload int, err error) loadgen.Traffic {
	now := reading(l)
	sent, received := now.sent.minus(r.sent), now.received.minus(r.received)
	t := loadgen.Traffic{Sent: sent.bytes, Received: received.bytes, Connections: now.connections - r.connections, Requests: 1}
	t.Parts = loadgen.Parts{Known: true, TLS: sent.tls + received.tls}
	t.Parts.Headers = sent.bytes + received.bytes - t.Parts.TLS - int64(payload)
	if err == nil {
		t.Responses = 1
	}
	return t
}

// say posts what is no message, and returns what that took.
func (p *post) say(a asking) (loadgen.Traffic, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before := reading(&p.ledger)
	err := p.exchange(a)
	p.count(err)
	return before.posted(&p.ledger, 0, err), p.reach.named(err)
}

// posting is a message to be posted.
type posting struct {
	speaks  postDialect
	payload []byte
}

func (m *posting) ask(b []byte) []byte { return m.speaks.post(b, m.payload) }

// exchange posts on the connection, or on a new one if each request has its own or the server had closed the last as idle.
func (p *post) exchange(a asking) error {
	if p.renews() || p.http == nil {
		return p.exchangeAnew(a)
	}
	err := p.ask(a)
	if stale(err) {
		_ = p.live.conn.Close()
		return p.exchangeAnew(a)
	}
	return err
}

func (p *post) exchangeAnew(a asking) error {
	if err := p.connect(p.live.over); err != nil {
		return err
	}
	err := p.ask(a)
	if p.renews() {
		_ = p.live.conn.Close()
	}
	return err
}

func (p *post) ask(a asking) error {
	buffer := p.reach.options.Pool.Get()
	err := p.http.Send(a.ask(buffer[:0]))
	p.reach.options.Pool.Put(buffer)
	if err != nil {
		return err
	}
	if err := p.http.Receive(&p.answer); err != nil {
		return err
	}
	defer p.http.Release()
	return p.speaks.accepted(&p.answer)
}
