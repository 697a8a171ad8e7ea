package target

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"pushbench/loadgen"
	"pushbench/longpoll"
	"pushbench/scenarios"
)

// libraryPoll is a polling session with net/http.
type libraryPoll struct {
	target *Reference
	spec   loadgen.ClientSpec
	http   *http.Client
	// origin is where polls go, and shared the one connection that they share in HTTP/2.
	origin string
	shared shared
	ledger ledger
	post   *libraryPost
	ctx    context.Context
	cancel context.CancelFunc
	cursor string
	waits  pollWaits
	header http.Header
	counts counts
	// handshake bytes opened the session, TLS apart.
	handshake int64
	books     exchanges
	body      bytes.Buffer
	// batch is the last answer; answered is true while it is that to the opening poll and waits for Receive.
	batch    loadgen.Batch
	answered bool
}

func (t *Reference) openLibraryPoll(ctx context.Context, c loadgen.ClientSpec) (loadgen.Conn, error) {
	p := &libraryPoll{target: t, spec: c, ledger: t.newLedger(c), post: t.newLibraryPost(c), waits: t.waits(c), header: httpHeader(without(t.headerFields(forPoll, c.Transport), "Connection"))}
	p.http, p.origin = t.libraryHTTP(c.ID, &p.ledger, keepsAlive(c)), t.origin
	if t.scenario.HTTP == scenarios.HTTP2 {
		p.http, p.origin = t.libraryHTTP2(c.ID, &p.ledger, &p.shared), "http://"+t.host
	}
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
		p.counts.reset()
		p.handshake = p.ledger.bytes() - p.ledger.opened.Load()
		p.books.begin(&p.ledger)
	}
	return nil
}

// get polls once: the answer is in body, and in batch as far as its head says it.
func (p *libraryPoll) get(ctx context.Context, path string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.origin+path, nil)
	if err != nil {
		return err
	}
	request.Header = p.header
	p.counts.requests.Add(1)
	response, err := p.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	p.body.Reset()
	if _, err := p.body.ReadFrom(response.Body); err != nil {
		return err
	}
	p.counts.responses.Add(1)
	p.batch.Messages, p.batch.Missed, p.batch.Reset, p.batch.Received = p.batch.Messages[:0], 0, false, time.Now()
	p.ledger.parted(ctx)
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
			return nil, named(err)
		}
	}
	p.answered = false
	p.waits.answered(p.batch.Received)
	p.books.enter(&p.ledger, p.body.Len(), p.body.Len() == 0)
	if p.body.Len() == 0 {
		p.counts.empty.Add(1)
	}
	return &p.batch, decodeMessages(p.body.Bytes(), &p.batch)
}

// Place implements loadgen.Conn.
func (p *libraryPoll) Place() loadgen.Place { return place{cursor: p.cursor}.text() }

// Send implements loadgen.Conn.
func (p *libraryPoll) Send(payload []byte) (loadgen.Traffic, error) { return p.post.send(payload) }

// Traffic implements loadgen.Conn.
func (p *libraryPoll) Traffic() loadgen.Traffic {
	t := p.counts.in(p.ledger.traffic())
	t.Handshake = p.handshake + p.ledger.opened.Load()
	t.Parts = p.books.at(t, &p.ledger)
	return t
}

// Totals implements loadgen.Conn.
func (p *libraryPoll) Totals() loadgen.Traffic { return totals(&p.ledger, &p.counts, p.post.half()) }

// Close implements loadgen.Conn.
func (p *libraryPoll) Close() error {
	p.cancel()
	p.http.CloseIdleConnections()
	p.post.close()
	return p.shared.close()
}

// keepsAlive reports whether a client's requests share a connection.
func keepsAlive(c loadgen.ClientSpec) bool { return c.Transport != scenarios.LongPollNewConn }

// libraryPost is the sending half of a session that sends with net/http: posts on a connection of its own.
type libraryPost struct {
	target *Reference
	spec   loadgen.ClientSpec
	http   *http.Client
	header http.Header
	sendingHalf
	ctx    context.Context
	cancel context.CancelFunc
}

// half is what was posted; nil for a client that does not send.
func (p *libraryPost) half() *sendingHalf {
	if p == nil {
		return nil
	}
	return &p.sendingHalf
}

func (t *Reference) newLibraryPost(c loadgen.ClientSpec) *libraryPost {
	p := &libraryPost{target: t, spec: c, sendingHalf: sendingHalf{ledger: t.newLedger(c)}, header: httpHeader(without(t.headerFields(forPost, c.Transport), "Connection"))}
	// Net/http then tries once more if the server had closed the connection as idle, as it does for polls and as the lean client does. It is not sent.
	p.header["Idempotency-Key"] = []string{}
	p.http = t.libraryHTTP(c.ID, &p.ledger, keepsAlive(c))
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

func (p *libraryPost) send(payload []byte) (loadgen.Traffic, error) {
	before := reading(&p.ledger)
	err := p.exchange(payload)
	p.count(err)
	return before.posted(&p.ledger, len(payload), err), named(err)
}

func (p *libraryPost) exchange(payload []byte) error {
	request, err := http.NewRequestWithContext(p.ctx, http.MethodPost, p.target.origin+publishTarget(p.spec.Destination()), bytes.NewReader(payload))
	if err != nil {
		return err
	}
	request.Header = p.header
	response, err := p.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	p.ledger.parted(p.ctx)
	if response.StatusCode != http.StatusNoContent {
		return &kindError{fmt.Sprintf("http %d", response.StatusCode), fmt.Errorf("the server refused a message: %s", strings.ToLower(response.Status))}
	}
	return nil
}

func (p *libraryPost) close() {
	p.cancel()
	p.http.CloseIdleConnections()
}
