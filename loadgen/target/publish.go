package target

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"

	"pushbench/loadgen"
	"pushbench/loadgen/netem"
	"pushbench/loadgen/wire"
	"pushbench/scenarios"
	"pushbench/server/api"
)

// stream is a persistent publish stream: a WebSocket of its own, neither metered nor delayed.
type stream struct {
	conn   *wire.WebSocketConn
	buffer []byte
}

// OpenPublisher implements loadgen.Target.
func (t *Reference) OpenPublisher(ctx context.Context) (loadgen.Publisher, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	conn, err := t.dialBeside(ctx)
	if err != nil {
		return nil, err
	}
	upgraded, _, err := upgrade(ctx, conn, wire.UpgradeRequest{Host: t.host, Target: "/publish"}, t.options)
	if err != nil {
		return nil, fmt.Errorf("open a publish stream: %w", err)
	}
	return &stream{conn: upgraded}, nil
}

// dialBeside connects as the application beside the server does: without the emulated network, encrypted if the server wants it.
func (t *reach) dialBeside(ctx context.Context) (net.Conn, error) {
	var dialer netem.Dialer
	conn, err := dialer.Dial(ctx, "tcp", t.host, nil)
	if err != nil || t.tls == nil {
		return conn, err
	}
	return secure(ctx, &records{Conn: conn, ledger: new(ledger)}, t.tls)
}

// Publish implements loadgen.Publisher: a binary frame with the topic, a line end, and the payload.
func (s *stream) Publish(topic string, payload []byte) error {
	s.buffer = append(s.buffer[:0], topic...)
	s.buffer = append(s.buffer, '\n')
	s.buffer = append(s.buffer, payload...)
	return named(s.conn.WriteMessage(wire.Binary, s.buffer))
}

// Sync implements loadgen.Publisher.
func (s *stream) Sync(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	// A stream that was asked in vain is in an unknown state, so it may as well be closed.
	stop := closeWith(ctx, s.conn.NetConn())
	defer stop()
	if err := s.conn.WriteMessage(wire.Text, []byte(api.Sync)); err != nil {
		return 0, named(err)
	}
	var b wire.Batch
	if err := s.conn.Receive(&b); err != nil {
		return 0, fmt.Errorf("await the server's count: %w", named(err))
	}
	var answer api.Published
	if err := json.Unmarshal(b.Messages[0].Payload, &answer); err != nil {
		return 0, fmt.Errorf("the server's count: %w", err)
	}
	return int64(answer.Published), nil
}

// Close implements loadgen.Publisher.
func (s *stream) Close() error { return closed(s.conn.NetConn()) }

// post is the sending half of a poller that sends: POSTs on a connection of its own, as a browser would open beside the parked poll.
type post struct {
	target  *Reference
	spec    loadgen.ClientSpec
	request *wire.Request
	http    *wire.HTTPConn
	ledger  ledger
	tls     *tls.Config
	live    *live
	answer  wire.Response
}

func (p *post) open(ctx context.Context) (err error) {
	t := p.target
	p.request, err = wire.NewRequest(wire.RequestSpec{
		Method: http.MethodPost, Host: t.host, Target: publishTarget(p.spec.Destination()), Header: t.headerFields(forPost, p.spec.Transport),
	})
	if err != nil || p.renews() {
		return err
	}
	return p.connect(ctx)
}

func (p *post) renews() bool { return p.spec.Transport == scenarios.LongPollNewConn }

func (p *post) connect(ctx context.Context) error {
	conn, err := p.target.dial(ctx, &p.ledger, p.tls)
	if err != nil {
		return err
	}
	if err := p.live.use(conn); err != nil {
		return err
	}
	p.http = wire.NewHTTPConn(conn, p.target.options)
	return nil
}

// send posts one message and waits for the answer.
func (p *post) send(payload []byte) (loadgen.Traffic, error) {
	before := reading(&p.ledger)
	err := p.exchange(payload)
	return before.posted(&p.ledger, len(payload), err), named(err)
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

// exchange posts on the connection, or on a new one if each request has its own or the server had closed the last as idle.
func (p *post) exchange(payload []byte) error {
	if p.renews() {
		return p.exchangeAnew(payload)
	}
	err := p.ask(payload)
	if stale(err) {
		_ = p.live.conn.Close()
		return p.exchangeAnew(payload)
	}
	return err
}

func (p *post) exchangeAnew(payload []byte) error {
	if err := p.connect(p.live.over); err != nil {
		return err
	}
	err := p.ask(payload)
	if p.renews() {
		_ = p.live.conn.Close()
	}
	return err
}

func (p *post) ask(payload []byte) error {
	if err := p.http.SendRequest(p.request, nil, payload); err != nil {
		return err
	}
	if err := p.http.Receive(&p.answer); err != nil {
		return err
	}
	defer p.http.Release()
	if p.answer.Status != http.StatusNoContent {
		return &kindError{fmt.Sprintf("http %d", p.answer.Status), errors.New("the server refused a message")}
	}
	return nil
}
