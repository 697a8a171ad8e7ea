package target

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"pushbench/loadgen"
)

// libraryEvents is a session of server-sent events with net/http, which has no decoder for them: lines are read one by one, as most programs do.
type libraryEvents struct {
	target    *Reference
	http      *http.Client
	body      io.ReadCloser
	lines     *bufio.Reader
	cancel    context.CancelFunc
	ledger    ledger
	handshake int64
	opened    flow
	// counts are of the events that brought something, and of those that brought no message.
	counts counts
	// id is the last event's, nextID, name and data the present one's.
	id, nextID, name []byte
	data             bytes.Buffer
	batch            loadgen.Batch

	post *libraryPost // nil unless the client sends
}

func (t *Reference) openLibraryEvents(ctx context.Context, c loadgen.ClientSpec) (loadgen.Conn, error) {
	e := &libraryEvents{target: t, ledger: t.newLedger(c)}
	e.http = t.libraryHTTP(c.ID, &e.ledger, true)
	if err := e.open(ctx, c); err != nil {
		_ = e.Close()
		return nil, e.ledger.failed(fmt.Errorf("open a stream of events: %w", named(err)))
	}
	if c.Sends {
		e.post = t.newLibraryPost(c)
	}
	return e, nil
}

// open asks for the stream and reads the id it begins with. The stream outlives the opening, so its context is its own.
func (e *libraryEvents) open(opening context.Context, c loadgen.ClientSpec) error {
	ctx, cancel := context.WithCancel(context.Background())
	e.cancel = cancel
	stop := context.AfterFunc(opening, cancel)
	defer stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.target.origin+resumed(eventsTarget(c.Topic), c.Resume), nil)
	if err != nil {
		return err
	}
	request.Header = httpHeader(without(e.target.headerFields(forEvents, c.Transport), "Connection"))
	response, err := e.http.Do(request)
	if err != nil {
		return err
	}
	e.body, e.lines = response.Body, bufio.NewReader(response.Body)
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 200))
		return &kindError{fmt.Sprintf("http %d", response.StatusCode), fmt.Errorf("answered with status %d: %q", response.StatusCode, text)}
	}
	if err := e.block(); err != nil {
		return err
	}
	e.handshake, e.opened = e.ledger.bytes(), e.ledger.passed()
	return nil
}

// block reads the lines up to the next empty one. Only that one makes them an event: of one that was cut off the id does not count.
func (e *libraryEvents) block() error {
	e.name = e.name[:0]
	e.data.Reset()
	for {
		line, err := e.line()
		if err != nil {
			e.data.Reset()
			return err
		}
		if len(line) == 0 {
			e.id = append(e.id[:0], e.nextID...)
			return nil
		}
		field, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimPrefix(value, []byte(" "))
		switch string(field) {
		case "event":
			e.name = append(e.name, value...)
		case "id":
			e.nextID = append(e.nextID[:0], value...)
		case "data":
			e.data.Write(value)
			e.data.WriteByte('\n')
		}
	}
}

// line reads a line, also one that is longer than the reader's buffer.
func (e *libraryEvents) line() ([]byte, error) {
	line, err := e.lines.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		long := bytes.Clone(line)
		var rest []byte
		rest, err = e.lines.ReadBytes('\n')
		line = append(long, rest...)
	}
	return bytes.TrimSuffix(line, []byte("\n")), err
}

// Receive implements loadgen.Conn. Its first event is there already if the stream began with one.
func (e *libraryEvents) Receive() (*loadgen.Batch, error) {
	for e.data.Len() == 0 { // what has only comments is no event
		if err := e.block(); err != nil {
			return nil, named(err)
		}
	}
	e.batch.Messages, e.batch.Missed, e.batch.Reset, e.batch.Received = e.batch.Messages[:0], 0, false, time.Now()
	// The data stay where they are until the next block.
	data := bytes.TrimSuffix(e.data.Bytes(), []byte("\n"))
	e.data.Reset()
	e.counts.responses.Add(1)
	if err := takeEvent(e.name, data, &e.batch); err != nil {
		return nil, err
	}
	if len(e.batch.Messages) == 0 {
		e.counts.empty.Add(1)
	}
	return &e.batch, nil
}

// Send implements loadgen.Conn.
func (e *libraryEvents) Send(payload []byte) (loadgen.Traffic, error) { return e.post.send(payload) }

// Traffic implements loadgen.Conn. What the library has read ahead is not known, so bytes of two messages that came together are charged to the first.
func (e *libraryEvents) Traffic() loadgen.Traffic {
	t := e.counts.in(streamTraffic(&e.ledger, e.opened))
	t.Handshake = e.handshake
	return t
}

// Totals implements loadgen.Conn.
func (e *libraryEvents) Totals() loadgen.Traffic { return totals(&e.ledger, &e.counts, e.post.half()) }

// Place implements loadgen.Conn.
func (e *libraryEvents) Place() loadgen.Place { return place{cursor: string(e.id)}.text() }

// Close implements loadgen.Conn.
func (e *libraryEvents) Close() error {
	e.cancel()
	if e.body != nil {
		_ = e.body.Close() // of a connection that is being closed
	}
	e.http.CloseIdleConnections()
	if e.post != nil {
		e.post.close()
	}
	return nil
}
