package server

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
)

// session is one open WebSocket: a subscriber or a publish stream. Its reader
// goroutine owns it and, for a subscriber, waits for its writer.
//
// There may be tens of thousands, nearly all idle, so the fields are few.
type session struct {
	server *Server
	kind   kind
	conn   *websocket.Conn
	raw    *corkConn

	// The rest is a subscriber's; see websocket.go.
	topic   *topic
	pos     uint64 // owned by the writer
	waiter  waiter
	state   atomic.Int32
	drained chan struct{} // closed by the last writer; made by stopWriter
	faults  *faultStream  // nil without injection
	done    chan struct{} // closed when the reader has ended; only with injection
}

type kind uint8

const (
	subscriber kind = iota
	publisher
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

// closeAll closes every session with status 1001 and waits for their goroutines.
// All are closed at once, because each waits for its peer's answer; a peer that
// has not answered when ctx ends is cut off.
func (r *registry) closeAll(ctx context.Context) {
	sessions := r.list()
	var closers sync.WaitGroup
	for _, ss := range sessions {
		closers.Go(func() {
			_ = ss.conn.Close(websocket.StatusGoingAway, "server is shutting down")
		})
	}
	gone := make(chan struct{})
	go func() {
		closers.Wait()
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
		ss.startWriter()
	}
	go ss.run(receive)
}

// run is the reader: it reads until the connection ends and then takes the
// session down.
func (ss *session) run(receive func(websocket.MessageType, []byte) error) {
	defer ss.server.sessions.remove(ss)
	err := ss.readFrames(receive)
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

func (s *Server) getScratch() *scratch {
	if sc, ok := s.scratch.Get().(*scratch); ok {
		return sc
	}
	return new(scratch)
}

func (s *Server) putScratch(sc *scratch) {
	if sc.batch.reset(); cap(sc.frame) > 2*keepBuffer || cap(sc.batch.messages) > 4096 {
		return
	}
	s.scratch.Put(sc)
}
