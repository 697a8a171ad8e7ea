package target

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"pushbench/loadgen"
	"pushbench/loadgen/target/file"
	"pushbench/loadgen/wire"
)

// openEvents performs the steps that open a session, and asks for the stream. The answer's head, or an event that the file names, says that the server has the
// subscription.
func (d *Described) openEvents(ctx context.Context, c loadgen.ClientSpec) (loadgen.Conn, error) {
	section := d.file.SSE
	at := d.at(section.URL)
	e, session := &events{reach: at, ledger: at.newLedger(c)}, at.session(c.ID)
	if err := d.beginEvents(ctx, e, session, c); err != nil {
		return nil, e.ledger.failed(at.named(err))
	}
	return e, nil
}

func (d *Described) beginEvents(ctx context.Context, e *events, session *tls.Config, c loadgen.ClientSpec) error {
	section := d.file.SSE
	s := saying{use: forPoll, transport: c.Transport, known: d.valuesOf(c), headers: d.file.Headers}
	known, err := d.requestsBefore(ctx, e.reach, section.Open, s, func(ctx context.Context) (*upgrading, error) {
		conn, err := e.reach.dial(ctx, &e.ledger, session)
		return &upgrading{at: e.reach, conn: conn}, err
	})
	if err != nil {
		return err
	}
	s.use, s.known, s.headers = forEvents, known, slices.Concat(d.file.Headers, section.Headers)
	request, err := d.compile(e.reach, section.Get, s)
	if err != nil {
		return err
	}
	escape, _ := d.file.Limits.Bodies.Escape()
	e.speaks = &describedEvents{
		d: d, section: section, splitter: splitter{by: section.Split, encoded: d.file.Limits.Bodies == file.EncodeBase64}, expected: []byte(section.Expect.Render(known.of, escape)),
	}
	message := request.append(nil, nil, nil, resumedEvents(c.Resume))
	d.trace.sent("request", message)
	if err := e.open(ctx, session, message); err != nil {
		return fmt.Errorf("open a stream of events: %w", discreetEvents(err))
	}
	if c.Sends {
		if e.post, err = d.openPoster(ctx, e.reach, c, session, s); err != nil {
			return errors.Join(err, e.Close())
		}
	}
	return nil
}

// discreetEvents is the error of a stream that was refused, without what the server said beside its status.
func discreetEvents(err error) error {
	refused, ok := errors.AsType[*wire.EventsError](err)
	if !ok {
		return err
	}
	return &kindError{kindOfError(err), fmt.Errorf("it was answered with status %d: %s", refused.Status, refused.Detail)}
}

// openPoster makes the sending half of a client that has no WebSocket, as sse.send or publish says.
func (d *Described) openPoster(ctx context.Context, at *reach, c loadgen.ClientSpec, session *tls.Config, s saying) (*post, error) {
	send, at, err := d.sending(d.file.SSE.Send, at, c)
	if err != nil {
		return nil, err
	}
	s.use, s.known.topic = forPost, c.Destination()
	request, err := d.compile(at, send, s)
	if err != nil {
		return nil, err
	}
	return at.openPost(ctx, c, session, &describedPost{d: d, request: request, status: send.Status})
}

// sending is how and where a client posts: as its transport's section says, or else as the application does.
func (d *Described) sending(own file.Request, at *reach, c loadgen.ClientSpec) (file.Request, *reach, error) {
	if own.Method != "" {
		return own, at, nil
	}
	if p := d.file.Publish.Post; p.Method != "" {
		return p, d.at(p.URL), nil
	}
	return own, nil, fmt.Errorf("%s does not say how a client sends over %s: send, or publish with post", d.file.Name, c.Transport)
}

// describedEvents are one session's events as a file describes them.
type describedEvents struct {
	d        *Described
	section  *file.Events
	splitter splitter
	expected []byte
	scratch  []byte
}

// begin waits for the event that opens the session, if there is one. What comes before it tells nothing, nor does it itself, unless it has messages or says
// how many are gone.
func (r *describedEvents) begin(s *wire.EventStream, in *wire.EventBatch) error {
	came := 0
	for opened := !r.section.Expect.Present(); !opened; {
		if err := s.Begin(in); err != nil {
			return &awaitedError{none(came, "event", r.section.Expect), err}
		}
		opened, came = len(r.expected) == 0, came+len(in.Events)
		for _, event := range in.Events {
			r.d.trace.frame(event.Data)
			opened = opened || bytes.Contains(event.Data, r.expected)
		}
		in.Events = slices.DeleteFunc(in.Events, func(e wire.Event) bool { return !opened || !r.tells(e.Data) })
	}
	return nil
}

func (r *describedEvents) tells(data []byte) bool {
	_, gone := r.missed(data)
	return gone || loadgen.IndexStamp(data) >= 0 || r.splitter.encoded && bytes.Contains(data, encodedMagic)
}

// missed is how many messages an event says are gone.
func (r *describedEvents) missed(data []byte) (n int64, ok bool) {
	if r.section.Missed == nil {
		return 0, false
	}
	text, ok := pick(r.scratch[:0], r.section.Missed, nil, data)
	r.scratch = text
	if !ok {
		return 0, false
	}
	return count(text)
}

func (r *describedEvents) take(event wire.Event, b *loadgen.Batch) error {
	r.d.trace.frame(event.Data)
	found, err := r.splitter.split(event.Data, b)
	r.d.trace.found(event.Data, b)
	if found || err != nil {
		return err
	}
	if n, ok := r.missed(event.Data); ok {
		b.Missed += n
		return nil
	}
	b.Messages = append(b.Messages, event.Data) // of somebody else: it is counted as such
	return nil
}

// eventsPlace is where a stream stands, in words that are no other transport's.
type eventsPlace struct {
	LastEventID string `json:"last_event_id"`
}

func (r *describedEvents) place(lastID []byte) loadgen.Place {
	if len(lastID) == 0 {
		return ""
	}
	text, _ := json.Marshal(eventsPlace{string(lastID)}) // texts always marshal
	return loadgen.Place(text)
}

// resumedEvents are the fields of a client that comes back.
func resumedEvents(at loadgen.Place) []copiedField {
	var p eventsPlace
	if at == "" || json.Unmarshal([]byte(at), &p) != nil || p.LastEventID == "" {
		return nil
	}
	return []copiedField{{request: "Last-Event-ID", value: []byte(p.LastEventID)}}
}
