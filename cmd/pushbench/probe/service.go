package probe

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"time"

	"pushbench/loadgen/wire"
	"pushbench/longpoll"
)

// cursorHeader is how an answer of the reference server's protocol is recognised.
const cursorHeader = longpoll.HeaderCursor

// service is how the server behind the path is spoken to. What it does not know it answers with an *untriedError.
type service interface {
	// speaks is the word for it in the report.
	speaks() string
	// knows says whether clients of this server use the transport, so that its failing is the path's fault.
	knows(t Transport) bool
	// heartbeat is how often sessions of the transport send one by themselves, 0 for never.
	heartbeat(t Transport) time.Duration
	// holds says whether the server holds polls for as long as it is asked to.
	holds() bool
	// plain is a request that is answered at once and may be repeated.
	plain() request
	// compressible is one whose answer is worth compressing, if one is known.
	compressible() (request, error)
	open(ctx context.Context, p *Path, t Transport) *opening
	// publishes says why publish would fail before anything is sent; nil if it would not.
	publishes() error
	publish(ctx context.Context, p *Path, payload []byte) error
	close()
}

// opening is a session that was tried to be opened, and what came of it.
type opening struct {
	session session
	At      time.Time // when it began
	// Target is what was asked for, masked; Head the answer's head.
	Target string
	Head   answer
	Err    error
}

// untriedError says why something was not tried.
type untriedError struct{ why string }

func (e *untriedError) Error() string { return e.why }

func untried(format string, args ...any) error { return &untriedError{fmt.Sprintf(format, args...)} }

// newTopic is the name of a topic that nobody else uses; it ends as those of any measurement do.
func newTopic() string { return "pushbench-probe-" + strings.ToLower(rand.Text()[:12]) + "-t0" }

// newToken is a message that no server sends by itself: a stamp (see loadgen.Stamp), so that sessions find it in whatever surrounds it.
func newToken() string {
	var random [24]byte
	_, _ = rand.Read(random[:]) // never fails
	h := hex.EncodeToString(random[:])
	return "pb1." + h[:8] + "." + h[8:16] + "." + h[16:24] + "." + h[24:40] + "."
}

// reference is the reference server's protocol below a path.
type reference struct {
	base  string
	topic string
}

func (r reference) speaks() string       { return "reference" }
func (r reference) knows(Transport) bool { return true }
func (r reference) holds() bool          { return true }
func (r reference) close()               {}

func (r reference) heartbeat(Transport) time.Duration { return 0 }

func (r reference) target(name string) string { return r.base + "/" + name + "?topic=" + r.topic }

// plain is a poll without a cursor.
func (r reference) plain() request { return request{target: r.target("poll")} }

// compressible asks for statistics: JSON, which every path that compresses compresses.
func (r reference) compressible() (request, error) { return request{target: r.base + "/stats"}, nil }

func (r reference) open(ctx context.Context, p *Path, t Transport) *opening {
	switch t {
	case WebSocket:
		return p.openWebSocket(ctx, r.target("ws"), nil)
	case SSE:
		o := p.openEvents(ctx, request{target: r.target("sse")})
		if o.Head.Status == http.StatusNotFound {
			o.Err = untried("the server has no stream of events at %s", o.Target)
		}
		return o
	}
	return p.openPoll(ctx, r)
}

// poll is the request that is held.
func (r reference) poll(hold time.Duration) func(cursor string) request {
	return func(cursor string) request {
		return request{target: fmt.Sprintf("%s&hold=%s&cursor=%s", r.target("poll"), hold, cursor), fields: []wire.Field{{Name: "Accept-Encoding", Value: "gzip"}}}
	}
}

func (r reference) publishes() error { return nil }

// publish sends one message.
func (r reference) publish(ctx context.Context, p *Path, payload []byte) error {
	a, err := p.publisher.exchange(ctx, p, request{method: http.MethodPost, target: r.target("publish"), body: payload})
	if err != nil {
		return err
	}
	if a.Status != http.StatusNoContent {
		return newStatusError(a)
	}
	return nil
}

// reused is a connection for requests now and then: it is opened when it is first needed, and again when the answer before ended it. One goroutine uses it.
type reused struct{ conn *connection }

func (r *reused) exchange(ctx context.Context, p *Path, q request) (answer, error) {
	if r.conn == nil {
		c, err := p.connect(ctx, dialOptions{})
		if err != nil {
			return answer{}, err
		}
		r.conn = c
	}
	a, err := r.conn.exchange(q, answerTimeout)
	if err != nil || a.Closes {
		r.close()
	}
	return a, err
}

func (r *reused) close() {
	if r.conn != nil {
		_ = r.conn.Close()
	}
	r.conn = nil
}

// unknown is a server of which only the URL is known.
type unknown struct{ target string }

func (u unknown) speaks() string       { return "unknown" }
func (u unknown) knows(Transport) bool { return false }
func (u unknown) holds() bool          { return false }
func (u unknown) close()               {}

func (u unknown) heartbeat(Transport) time.Duration { return 0 }
func (u unknown) plain() request                    { return request{target: u.target} }
func (u unknown) compressible() (request, error)    { return u.plain(), nil }

func (u unknown) open(ctx context.Context, p *Path, t Transport) *opening {
	switch t {
	case WebSocket:
		return p.openWebSocket(ctx, u.target, nil)
	case SSE:
		return p.openStream(ctx, u)
	}
	return &opening{Err: untried("what a poll looks like on this server is not known: describe it in a target file and probe that")}
}

func (u unknown) publishes() error {
	return untried("how to publish on this server is not known: describe it in a target file and probe that")
}

func (u unknown) publish(context.Context, *Path, []byte) error { return u.publishes() }

// openWebSocket dials and upgrades.
func (p *Path) openWebSocket(ctx context.Context, target string, fields []wire.Field) *opening {
	o := &opening{Target: shownTarget(target)}
	c, err := p.connect(ctx, dialOptions{})
	if err != nil {
		o.Err = err
		return o
	}
	socket, response, err := c.handshake(target, fields)
	o.Head = p.upgradeHead(c, response, err)
	if err != nil {
		_ = c.Close()
		o.Err = err
		return o
	}
	o.session = &webSocketSession{conn: c, socket: socket}
	return o
}

// headWait is how long a stream's head is waited for. It may come later, with the first events.
const headWait = 2 * time.Second

// openEvents dials and asks for a stream of events. A head that is late leaves a session without one.
func (p *Path) openEvents(ctx context.Context, r request) *opening {
	o := &opening{Target: shownTarget(r.target)}
	c, err := p.connect(ctx, dialOptions{})
	if err != nil {
		o.Err = err
		return o
	}
	source, err := newEventSource(c, r)
	if err != nil {
		_ = c.Close()
		o.Err = err
		return o
	}
	s := newFed(source)
	switch _, err := s.next(time.Now().Add(headWait)); {
	case err == nil:
		o.Head = source.head
	case !timedOut(err):
		s.close()
		o.Head, o.Err = source.head, err
		return o
	}
	o.session = s
	return o
}

// openStream asks an unknown URL for a stream of events, and is content with nothing else.
func (p *Path) openStream(ctx context.Context, u unknown) *opening {
	o := p.openEvents(ctx, u.plain())
	if kind := o.Head.Header.Get("Content-Type"); o.Err != nil || !strings.HasPrefix(kind, "text/event-stream") {
		if o.session != nil {
			o.session.close()
		}
		return &opening{Target: o.Target, Head: o.Head, Err: untried("the URL does not answer with a stream of events: if the server has one, probe its URL, or describe it in a target file")}
	}
	return o
}

// openPoll asks for a cursor, which is answered at once, and leaves the connection ready for a poll that is held.
func (p *Path) openPoll(ctx context.Context, r reference) *opening {
	o := &opening{Target: shownTarget(r.target("poll"))}
	c, err := p.connect(ctx, dialOptions{})
	if err != nil {
		o.Err = err
		return o
	}
	s := &pollSource{path: p, ctx: ctx, conn: c, poll: r.poll(p.idle)}
	if o.Head, err = c.exchange(r.plain(), answerTimeout); err == nil {
		err = s.answered(o.Head)
	}
	if err != nil {
		_ = c.Close()
		o.Err = err
		return o
	}
	o.session = newFed(s)
	return o
}

// shownTarget is a request's target without the values of its query.
func shownTarget(target string) string {
	path, _, _ := strings.Cut(target, "?")
	return path
}

// upgradeFields are the fields of an answer to an upgrade that checks look at: the codec names them one by one.
var upgradeFields = append([]string{
	"Server", "Via", "Location", "Set-Cookie", "Upgrade", "Connection", "Content-Type", "Retry-After", "Sec-Websocket-Accept", cursorHeader,
}, betrayingFields()...)

// upgradeHead collects an upgrade's answer, whether it was one or a refusal.
func (p *Path) upgradeHead(c *connection, response *wire.UpgradeResponse, err error) answer {
	a := answer{Connection: c.id, Header: http.Header{}, Received: c.last, Proto: "HTTP/1.1"}
	var field func(string) string
	var refused *wire.UpgradeError
	switch {
	case err == nil:
		a.Status, field = http.StatusSwitchingProtocols, response.Header
	case asUpgradeError(err, &refused):
		a.Status, a.Body, field = refused.Status, refused.Body, refused.Header
	default:
		return a
	}
	for _, name := range upgradeFields {
		if v := field(name); v != "" {
			a.Header.Set(name, v)
		}
	}
	p.saw(a)
	return a
}
