package target

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"pushbench/loadgen"
	"pushbench/loadgen/target/file"
	"pushbench/loadgen/wire"
)

// OpenPublisher implements loadgen.Target.
func (d *Described) OpenPublisher(ctx context.Context) (loadgen.Publisher, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	switch p := d.file.Publish; {
	case p.Stream != nil:
		return d.openStream(ctx)
	case p.Post.Method != "":
		return d.openPosts(ctx)
	}
	return nil, fmt.Errorf("%s does not say how the application publishes: publish", d.file.Name)
}

// posts is a stream of publishes as posts, on connections that are kept alive. A message waits for no other's answer, while one of the connections is free;
// each has a goroutine that awaits its answers.
type posts struct {
	d        *Described
	at       *reach
	requests map[string]*request
	// over is done when the stream is closed.
	over    context.Context
	end     context.CancelFunc
	working sync.WaitGroup
	tell    func(error)

	mu sync.Mutex
	// free are the connections that await nothing, the last used on top: it is the least likely to have been closed as idle.
	free []*postConn
	all  []*postConn
	// changed is signalled when a connection became free, or the stream ended.
	changed           *sync.Cond
	busy              int
	accepted, refused int64
	closed            bool
	// lost is why nothing can be published any more.
	lost error
}

// postConn is one of the connections; http is nil while it has none.
type postConn struct {
	posts *posts
	http  *wire.HTTPConn
	// message is the request under way, which a connection that the server had closed as idle has sent in vain.
	message []byte
	reused  bool
	answer  wire.Response
	sent    chan struct{}
}

// refusedInARow is how many messages must have been refused, and none accepted, for the stream to be given up.
const refusedInARow = 20

func (d *Described) openPosts(ctx context.Context) (loadgen.Publisher, error) {
	p := &posts{d: d, at: d.at(d.file.Publish.Post.URL), requests: map[string]*request{}, tell: func(error) {}}
	p.over, p.end = context.WithCancel(context.Background())
	p.changed = sync.NewCond(&p.mu)
	c, err := p.take()
	if err == nil {
		err = c.connect(ctx)
	}
	if err != nil {
		return nil, errors.Join(discreet(err), p.Close())
	}
	c.reused = true // by its first message, before which the server may close it
	p.put(c)
	return p, nil
}

// Complain implements loadgen.Complainer.
func (p *posts) Complain(to func(error)) { p.tell = to }

// Publish implements loadgen.Publisher.
func (p *posts) Publish(topic string, payload []byte) error {
	request, err := p.request(topic)
	if err != nil {
		return err
	}
	c, err := p.take()
	if err != nil {
		return err
	}
	c.message = request.append(c.message[:0], nil, payload, nil)
	p.d.trace.sent("request", c.message)
	if err := c.send(); err != nil {
		c.drop()
		p.put(c)
		return discreet(err)
	}
	c.sent <- struct{}{}
	return nil
}

// request is that of a topic.
func (p *posts) request(topic string) (*request, error) {
	if r, ok := p.requests[topic]; ok {
		return r, nil
	}
	known, err := p.d.topicValues(topic)
	if err != nil {
		return nil, err
	}
	r, err := p.d.compile(p.at, p.d.file.Publish.Post, saying{use: forPost, known: known})
	if err == nil {
		p.requests[topic] = r
	}
	return r, err
}

// topicValues are what a file's variables stand for where the application publishes to a topic: the user is the one of the topic's number.
func (d *Described) topicValues(topic string) (values, error) {
	n, err := loadgen.TopicNumber(topic)
	return values{topic: topic, client: n, users: d.file.Users}, err
}

// take takes a free connection, or a new one if there may be more, or waits for one.
func (p *posts) take() (*postConn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.free) == 0 && len(p.all) == p.d.file.Publish.Connections && !p.closed && p.lost == nil {
		p.changed.Wait()
	}
	switch {
	case p.closed:
		return nil, net.ErrClosed
	case p.lost != nil:
		return nil, p.lost
	}
	p.busy++
	if n := len(p.free); n > 0 {
		c := p.free[n-1]
		p.free = p.free[:n-1]
		return c, nil
	}
	c := &postConn{posts: p, sent: make(chan struct{}, 1)}
	p.all = append(p.all, c)
	p.working.Go(c.await)
	return c, nil
}

// put gives a connection back.
func (p *posts) put(c *postConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.busy--
	p.free = append(p.free, c)
	p.changed.Broadcast()
}

// settle takes the outcome of one message.
func (p *posts) settle(err error) {
	p.mu.Lock()
	if err == nil {
		p.accepted++
	} else if p.refused++; p.accepted == 0 && p.refused == refusedInARow && p.lost == nil {
		p.lost = fmt.Errorf("none of %d messages was accepted: %w", p.refused, err)
	}
	closed := p.closed
	p.mu.Unlock()
	if err != nil && !closed {
		p.tell(err)
	}
}

// Sync implements loadgen.Publisher.
func (p *posts) Sync(ctx context.Context) (int64, error) {
	stop := context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.changed.Broadcast()
	})
	defer stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.busy > 0 && ctx.Err() == nil && !p.closed {
		p.changed.Wait()
	}
	if p.busy > 0 {
		return p.accepted, fmt.Errorf("%d messages are still unanswered", p.busy)
	}
	return p.accepted, nil
}

// Close implements loadgen.Publisher.
func (p *posts) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	p.end()
	var problems []error
	for _, c := range p.all {
		if c.http != nil {
			problems = append(problems, closed(c.http.NetConn()))
		}
	}
	p.changed.Broadcast()
	p.mu.Unlock()
	p.working.Wait()
	return errors.Join(problems...)
}

// connect makes the connection, unless the stream is closed meanwhile.
func (c *postConn) connect(ctx context.Context) error {
	p := c.posts
	conn, err := p.at.dialBeside(ctx)
	if err != nil {
		return err
	}
	o := p.at.options
	o.BeginTimeout = openTimeout
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		_ = conn.Close()
		return net.ErrClosed
	}
	c.http, c.reused = wire.NewHTTPConn(conn, o), false
	return nil
}

// drop gives the connection up.
func (c *postConn) drop() {
	c.posts.mu.Lock()
	defer c.posts.mu.Unlock()
	if c.http != nil {
		_ = c.http.NetConn().Close()
		c.http = nil
	}
}

// send sends the message, on a new connection if the one there is was closed.
func (c *postConn) send() error {
	if c.http != nil {
		err := c.http.Send(c.message)
		if !stale(err) {
			return err
		}
		c.drop()
	}
	return c.sendAnew()
}

func (c *postConn) sendAnew() error {
	ctx, cancel := context.WithTimeout(c.posts.over, openTimeout)
	defer cancel()
	if err := c.connect(ctx); err != nil {
		return err
	}
	return c.http.Send(c.message)
}

// await awaits the connection's answers until the stream is closed.
func (c *postConn) await() {
	p := c.posts
	for {
		select {
		case <-p.over.Done():
			return
		case <-c.sent:
		}
		err := c.hear()
		if err != nil {
			c.drop()
		} else if err = c.judge(); err == nil {
			c.reused = true
		}
		p.settle(discreet(err))
		p.put(c)
	}
}

// hear waits for the answer. A server may have closed the connection as idle when the message was already on its way: then it is sent again.
func (c *postConn) hear() error {
	err := c.http.Receive(&c.answer)
	if c.reused && stale(err) {
		c.drop()
		if err = c.sendAnew(); err == nil {
			err = c.http.Receive(&c.answer)
		}
	}
	return err
}

// judge takes the answer.
func (c *postConn) judge() error {
	defer c.http.Release()
	c.posts.d.trace.answer(&c.answer)
	if !accepts(c.posts.d.file.Publish.Post.Status, c.answer.Status) {
		return refusal("a message", &c.answer)
	}
	return nil
}

var _ loadgen.Listener = (*Described)(nil)

// Listen implements loadgen.Listener: a subscription as the file describes those over WebSockets, neither metered nor delayed.
func (d *Described) Listen(ctx context.Context, topic string) (loadgen.Subscription, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	section := d.file.WebSocket
	if section == nil {
		return nil, fmt.Errorf("the application listens over a WebSocket, and %s describes none", d.file.Name)
	}
	upgraded, speaks, known, err := d.upgradeBy(ctx, section, saying{known: values{topic: topic, users: d.file.Users}, headers: d.file.Headers}, d.beside(section.URL))
	if err != nil {
		return nil, fmt.Errorf("open a subscription: %w", discreet(err))
	}
	speaks.learn(known, topic)
	speaks.beat(upgraded, section.Heartbeat.Every)
	return &webSocket{reach: d.at(section.URL), speaks: speaks, conn: upgraded}, nil
}

// beside dials as the application beside the server does.
func (d *Described) beside(u file.URL) dialling {
	at := d.at(u)
	return func(ctx context.Context) (*upgrading, error) {
		conn, err := at.dialBeside(ctx)
		return &upgrading{at: at, conn: conn}, err
	}
}

// describedStream is a stream of publishes over a WebSocket.
type describedStream struct {
	d        *Described
	section  *file.WebSocket
	conn     *wire.WebSocketConn
	speaks   *describedFrames
	known    values
	messages map[string]text
	buffer   []byte
	handed   int64
	// counts are the server's answers to Sync; over is closed when nothing comes any more.
	counts  chan int64
	over    chan struct{}
	reading sync.WaitGroup
}

func (d *Described) openStream(ctx context.Context) (loadgen.Publisher, error) {
	section := d.file.Publish.Stream
	upgraded, speaks, known, err := d.upgradeBy(ctx, section, saying{}, d.beside(section.URL))
	if err != nil {
		return nil, fmt.Errorf("open a publish stream: %w", discreet(err))
	}
	s := &describedStream{
		d: d, section: section, conn: upgraded, speaks: speaks, known: known, messages: map[string]text{}, counts: make(chan int64, 1), over: make(chan struct{}),
	}
	speaks.learn(known, "")
	speaks.beat(upgraded, section.Heartbeat.Every)
	s.reading.Go(s.read)
	return s, nil
}

// read takes what the server says to the stream: pings, counts, and what it sends to every client.
func (s *describedStream) read() {
	defer close(s.over)
	var b wire.Batch
	for s.conn.Receive(&b) == nil {
		for _, m := range b.Messages {
			s.d.trace.frame(m.Payload)
			replied, err := s.speaks.reply(s.conn, m.Payload)
			if err != nil {
				return
			}
			if c := s.section.Sync.Count; !replied && c != nil {
				if text, ok := pick(nil, c, nil, m.Payload); ok {
					s.counted(text)
				}
			}
		}
	}
}

// counted keeps the last count.
func (s *describedStream) counted(text []byte) {
	n, ok := count(text)
	if !ok {
		return
	}
	select {
	case <-s.counts:
	default:
	}
	s.counts <- n
}

// Publish implements loadgen.Publisher.
func (s *describedStream) Publish(topic string, payload []byte) error {
	message, ok := s.messages[topic]
	if !ok {
		known, err := s.d.topicValues(topic)
		if err != nil {
			return err
		}
		known.captured = s.known.captured
		values, payloads := s.d.file.Limits.Bodies.Escape()
		message = message.add(s.section.Send, known, values, payloads)
		s.messages[topic] = message
	}
	s.buffer = message.append(s.buffer[:0], nil, payload)
	s.d.trace.sent("frame", s.buffer)
	if err := s.conn.WriteMessage(opcode(s.section.Binary), s.buffer); err != nil {
		return discreet(err)
	}
	s.handed++
	return nil
}

// Sync implements loadgen.Publisher. Where the file does not say how to ask, what was handed over counts as accepted.
func (s *describedStream) Sync(ctx context.Context) (int64, error) {
	if s.section.Sync.Count == nil {
		return s.handed, nil
	}
	values, _ := s.d.file.Limits.Bodies.Escape()
	frame := []byte(s.section.Sync.Send.Render(s.known.of, values))
	s.d.trace.sent("frame", frame)
	if err := s.conn.WriteMessage(wire.Text, frame); err != nil {
		return 0, discreet(err)
	}
	select {
	case n := <-s.counts:
		return n, nil
	case <-s.over:
		return 0, errors.New("the server ended the stream")
	case <-ctx.Done():
		return 0, fmt.Errorf("await the server's count: %w", context.Cause(ctx))
	}
}

// Close implements loadgen.Publisher.
func (s *describedStream) Close() error {
	err := closed(s.conn.NetConn())
	s.speaks.end()
	s.reading.Wait()
	return err
}
