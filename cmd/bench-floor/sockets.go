//go:build linux

package main

import (
	"fmt"
	"net/netip"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// What the raw ends call goes straight to the kernel: no netpoller, no scheduler, no collector. Each is one thread that never gives up its processor but
// to the kernel, which is as little as a program can do.

// alone makes this goroutine the process's only work: a collector would wait for it for ever.
func alone() {
	debug.SetGCPercent(-1)
	runtime.LockOSThread()
}

func rawRead(fd int, b []byte) (int, syscall.Errno) {
	n, _, err := syscall.RawSyscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	return int(n), err
}

func rawWrite(fd int, b []byte) (int, syscall.Errno) {
	n, _, err := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	return int(n), err
}

// writeAll writes a message that a socket's buffer always has room for; what does not fit is an error, not a reason to wait.
func writeAll(fd int, b []byte) error {
	if n, err := rawWrite(fd, b); err != 0 || n < len(b) {
		return fmt.Errorf("write to socket: %d of %d bytes: %w", n, len(b), err)
	}
	return nil
}

// poller is a level-triggered epoll instance.
type poller struct {
	fd     int
	events [1024]unix.EpollEvent
}

func newPoller() (*poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create an epoll instance: %w", err)
	}
	return &poller{fd: fd}, nil
}

func (p *poller) add(fd int) error {
	if err := unix.EpollCtl(p.fd, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}); err != nil {
		return fmt.Errorf("watch a socket: %w", err)
	}
	return nil
}

// forever is the timeout of a wait that only an event ends.
const forever = time.Duration(-1)

// wait returns the descriptors that can be read, none after the timeout.
func (p *poller) wait(timeout time.Duration) ([]unix.EpollEvent, error) {
	limit := unix.NsecToTimespec(int64(timeout))
	at := unsafe.Pointer(&limit)
	if timeout < 0 {
		at = nil
	}
	n, _, err := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.fd), uintptr(unsafe.Pointer(&p.events[0])), uintptr(len(p.events)), uintptr(at), 0, 0)
	if err != 0 && err != syscall.EINTR {
		return nil, fmt.Errorf("epoll_pwait2: %w", err)
	}
	if err != 0 {
		n = 0
	}
	return p.events[:n], nil
}

// connectRaw makes a blocking connection.
func connectRaw(to netip.AddrPort) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, fmt.Errorf("make a socket: %w", err)
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}); err != nil {
		return 0, fmt.Errorf("connect to %s: %w", to, err)
	}
	return fd, noDelay(fd)
}

func noDelay(fd int) error {
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return fmt.Errorf("turn Nagle's algorithm off: %w", err)
	}
	return nil
}
