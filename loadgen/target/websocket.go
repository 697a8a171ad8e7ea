package target

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"pushbench/loadgen"
	"pushbench/loadgen/wire"
	"pushbench/longpoll"
)

// closeTimeout bounds a session's farewell.
const closeTimeout = 100 * time.Millisecond

// webSocket is a lean WebSocket session.
type webSocket struct {
	target    *Reference
	conn      *wire.WebSocketConn
	ledger    ledger
	handshake int64
	opened    flow
	reads     int64
	place     place
	sending   sending
	in        wire.Batch
	batch     *loadgen.Batch
}

// sending tells the bytes that a WebSocket session itself sends from those of Send, which leave on the same connection.
//
// While the session is open these cannot be told apart by subtraction: a message may come back to the receiving goroutine before the sending one has counted
// it. So until then a client that sends counts its upgrade only; the few bytes of pongs and of the farewell are found at the end.
type sending struct {
	sends  bool
	opened flow
	// frames counts the bytes of Send, and records what TLS added to them.
	frames, records atomic.Int64
	over            atomic.Bool
}

// opening begins the books of a session whose opening sent so much.
func (s *sending) opening(c loadgen.ClientSpec, sent flow) { s.sends, s.opened = c.Sends, sent }

// own is the session's own share of what its meter counted as sent.
func (s *sending) own(metered flow) flow {
	if s.sends && !s.over.Load() {
		return s.opened
	}
	return metered.minus(flow{s.frames.Load(), s.records.Load()})
}

// traffic is a session's, given what its opening took.
func (s *sending) traffic(l *ledger, opened flow) loadgen.Traffic {
	t := l.traffic()
	sent, received := l.flows()
	sent = s.own(sent)
	t.Sent, t.Received = sent.bytes, received.bytes
	t.Parts = loadgen.Parts{Known: true, TLS: sent.tls + received.tls - opened.tls}
	return t
}

// write counts what a write of Send put on the connection.
func (s *sending) write(l *ledger, write func() error) (loadgen.Traffic, error) {
	before, _ := l.flows()
	err := write()
	after, _ := l.flows()
	took := after.minus(before)
	s.frames.Add(took.bytes)
	s.records.Add(took.tls)
	return loadgen.Traffic{Sent: took.bytes, Parts: loadgen.Parts{Known: true, TLS: took.tls}}, named(err)
}

func (t *Reference) openWebSocket(ctx context.Context, c loadgen.ClientSpec) (loadgen.Conn, error) {
	ws := &webSocket{target: t, ledger: t.newLedger()}
	conn, err := t.dial(ctx, &ws.ledger, t.session(c.ID))
	if err != nil {
		return nil, ws.ledger.failed(err)
	}
	upgraded, answer, err := upgrade(ctx, conn, wire.UpgradeRequest{
		Host: t.host, Target: resumed(webSocketTarget(c), c.Resume), Header: t.headerFields(forUpgrade, c.Transport),
	}, t.options)
	if err != nil {
		return nil, ws.ledger.failed(fmt.Errorf("upgrade to WebSocket: %w", err))
	}
	ws.place.cursor = answer.Header(longpoll.HeaderCursor)
	ws.conn, ws.handshake = upgraded, ws.ledger.bytes()-int64(upgraded.Buffered())
	ws.opened = ws.ledger.passed()
	sent, _ := ws.ledger.flows()
	ws.sending.opening(c, sent)
	return ws, nil
}

// Receive implements loadgen.Conn.
func (ws *webSocket) Receive() (*loadgen.Batch, error) {
	ws.release()
	if err := ws.conn.Receive(&ws.in); err != nil {
		return nil, named(err)
	}
	ws.reads++
	ws.batch = ws.target.batches.get()
	ws.batch.Received = ws.in.Received
	for _, m := range ws.in.Messages {
		if m.Op == wire.Text {
			if err := ws.control(m.Payload); err != nil {
				return nil, err
			}
			continue
		}
		ws.batch.Messages = append(ws.batch.Messages, m.Payload)
		ws.place.since++
	}
	return ws.batch, nil
}

func (ws *webSocket) release() {
	if ws.batch != nil {
		ws.target.batches.put(ws.batch)
		ws.batch = nil
	}
}

// control takes a control message: what the server could not keep for this subscriber.
func (ws *webSocket) control(text []byte) error {
	c, err := parseControl(text)
	c.tell(ws.batch, &ws.place)
	return err
}

// control is a text frame of the reference server's WebSocket protocol.
type control struct {
	Missed int64  `json:"missed"`
	Reset  bool   `json:"reset"`
	Cursor string `json:"cursor"`
}

func parseControl(text []byte) (c control, err error) {
	if err := json.Unmarshal(text, &c); err != nil {
		return control{}, &kindError{"protocol", fmt.Errorf("control message %.80q: %w", text, err)}
	}
	return c, nil
}

// tell enters what a control message says: the next message is the one at its cursor.
func (c control) tell(b *loadgen.Batch, at *place) {
	b.Missed += c.Missed
	b.Reset = b.Reset || c.Reset
	if c.Cursor != "" {
		*at = place{cursor: c.Cursor}
	}
}

// Send implements loadgen.Conn.
func (ws *webSocket) Send(payload []byte) (loadgen.Traffic, error) {
	return ws.sending.write(&ws.ledger, func() error { return ws.conn.WriteMessage(wire.Binary, payload) })
}

// Traffic implements loadgen.Conn.
func (ws *webSocket) Traffic() loadgen.Traffic {
	t := ws.sending.traffic(&ws.ledger, ws.opened)
	t.Buffered = int64(ws.conn.Buffered())
	t.Handshake = ws.handshake
	t.Responses = ws.reads
	return t
}

// Place implements loadgen.Conn.
func (ws *webSocket) Place() loadgen.Place { return ws.place.text() }

// Close implements loadgen.Conn.
func (ws *webSocket) Close() error {
	// The farewell is a courtesy that a broken connection refuses.
	_ = ws.conn.SendClose(wire.CloseNormal, "", time.Now().Add(closeTimeout))
	err := closed(ws.conn.NetConn())
	ws.sending.over.Store(true)
	return err
}
