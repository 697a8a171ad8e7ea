package verify

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// kernelBytes asks the kernel how many bytes of a connection the peer has acknowledged and how many it has received, both since it was opened. It must not
// be closed yet.
func kernelBytes(conn syscall.Conn) (acked, received int64, err error) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return 0, 0, err
	}
	var info *unix.TCPInfo
	controlErr := raw.Control(func(fd uintptr) { info, err = unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO) })
	if controlErr != nil {
		return 0, 0, controlErr
	}
	if err != nil {
		return 0, 0, os.NewSyscallError("getsockopt TCP_INFO", err)
	}
	if info.Bytes_acked == 0 {
		return 0, 0, errors.ErrUnsupported // a kernel before 4.1, or a sandbox that plays one: the SYN alone counts as one byte
	}
	// The client's SYN takes a sequence number, and Linux counts its acknowledgement with the bytes.
	return int64(info.Bytes_acked) - 1, int64(info.Bytes_received), nil
}
