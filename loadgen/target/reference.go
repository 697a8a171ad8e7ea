package target

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"

	"pushbench/loadgen"
	"pushbench/loadgen/netem"
	"pushbench/loadgen/wire"
	"pushbench/longpoll"
	"pushbench/scenarios"
)

// Reference is the reference server as its clients reach it. Make one with New.
type Reference struct {
	host     string // host:port
	origin   string
	scenario scenarios.Scenario
	kind     loadgen.ClientKind
	// dialer makes the clients' connections, metered and delayed; publishers have their own.
	dialer *netem.Dialer
	// tls is what the clients' connections are encrypted with, nil for none.
	tls     *tls.Config
	options wire.Options
	batches batches
	// began anchors the schedules of short pollers.
	began time.Time
}

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
	network := p.Scenario.Network
	return &Reference{
		host: u.Host, origin: u.Scheme + "://" + u.Host, tls: encryption, scenario: p.Scenario, kind: p.Client, began: time.Now(),
		dialer: &netem.Dialer{
			Network: netem.Network{Delay: network.Delay, Jitter: network.Jitter, Bandwidth: int64(network.Bandwidth), Seed: p.Seed},
			Sources: netem.LoopbackSources(connections(p)), Nagle: network.Nagle,
		},
		options: options(p.Scenario),
	}, nil
}

// options sizes the codecs' limits and buffers for a scenario's payloads and header fields.
func options(s scenarios.Scenario) wire.Options {
	const head = 2 << 10 // of a request or answer, beyond the parts that the scenario sizes
	payload := int(max(s.Payload, s.PayloadMax))
	fields := int(s.Headers.Request + s.Headers.Cookie + s.Headers.Response)
	// Several messages of a batch fit a buffer, and one does always; a burst beyond that is read into a larger one, once.
	size := max(payload+fields+head, min(4*payload+fields+head, 256<<10), wire.DefaultBufferSize)
	return wire.Options{
		// What idles is bounded in bytes: 16 MiB, or 16 buffers.
		Pool:       &wire.Pool{Size: size, MaxIdle: min(wire.DefaultMaxIdle, max(16, 16<<20/size))},
		MaxMessage: max(wire.DefaultMaxMessage, payload),
		MaxHead:    wire.DefaultMaxHead + fields,
		MaxBody:    wire.DefaultMaxBody + payload + head,
	}
}

// scheme is that of a server's URL.
func scheme(v scenarios.TLSVersion) string {
	if v == scenarios.TLSOff {
		return "http"
	}
	return "https"
}

// connections is how many a plan's clients may hold at the same moment.
func connections(p loadgen.Plan) int {
	if p.Scenario.Pattern.ClientsSend() && p.Transport != scenarios.WebSocket {
		return 2 * p.Scenario.Clients
	}
	return p.Scenario.Clients
}

// Close releases what the target holds beyond its sessions, which must have been closed.
func (t *Reference) Close() error { return t.dialer.Close() }

// ResetLateness implements loadgen.Emulator.
func (t *Reference) ResetLateness() { t.dialer.ResetLateness() }

// Lateness implements loadgen.Emulator.
func (t *Reference) Lateness() (loadgen.Lateness, bool) {
	late := t.dialer.Lateness()
	return loadgen.Lateness{P50: late.P50, P99: late.P99, Max: late.Max}, t.dialer.Network.Emulates()
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
	case library:
		return t.openLibraryPoll(ctx, c)
	}
	return t.openPoll(ctx, c)
}

// pollTarget is the request target of a poll, without the cursor.
func (t *Reference) pollTarget(c loadgen.ClientSpec) string {
	q := "/poll?" + longpoll.ParamTopic + "=" + url.QueryEscape(c.Topic)
	if c.Transport == scenarios.ShortPoll {
		return q + "&" + longpoll.ParamHold + "=0s"
	}
	q += "&" + longpoll.ParamHold + "=" + t.scenario.LongPoll.Hold.String()
	if !t.scenario.LongPoll.Batch {
		q += "&" + longpoll.ParamMax + "=1"
	}
	return q
}

func webSocketTarget(c loadgen.ClientSpec) string {
	target := "/ws?topic=" + url.QueryEscape(c.Topic)
	if c.SendsTo != "" {
		target += "&to=" + url.QueryEscape(c.SendsTo)
	}
	return target
}

func publishTarget(topic string) string { return "/publish?topic=" + url.QueryEscape(topic) }

// headerFields are a request's fields; a client that makes a new connection for each request says so.
func (t *Reference) headerFields(u use, transport scenarios.Transport) []wire.Field {
	f := fields(t.scenario.Headers, u, t.origin)
	if transport == scenarios.LongPollNewConn && u != forUpgrade {
		f = append(without(f, "Connection"), wire.Field{Name: "Connection", Value: "close"})
	}
	return f
}

// waits is what a poller does between a response and its next poll: nothing, a turnaround, or an interval.
func (t *Reference) waits(c loadgen.ClientSpec) pollWaits {
	w := pollWaits{turnaround: t.scenario.LongPoll.Turnaround}
	if c.Transport == scenarios.ShortPoll {
		s := t.scenario.ShortPoll
		w = pollWaits{interval: s.Interval, sleeps: s.Schedule == scenarios.PollSleep}
		w.anchor = t.began.Add(time.Duration(c.Phase * float64(s.Interval)))
	}
	return w
}

// batches is a stack of batches: an idle session holds none.
type batches struct {
	mu   sync.Mutex
	free []*loadgen.Batch
}

func (p *batches) get() *loadgen.Batch {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.free)
	if n == 0 {
		return &loadgen.Batch{Messages: make([][]byte, 0, 16)}
	}
	b := p.free[n-1]
	p.free = p.free[:n-1]
	return b
}

func (p *batches) put(b *loadgen.Batch) {
	clear(b.Messages)
	b.Messages, b.Missed = b.Messages[:0], 0
	p.mu.Lock()
	p.free = append(p.free, b)
	p.mu.Unlock()
}

// kindError gives an error the name under which it is counted.
type kindError struct {
	kind string
	err  error
}

func (e *kindError) Error() string { return e.err.Error() }
func (e *kindError) Unwrap() error { return e.err }

// Kind is the name under which the error is counted.
func (e *kindError) Kind() string { return e.kind }

// refused is the error for an answer that is no answer to a poll; nil for one that is.
func refused(status int, body []byte) error {
	switch status {
	case http.StatusOK, http.StatusNoContent:
		return nil
	case http.StatusGone:
		return &kindError{"log reset", errors.New("the server restarted and lost its log: what it had not delivered is gone")}
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
	status := websocket.CloseStatus(err)
	switch {
	case errors.As(err, &closed):
		return &kindError{fmt.Sprintf("websocket close %d", closed.Code), err}
	case status != -1:
		return &kindError{fmt.Sprintf("websocket close %d", status), err}
	case errors.As(err, &protocol), errors.As(err, &format), errors.Is(err, longpoll.ErrMalformed):
		return &kindError{"protocol", err}
	case errors.As(err, &truncated):
		return &kindError{"truncated response", err}
	}
	return err
}
