package server

import (
	"net/http"
	"sync"
	"time"

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
	ss.server.keeper.add(ss)
	ss.startWriter()
	go ss.runEvents()
}

// runEvents waits until the client has gone or the server shuts down, and takes the session down.
func (ss *session) runEvents() {
	defer ss.server.sessions.remove(ss)
	_ = ss.raw.discard()
	ss.server.keeper.remove(ss)
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

// keeper has a comment written to event streams that had nothing for a while, so that proxies and clients do not take them for dead. Streams come up in
// as many groups as there are turns, in which they are by when they came: their comments are spread over time, as timers of their own would have them.
type keeper struct {
	mu     sync.Mutex
	groups [turns]map[*session]struct{}
	next   int // the group whose turn comes
	stop   chan struct{}
	ended  chan struct{}
}

// turns is how many groups there are. Each comes up twice in Config.KeepAlive, and a stream to which nothing was written since gets its comment then: so
// none is silent for longer than that.
const turns = 64

// start begins keeping streams alive.
func (k *keeper) start(every time.Duration) {
	k.stop, k.ended = make(chan struct{}), make(chan struct{})
	go k.run(max(every/(2*turns), time.Millisecond))
}

func (k *keeper) run(every time.Duration) {
	defer close(k.ended)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			k.turn()
		case <-k.stop:
			return
		}
	}
}

// close ends keeping and waits for it.
func (k *keeper) close() {
	close(k.stop)
	<-k.ended
}

// add puts a stream into the group whose turn is last.
func (k *keeper) add(ss *session) {
	k.mu.Lock()
	defer k.mu.Unlock()
	ss.turn = (k.next + turns - 1) % turns
	if k.groups[ss.turn] == nil {
		k.groups[ss.turn] = make(map[*session]struct{})
	}
	k.groups[ss.turn][ss] = struct{}{}
}

func (k *keeper) remove(ss *session) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.groups[ss.turn], ss)
}

func (k *keeper) turn() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for ss := range k.groups[k.next] {
		ss.remind()
	}
	k.next = (k.next + 1) % turns
}

// remind has a comment written if nothing was since the last time. It takes the stream out of its topic, as an append does, so that nobody else wakes it.
// One that is not there has something else coming.
func (ss *session) remind() {
	if !ss.wrote.Swap(false) && ss.topic.unpark(&ss.waiter) {
		ss.reminded = true
		ss.wake()
	}
}
