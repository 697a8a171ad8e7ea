package wire

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Event is one server-sent event. What it points at is valid until the next call of Receive, Begin or Release of its stream.
type Event struct {
	Name []byte // empty for a message
	Data []byte // its lines, joined by line feeds
}

// EventBatch is what one read brought: every event it completed, and when.
type EventBatch struct {
	Events   []Event
	Received time.Time // the instant after the read that completed them returned
}

// EventStream is the client end of a stream of server-sent events, as the WHATWG's HTML standard has them (section 9.2), in the body of a response of
// HTTP/1.1 that is chunked, has a length, or ends with the connection.
//
// One goroutine calls its methods. The net.Conn stays the caller's, who sets its deadlines and closes it.
type EventStream struct {
	src  source
	body bodyFraming
	max  int // bytes of the largest event's data
	err  error

	events []Event // borrowed while a batch is out

	// The window of src begins at the first byte of the event that is being read. It has three parts: text, which is the body without its framing, up
	// to window[text]; then what framing left behind; and from window[raw] on bytes as they came. Between two reads all of it is text.
	text, raw int
	block     block
	pending   int // bytes read beyond the last event delivered

	last, next []byte // the last event's id, and that of the event being read
	identified bool   // next is set
	retry      time.Duration
	comments   uint64
}

// block is the event being read. Its positions are offsets into the window, of whose text everything before pos has been looked at.
//
// Its name and its data are kept where they came, but for the second and further lines of data, which move down to the end of those before: what is
// kept ends at end. So an event is never copied as a whole.
type block struct {
	pos, scanned   int // no line ending lies between them
	end            int
	name           []byte // its own memory, if it came behind the data: see named
	nameAt, nameTo int
	dataAt         int
	hasData        bool
	afterCR        bool // the last line ended with a CR, to which a LF would belong
	began          bool // there was a line: a byte order mark can only stand before the first
}

// EventsError says that a response is no stream of events.
type EventsError struct {
	Status   int    // of the response
	Detail   string // what is wrong with it
	Location string // of a redirect
	Body     []byte // the first bytes of the response's body
}

// TooLarge says whether the response was refused for its size.
func (e *EventsError) TooLarge() bool { return strings.HasSuffix(e.Detail, tooLarge) }

func (e *EventsError) Error() string {
	return refusalText(fmt.Sprintf("wire: no stream of events, status %d: %s", e.Status, e.Detail), e.Location, e.Body)
}

// ErrStreamEnded: the server ended the response, and with it the stream. It wraps io.EOF.
var ErrStreamEnded = fmt.Errorf("wire: the server ended the stream of events: %w", io.EOF)

// OpenEvents sends a complete request, for example one that Request.Append made, and takes the head of the response. Events that came with it are kept
// for the first Receive. A response that is no stream of events is an *EventsError. On any error c is left open, for the caller to close.
//
// deadline bounds this exchange; it is set on the connection and removed afterwards. The zero value leaves the connection's deadlines alone.
//
// It needs a deeper stack than Receive: call it on another goroutine than the one that receives afterwards.
func OpenEvents(c net.Conn, request []byte, deadline time.Time, o Options) (*EventStream, error) {
	if !deadline.IsZero() {
		if err := c.SetDeadline(deadline); err != nil {
			return nil, fmt.Errorf("wire: setting the deadline of opening a stream: %w", err)
		}
		defer c.SetDeadline(time.Time{})
	}
	h := NewHTTPConn(c, o)
	if err := h.Send(request); err != nil {
		return nil, err
	}
	if err := h.receiveEventsHead(); err != nil {
		h.src.drop()
		return nil, err
	}
	h.src.start += h.decoder.pos
	s := &EventStream{src: h.src, body: h.decoder.framing(), max: positive(o.MaxMessage, DefaultMaxMessage), pending: len(h.src.live())}
	s.src.release()
	return s, nil
}

// receiveEventsHead reads until the response's head is complete, and on a refusal some of its body.
func (c *HTTPConn) receiveEventsHead() error {
	wrong, err := c.receiveHead()
	switch {
	case err != nil:
		return err
	case wrong != "":
		return &EventsError{Status: c.decoder.head.status, Detail: wrong}
	}
	fields := c.src.live()[c.decoder.fields:c.decoder.headEnd]
	mediaType, _ := cutAt(lookup(fields, "Content-Type"), ';')
	detail := ""
	switch {
	case c.decoder.head.status != 200:
		detail = "the server did not open one"
	case !equalFold(trimSpace(mediaType), "text/event-stream"):
		detail = "its Content-Type is not text/event-stream"
	case lookup(fields, "Content-Encoding") != nil:
		detail = "it has a content coding that was not asked for"
	default:
		return nil
	}
	e := &EventsError{Status: c.decoder.head.status, Detail: detail, Location: string(lookup(fields, "Location"))}
	e.Body = c.refusalBody()
	return e
}

// NetConn is the connection below, for deadlines and for closing it.
func (s *EventStream) NetConn() net.Conn { return s.src.conn }

// Buffered is the number of bytes read from the connection beyond the last event delivered: the beginning of the next, comments, and the chunked coding
// around them. The end of the chunk that an event came in counts as beyond it, so that the number does not depend on how the stream was cut into reads.
func (s *EventStream) Buffered() int { return s.pending }

// LastID is the id of the last event, also one without data, that a client sends as Last-Event-ID when it comes back: empty if there was none. It is
// valid until the next call of Receive.
func (s *EventStream) LastID() []byte { return s.last }

// Retry is how long the server asks clients to wait before they come back, 0 if it does not.
func (s *EventStream) Retry() time.Duration { return s.retry }

// Comments is the number of comments received: servers send them to keep connections alive.
func (s *EventStream) Comments() uint64 { return s.comments }

// Begin waits for the first event alone, also one that has only an id: with that, servers say where a stream begins. Buffered then counts what came behind
// it, and is kept for Receive. b has one event, or none if that one had no data. Errors are those of Receive.
func (s *EventStream) Begin(b *EventBatch) error {
	s.Release()
	b.Events = nil
	for {
		if s.decode(true) {
			b.Events, b.Received = s.events, s.src.received
			return nil
		}
		if err := s.fill(); err != nil {
			return err
		}
	}
}

// Receive waits until at least one event is complete and puts into b every event that is. The events of the batch before become invalid.
//
// Errors: ErrStreamEnded when the server ended the response; *FormatError for a body that is not acceptable HTTP/1.1 or an event beyond a limit;
// *TruncatedError if the connection ended in the body; else the connection's error. Every later call returns the same, but for a passed read deadline:
// then Receive may be called again, nothing is lost. Events that came before the trouble are delivered first. With an error b is empty.
func (s *EventStream) Receive(b *EventBatch) error {
	s.Release()
	b.Events = nil
	for {
		s.decode(false)
		if len(s.events) > 0 {
			b.Events, b.Received = s.events, s.src.received
			return nil
		}
		if err := s.fill(); err != nil {
			return err
		}
	}
}

// fill reads once, or returns why there is no more.
func (s *EventStream) fill() error {
	if s.err != nil {
		s.drop()
		return s.err
	}
	s.closeGap()
	n, err := s.src.fill(s.text + 1)
	if err != nil {
		return s.readFailed(err)
	}
	s.pending += n
	return nil
}

// Release gives the last batch back before the next Receive does, for a caller that does something slow in between. Its events become invalid.
func (s *EventStream) Release() {
	if s.events != nil {
		s.src.pool.putEvents(s.events)
		s.events = nil
	}
	if s.err != nil {
		s.drop()
		return
	}
	s.src.release()
}

// drop gives the window back, whatever is in it.
func (s *EventStream) drop() {
	s.src.drop()
	s.text, s.raw, s.block = 0, 0, block{}
}

//go:noinline
func (s *EventStream) readFailed(err error) error {
	switch {
	case isTimeout(err):
		return fmt.Errorf("wire: waiting for an event: %w", err)
	case !errors.Is(err, io.EOF):
		s.err = fmt.Errorf("wire: reading a stream of events: %w", err)
	case s.body.phase == untilClose:
		s.err = ErrStreamEnded
	default:
		s.err = &TruncatedError{Part: "body", Got: s.body.taken, Want: -1}
	}
	s.drop()
	return s.err
}

// decode takes everything out of the window that can be, or only the first event, and says whether it took that.
func (s *EventStream) decode(first bool) (one bool) {
	for s.err == nil {
		if s.lines(first) {
			return true
		}
		live := s.src.live()
		if s.raw == len(live) || s.err != nil {
			break
		}
		framing, data, wrong := s.body.next(live[s.raw:])
		if wrong != "" {
			s.err = &FormatError{Detail: wrong}
		}
		s.raw += framing
		if s.text < s.raw {
			copy(live[s.text:], live[s.raw:s.raw+data])
		}
		s.text, s.raw = s.text+data, s.raw+data
	}
	if s.err == nil && s.body.phase == complete {
		s.err = ErrStreamEnded
	}
	s.src.end = s.src.start + s.text
	s.raw = s.text
	return false
}

// closeGap cuts the lines that have been looked at, and are not kept, out of the window. Without that a stream of comments would grow the buffer without
// end.
func (s *EventStream) closeGap() {
	gap := s.block.pos - s.block.end
	if gap == 0 {
		return
	}
	live := s.src.live()
	copy(live[s.block.end:], live[s.block.pos:])
	s.src.end -= gap
	s.text, s.raw = s.text-gap, s.raw-gap
	s.block.pos, s.block.scanned = s.block.end, s.block.scanned-gap
}
