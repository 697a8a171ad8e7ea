package target

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/coder/websocket"

	"pushbench/loadgen"
	"pushbench/loadgen/wire"
	"pushbench/longpoll"
	"pushbench/scenarios"
)

// The library clients do what most load generators do: coder/websocket and net/http, one goroutine each. They exist so that anyone can see how much of
// a result is the client's; the lean ones are what a comparison of transports should be made with.

// libraryHTTP returns an HTTP client of one session's own, over metered connections.
func (t *Reference) libraryHTTP(client int, l *ledger, keepAlive bool) *http.Client {
	session := t.session(client)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return t.dial(ctx, l, session) }
	return &http.Client{Transport: &http.Transport{
		DialContext: dial,
		// Its own TLS would hide what is inside the records.
		DialTLSContext: dial,
		// Transparent gzip would hide the real bytes.
		DisableCompression: true, DisableKeepAlives: !keepAlive, MaxIdleConnsPerHost: 1,
	}, CheckRedirect: stayHere}
}

// stayHere hands a redirect out as the answer it is: whoever follows it measures another server.
func stayHere(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func httpHeader(all []wire.Field) http.Header {
	h := http.Header{}
	for _, f := range all {
		h[f.Name] = append(h[f.Name], f.Value)
	}
	if _, ok := h["User-Agent"]; !ok {
		h["User-Agent"] = nil // or net/http would add its own
	}
	return h
}

// libraryWebSocket is a session with coder/websocket.
type libraryWebSocket struct {
	target    *Reference
	conn      *websocket.Conn
	http      *http.Client
	ledger    ledger
	handshake int64
	opened    flow
	reads     int64
	place     place
	sending   sending
	body      bytes.Buffer
	batch     loadgen.Batch
}

func (t *Reference) openLibraryWebSocket(ctx context.Context, c loadgen.ClientSpec) (loadgen.Conn, error) {
	ws := &libraryWebSocket{target: t, ledger: t.newLedger()}
	ws.http = t.libraryHTTP(c.ID, &ws.ledger, true)
	conn, answer, err := websocket.Dial(ctx, t.origin+resumed(webSocketTarget(c), c.Resume), &websocket.DialOptions{
		HTTPClient: ws.http, HTTPHeader: httpHeader(t.headerFields(forUpgrade, c.Transport)), CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		ws.http.CloseIdleConnections()
		return nil, ws.ledger.failed(fmt.Errorf("upgrade to WebSocket: %w", err))
	}
	ws.place.cursor = answer.Header.Get(longpoll.HeaderCursor)
	conn.SetReadLimit(int64(t.options.MaxMessage))
	ws.conn, ws.handshake = conn, ws.ledger.bytes()
	ws.opened = ws.ledger.passed()
	sent, _ := ws.ledger.flows()
	ws.sending.opening(c, sent)
	return ws, nil
}

// Receive implements loadgen.Conn.
func (ws *libraryWebSocket) Receive() (*loadgen.Batch, error) {
	// A session-long context: one that expired would close the connection, and a cancellable one costs a callback for each call.
	kind, reader, err := ws.conn.Reader(context.Background())
	if err != nil {
		return nil, named(err)
	}
	ws.body.Reset()
	if _, err := ws.body.ReadFrom(reader); err != nil {
		return nil, named(err)
	}
	ws.reads++
	ws.batch.Messages, ws.batch.Missed, ws.batch.Reset, ws.batch.Received = ws.batch.Messages[:0], 0, false, time.Now()
	if kind == websocket.MessageText {
		c, err := parseControl(ws.body.Bytes())
		c.tell(&ws.batch, &ws.place)
		return &ws.batch, err
	}
	ws.place.since++
	ws.batch.Messages = append(ws.batch.Messages, ws.body.Bytes())
	return &ws.batch, nil
}

// Send implements loadgen.Conn.
func (ws *libraryWebSocket) Send(payload []byte) (loadgen.Traffic, error) {
	cost, err := ws.sending.write(&ws.ledger, func() error {
		return ws.conn.Write(context.Background(), websocket.MessageBinary, payload)
	})
	return cost, named(err)
}

// Traffic implements loadgen.Conn. What the library has read ahead is not known, so bytes of two messages that came together are charged to the first.
func (ws *libraryWebSocket) Traffic() loadgen.Traffic {
	t := ws.sending.traffic(&ws.ledger, ws.opened)
	t.Handshake = ws.handshake
	t.Responses = ws.reads
	return t
}

// Place implements loadgen.Conn.
func (ws *libraryWebSocket) Place() loadgen.Place { return ws.place.text() }

// Close implements loadgen.Conn.
func (ws *libraryWebSocket) Close() error {
	// Close would wait seconds for the server's farewell, for each of thousands.
	err := ws.conn.CloseNow()
	ws.http.CloseIdleConnections()
	ws.sending.over.Store(true)
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// libraryPoll is a polling session with net/http.
type libraryPoll struct {
	target *Reference
	spec   loadgen.ClientSpec
	http   *http.Client
	poster *http.Client
	ledger ledger
	posted ledger
	ctx    context.Context
	cancel context.CancelFunc
	cursor string
	waits  pollWaits
	header http.Header
	counts loadgen.Traffic
	books  exchanges
	body   bytes.Buffer
	// batch is the last answer; answered is true while it is that to the opening poll and waits for Receive.
	batch    loadgen.Batch
	answered bool
}

func (t *Reference) openLibraryPoll(ctx context.Context, c loadgen.ClientSpec) (loadgen.Conn, error) {
	p := &libraryPoll{target: t, spec: c, ledger: t.newLedger(), posted: t.newLedger(), waits: t.waits(c), header: httpHeader(without(t.headerFields(forPoll, c.Transport), "Connection"))}
	keepAlive := c.Transport != scenarios.LongPollNewConn
	p.http, p.poster = t.libraryHTTP(c.ID, &p.ledger, keepAlive), t.libraryHTTP(c.ID, &p.posted, keepAlive)
	p.ctx, p.cancel = context.WithCancel(context.Background())
	if err := p.subscribe(ctx); err != nil {
		_ = p.Close()
		return nil, p.ledger.failed(fmt.Errorf("first poll: %w", err))
	}
	return p, nil
}

// subscribe is the first poll. With an answer that tells the client something only TLS was a handshake, else all of it.
func (p *libraryPoll) subscribe(ctx context.Context) error {
	p.books.begin(&p.ledger)
	if err := p.get(ctx, p.target.firstPoll(p.spec)); err != nil {
		return err
	}
	if p.answered = p.body.Len() > 0 || p.batch.Reset || p.batch.Missed > 0; !p.answered {
		p.counts = loadgen.Traffic{Handshake: p.ledger.bytes() - p.ledger.opened.Load()}
		p.books.begin(&p.ledger)
	}
	return nil
}

// get polls once: the answer is in body, and in batch as far as its head says it.
func (p *libraryPoll) get(ctx context.Context, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.target.origin+path, nil)
	if err != nil {
		return err
	}
	request.Header = p.header
	p.counts.Requests++
	response, err := p.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	p.body.Reset()
	if _, err := p.body.ReadFrom(response.Body); err != nil {
		return err
	}
	p.counts.Responses++
	p.batch.Messages, p.batch.Missed, p.batch.Reset, p.batch.Received = p.batch.Messages[:0], 0, false, time.Now()
	return p.accept(response)
}

// accept takes the answer's status, cursor and loss.
func (p *libraryPoll) accept(response *http.Response) error {
	reset := response.Header.Get(longpoll.HeaderReset) == "1"
	if err := refused(response.StatusCode, reset, p.body.Bytes()); err != nil {
		return err
	}
	if p.cursor = response.Header.Get(longpoll.HeaderCursor); p.cursor == "" {
		return errNoCursor
	}
	if p.batch.Reset = response.StatusCode == http.StatusGone; p.batch.Reset {
		p.body.Reset() // it is a line for people
	}
	text := response.Header.Get(longpoll.HeaderMissed)
	if text == "" {
		return nil
	}
	var err error
	p.batch.Missed, err = parseMissed(text)
	return err
}

// Receive implements loadgen.Conn.
func (p *libraryPoll) Receive() (*loadgen.Batch, error) {
	if !p.answered {
		if err := p.waits.pause(p.ctx.Done()); err != nil {
			return nil, err
		}
		if err := p.get(p.ctx, p.target.pollTarget(p.spec)+"&"+longpoll.ParamCursor+"="+url.QueryEscape(p.cursor)); err != nil {
			return nil, err
		}
	}
	p.answered = false
	p.waits.answered(p.batch.Received)
	p.books.enter(&p.ledger, p.body.Len(), p.body.Len() == 0)
	if p.body.Len() == 0 {
		p.counts.Empty++
	}
	return &p.batch, decodeMessages(p.body.Bytes(), &p.batch)
}

// Place implements loadgen.Conn.
func (p *libraryPoll) Place() loadgen.Place { return place{cursor: p.cursor}.text() }

// Send implements loadgen.Conn.
func (p *libraryPoll) Send(payload []byte) (loadgen.Traffic, error) {
	before := reading(&p.posted)
	err := p.postMessage(payload)
	return before.posted(&p.posted, len(payload), err), err
}

func (p *libraryPoll) postMessage(payload []byte) error {
	request, err := http.NewRequestWithContext(p.ctx, http.MethodPost, p.target.origin+publishTarget(p.spec.Destination()), bytes.NewReader(payload))
	if err != nil {
		return err
	}
	request.Header = httpHeader(without(p.target.headerFields(forPost, p.spec.Transport), "Connection"))
	response, err := p.poster.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusNoContent {
		return &kindError{fmt.Sprintf("http %d", response.StatusCode), fmt.Errorf("the server refused a message: %s", strings.ToLower(response.Status))}
	}
	return nil
}

// Traffic implements loadgen.Conn.
func (p *libraryPoll) Traffic() loadgen.Traffic {
	t := p.counts
	now := p.ledger.traffic()
	t.Sent, t.Received, t.Connections = now.Sent, now.Received, now.Connections
	t.Handshake += p.ledger.opened.Load()
	t.Parts = p.books.parts
	return t
}

// Close implements loadgen.Conn.
func (p *libraryPoll) Close() error {
	p.cancel()
	p.http.CloseIdleConnections()
	p.poster.CloseIdleConnections()
	return nil
}
