package netem

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// bindWithoutPort is a net.Dialer.Control: bind then fixes only the address; see Dialer.Sources.
func bindWithoutPort(_, _ string, raw syscall.RawConn) error {
	var err error
	controlErr := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	})
	if controlErr != nil {
		return controlErr
	}
	return os.NewSyscallError("setsockopt", err)
}
