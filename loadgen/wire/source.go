package wire

import (
	"io"
	"net"
	"time"
)

// source is the reading half of a connection: a window of unconsumed bytes in a buffer that is borrowed only while
// the window is not empty.
type source struct {
	conn     net.Conn
	lender   Lender // conn, when it is one
	pool     *Pool
	buf      []byte    // nil while nothing is borrowed
	start    int       // buf[start:end] is the window
	end      int       //
	received time.Time // the instant after the last read returned
}

func newSource(c net.Conn, p *Pool) source {
	lender, _ := c.(Lender)
	return source{conn: c, lender: lender, pool: p}
}

// live is the window. It stays in place until the next fill.
func (s *source) live() []byte { return s.buf[s.start:s.end] }

// release gives the buffer back if nothing in it is still wanted.
func (s *source) release() {
	if s.buf == nil || s.start < s.end {
		return
	}
	s.drop()
}

func (s *source) drop() {
	if s.buf == nil {
		return
	}
	s.pool.Put(s.buf)
	s.buf, s.start, s.end = nil, 0, 0
}

// fill reads once, waiting without a buffer if the window is empty and the connection can lend. need is how long the
// window must become for the caller to make progress, as far as it knows; it decides between moving the window to the
// buffer's front and a larger buffer. fill returns how many bytes it added.
//
// It and its callers are written for a small stack: this call is where an idle client waits.
func (s *source) fill(need int) (n int, err error) {
	s.release()
	if s.buf == nil && s.lender != nil {
		s.buf, n, err = s.lender.ReadLent(s.pool)
	} else {
		if !s.hold(need) {
			return 0, ErrNoRoom
		}
		n, err = s.conn.Read(s.buf[s.end:])
	}
	if n <= 0 {
		s.release()
		return 0, noBytes(err)
	}
	s.end += n
	s.received = time.Now()
	return n, nil
}

// hold sees to it that there is a buffer with room, if there may be one.
func (s *source) hold(need int) bool {
	if s.buf == nil {
		s.buf = s.pool.Get()
		return true
	}
	return s.makeRoom(need)
}

// makeRoom leaves at least one free byte after the window. A buffer at most doubles, and only when it is full of
// bytes that did arrive: a length announced by the peer allocates nothing by itself.
func (s *source) makeRoom(need int) bool {
	need = max(need, s.end-s.start+1)
	switch {
	case s.start+need <= len(s.buf):
	case need <= len(s.buf):
		s.moveTo(s.buf)
	case s.end == len(s.buf):
		old := s.buf
		larger, ok := s.pool.grow(old)
		if !ok {
			return false
		}
		s.moveTo(larger)
		s.pool.replaced(old)
	}
	return true
}

func (s *source) moveTo(buf []byte) {
	s.end = copy(buf, s.live())
	s.start = 0
	s.buf = buf
}

// noBytes turns "nothing read, no error", which io.Reader discourages but allows, into an error.
func noBytes(err error) error {
	if err == nil {
		return io.ErrNoProgress
	}
	return err
}
