package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"

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
	ss.subscribe()
	if sub.reset {
		_ = ss.writeReset()
	}
	ss.start(ss.publishTo(sub.to))
}

// subscribe makes the session one that the topic wakes, with faults of its own.
func (ss *session) subscribe() {
	ss.waiter.reader = ss
	if ss.faults = ss.server.inject.stream(); ss.faults != nil {
		ss.done = make(chan struct{})
	}
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
	sub, err := s.subscriptionAt(q)
	if err != nil {
		return subscription{}, err
	}
	if sub.to, err = s.destination(rawQuery, sub.topic); err != nil {
		return subscription{}, &longpoll.ParamError{Param: paramTo, Reason: err.Error()}
	}
	return sub, nil
}

// subscriptionAt begins where the query's cursor and skip say.
func (s *Server) subscriptionAt(q longpoll.Query) (subscription, error) {
	t, err := s.hub.topic(q.Topic)
	switch {
	case err != nil:
		return subscription{}, &longpoll.ParamError{Param: longpoll.ParamTopic, Reason: err.Error()}
	case !q.HasCursor:
		return subscription{topic: t, pos: t.end()}, nil
	case q.Cursor.Epoch != s.hub.epoch:
		return subscription{topic: t, reset: true}, nil
	}
	pos, err := t.resume(q.Cursor.Position, q.Skip)
	if err != nil {
		return subscription{}, &longpoll.ParamError{Param: longpoll.ParamCursor, Reason: err.Error()}
	}
	return subscription{topic: t, pos: pos}, nil
}

// paramTo is the query parameter that only /ws has: the topic that the client's own frames go to.
const paramTo = "to"

// destination is the topic that a subscriber's own frames go to: unless it names one, its own.
func (s *Server) destination(rawQuery string, own *topic) (*topic, error) {
	values, err := url.ParseQuery(rawQuery)
	if err != nil {
		return nil, err
	}
	switch names := values[paramTo]; len(names) {
	case 0:
		return own, nil
	case 1:
		return s.hub.topic(names[0])
	}
	return nil, errors.New("given twice")
}

// at is a position as clients are told it.
func (s *Server) at(pos uint64) longpoll.Cursor {
	return longpoll.Cursor{Epoch: s.hub.epoch, Position: pos}
}

func (s *Server) cursor(pos uint64) string { return s.at(pos).String() }

// control is a text frame to a subscriber, or a named event.
type control struct {
	Missed uint64 `json:"missed,omitempty"`
	Reset  bool   `json:"reset,omitempty"`
	Cursor string `json:"cursor"`
}

// controlText is a control message's JSON.
func controlText(c control) []byte {
	text, _ := json.Marshal(c) // numbers and texts always marshal
	return text
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

// writeReset tells a subscriber, before its writer starts, that its cursor was of another epoch.
func (ss *session) writeReset() error {
	return ss.writeText(controlText(control{Reset: true, Cursor: ss.server.cursor(ss.pos)}))
}

// writeText has the library write a frame. A background context, because a cancellable one costs a quarter more; the
// deadline is the connection's.
func (ss *session) writeText(text []byte) error {
	return ss.conn.Write(context.Background(), websocket.MessageText, text)
}
