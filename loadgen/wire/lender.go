package wire

import (
	"io"
	"syscall"
)

// Lender is what a net.Conn also implements when it can wait for bytes without occupying a buffer.
//
// ReadLent waits until bytes are there, and only then borrows a buffer from p and reads into it once. On success n > 0,
// buf has the pool's full length, buf[:n] is what was read, and the caller owns buf until it gives it to p.Put. With an
// error nothing is lent: buf is nil and n is 0. The end of the stream is io.EOF, and deadlines work as for Read.
//
// ReadLent and Read may be called in any order, but by one goroutine at a time: the codecs read the rest of a partial
// message with Read, into the buffer they hold already.
type Lender interface {
	ReadLent(p *Pool) (buf []byte, n int, err error)
}

// RawConn is what NewRawLender needs of a connection; *net.TCPConn and *net.UnixConn have it.
type RawConn interface {
	syscall.Conn
	io.Reader
}
