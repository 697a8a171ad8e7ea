package probe

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"pushbench/loadgen/wire"
)

// session is a client of one transport, as the server's own clients are. One goroutine uses it.
type session interface {
	// next waits until the deadline for what the server sends next. Its error is os.ErrDeadlineExceeded's kind when the time was up; then it may be called again.
	next(deadline time.Time) (arrival, error)
	close()
}

// arrival is what came: messages, or only a sign of life. With an error it says how long the session had been quiet.
type arrival struct {
	at time.Time
	// text has the messages, in whatever the server wraps around them. Empty for an empty answer.
	text []byte
	// took is how long the request was parked that this answers, of a poller.
	took time.Duration
	// quiet is for how long nothing had passed either way when the session ended.
	quiet time.Duration
}

// carries says whether a message is in it.
func (a arrival) carries(token string) bool { return bytes.Contains(a.text, []byte(token)) }

// source is a session that cannot be told to stop waiting: what parses its bytes loses its place with the first read that fails.
type source interface {
	receive() (arrival, error)
	close()
}

// fed is a session over a source, which a goroutine reads.
type fed struct {
	source source
	events chan event
	over   chan struct{}
	once   sync.Once
	ended  sync.WaitGroup
	// last is the event that ended it.
	last *event
}

type event struct {
	arrival
	err error
}

func newFed(s source) *fed {
	f := &fed{source: s, events: make(chan event), over: make(chan struct{})}
	f.ended.Go(f.run)
	return f
}

func (f *fed) run() {
	for {
		a, err := f.source.receive()
		select {
		case f.events <- event{a, err}:
		case <-f.over:
			return
		}
		if err != nil {
			return
		}
	}
}

func (f *fed) next(deadline time.Time) (arrival, error) {
	if f.last != nil {
		return f.last.arrival, f.last.err
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case e := <-f.events:
		if e.err != nil {
			f.last = &e
		}
		return e.arrival, e.err
	case <-timer.C:
		return arrival{}, os.ErrDeadlineExceeded
	}
}

func (f *fed) close() {
	f.once.Do(func() {
		close(f.over)
		f.source.close()
		f.ended.Wait()
		if s, ok := f.source.(interface{ settle() }); ok {
			s.settle()
		}
	})
}

// webSocketSession is a WebSocket over our codec.
type webSocketSession struct {
	conn   *connection
	socket *wire.WebSocketConn
	batch  wire.Batch
}

func (s *webSocketSession) next(deadline time.Time) (arrival, error) {
	if err := s.conn.SetReadDeadline(deadline); err != nil {
		return arrival{}, err
	}
	if err := s.socket.Receive(&s.batch); err != nil {
		return arrival{quiet: s.conn.quiet()}, err
	}
	a := arrival{at: s.batch.Received}
	for _, m := range s.batch.Messages {
		a.text = append(a.text, m.Payload...)
	}
	return a, nil
}

// ping sends a ping and returns how long its pong took. Messages that come meanwhile are dropped. The codec answers and counts control frames without
// returning, so the connection is told to stop it after what it reads next.
func (s *webSocketSession) ping(timeout time.Duration) (time.Duration, error) {
	before, sent := s.socket.Pongs(), time.Now()
	if err := s.socket.SendPing([]byte("pushbench")); err != nil {
		return 0, err
	}
	if err := s.conn.SetReadDeadline(sent.Add(timeout)); err != nil {
		return 0, err
	}
	for s.socket.Pongs() == before {
		s.conn.limited, s.conn.allowed = true, 1
		err := s.socket.Receive(&s.batch)
		late := time.Since(sent) >= timeout
		if err != nil && (!timedOut(err) || late) {
			return 0, err
		}
	}
	s.conn.limited = false
	return s.conn.last.Sub(sent), nil
}

func (s *webSocketSession) close() {
	_ = s.socket.SendClose(wire.CloseNormal, "", time.Now().Add(100*time.Millisecond)) // a courtesy
	_ = s.conn.Close()
}

// eventSource is a stream of server-sent events. What it hands over is the answer's head, as an arrival without text, and then the stream's text as it
// comes, comments and all. Something that collects the stream may keep back the head with it.
type eventSource struct {
	conn *connection
	head answer
	body io.Reader // nil before the head
	buf  []byte
}

// newEventSource asks for a stream.
func newEventSource(c *connection, r request) (*eventSource, error) {
	r.fields = append(r.fields, wire.Field{Name: "Accept", Value: "text/event-stream"}, wire.Field{Name: "Accept-Encoding", Value: "gzip"})
	return &eventSource{conn: c, buf: make([]byte, 16<<10)}, c.send(r)
}

// receiveHead waits for the answer's head.
func (s *eventSource) receiveHead() (arrival, error) {
	response, err := s.conn.head(time.Time{})
	if err != nil {
		return arrival{quiet: s.conn.quiet()}, err
	}
	s.head, s.body = s.conn.describe(response), decoded(response)
	s.conn.path.saw(s.head)
	if s.head.Status != http.StatusOK {
		return arrival{quiet: s.conn.quiet()}, newStatusError(s.head)
	}
	return arrival{at: s.conn.last}, nil
}

// decoded is a body without its compression, as far as it was asked for.
func decoded(r *http.Response) io.Reader {
	if r.Header.Get("Content-Encoding") != "gzip" {
		return r.Body
	}
	return &lazyGzip{source: r.Body}
}

// unpacked is a whole body without its compression, as far as it was asked for and kept.
func unpacked(a answer) []byte {
	if a.Header.Get("Content-Encoding") != "gzip" {
		return a.Body
	}
	text, _ := io.ReadAll(io.LimitReader(&lazyGzip{source: bytes.NewReader(a.Body)}, maxKept)) // what was kept may break off
	return text
}

// lazyGzip reads the format's head with the first read: it may come late.
type lazyGzip struct {
	source io.Reader
	reader *gzip.Reader
}

func (g *lazyGzip) Read(p []byte) (int, error) {
	if g.reader == nil {
		r, err := gzip.NewReader(g.source)
		if err != nil {
			return 0, err
		}
		g.reader = r
	}
	return g.reader.Read(p)
}

func (s *eventSource) receive() (arrival, error) {
	if s.body == nil {
		return s.receiveHead()
	}
	s.conn.budget = maxAnswer
	n, err := s.body.Read(s.buf)
	if n > 0 {
		return arrival{at: s.conn.last, text: bytes.Clone(s.buf[:n])}, nil // an error comes again with the next read
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return arrival{quiet: s.conn.quiet()}, err
}

func (s *eventSource) close() { _ = s.conn.Close() }

// pollSource is a poller of the reference server's protocol.
type pollSource struct {
	path   *Path
	ctx    context.Context
	poll   func(cursor string) request
	cursor string
	// closing says that the connection ended with the answer before.
	closing bool

	mu     sync.Mutex // guards what close needs
	conn   *connection
	closed bool
}

// answered takes an answer to a poll.
func (s *pollSource) answered(a answer) error {
	s.closing = a.Closes
	if a.Status != http.StatusOK && a.Status != http.StatusNoContent {
		return newStatusError(a)
	}
	if s.cursor = a.Header.Get(cursorHeader); s.cursor == "" {
		return errors.New("the answer to a poll has no " + cursorHeader)
	}
	return nil
}

// reconnect opens a new connection if the old one is spent.
func (s *pollSource) reconnect() error {
	if !s.closing {
		return nil
	}
	_ = s.conn.Close()
	c, err := s.path.connect(s.ctx, dialOptions{})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn, s.closing = c, false
	if s.closed {
		_ = c.Close() // the next use of it says so
	}
	return nil
}

func (s *pollSource) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	_ = s.conn.Close()
}

func (s *pollSource) receive() (arrival, error) {
	if err := s.reconnect(); err != nil {
		return arrival{}, err
	}
	asked := time.Now()
	err := s.conn.send(s.poll(s.cursor))
	var a answer
	if err == nil {
		a, err = s.conn.receive(time.Time{})
	}
	if err == nil {
		err = s.answered(a)
	}
	text := unpacked(a)
	if err != nil {
		return arrival{took: time.Since(asked), quiet: time.Since(asked)}, err
	}
	return arrival{at: a.Received, text: text, took: a.Received.Sub(asked)}, nil
}
