package target

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"pushbench/loadgen"
	"pushbench/loadgen/target/file"
	"pushbench/longpoll"
	"pushbench/scenarios"
)

// Reference is the reference server as its clients reach it. Make one with New.
type Reference struct{ *reach }

// openTimeout bounds one client's opening: dial, upgrade or first poll.
const openTimeout = 30 * time.Second

// New returns the target of a plan whose server speaks the reference server's protocol.
func New(p loadgen.Plan) (*Reference, error) {
	u, err := file.ParseURL(p.Server.URL)
	if err != nil {
		return nil, fmt.Errorf("server URL %q %w", p.Server.URL, err)
	}
	if asked := p.Scenario.TLS != scenarios.TLSOff; u.Secure != asked && (asked || !p.Server.Foreign) {
		return nil, fmt.Errorf("server URL %q: the scenario says tls: %s", p.Server.URL, p.Scenario.TLS)
	}
	encryption, err := encryption(p.Scenario, u, file.TLS{}, p.Server.Certificate)
	if err != nil {
		return nil, err
	}
	return &Reference{newReach(p, u, encryption)}, nil
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
