package server

import (
	"net/http"

	"pushbench/longpoll"
)

// headerLastEventID is what a client sends that comes back: the id of the last event it had.
const headerLastEventID = "Last-Event-Id"

// serveEvents answers GET /sse. It takes the connection over and returns, as a WebSocket's handler does: the events are the crew's to write.
func (s *Server) serveEvents(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "a stream of events is a GET request", http.StatusMethodNotAllowed)
		return
	}
	if r.ProtoMajor != 1 {
		http.Error(w, "a stream of events takes HTTP/1.1 here", http.StatusHTTPVersionNotSupported)
		return
	}
	if s.refuseClosing(w) {
		return
	}
	sub, err := s.eventSubscription(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	h := w.Header()
	h["Content-Type"] = []string{"text/event-stream"}
	h["Cache-Control"] = []string{"no-store"}
	h["X-Accel-Buffering"] = []string{"no"} // nginx would wait for a buffer to fill
	w.WriteHeader(http.StatusOK)
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return // the client has gone
	}
	ss := &session{server: s, kind: eventStream, raw: newFrameConn(conn, &s.reads), chunked: r.ProtoAtLeast(1, 1), topic: sub.topic, pos: sub.pos}
	ss.subscribe()
	opening := new(eventFramer).frame(func(b []byte) []byte { return appendOpening(b, s.at(sub.pos), sub.reset) })
	_, _ = ss.raw.Conn.Write(opening.of(ss.chunked)) // a failure shows again to whoever waits for the connection's end
	ss.startEvents()
}

// eventSubscription reads where a stream begins: behind the event that a returning client names, which its URL cannot know; else as a WebSocket's.
func (s *Server) eventSubscription(r *http.Request) (subscription, error) {
	id := r.Header.Get(headerLastEventID)
	if id == "" {
		return s.subscription(r.URL.RawQuery)
	}
	q, err := longpoll.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return subscription{}, err
	}
	if q.Cursor, err = longpoll.ParseCursor(id); err != nil {
		return subscription{}, &longpoll.ParamError{Param: "Last-Event-ID", Reason: err.Error()}
	}
	q.HasCursor, q.Skip = true, 0 // a skip in the URL was behind the cursor there
	return s.subscriptionAt(q)
}

// startEvents registers an event stream and starts what waits for its end.
func (ss *session) startEvents() {
	if !ss.server.sessions.add(ss) {
		ss.endEvents()
		ss.raw.abort()
		return
	}
	ss.server.comments.add(ss)
	ss.startWriter()
	go ss.runEvents()
}

// runEvents waits until the client has gone or the server shuts down, and takes the session down.
func (ss *session) runEvents() {
	defer ss.server.sessions.remove(ss)
	_ = ss.raw.discard()
	ss.server.comments.remove(ss)
	if ss.leave.Load() {
		ss.endEvents()
	}
	ss.raw.abort() // ends a write that is blocked
	if ss.done != nil {
		close(ss.done)
	}
	ss.stopWriter()
}

// lastChunk ends a body in chunked coding, so that a client can tell an end from a connection that broke.
const lastChunk = "0\r\n\r\n"

// endEvents ends the body, unless an event is just being written to a client that does not take it.
func (ss *session) endEvents() {
	if !ss.raw.mu.TryLock() {
		return
	}
	defer ss.raw.mu.Unlock()
	ss.raw.closing = true
	if ss.chunked {
		_, _ = ss.raw.Conn.Write([]byte(lastChunk)) // a courtesy
	}
}

// remindSilent has a comment written to a stream to which nothing was since the keeper last looked.
func (ss *session) remindSilent() {
	if !ss.wrote.Swap(false) {
		ss.remind()
	}
}
