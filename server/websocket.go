package server

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"

	"github.com/coder/websocket"

	"pushbench/longpoll"
)

// subscription is a request to /ws, understood.
type subscription struct {
	topic *topic
	pos   uint64
	reset bool   // the cursor was of another epoch
	to    *topic // what the client's own frames are published to
}

// serveSubscribe answers GET /ws. It returns after starting the reader: a
// handler that stayed would keep net/http's memory for the connection alive.
func (s *Server) serveSubscribe(w http.ResponseWriter, r *http.Request) {
	if s.refuseClosing(w) {
		return
	}
	sub, err := s.subscription(r.URL.RawQuery)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header()[longpoll.HeaderCursor] = []string{s.cursor(sub.pos)}
	conn, raw, err := s.upgrade(w, r)
	if err != nil {
		return
	}
	conn.SetReadLimit(int64(s.cfg.MaxPayload))
	ss := &session{server: s, kind: subscriber, conn: conn, raw: raw, topic: sub.topic, pos: sub.pos}
	ss.waiter.reader = ss
	if ss.faults = s.inject.stream(); ss.faults != nil {
		ss.done = make(chan struct{})
	}
	if sub.reset {
		_ = ss.writeReset()
	}
	ss.start(ss.publishTo(sub.to))
}

// refuseClosing answers 503 during a shutdown and returns true.
func (s *Server) refuseClosing(w http.ResponseWriter) bool {
	if !s.isClosing() {
		return false
	}
	w.Header().Set("Retry-After", "1")
	w.Header().Set("Connection", "close")
	http.Error(w, longpoll.ErrClosing.Error(), http.StatusServiceUnavailable)
	return true
}

func (s *Server) subscription(rawQuery string) (subscription, error) {
	q, err := longpoll.ParseQuery(rawQuery)
	if err != nil {
		return subscription{}, err
	}
	t, err := s.hub.topic(q.Topic)
	if err != nil {
		return subscription{}, &longpoll.ParamError{Param: longpoll.ParamTopic, Reason: err.Error()}
	}
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return subscription{}, &longpoll.ParamError{Param: paramSkip, Reason: err.Error()}
	}
	to, err := s.destination(values[paramTo], t)
	if err != nil {
		return subscription{}, &longpoll.ParamError{Param: paramTo, Reason: err.Error()}
	}
	skip, err := parseSkip(values[paramSkip], q.HasCursor)
	switch {
	case err != nil:
		return subscription{}, &longpoll.ParamError{Param: paramSkip, Reason: err.Error()}
	case !q.HasCursor:
		return subscription{topic: t, pos: t.end(), to: to}, nil
	case q.Cursor.Epoch != s.hub.epoch:
		return subscription{topic: t, reset: true, to: to}, nil
	}
	pos := q.Cursor.Position + skip
	if err := t.check(pos); err != nil || pos < skip {
		return subscription{}, &longpoll.ParamError{Param: longpoll.ParamCursor, Reason: errAhead.Error()}
	}
	return subscription{topic: t, pos: pos, to: to}, nil
}

// The query parameters that only /ws has: by how many messages a cursor is moved on, and the topic that the client's own frames go to.
const (
	paramSkip = "skip"
	paramTo   = "to"
)

var errTwice = errors.New("given twice")

func parseSkip(skips []string, hasCursor bool) (uint64, error) {
	switch {
	case len(skips) == 0:
		return 0, nil
	case len(skips) > 1:
		return 0, errTwice
	case !hasCursor:
		return 0, errors.New("needs a cursor to count from")
	}
	n, err := strconv.ParseUint(skips[0], 10, 62)
	if err != nil {
		return 0, errors.New("not a whole number of 0 or more")
	}
	return n, nil
}

// destination is the topic that a subscriber's own frames go to: unless it names one, its own.
func (s *Server) destination(names []string, own *topic) (*topic, error) {
	switch len(names) {
	case 0:
		return own, nil
	case 1:
		return s.hub.topic(names[0])
	}
	return nil, errTwice
}

func (s *Server) cursor(pos uint64) string {
	return longpoll.Cursor{Epoch: s.hub.epoch, Position: pos}.String()
}

// control is a text frame to a subscriber.
type control struct {
	Missed uint64 `json:"missed,omitempty"`
	Reset  bool   `json:"reset,omitempty"`
	Cursor string `json:"cursor"`
}

// States of a subscriber's writer. At any time it is exactly one of: parked with
// its topic (or about to be woken), with the crew, or over.
const (
	parked   int32 = iota
	draining       // queued for a writer, or being written to
	leaving        // as draining; the reader waits for it to end
	over
)

// Bounds of one read by a writer: enough that a backlog does not cost a lock per
// message, little enough that what a writer holds stays small.
var drainLimit = readLimit{messages: 64, bytes: 256 << 10}

// keepBuffer is the largest buffer that goes back to a pool.
const keepBuffer = 64 << 10

// wake hands the subscriber to the crew. It is called once for each time the waiter parked.
func (ss *session) wake() {
	if ss.state.CompareAndSwap(parked, draining) {
		ss.server.crew.add(ss)
	}
}

// startWriter parks the subscriber, or starts writing if there is something.
func (ss *session) startWriter() {
	if !ss.topic.park(&ss.waiter, ss.pos) {
		ss.wake()
	}
}

// step is what a writer does next.
type step int

const (
	more   step = iota // read on
	rested             // parked: from now on the state belongs to the next writer
	ended              // failed, or told to leave
)

// drain writes one read of the log and parks the subscriber. If there is more by then the subscriber takes its turn
// again behind the others, so that a backlog of one keeps nobody waiting for long. The session's reader waits for it in
// stopWriter.
func (ss *session) drain(w *writer) {
	if ss.faults != nil {
		w.mayWait() // for a delay or a stall
	}
	next := ss.drainOnce(w)
	for next == more && w.waiting {
		next = ss.drainOnce(w)
	}
	switch {
	case next == more:
		ss.server.crew.add(ss)
	case next == ended && !ss.state.CompareAndSwap(draining, over):
		ss.state.Store(over) // it was leaving
		close(ss.drained)
	}
}

// drainOnce writes one read of the log.
func (ss *session) drainOnce(w *writer) step {
	w.batch.reset()
	if !ss.read(&w.batch) {
		return ended
	}
	if ss.pos == w.batch.next {
		return ss.rest()
	}
	ss.pos = w.batch.next
	if err := ss.deliver(w); err != nil {
		ss.cutOff(err)
		return ended
	}
	return ss.rest()
}

// rest parks the subscriber, unless there is more to write. Once it is parked
// another writer may start at any moment, so the state says parked first.
func (ss *session) rest() step {
	if !ss.state.CompareAndSwap(draining, parked) {
		return ended
	}
	if !ss.topic.park(&ss.waiter, ss.pos) {
		if ss.state.CompareAndSwap(parked, draining) {
			return more
		}
		return rested // the reader has stopped it meanwhile, and waits for nobody
	}
	if ss.state.Load() == over { // stopped between the two steps
		ss.topic.unpark(&ss.waiter)
	}
	return rested
}

func (ss *session) read(b *batch) bool {
	if ss.faults != nil {
		return ss.faults.read(readAt{ss.topic, ss.pos, drainLimit}, b, stopper{gone: ss.done})
	}
	ss.topic.read(ss.pos, drainLimit, b)
	return true
}

// deliver writes a batch, one frame per message. Counts are made before the
// writes, so that who has received a message finds it counted.
func (ss *session) deliver(w *writer) error {
	b, counts := &w.batch, &ss.server.counts
	if ss.faults != nil {
		ss.faults.in.commit(b.faults)
	}
	if b.missed > 0 {
		counts.missed.add(b.missed)
		if err := ss.writeMissed(w); err != nil {
			return err
		}
	}
	counts.websocket.add(uint64(len(b.messages)))
	for i := range b.messages {
		if ss.faults != nil && !ss.faults.before(b, i, stopper{gone: ss.done}) {
			return context.Canceled
		}
		frame, err := w.framer.binary(b.messages[i])
		if err == nil {
			err = ss.raw.send(w, frame)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// writeMissed tells a subscriber how many messages fell out of the log.
func (ss *session) writeMissed(w *writer) error {
	text, err := json.Marshal(control{Missed: w.batch.missed, Cursor: ss.server.cursor(w.batch.start)})
	if err != nil {
		return err
	}
	frame, err := w.framer.text(text)
	if err != nil {
		return err
	}
	return ss.raw.send(w, frame)
}

// writeReset tells a subscriber, before its writer starts, that its cursor was of another epoch.
func (ss *session) writeReset() error {
	text, err := json.Marshal(control{Reset: true, Cursor: ss.server.cursor(ss.pos)})
	if err != nil {
		return err
	}
	return ss.writeText(text)
}

// writeText has the library write a frame. A background context, because a cancellable one costs a quarter more; the
// deadline is the connection's.
func (ss *session) writeText(text []byte) error {
	return ss.conn.Write(context.Background(), websocket.MessageText, text)
}

// cutOff ends a session whose connection does not take what is written.
func (ss *session) cutOff(err error) {
	if errors.Is(err, net.ErrClosed) {
		return // the reader is closing it, and its peer shall see why
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		ss.server.counts.slow.add(1)
		ss.server.cfg.Logger.Warn("slow subscriber cut off: its socket took nothing for WriteTimeout",
			"remote", ss.raw.RemoteAddr(), "timeout", ss.server.cfg.WriteTimeout)
	}
	ss.raw.abort()
}

// stopWriter ends the subscriber's writing for good and waits for its writer.
// The connection must be closed already, or a write could hold it up.
func (ss *session) stopWriter() {
	ss.drained = make(chan struct{})
	for {
		switch {
		case ss.state.CompareAndSwap(parked, over):
			ss.topic.unpark(&ss.waiter)
			return
		case ss.state.CompareAndSwap(draining, leaving):
			<-ss.drained
			return
		case ss.state.Load() == over:
			return
		}
	}
}

// publishTo takes a subscriber's frames and publishes them to a topic.
func (ss *session) publishTo(t *topic) func(websocket.MessageType, []byte) error {
	return func(_ websocket.MessageType, payload []byte) error {
		if err := ss.server.publish(t, payload); err != nil {
			return &closeError{websocket.StatusMessageTooBig, err.Error()}
		}
		return nil
	}
}
