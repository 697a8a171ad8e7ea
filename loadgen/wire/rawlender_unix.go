//go:build unix

package wire

import (
	"fmt"
	"io"
	"os"
	"syscall"
)

// RawLender implements Lender for a socket. It is meant to be a field of a net.Conn that wraps the socket. One
// goroutine at a time may call it.
type RawLender struct {
	raw  syscall.RawConn
	read func(fd uintptr) bool // the method value attempt, made once: made per read, it would be an allocation

	pool *Pool
	buf  []byte
	n    int
	err  error
}

// NewRawLender returns a Lender that reads from c's descriptor. It fails when c has no descriptor, for example because
// it is closed.
func NewRawLender(c RawConn) (*RawLender, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return nil, fmt.Errorf("wire: the connection has no descriptor to read from: %w", err)
	}
	l := &RawLender{raw: raw}
	l.read = l.attempt
	return l, nil
}

// ReadLent implements Lender.
//
// The first attempt is made before waiting, although it mostly finds nothing: skipping it after a read that did not
// fill its buffer would save a system call, but bytes that came between that read and this call have already been
// announced by the edge-triggered netpoller, which forgets the announcement when a new wait is prepared.
func (l *RawLender) ReadLent(p *Pool) ([]byte, int, error) {
	l.pool = p
	err := l.raw.Read(l.read)
	buf, n := l.buf, l.n
	if err == nil {
		err = l.err
	}
	l.buf, l.n, l.err = nil, 0, nil
	return buf, n, err
}

// attempt is called by the netpoller's read loop: before it waits and each time the socket becomes readable. It
// reports false to wait again, and holds no buffer then.
func (l *RawLender) attempt(fd uintptr) bool {
	l.buf = l.pool.Get()
	for {
		n, err := syscall.Read(int(fd), l.buf)
		if n > 0 {
			l.n = n
			return true
		}
		if err != syscall.EINTR {
			return l.nothing(err)
		}
	}
}

// nothing gives the buffer back and reports whether that is final. It is kept out of attempt so that what it needs
// adds nothing to the stack of a read.
//
//go:noinline
func (l *RawLender) nothing(err error) bool {
	l.pool.Put(l.buf)
	l.buf = nil
	switch err {
	case syscall.EAGAIN:
		return false
	case nil:
		l.err = io.EOF
	default:
		l.err = os.NewSyscallError("read", err)
	}
	return true
}
