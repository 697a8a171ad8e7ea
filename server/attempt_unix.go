//go:build unix

package server

import "syscall"

// attempt writes what a socket takes at once.
type attempt struct {
	bytes []byte
	n     int
	write func(fd uintptr) bool // the method value, made once: made per write, it would be an allocation
}

func (a *attempt) init() { a.write = a.once }

// on returns how much of bytes the socket took, perhaps nothing. It does not wait. Whether that was an error will show
// in an ordinary write of the rest.
func (a *attempt) on(socket syscall.RawConn, bytes []byte) int {
	a.bytes, a.n = bytes, 0
	_ = socket.Write(a.write)
	a.bytes = nil
	return a.n
}

func (a *attempt) once(fd uintptr) bool {
	if n, err := syscall.Write(int(fd), a.bytes); err == nil {
		a.n = n
	}
	return true // never wait
}

// readable waits on as small a stack as can be until the socket has something to read, and returns it in a borrowed
// buffer. It returns nothing at the end and on an error, which shows again in an ordinary read.
type readable struct {
	buffers *buffers
	lent    *[]byte
	read    func(fd uintptr) bool
}

func (r *readable) init(b *buffers) { r.buffers, r.read = b, r.once }

func (r *readable) wait(socket syscall.RawConn) error { return socket.Read(r.read) }

// once is called before waiting and each time the socket becomes readable. While it waits, no buffer is held.
func (r *readable) once(fd uintptr) bool {
	buf := r.buffers.get()
	n, err := syscall.Read(int(fd), (*buf)[:cap(*buf)])
	if n > 0 {
		*buf = (*buf)[:n]
		r.lent = buf
		return true
	}
	r.buffers.put(buf)
	return err != syscall.EAGAIN && err != syscall.EINTR
}
