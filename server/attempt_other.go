//go:build !unix

package server

import "syscall"

// attempt writes what a socket takes at once: here, nothing is known to be taken without waiting.
type attempt struct{}

func (a *attempt) init()                          {}
func (a *attempt) on(syscall.RawConn, []byte) int { return 0 }

// readable would read without a buffer while waiting; here an ordinary read does.
type readable struct {
	buffers *buffers
	lent    *[]byte
}

func (r *readable) init(b *buffers)            { r.buffers = b }
func (r *readable) wait(syscall.RawConn) error { return nil }
