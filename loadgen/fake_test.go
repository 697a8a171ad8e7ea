package loadgen

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pushbench/loadgen/pace"
	"pushbench/scenarios"
)

// Sizes of the fake transport, in bytes.
const (
	fakeHandshake = 300 // per session
	fakeFrame     = 2   // per message received, one of them a header
	fakeSend      = 8   // per message sent, five of them headers and one TLS
	fakeFarewell  = 10  // per session, at its end
	fakeRefusal   = 70  // per upgrade that a proxy does not let through
)

var errFakeGone = errors.New("fake server: connection reset")

// fakeServer relays messages in memory. Its exported fields are the ways in which it may misbehave; all may be nil.
type fakeServer struct {
	// Relay decides what one client gets of a message, number n of those published; nil delivers it. It may call client.deliver later.
	Relay func(client *fakeConn, n int, message []byte)
	// Publish runs before a message is relayed, on the goroutine that publishes; with an error the message is lost.
	Publish func(s *fakeServer, n int) error
	// Opened runs when a client has its session.
	Opened func(*fakeConn) error
	// Accepted changes what Sync answers.
	Accepted func(int64) int64
	// Shared makes clients get all that waits in one batch, as one response.
	Shared bool
	// Untold keeps what the bytes went into to itself.
	Untold bool

	// ReplayAfter is how long after its opening a session gets what it resumes with.
	ReplayAfter time.Duration
	// Unaware are clients that do not find out that the server was killed but by the next one's answer, as a poller that did not ask meanwhile.
	Unaware []int
	// Doomed, if set, is why no other server takes the place of one that was killed.
	Doomed error

	mu sync.Mutex
	// refusing is until when nothing can be opened.
	refusing time.Time
	// clients are all sessions there were. log is what was published on each topic.
	clients []*fakeConn
	log     map[string][][]byte
	// epoch is how many servers were killed before this one.
	epoch int
	// began is when the round did.
	began  time.Time
	n      int
	closed int
}

func (s *fakeServer) Open(ctx context.Context, spec ClientSpec) (Conn, error) {
	c := &fakeConn{server: s, spec: spec, wake: make(chan struct{}, 1), gone: make(chan struct{})}
	c.traffic = Traffic{Sent: fakeHandshake - 100, Received: 100, Handshake: fakeHandshake, Connections: 1, Parts: Parts{Known: !s.Untold}}
	s.mu.Lock()
	if time.Now().Before(s.refusing) {
		s.mu.Unlock()
		return nil, &OpenError{Err: errFakeGone}
	}
	if spec.Barred {
		s.mu.Unlock()
		return nil, &OpenError{Took: Traffic{Sent: fakeRefusal, Handshake: fakeRefusal, Connections: 1, Parts: Parts{Known: true}}, Err: errFakeGone}
	}
	c.stands = len(s.log[spec.Topic])
	c.epoch = s.epoch
	if spec.Resume != "" {
		var epoch, at int
		if _, err := fmt.Sscanf(string(spec.Resume), "%d:%d", &epoch, &at); err != nil {
			panic(err)
		}
		if epoch != s.epoch {
			at, c.anew = 0, true
		}
		c.replay(slices.Clone(s.log[spec.Topic][at:]), at)
	}
	s.clients = append(s.clients, c)
	s.mu.Unlock()
	if s.Opened != nil {
		if err := s.Opened(c); err != nil {
			return nil, err
		}
	}
	return c, ctx.Err()
}

// Listen implements Listener: to the server, the application is a client like others, but for its number.
func (s *fakeServer) Listen(ctx context.Context, topic string) (Subscription, error) {
	return s.Open(ctx, ClientSpec{ID: fakeApplication, Topic: topic})
}

const fakeApplication = -1

func (s *fakeServer) OpenPublisher(context.Context) (Publisher, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Now().Before(s.refusing) {
		return nil, errFakeGone
	}
	return &fakePublisher{server: s, epoch: s.epoch, gone: make(chan struct{})}, nil
}

// publish relays a message to everyone on its topic.
// opened are the sessions so far.
func (s *fakeServer) opened() []*fakeConn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.clients)
}

func (s *fakeServer) publish(topic string, message []byte) error {
	s.mu.Lock()
	n := s.n
	s.n++
	if s.log == nil {
		s.log = map[string][][]byte{}
	}
	s.log[topic] = append(s.log[topic], slices.Clone(message))
	clients := slices.Clone(s.clients)
	s.mu.Unlock()
	if s.Publish != nil {
		if err := s.Publish(s, n); err != nil {
			return err
		}
	}
	for _, c := range clients {
		switch {
		case c.spec.Topic != topic:
		case s.Relay != nil:
			s.Relay(c, n, slices.Clone(message))
		default:
			c.deliver(slices.Clone(message))
		}
	}
	return nil
}

// client returns the last session of a client by its number.
func (s *fakeServer) client(id int) *fakeConn {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range slices.Backward(s.clients) {
		if c.spec.ID == id {
			return c
		}
	}
	return nil
}

// die breaks every session.
func (s *fakeServer) die() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clients {
		c.fail(errFakeGone)
	}
}

// Cut implements Cutter.
func (s *fakeServer) Cut(refuse time.Duration) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusing = time.Now().Add(refuse)
	for _, c := range s.clients {
		if c.open() {
			c.cut()
			n++
		}
	}
	return n
}

type fakePublisher struct {
	server *fakeServer
	epoch  int
	taken  int64
	once   sync.Once
	gone   chan struct{}
}

func (p *fakePublisher) Publish(topic string, payload []byte) error {
	if !p.server.lives(p.epoch) {
		return errFakeGone
	}
	err := p.server.publish(topic, payload)
	if errors.Is(err, errBlocks) {
		<-p.gone // a write that nobody reads
		return errFakeGone
	}
	if err == nil {
		p.taken++
	}
	return err
}

// errBlocks makes a Publish or a Send wait until it is closed.
var errBlocks = errors.New("blocks")

func (p *fakePublisher) Sync(context.Context) (int64, error) {
	if p.server.Accepted != nil {
		return p.server.Accepted(p.taken), nil
	}
	return p.taken, nil
}

func (p *fakePublisher) Close() error {
	p.once.Do(func() { close(p.gone) })
	return nil
}

// fakeConn is a session; its traffic is counted to the byte.
type fakeConn struct {
	server *fakeServer
	spec   ClientSpec
	wake   chan struct{}
	gone   chan struct{}

	mu     sync.Mutex
	queue  [][]byte
	missed int64
	anew   bool
	held   bool
	// stands is how many of the topic's messages in the log of its epoch were received or passed over.
	epoch, stands int
	err           error
	traffic       Traffic
	sent          Traffic // by Send
	batch         Batch
}

// replay delivers what the session resumes with, from a number of messages on; what is published meanwhile comes after it.
func (c *fakeConn) replay(messages [][]byte, at int) {
	c.stands = at
	if c.server.ReplayAfter == 0 {
		c.queue = messages
		return
	}
	c.held = true
	time.AfterFunc(c.server.ReplayAfter, func() {
		c.mu.Lock()
		c.held, c.queue = false, append(messages, c.queue...)
		c.mu.Unlock()
		c.signal()
	})
}

func (c *fakeConn) deliver(messages ...[]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.queue = append(c.queue, messages...)
	}
	c.signal()
}

func (c *fakeConn) open() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err == nil
}

// cut breaks the session, and what it had not received is gone.
func (c *fakeConn) cut() {
	c.mu.Lock()
	c.queue = nil
	c.mu.Unlock()
	c.fail(errFakeGone)
}

// announce tells the client of messages that are lost.
func (c *fakeConn) announce(missed int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.missed += missed
	c.signal()
}

// reset tells the client that the log is a new one.
func (c *fakeConn) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.anew = true
	c.signal()
}

func (c *fakeConn) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = err
		close(c.gone)
	}
	c.signal()
}

func (c *fakeConn) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *fakeConn) Receive() (*Batch, error) {
	for {
		if b, err := c.next(); b != nil || err != nil {
			return b, err
		}
		<-c.wake
	}
}

func (c *fakeConn) next() (*Batch, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if (len(c.queue) == 0 || c.held) && c.missed == 0 && !c.anew {
		return nil, c.err
	}
	n := min(1, len(c.queue))
	if c.server.Shared {
		n = len(c.queue)
	}
	c.batch.Messages = append(c.batch.Messages[:0], c.queue[:n]...)
	c.queue = c.queue[n:]
	c.stands += n
	c.batch.Missed, c.missed = c.missed, 0
	c.batch.Reset, c.anew = c.anew, false
	c.batch.Received = time.Now()
	for _, m := range c.batch.Messages {
		c.traffic.Received += int64(len(m)) + fakeFrame
		c.traffic.Parts.Headers++
	}
	c.traffic.Requests++
	c.traffic.Responses++
	if n == 0 {
		c.traffic.Empty++
	}
	return &c.batch, nil
}

func (c *fakeConn) Send(payload []byte) (Traffic, error) {
	err := c.server.publish(c.spec.Destination(), payload)
	if errors.Is(err, errBlocks) {
		<-c.gone
		err = errFakeGone
	}
	if err != nil {
		return Traffic{}, err
	}
	took := Traffic{Sent: int64(len(payload)) + fakeSend, Requests: 1, Responses: 1, Parts: Parts{Known: !c.server.Untold, Headers: 5, TLS: 1}}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent.add(took)
	return took, nil
}

// Totals implements Conn: what is sent passes the same socket.
func (c *fakeConn) Totals() Traffic {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.traffic
	t.add(c.sent)
	return t
}

func (c *fakeConn) Traffic() Traffic {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.traffic
}

// Place implements Conn: the number of messages before it, which is right as long as the server misbehaves in no other way.
func (c *fakeConn) Place() Place {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Place(fmt.Sprintf("%d:%d", c.epoch, c.stands))
}

func (c *fakeConn) Close() error {
	c.fail(errors.New("fake session closed"))
	c.mu.Lock()
	c.traffic.Sent += fakeFarewell
	c.mu.Unlock()
	c.server.mu.Lock()
	c.server.closed++
	c.server.mu.Unlock()
	return nil
}

// testPlan is a round of 50 messages a second: half a second of warm-up, two seconds steady.
func testPlan(pattern scenarios.Pattern, transport scenarios.Transport) Plan {
	s := scenarios.Default()
	s.Name, s.Pattern, s.Clients, s.Rate, s.Payload = "test", pattern, 5, 50, 100
	s.Warmup, s.Duration = 500*time.Millisecond, 2*time.Second
	return Plan{Transport: transport, Client: Lean, Scenario: s, Seed: 7}
}

const testWarmup, testSteady = 25, 100 // messages of testPlan

// sleeping paces with time.Sleep, which a bubble's clock makes exact: pace.Pacer.Run waits on a file descriptor, which a bubble knows nothing of.
func sleeping(p *pace.Pacer, ctx context.Context) error {
	for i := range p.Count {
		timer := time.NewTimer(time.Until(p.Start.Add(p.Due(i))))
		select {
		case <-timer.C:
			p.Help(time.Now())
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
	return nil
}

// measured is what a round in a bubble came to.
type measured struct {
	RoundResult
	err  error
	took time.Duration
}

// measure executes a round in a bubble: its seconds take no time, and nothing it starts may outlive it.
func measure(t *testing.T, plan Plan, server *fakeServer) (m measured) {
	t.Helper()
	return measureUntil(t, plan, server, nil)
}

// measureUntil is measure with something to do on the side, which may cancel the round's context.
func measureUntil(t *testing.T, plan Plan, server *fakeServer, aside func(cancel context.CancelCauseFunc)) (m measured) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r, err := newRound(plan, server, Parent{Restart: server.restart})
		if err != nil {
			t.Fatal(err)
		}
		r.pacing = sleeping
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		if aside != nil {
			go aside(cancel)
		}
		began := time.Now()
		server.began = began
		m.RoundResult, m.err = r.execute(ctx)
		m.took = time.Since(began)
		if opened, closed := len(server.clients), server.closed; m.err == nil && opened != closed {
			t.Errorf("%d sessions were opened and %d closed", opened, closed)
		}
	})
	return m
}

// codes are the codes of a round's warnings, without the one that depends on how busy the machine is.
func (m measured) codes() (codes []string) {
	for _, w := range m.Round.Warnings {
		if w.Code != "own_queue" && w.Code != "saturated" {
			codes = append(codes, w.Code)
		}
	}
	return codes
}

// after cancels a round when it has lasted for so long.
func after(d time.Duration) func(context.CancelCauseFunc) {
	return func(cancel context.CancelCauseFunc) {
		time.Sleep(d)
		cancel(errors.New("enough"))
	}
}
