package proc

import (
	"fmt"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

// HoldPort keeps an address (IPv4 and a port) for a server to come: until release nobody can be given the port as a client, and who connects to it is refused.
// It is bound and not listened on, with SO_REUSEADDR, as servers bind theirs.
func HoldPort(addr string) (release func() error, err error) {
	a, err := netip.ParseAddrPort(addr)
	if err != nil || !a.Addr().Is4() {
		return nil, fmt.Errorf("hold %q: want an IPv4 address and a port", addr)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()})
	}
	if err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("hold %s: %w", addr, os.NewSyscallError("bind", err))
	}
	return func() error { return os.NewSyscallError("close", unix.Close(fd)) }, nil
}
