package target

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"pushbench/loadgen"
	"pushbench/loadgen/wire"
	"pushbench/longpoll"
)

// The library clients do what most load generators do: coder/websocket and net/http, one goroutine each. They exist so that anyone can see how much of
// a result is the client's; the lean ones are what a comparison of transports should be made with.

// libraryHTTP returns an HTTP client of one session's own, over metered connections.
func (t *Reference) libraryHTTP(client int, l *ledger, keepAlive bool) *http.Client {
	session := t.session(client)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := t.dial(ctx, l, session)
		if err != nil || keepAlive {
			return conn, err
		}
		p := &parting{Conn: conn, gone: make(chan struct{})}
		l.parting.Store(p)
		return p, nil
	}
	return &http.Client{Transport: &http.Transport{
		DialContext: dial,
		// Its own TLS would hide what is inside the records.
		DialTLSContext: dial,
		// Transparent gzip would hide the real bytes.
		DisableCompression: true, DisableKeepAlives: !keepAlive, MaxIdleConnsPerHost: 1,
	}, CheckRedirect: stayHere}
}

// parting is a connection of one exchange. Net/http closes it on a goroutine of its own when the answer has been read, and what TLS says then belongs to the exchange.
type parting struct {
	net.Conn
	once sync.Once
	gone chan struct{}
}

// Close closes the connection, and says so.
func (p *parting) Close() error {
	err := p.Conn.Close()
	p.once.Do(func() { close(p.gone) })
	return err
}

// parted waits until the connection of an exchange that is complete has been closed; where exchanges share one, it does not.
func (l *ledger) parted(ctx context.Context) {
	p := l.parting.Load()
	if p == nil {
		return
	}
	select {
	case <-p.gone:
	case <-ctx.Done():
	}
}

// bar is a proxy that removes what asks for an upgrade.
type bar struct{ http.RoundTripper }

func (b bar) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Upgrade", "-removed-")
	return b.RoundTripper.RoundTrip(r)
}

// CloseIdleConnections lets a client's do so.
func (b bar) CloseIdleConnections() { b.RoundTripper.(*http.Transport).CloseIdleConnections() }

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
	counts    counts // of messages read
	place     place
	sending   sending
	body      bytes.Buffer
	batch     loadgen.Batch
}

func (t *Reference) openLibraryWebSocket(ctx context.Context, c loadgen.ClientSpec) (loadgen.Conn, error) {
	ws := &libraryWebSocket{target: t, ledger: t.newLedger(c)}
	ws.http = t.libraryHTTP(c.ID, &ws.ledger, true)
	if c.Barred {
		ws.http.Transport = bar{ws.http.Transport}
	}
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
	ws.counts.responses.Add(1)
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
	t := ws.counts.in(ws.sending.traffic(&ws.ledger, ws.opened))
	t.Handshake = ws.handshake
	return t
}

// Totals implements loadgen.Conn.
func (ws *libraryWebSocket) Totals() loadgen.Traffic { return totals(&ws.ledger, &ws.counts, nil) }

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
