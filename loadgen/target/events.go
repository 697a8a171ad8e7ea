package target

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"pushbench/loadgen"
	"pushbench/loadgen/wire"
)

// events is a lean session of server-sent events, whatever the server's events say. A client that sends posts beside the stream, as a poller does.
type events struct {
	reach     *reach
	speaks    eventDialect
	conn      *wire.EventStream
	ledger    ledger
	handshake int64
	opened    flow
	// counts are of the reads of the socket that brought something, and of those that brought no message.
	counts counts
	// opening is what the server told with the stream's beginning; nil if that told nothing, or was received.
	opening *loadgen.Batch
	in      wire.EventBatch
	batch   *loadgen.Batch

	post *post // nil unless the client sends
}

// eventDialect is what a server's events say.
type eventDialect interface {
	// begin waits for what the server says before a session receives, and leaves in the batch what of that tells the client something.
	begin(s *wire.EventStream, in *wire.EventBatch) error
	// take takes an event from the server: its messages go into the batch.
	take(event wire.Event, b *loadgen.Batch) error
	// place is where the stream stands, given the id of its last event.
	place(lastID []byte) loadgen.Place
}

// open connects and asks for the stream. Up to the event with which the server says that or where it begins, all is handshake.
func (e *events) open(ctx context.Context, session *tls.Config, request []byte) error {
	conn, err := e.reach.dial(ctx, &e.ledger, session)
	if err != nil {
		return err
	}
	stop := closeWith(ctx, conn)
	err = e.begin(conn, request)
	if !stop() {
		err = interrupted(ctx, err)
	}
	if err != nil {
		_ = conn.Close()
		return err
	}
	e.handshake, e.opened = e.ledger.bytes()-int64(e.conn.Buffered()), e.ledger.passed()
	return nil
}

func (e *events) begin(conn net.Conn, request []byte) (err error) {
	if e.conn, err = wire.OpenEvents(conn, request, time.Time{}, e.reach.options); err != nil {
		return err
	}
	if err := e.speaks.begin(e.conn, &e.in); err != nil || len(e.in.Events) == 0 {
		return err
	}
	e.opening = &loadgen.Batch{Received: e.in.Received}
	return e.takeAll(e.opening)
}

// takeAll takes the events received last.
func (e *events) takeAll(b *loadgen.Batch) error {
	for _, event := range e.in.Events {
		if err := e.speaks.take(event, b); err != nil {
			return err
		}
	}
	if len(b.Messages) == 0 {
		e.counts.empty.Add(1)
	}
	e.counts.responses.Add(1)
	return nil
}

// Receive implements loadgen.Conn.
func (e *events) Receive() (*loadgen.Batch, error) {
	if b := e.opening; b != nil {
		e.opening = nil
		return b, nil
	}
	e.release()
	if err := e.conn.Receive(&e.in); err != nil {
		return nil, e.reach.named(err)
	}
	e.batch = e.reach.batches.get()
	e.batch.Received = e.in.Received
	if err := e.takeAll(e.batch); err != nil {
		return nil, e.reach.named(err)
	}
	return e.batch, nil
}

func (e *events) release() {
	if e.batch != nil {
		e.reach.batches.put(e.batch)
		e.batch = nil
	}
}

// Send implements loadgen.Conn.
func (e *events) Send(payload []byte) (loadgen.Traffic, error) { return e.post.send(payload) }

// Traffic implements loadgen.Conn.
func (e *events) Traffic() loadgen.Traffic {
	t := e.counts.in(streamTraffic(&e.ledger, e.opened))
	t.Buffered = int64(e.conn.Buffered())
	t.Handshake = e.handshake
	return t.Plus(e.post.opening())
}

// streamTraffic is what a stream has taken, given what its opening took. It sends nothing more, and has no heads.
func streamTraffic(l *ledger, opened flow) loadgen.Traffic {
	t := l.traffic()
	t.Parts = loadgen.Parts{Known: true, TLS: l.passed().tls - opened.tls}
	return t
}

// Totals implements loadgen.Conn.
func (e *events) Totals() loadgen.Traffic { return totals(&e.ledger, &e.counts, e.post.half()) }

// Place implements loadgen.Conn.
func (e *events) Place() loadgen.Place { return e.speaks.place(e.conn.LastID()) }

// Close implements loadgen.Conn.
func (e *events) Close() error {
	err := closed(e.conn.NetConn())
	if e.post != nil {
		err = errors.Join(err, e.post.live.close())
	}
	return err
}
