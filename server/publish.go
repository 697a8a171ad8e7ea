package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/coder/websocket"

	"pushbench/longpoll"
	"pushbench/server/api"
)

// publish appends a copy of payload to the topic's log.
func (s *Server) publish(t *topic, payload []byte) error {
	if s.inject != nil && len(payload) <= s.cfg.MaxPayload {
		s.inject.published() // first: a stall may begin with this very message
	}
	return t.append(payload)
}

// servePublish takes one payload by POST, or upgrades to a publish stream.
func (s *Server) servePublish(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodPost:
		s.servePost(w, r)
	case r.Method == http.MethodGet && r.Header.Get("Upgrade") != "":
		s.serveStream(w, r)
	default:
		w.Header().Set("Allow", "POST, GET")
		http.Error(w, "publish with POST, or GET with a WebSocket upgrade", http.StatusMethodNotAllowed)
	}
}

func (s *Server) servePost(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength > int64(s.cfg.MaxPayload) {
		s.refusePost(w, errPayload)
		return
	}
	t, err := s.postTopic(r)
	if err != nil {
		s.refusePost(w, err)
		return
	}
	buf := s.getFrame()
	defer s.putFrame(buf)
	// One byte over the limit is enough for append to refuse it.
	*buf, err = readInto(*buf, io.LimitReader(r.Body, int64(s.cfg.MaxPayload)+1))
	if err == nil {
		err = s.publish(t, *buf)
	}
	if err != nil {
		s.refusePost(w, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// postTopic reads the topic as a poll names it, so that one spelling fits all.
func (s *Server) postTopic(r *http.Request) (*topic, error) {
	q, err := longpoll.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	return s.hub.topic(q.Topic)
}

func (s *Server) refusePost(w http.ResponseWriter, err error) {
	// The rest of the body is not read, so the connection cannot go on.
	w.Header().Set("Connection", "close")
	code := http.StatusBadRequest
	text := err.Error()
	if errors.Is(err, errPayload) {
		code, text = http.StatusRequestEntityTooLarge, s.tooLarge()
	}
	http.Error(w, text, code)
}

func (s *Server) tooLarge() string {
	return fmt.Sprintf("payload is over %d bytes", s.cfg.MaxPayload)
}

// serveStream answers GET /publish with an upgrade.
func (s *Server) serveStream(w http.ResponseWriter, r *http.Request) {
	if s.refuseClosing(w) {
		return
	}
	conn, raw, err := s.upgrade(w, r)
	if err != nil {
		return
	}
	conn.SetReadLimit(int64(maxTopicName + 1 + s.cfg.MaxPayload))
	st := &stream{session: &session{server: s, kind: publisher, conn: conn, raw: raw}}
	st.session.start(st.receive)
}

// stream is a publish stream: a session that counts what it has accepted.
type stream struct {
	session  *session
	accepted uint64
}

func (st *stream) receive(typ websocket.MessageType, frame []byte) error {
	if typ == websocket.MessageText {
		return st.command(frame)
	}
	name, payload, ok := bytes.Cut(frame, []byte{'\n'})
	if !ok {
		return &closeError{websocket.StatusPolicyViolation, `a binary frame is topic, newline, payload; there is no newline`}
	}
	t, err := st.session.server.hub.topicBytes(name)
	if err != nil {
		return &closeError{websocket.StatusPolicyViolation, err.Error()}
	}
	if err := st.session.server.publish(t, payload); err != nil {
		return &closeError{websocket.StatusMessageTooBig, st.session.server.tooLarge()}
	}
	st.accepted++
	return nil
}

// command answers "sync", the only text frame there is.
func (st *stream) command(text []byte) error {
	if string(text) != api.Sync {
		return &closeError{websocket.StatusPolicyViolation, `unknown text frame; there is "sync"`}
	}
	answer, err := json.Marshal(api.Published{Published: st.accepted})
	if err != nil {
		return err
	}
	return st.session.writeText(answer)
}
