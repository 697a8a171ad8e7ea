//go:build !linux

package netem

import "syscall"

// newEngine: without epoll, goroutines wait for the sockets.
func newEngine() (engine, error) { return newThreads() }

// bindWithoutPort does nothing: the option is Linux's.
func bindWithoutPort(_, _ string, _ syscall.RawConn) error { return nil }
