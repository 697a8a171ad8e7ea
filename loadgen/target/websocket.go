package target

import (
	"sync/atomic"
	"time"

	"pushbench/loadgen"
	"pushbench/loadgen/wire"
)

// closeTimeout bounds a session's farewell.
const closeTimeout = 100 * time.Millisecond

// webSocket is a lean WebSocket session, whatever the server's frames say.
type webSocket struct {
	reach     *reach
	speaks    frameDialect
	conn      *wire.WebSocketConn
	ledger    ledger
	handshake int64
	opened    flow
	// counts are of the reads of the socket that brought something, and of those that brought no message.
	counts  counts
	sending sending
	in      wire.Batch
	batch   *loadgen.Batch
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
	return loadgen.Traffic{Sent: took.bytes, Parts: loadgen.Parts{Known: true, TLS: took.tls}}, err
}

// frameDialect is what a server's frames say.
type frameDialect interface {
	// take takes a frame from the server: its messages go into the batch.
	take(m wire.Message, b *loadgen.Batch) error
	// send sends a message.
	send(c *wire.WebSocketConn, payload []byte) error
	place() loadgen.Place
	// end releases what the dialect has beside the connection, which has been closed.
	end()
}

// begin makes a connection that was upgraded the session's: what passed until now opened it.
func (ws *webSocket) begin(c loadgen.ClientSpec, upgraded *wire.WebSocketConn) {
	ws.conn, ws.handshake = upgraded, ws.ledger.bytes()-int64(upgraded.Buffered())
	ws.opened = ws.ledger.passed()
	sent, _ := ws.ledger.flows()
	ws.sending.opening(c, sent)
}

// Receive implements loadgen.Conn.
func (ws *webSocket) Receive() (*loadgen.Batch, error) {
	ws.release()
	if err := ws.conn.Receive(&ws.in); err != nil {
		return nil, ws.reach.named(err)
	}
	ws.counts.responses.Add(1)
	ws.batch = ws.reach.batches.get()
	ws.batch.Received = ws.in.Received
	for _, m := range ws.in.Messages {
		if err := ws.take(m); err != nil {
			return nil, ws.reach.named(err)
		}
	}
	if len(ws.batch.Messages) == 0 {
		ws.counts.empty.Add(1)
	}
	return ws.batch, nil
}

// take takes a message. Where some are compressed, all say what they took.
func (ws *webSocket) take(m wire.Message) error {
	if !ws.reach.deflates() {
		return ws.speaks.take(m, ws.batch)
	}
	came, before := int64(len(m.Payload)), len(ws.batch.Messages)
	if m.Compressed {
		var err error
		if m.Payload, err = ws.reach.unpack(ws.batch, m.Payload, wire.Inflate); err != nil {
			return err
		}
	}
	err := ws.speaks.take(m, ws.batch)
	ws.batch.Carry(before, came)
	return err
}

func (ws *webSocket) release() {
	if ws.batch != nil {
		ws.reach.batches.put(ws.batch)
		ws.batch = nil
	}
}

// Send implements loadgen.Conn.
func (ws *webSocket) Send(payload []byte) (loadgen.Traffic, error) {
	cost, err := ws.sending.write(&ws.ledger, func() error { return ws.speaks.send(ws.conn, payload) })
	return cost, ws.reach.named(err)
}

// Traffic implements loadgen.Conn.
func (ws *webSocket) Traffic() loadgen.Traffic {
	t := ws.counts.in(ws.sending.traffic(&ws.ledger, ws.opened))
	t.Buffered = int64(ws.conn.Buffered())
	t.Handshake = ws.handshake
	return t
}

// Totals implements loadgen.Conn.
func (ws *webSocket) Totals() loadgen.Traffic { return totals(&ws.ledger, &ws.counts, nil) }

// Place implements loadgen.Conn.
func (ws *webSocket) Place() loadgen.Place { return ws.speaks.place() }

// Close implements loadgen.Conn.
func (ws *webSocket) Close() error {
	// The farewell is a courtesy that a broken connection refuses.
	_ = ws.conn.SendClose(wire.CloseNormal, "", time.Now().Add(closeTimeout))
	err := closed(ws.conn.NetConn())
	ws.speaks.end()
	ws.sending.over.Store(true)
	return err
}
