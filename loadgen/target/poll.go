package target

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"time"

	"pushbench/loadgen"
	"pushbench/loadgen/wire"
	"pushbench/longpoll"
	"pushbench/scenarios"
)

// poll is a lean polling session. Its receiving goroutine owns everything but live and the fields of sending.
type poll struct {
	target  *Reference
	spec    loadgen.ClientSpec
	request *wire.Request
	ledger  ledger
	tls     *tls.Config
	http    *wire.HTTPConn
	live    *live
	cursor  []byte
	waits   pollWaits
	counts  loadgen.Traffic
	books   exchanges
	answer  wire.Response
	// answered is true while the answer to the opening poll waits for Receive.
	answered bool
	batch    *loadgen.Batch

	post *post // nil unless the client sends
}

// openPoll connects and fetches the cursor that means "now", or polls from where it goes on: from here on nothing published is lost.
func (t *Reference) openPoll(ctx context.Context, c loadgen.ClientSpec) (loadgen.Conn, error) {
	p := &poll{target: t, spec: c, ledger: t.newLedger(), tls: t.session(c.ID), waits: t.waits(c), live: newLive()}
	if err := p.makeRequests(); err != nil {
		return nil, err
	}
	if err := p.subscribe(ctx); err != nil {
		_ = p.live.close()
		return nil, p.ledger.failed(fmt.Errorf("first poll: %w", named(err)))
	}
	if c.Sends {
		p.post = &post{target: t, spec: c, ledger: t.newLedger(), tls: p.tls, live: newLive()}
		if err := p.post.open(ctx); err != nil {
			return nil, p.ledger.failed(errors.Join(err, p.Close()))
		}
	}
	return p, nil
}

func (p *poll) makeRequests() (err error) {
	t := p.target
	p.request, err = wire.NewRequest(wire.RequestSpec{
		Host: t.host, Target: t.pollTarget(p.spec) + "&" + longpoll.ParamCursor + "=", Header: t.headerFields(forPoll, p.spec.Transport),
	})
	return err
}

// subscribe is the first poll: it is answered at once.
func (p *poll) subscribe(ctx context.Context) error {
	t := p.target
	first, err := wire.NewRequest(wire.RequestSpec{Host: t.host, Target: t.firstPoll(p.spec), Header: t.headerFields(forPoll, p.spec.Transport)})
	if err != nil {
		return err
	}
	if err := p.connect(ctx); err != nil {
		return err
	}
	p.books.begin(&p.ledger)
	stop := closeWith(ctx, p.live.conn)
	if err := p.exchange(first); err != nil {
		stop()
		return err
	}
	if !stop() {
		return context.Cause(ctx)
	}
	if err := p.accept(); err != nil {
		return err
	}
	if p.renews() {
		_ = p.live.conn.Close()
	}
	if p.answered = p.says(); !p.answered {
		p.http.Release()
		p.counts = loadgen.Traffic{Handshake: p.ledger.bytes()}
		p.books.begin(&p.ledger)
	}
	return nil
}

// says reports whether the answer tells the client anything: messages, a loss, or that the log is a new one. One that opened the session and told
// nothing was a handshake.
func (p *poll) says() bool {
	return len(p.answer.Body) > 0 || len(p.answer.Header(longpoll.HeaderMissed)) > 0
}

// renews says whether each poll has a connection of its own.
func (p *poll) renews() bool { return p.spec.Transport == scenarios.LongPollNewConn }

func (p *poll) connect(ctx context.Context) error {
	before := p.ledger.bytes()
	conn, err := p.target.dial(ctx, &p.ledger, p.tls)
	if err != nil {
		return err
	}
	p.counts.Handshake += p.ledger.bytes() - before
	if err := p.live.use(conn); err != nil {
		return err
	}
	p.http = wire.NewHTTPConn(conn, p.target.options)
	return nil
}

// Receive implements loadgen.Conn: it waits for the poll's turn, polls, and returns the answer, which may be empty.
func (p *poll) Receive() (*loadgen.Batch, error) {
	p.release()
	if !p.answered {
		if err := p.next(); err != nil {
			return nil, err
		}
	}
	p.answered = false
	p.batch = p.target.batches.get()
	p.batch.Received = p.answer.Received
	p.waits.answered(p.answer.Received)
	return p.batch, p.decode()
}

// next waits for the next poll's turn, and polls.
func (p *poll) next() error {
	if err := p.waits.pause(p.live.over.Done()); err != nil {
		return err
	}
	if err := p.ask(); err != nil {
		return named(err)
	}
	return named(p.accept())
}

func (p *poll) release() {
	if p.batch != nil {
		p.target.batches.put(p.batch)
		p.batch = nil
		p.http.Release()
	}
}

// ask sends a poll and waits for its answer. A kept-alive connection that the server had closed as idle is replaced once: HTTP allows
// that at any time, and asking again with the same cursor loses nothing.
func (p *poll) ask() error {
	if p.renews() {
		return p.askAnew()
	}
	err := p.exchange(p.request)
	if !stale(err) {
		return err
	}
	_ = p.live.conn.Close()
	return p.askAnew()
}

func (p *poll) askAnew() error {
	if err := p.connect(p.live.over); err != nil {
		return err
	}
	err := p.exchange(p.request)
	if p.renews() {
		_ = p.live.conn.Close()
	}
	return err
}

func (p *poll) exchange(request *wire.Request) error {
	if err := p.http.SendRequest(request, p.cursor, nil); err != nil {
		return err
	}
	p.counts.Requests++
	if err := p.http.Receive(&p.answer); err != nil {
		return err
	}
	p.counts.Responses++
	return nil
}

// accept takes the answer's status and cursor.
func (p *poll) accept() error {
	if err := refused(p.answer.Status, p.reset(), p.answer.Body); err != nil {
		return err
	}
	cursor := p.answer.Header(longpoll.HeaderCursor)
	if len(cursor) == 0 {
		return errNoCursor
	}
	p.cursor = append(p.cursor[:0], cursor...)
	return nil
}

// reset says whether the answer is that the log is another than the cursor's.
func (p *poll) reset() bool { return string(p.answer.Header(longpoll.HeaderReset)) == "1" }

// decode takes the answer's messages.
func (p *poll) decode() error {
	reset := p.answer.Status == http.StatusGone // its body is for people
	empty := reset || len(p.answer.Body) == 0
	p.books.enter(&p.ledger, len(p.answer.Body), empty)
	if p.batch.Reset = reset; empty {
		p.counts.Empty++
	}
	if missed := p.answer.Header(longpoll.HeaderMissed); len(missed) > 0 {
		n, err := parseMissed(string(missed))
		if err != nil {
			return err
		}
		p.batch.Missed = n
	}
	if empty {
		return nil
	}
	return decodeMessages(p.answer.Body, p.batch)
}

// decodeMessages splits a body into the batch's messages.
func decodeMessages(body []byte, b *loadgen.Batch) error {
	for len(body) > 0 {
		message, rest, err := longpoll.DecodeNext(body)
		if err != nil {
			return &kindError{"protocol", fmt.Errorf("poll answer: %w", err)}
		}
		b.Messages = append(b.Messages, message)
		body = rest
	}
	return nil
}

// Send implements loadgen.Conn.
func (p *poll) Send(payload []byte) (loadgen.Traffic, error) { return p.post.send(payload) }

// Traffic implements loadgen.Conn.
func (p *poll) Traffic() loadgen.Traffic {
	t := p.counts
	now := p.ledger.traffic()
	t.Sent, t.Received, t.Connections, t.Parts = now.Sent, now.Received, now.Connections, p.books.parts
	if p.post != nil && !p.post.renews() {
		t.Connections++ // the one opened for sending
	}
	return t
}

// Place implements loadgen.Conn.
func (p *poll) Place() loadgen.Place { return place{cursor: string(p.cursor)}.text() }

// Close implements loadgen.Conn.
func (p *poll) Close() error {
	if p.post != nil {
		return errors.Join(p.live.close(), p.post.live.close())
	}
	return p.live.close()
}

// pollWaits is when a poller may poll again. The zero value is: at once.
type pollWaits struct {
	turnaround time.Duration
	interval   time.Duration
	// sleeps counts the interval from the last response; otherwise polls are at anchor + k × interval, whatever the responses do.
	sleeps bool
	anchor time.Time
	last   time.Time
	timer  *time.Timer
}

// answered notes when the last response was complete.
func (w *pollWaits) answered(at time.Time) { w.last = at }

// next is how long to wait from now.
func (w *pollWaits) next(now time.Time) time.Duration {
	switch {
	case w.interval == 0:
		if w.turnaround == 0 || w.last.IsZero() {
			return 0
		}
		return w.last.Add(w.turnaround).Sub(now)
	case w.sleeps && !w.last.IsZero():
		return w.last.Add(w.interval).Sub(now)
	}
	since := now.Sub(w.anchor)
	if since < 0 {
		return -since
	}
	return w.interval - since%w.interval
}

// pause waits for the next poll's turn, or until over is closed.
func (w *pollWaits) pause(over <-chan struct{}) error {
	wait := w.next(time.Now())
	if wait <= 0 {
		return nil
	}
	if w.timer == nil {
		w.timer = time.NewTimer(wait)
	} else {
		w.timer.Reset(wait)
	}
	select {
	case <-w.timer.C:
		return nil
	case <-over:
		w.timer.Stop()
		return errSessionClosed
	}
}
