package target

import (
	"context"
	"crypto/tls"
	"errors"
	"time"

	"pushbench/loadgen"
	"pushbench/loadgen/wire"
	"pushbench/scenarios"
)

// poll is a lean polling session, whatever the server's polls say. Its receiving goroutine owns everything but live and the fields of sending.
type poll struct {
	reach  *reach
	spec   loadgen.ClientSpec
	speaks pollDialect
	ledger ledger
	tls    *tls.Config
	http   *wire.HTTPConn
	live   *live
	waits  pollWaits
	counts counts
	// handshake bytes opened the session and its connections.
	handshake int64
	books     exchanges
	answer    wire.Response
	// answered is true while the answer to the opening poll waits for Receive, and asked while that poll waits for its answer.
	answered, asked bool
	batch           *loadgen.Batch
	// failures counts the polls in a row that failed and did not end the session; broken says that the connection is not to be used again.
	failures int
	broken   bool

	post *post // nil unless the client sends, or has pings to answer
	// beats are what answering pings has taken.
	beats loadgen.Traffic
}

// pollDialect is what a server's polls say: how one session asks, and what it makes of an answer.
type pollDialect interface {
	asking
	// take takes an answer's status, and where the next poll goes on.
	take(answer *wire.Response) error
	// tells says whether the answer tells the client anything: messages, a loss, or that the log is a new one. One that opened the session and told
	// nothing was a handshake.
	tells(answer *wire.Response) bool
	// deliver puts the answer's messages into the batch, and says whether there were none.
	deliver(answer *wire.Response, b *loadgen.Batch) (empty bool, err error)
	// reply is what the answer's messages want said, apart from the polls; nil for nothing.
	reply() asking
	place() loadgen.Place
}

// asking is a request to be made: ask appends it to b.
type asking interface {
	ask(b []byte) []byte
}

func (t *reach) newPoll(c loadgen.ClientSpec, speaks pollDialect) *poll {
	return &poll{reach: t, spec: c, speaks: speaks, ledger: t.newLedger(c), tls: t.session(c.ID), waits: t.waits(c), live: newLive()}
}

// subscribe makes the poll that opens the session, which is answered at once.
func (p *poll) subscribe(ctx context.Context, first asking) error {
	if !p.usable() {
		if err := p.connect(ctx); err != nil {
			return err
		}
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
	if err := p.speaks.take(&p.answer); err != nil {
		return err
	}
	if p.renews() {
		_ = p.live.conn.Close()
	}
	if p.answered = p.speaks.tells(&p.answer); !p.answered {
		p.opened()
	}
	return nil
}

// opened begins the books: all that passed until now opened the session.
func (p *poll) opened() {
	if p.http != nil {
		p.http.Release()
	}
	p.counts.reset()
	p.handshake = p.ledger.bytes()
	p.books.begin(&p.ledger)
}

// usable says whether the next request may go over the connection there is.
func (p *poll) usable() bool { return p.http != nil && !p.renews() && p.http.Usable() }

// renews says whether each poll has a connection of its own.
func (p *poll) renews() bool { return p.spec.Transport == scenarios.LongPollNewConn }

func (p *poll) connect(ctx context.Context) error {
	before := p.ledger.bytes()
	conn, err := p.reach.dial(ctx, &p.ledger, p.tls)
	if err != nil {
		return err
	}
	p.handshake += p.ledger.bytes() - before
	if err := p.live.use(conn); err != nil {
		return err
	}
	p.http = wire.NewHTTPConn(conn, p.reach.pollOptions(p.spec.Transport))
	return nil
}

// Receive implements loadgen.Conn: it waits for the poll's turn, polls, and returns the answer, which may be empty.
func (p *poll) Receive() (*loadgen.Batch, error) {
	p.release()
	if !p.answered {
		if err := p.next(); err != nil {
			return p.failed(err)
		}
	}
	p.answered, p.failures = false, 0
	p.batch = p.reach.batches.get()
	p.batch.Received = p.answer.Received
	p.waits.answered(p.answer.Received)
	if err := p.decode(); err != nil {
		return nil, p.reach.named(err)
	}
	if reply := p.speaks.reply(); reply != nil {
		if err := p.say(reply); err != nil {
			return nil, err
		}
	}
	return p.batch, nil
}

// next waits for the next poll's turn, and polls.
func (p *poll) next() error {
	if err := p.waits.pause(p.live.over.Done()); err != nil {
		return err
	}
	if err := p.ask(); err != nil {
		p.broken = true
		return err
	}
	return p.speaks.take(&p.answer)
}

// patience is how many polls in a row may fail before the session is given up, at a server that is not ours.
const patience = 5

// failed decides what a failed poll means. Clients of other servers try again after a wait, as real ones do, unless the scenario has them come back by
// opening another session, or the server does not answer at all any more.
func (p *poll) failed(err error) (*loadgen.Batch, error) {
	err = p.reach.named(err)
	if !p.reach.foreign || p.reach.scenario.Reconnect.Backoff > 0 || p.live.over.Err() != nil || p.failures == patience {
		return nil, err
	}
	p.waits.backOff(p.failures, p.spec.Phase)
	p.failures++
	p.batch = p.reach.batches.get()
	p.batch.Received, p.batch.Failed = time.Now(), err
	return p.batch, nil
}

func (p *poll) release() {
	if p.batch != nil {
		p.reach.batches.put(p.batch)
		p.batch = nil
		p.http.Release()
	}
}

// ask sends a poll and waits for its answer. A kept-alive connection that the server had closed as idle is replaced once: HTTP allows
// that at any time, and asking again with the same cursor loses nothing.
func (p *poll) ask() error {
	var err error
	switch {
	case p.asked:
		p.asked, err = false, p.hear()
		if p.renews() {
			_ = p.live.conn.Close()
		}
	case p.broken || !p.usable():
		return p.askAnew()
	default:
		err = p.exchange(p.speaks)
	}
	if !stale(err) {
		return err
	}
	return p.askAnew()
}

func (p *poll) askAnew() error {
	if p.live.conn != nil {
		_ = p.live.conn.Close()
	}
	p.broken = false
	if err := p.connect(p.live.over); err != nil {
		return err
	}
	err := p.exchange(p.speaks)
	if p.renews() {
		_ = p.live.conn.Close()
	}
	return err
}

func (p *poll) exchange(a asking) error {
	if err := p.send(a); err != nil {
		return err
	}
	return p.hear()
}

// hear waits for an answer.
func (p *poll) hear() error {
	if err := p.http.Receive(&p.answer); err != nil {
		return err
	}
	p.counts.responses.Add(1)
	return nil
}

// say answers a ping on the connection for sending.
func (p *poll) say(a asking) error {
	took, err := p.post.say(a)
	p.beats = p.beats.Plus(took)
	return err
}

// send sends a request. It is rendered while the last answer is still there, since parts of that may be in it.
func (p *poll) send(a asking) error {
	buffer := p.reach.options.Pool.Get()
	err := p.http.Send(a.ask(buffer[:0]))
	p.reach.options.Pool.Put(buffer)
	if err == nil {
		p.counts.requests.Add(1)
	}
	return err
}

// decode takes the answer's messages.
func (p *poll) decode() error {
	came := len(p.answer.Body)
	packed, err := p.unpack()
	if err != nil {
		return err
	}
	empty, err := p.speaks.deliver(&p.answer, p.batch)
	if packed {
		p.batch.Carry(0, int64(came))
	}
	p.books.enter(&p.ledger, came, empty)
	if empty {
		p.counts.empty.Add(1)
	}
	return err
}

// unpack unpacks an answer that is compressed, which only those are that the clients have asked for.
func (p *poll) unpack() (packed bool, err error) {
	if !p.reach.deflates() || string(p.answer.Header("Content-Encoding")) != "gzip" {
		return false, nil
	}
	p.answer.Body, err = p.reach.unpack(p.batch, p.answer.Body, wire.Gunzip)
	return true, err
}

// Send implements loadgen.Conn.
func (p *poll) Send(payload []byte) (loadgen.Traffic, error) { return p.post.send(payload) }

// Traffic implements loadgen.Conn.
func (p *poll) Traffic() loadgen.Traffic {
	t := p.counts.in(p.ledger.traffic())
	t.Handshake, t.Parts = p.handshake, p.books.at(t, &p.ledger)
	return t.Plus(p.beats).Plus(p.post.opening())
}

// Totals implements loadgen.Conn.
func (p *poll) Totals() loadgen.Traffic { return totals(&p.ledger, &p.counts, p.post.half()) }

// Place implements loadgen.Conn.
func (p *poll) Place() loadgen.Place { return p.speaks.place() }

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
	// notBefore is when a poller whose poll has failed may poll again.
	notBefore time.Time
	timer     *time.Timer
}

// backOff has the next poll wait after so many failures in a row: 100 ms at first and each time twice as long, to half of it by the client's own phase, so
// that clients that failed together do not come back together.
func (w *pollWaits) backOff(failures int, phase float64) {
	longest := 100 * time.Millisecond << failures
	w.notBefore = time.Now().Add(longest/2 + time.Duration(phase*float64(longest/2)))
}

// answered notes when the last response was complete.
func (w *pollWaits) answered(at time.Time) { w.last = at }

// next is how long to wait from now.
func (w *pollWaits) next(now time.Time) time.Duration {
	return max(w.regular(now), w.notBefore.Sub(now))
}

// regular is that of a poller whose last poll did not fail.
func (w *pollWaits) regular(now time.Time) time.Duration {
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
