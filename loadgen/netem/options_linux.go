package netem

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// bindWithoutPort has a later bind fix only the address; see Dialer.Sources.
func bindWithoutPort(raw syscall.RawConn) error {
	return setOption(raw, func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1) })
}

// setReceiveBuffer sets SO_RCVBUF.
func setReceiveBuffer(raw syscall.RawConn, size int) error {
	return setOption(raw, func(fd int) error { return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, size) })
}

func setOption(raw syscall.RawConn, set func(fd int) error) error {
	var err error
	controlErr := raw.Control(func(fd uintptr) { err = set(int(fd)) })
	if controlErr != nil {
		return controlErr
	}
	return os.NewSyscallError("setsockopt", err)
}
