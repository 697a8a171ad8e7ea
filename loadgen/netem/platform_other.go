//go:build !linux

package netem

import "syscall"

// newEngine: without epoll, goroutines wait for the sockets.
func newEngine() (engine, error) { return newThreads() }

// bindWithoutPort does nothing: the option is Linux's.
func bindWithoutPort(syscall.RawConn) error { return nil }

// setReceiveBuffer does nothing: elsewhere the kernel's own size is what slow readers have.
func setReceiveBuffer(syscall.RawConn, int) error { return nil }
