//go:build !linux

package verify

import (
	"errors"
	"syscall"
)

// kernelBytes is for Linux only: elsewhere the kernel does not count bytes per connection in a form that all versions share.
func kernelBytes(syscall.Conn) (acked, received int64, err error) { return 0, 0, errors.ErrUnsupported }
