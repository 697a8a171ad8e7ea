package server

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// session is one open WebSocket, a subscriber or a publish stream, or one stream of events. Its reader
// goroutine owns it and, for what subscribes, waits for its writer.
//
// There may be tens of thousands, nearly all idle, so the fields are few.
type session struct {
	server *Server
	kind   kind
	conn   *websocket.Conn // nil for events
	raw    *frameConn
	leave  atomic.Bool // the server shuts down

	// The rest is a subscriber's; see subscriber.go.
	topic   *topic
	pos     uint64 // owned by the writer
	waiter  waiter
	queued  *session // the next in the crew's queue
	state   atomic.Int32
	drained chan struct{} // closed by the last writer; made by stopWriter
	faults  *faultStream  // nil without injection
	done    chan struct{} // closed when the reader has ended; only with injection

	// Of what a keeper comes by; see keeper.go.
	turn     int         // its group
	reminded bool        // its writer was called for the reminder
	wrote    atomic.Bool // something was written since the keeper last looked; of a stream of events only
	chunked  bool        // of a stream of events: its body is in chunked coding
}

type kind uint8

const (
	subscriber kind = iota
	publisher
	eventStream
	kinds // how many there are
)

// registry knows the open sessions, so that a shutdown can close and await them.
type registry struct {
	mu      sync.Mutex
	closed  bool
	open    map[*session]struct{}
	count   [kinds]int
	readers sync.WaitGroup
}

// add returns false once the registry is closed.
func (r *registry) add(ss *session) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.open[ss] = struct{}{}
	r.count[ss.kind]++
	r.readers.Add(1)
	return true
}

func (r *registry) remove(ss *session) {
	r.mu.Lock()
	delete(r.open, ss)
	r.count[ss.kind]--
	r.mu.Unlock()
	r.readers.Done()
}

// counts returns how many sessions of each kind are open.
func (r *registry) counts() [kinds]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count
}

// list closes the registry to new sessions and returns the open ones.
func (r *registry) list() []*session {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	all := make([]*session, 0, len(r.open))
	for ss := range r.open {
		all = append(all, ss)
	}
	return all
}

// closeAll has every session close itself with status 1001 and waits for their goroutines. All close at once, because
// each waits for its peer's answer; a peer that has not answered when ctx ends is cut off.
func (r *registry) closeAll(ctx context.Context) {
	sessions := r.list()
	for _, ss := range sessions {
		ss.goAway()
	}
	gone := make(chan struct{})
	go func() {
		r.readers.Wait()
		close(gone)
	}()
	select {
	case <-gone:
		return
	case <-ctx.Done():
	}
	for _, ss := range sessions {
		ss.raw.abort()
	}
	<-gone
}

// goAway tells the reader to close the session. Only the reader does that: the library reads while it closes.
func (ss *session) goAway() {
	ss.leave.Store(true)
	_ = ss.raw.SetReadDeadline(time.Now()) // ends its waiting
}

// closeError makes the reader close the session with a status and a reason.
type closeError struct {
	code   websocket.StatusCode
	reason string // at most 123 bytes
}

func (e *closeError) Error() string { return e.reason }

// start registers the session and starts its reader, which hands every data frame
// to receive. payload is valid during the call only.
func (ss *session) start(receive func(typ websocket.MessageType, payload []byte) error) {
	if !ss.server.sessions.add(ss) {
		_ = ss.conn.CloseNow()
		return
	}
	if ss.kind == subscriber {
		ss.server.pings.add(ss)
		ss.startWriter()
	}
	go ss.run(receive)
}

// run is the reader: it reads until the connection ends and then takes the
// session down.
func (ss *session) run(receive func(websocket.MessageType, []byte) error) {
	defer ss.server.sessions.remove(ss)
	err := ss.readFrames(receive)
	if ss.kind == subscriber {
		ss.server.pings.remove(ss)
	}
	if ss.leave.Load() && errors.Is(err, os.ErrDeadlineExceeded) {
		err = &closeError{websocket.StatusGoingAway, "server is shutting down"}
		_ = ss.raw.SetReadDeadline(time.Time{})
	}
	if reason := (*closeError)(nil); errors.As(err, &reason) {
		_ = ss.conn.Close(reason.code, reason.reason)
	} else if errors.Is(err, websocket.ErrMessageTooBig) {
		ss.linger()
	}
	ss.raw.abort() // ends a write that is blocked
	if ss.done != nil {
		close(ss.done)
	}
	if ss.kind == subscriber {
		ss.stopWriter()
	}
	_ = ss.conn.CloseNow()
	ss.raw.giveBack()
}

// linger lets the peer read the close frame the library has sent. Closing with
// bytes of the peer unread would reset the connection and destroy that frame.
func (ss *session) linger() {
	if err := ss.raw.SetReadDeadline(time.Now().Add(lingerTime)); err == nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(ss.raw, lingerBytes))
	}
}

// Bounds of a linger: what a peer may send on after it was told to stop.
const (
	lingerTime  = time.Second
	lingerBytes = 16 << 20
)

func (ss *session) readFrames(receive func(websocket.MessageType, []byte) error) error {
	for {
		if err := ss.await(); err != nil {
			return err
		}
		// A background context: one that can be cancelled would cost an AfterFunc
		// per frame, and the connection is ended by closing it.
		typ, r, err := ss.conn.Reader(context.Background())
		if err != nil {
			return err
		}
		if err := ss.readFrame(typ, r, receive); err != nil {
			return err
		}
	}
}

// await waits until there is a frame to be read that is no pong. Pongs are taken out here where that is possible: within the library's Read an idle session
// would wait for its next message on a stack twice as large.
func (ss *session) await() error {
	for {
		if err := ss.raw.await(); err != nil {
			return err
		}
		n := ss.raw.takePongs()
		if n > 0 {
			ss.server.counts.pongs.add(uint64(n))
		}
		if n == 0 || len(ss.raw.unread) > 0 {
			return nil
		}
	}
}

// readFrame borrows a buffer only while a frame is coming in: an idle session
// holds none.
func (ss *session) readFrame(typ websocket.MessageType, r io.Reader, receive func(websocket.MessageType, []byte) error) error {
	buf := ss.server.getFrame()
	defer ss.server.putFrame(buf)
	var err error
	if *buf, err = readInto(*buf, r); err != nil {
		return err
	}
	return receive(typ, *buf)
}

// readInto reads r to its end into buf, which grows as needed.
func readInto(buf []byte, r io.Reader) ([]byte, error) {
	buf = buf[:0]
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			return buf, nil
		}
		if err != nil {
			return buf, err
		}
	}
}

func (s *Server) getFrame() *[]byte {
	if buf, ok := s.frames.Get().(*[]byte); ok {
		return buf
	}
	buf := make([]byte, 0, 1<<10)
	return &buf
}

func (s *Server) putFrame(buf *[]byte) {
	if cap(*buf) <= keepBuffer {
		s.frames.Put(buf)
	}
}

func (s *Server) getBatch() *batch {
	if b, ok := s.batches.Get().(*batch); ok {
		return b
	}
	return new(batch)
}

func (s *Server) putBatch(b *batch) {
	if b.reset(); cap(b.messages) <= 4096 {
		s.batches.Put(b)
	}
}
