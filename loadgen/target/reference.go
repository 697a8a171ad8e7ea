package target

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"syscall"
	"time"

	"github.com/coder/websocket"

	"pushbench/loadgen"
	"pushbench/loadgen/netem"
	"pushbench/loadgen/wire"
	"pushbench/longpoll"
	"pushbench/scenarios"
)

// Reference is the reference server as its clients reach it. Make one with New.
type Reference struct{ *reach }

// openTimeout bounds one client's opening: dial, upgrade or first poll.
const openTimeout = 30 * time.Second

// New returns the target of a plan.
func New(p loadgen.Plan) (*Reference, error) {
	u, err := url.Parse(p.Server.URL)
	if err != nil || u.Scheme != scheme(p.Scenario.TLS) || u.Port() == "" {
		return nil, fmt.Errorf("server URL %q: want %s://host:port", p.Server.URL, scheme(p.Scenario.TLS))
	}
	encryption, err := tlsConfig(p.Scenario, p.Server.Certificate)
	if err != nil {
		return nil, err
	}
	return &Reference{newReach(p, u, encryption)}, nil
}

// scheme is that of a server's URL.
func scheme(v scenarios.TLSVersion) string {
	if v == scenarios.TLSOff {
		return "http"
	}
	return "https"
}

// Open opens a client's session.
func (t *Reference) Open(ctx context.Context, c loadgen.ClientSpec) (loadgen.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	library := t.kind == loadgen.Library
	switch {
	case c.Transport == scenarios.WebSocket && library:
		return t.openLibraryWebSocket(ctx, c)
	case c.Transport == scenarios.WebSocket:
		return t.openWebSocket(ctx, c)
	case c.Transport == scenarios.SSE && library:
		return t.openLibraryEvents(ctx, c)
	case c.Transport == scenarios.SSE:
		return t.openEvents(ctx, c)
	case library:
		return t.openLibraryPoll(ctx, c)
	}
	return t.openPoll(ctx, c)
}

// pollTarget is the request target of a poll, without the cursor.
func (t *Reference) pollTarget(c loadgen.ClientSpec) string {
	if c.Transport == scenarios.ShortPoll {
		return t.heldPoll(c, 0)
	}
	return t.heldPoll(c, t.scenario.LongPoll.Hold)
}

func (t *Reference) heldPoll(c loadgen.ClientSpec, hold time.Duration) string {
	q := "/poll?" + longpoll.ParamTopic + "=" + url.QueryEscape(c.Topic) + "&" + longpoll.ParamHold + "=" + hold.String()
	if c.Transport != scenarios.ShortPoll && !t.scenario.LongPoll.Batch {
		q += "&" + longpoll.ParamMax + "=1"
	}
	return q
}

// firstPoll is the request target of the poll that opens a session: one without a cursor, or one from the place to go on at. Neither is held, so that
// its answer says that there is a session, whether or not there are messages.
func (t *Reference) firstPoll(c loadgen.ClientSpec) string {
	if c.Resume == "" {
		return t.pollTarget(c)
	}
	return resumed(t.heldPoll(c, 0), c.Resume)
}

func webSocketTarget(c loadgen.ClientSpec) string {
	target := "/ws?topic=" + url.QueryEscape(c.Topic)
	if c.SendsTo != "" {
		target += "&to=" + url.QueryEscape(c.SendsTo)
	}
	return target
}

func publishTarget(topic string) string { return "/publish?topic=" + url.QueryEscape(topic) }

// kindError gives an error the name under which it is counted.
type kindError struct {
	kind string
	err  error
}

func (e *kindError) Error() string { return e.err.Error() }
func (e *kindError) Unwrap() error { return e.err }

// Kind is the name under which the error is counted.
func (e *kindError) Kind() string { return e.kind }

// refused is the error for an answer that is no answer to a poll; nil for one that is. A log that is another than the cursor's is one: polling goes on.
func refused(status int, reset bool, body []byte) error {
	switch {
	case status == http.StatusOK, status == http.StatusNoContent, status == http.StatusGone && reset:
		return nil
	}
	return &kindError{"http " + strconv.Itoa(status), fmt.Errorf("poll answered with status %d: %.200q", status, body)}
}

// errNoCursor is for an answer that does not say where to go on.
var errNoCursor = &kindError{"protocol", errors.New("poll answered without " + longpoll.HeaderCursor)}

// parseMissed reads how many messages an answer says are gone.
func parseMissed(text string) (int64, error) {
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, &kindError{"protocol", fmt.Errorf("%s: %w", longpoll.HeaderMissed, err)}
	}
	return int64(n), nil
}

// named gives an error from a session the kind that a reader can act on.
func named(err error) error {
	if err == nil {
		return nil // apart, because what looks for kinds allocates: that would be done for every message sent
	}
	return withKind(err)
}

func withKind(err error) error {
	var closed *wire.CloseError
	var protocol *wire.ProtocolError
	var format *wire.FormatError
	var truncated *wire.TruncatedError
	var events *wire.EventsError
	status := websocket.CloseStatus(err)
	switch {
	case errors.As(err, &closed):
		return &kindError{fmt.Sprintf("websocket close %d", closed.Code), err}
	case status != -1:
		return &kindError{fmt.Sprintf("websocket close %d", status), err}
	case errors.As(err, &protocol), errors.As(err, &format), errors.Is(err, longpoll.ErrMalformed):
		return &kindError{"protocol", err}
	case errors.Is(err, netem.ErrCut):
		return &kindError{"cut", err}
	case errors.Is(err, netem.ErrRefused), errors.Is(err, syscall.ECONNREFUSED):
		return &kindError{"refused", err}
	case errors.As(err, &events):
		return &kindError{"http " + strconv.Itoa(events.Status), err}
	case errors.As(err, &truncated):
		return &kindError{"truncated response", err}
	}
	return err
}
