package netem

import (
	"net/netip"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestSocketOptions(t *testing.T) {
	loopback := []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	tests := []struct {
		name                  string
		dialer                *Dialer
		noDelay, bindsNoPorts int
	}{
		{"zero value", &Dialer{}, 1, 0},
		{"Nagle", &Dialer{Nagle: true}, 0, 0},
		{"bound", &Dialer{Sources: loopback}, 1, 1},
		{"bound, small buffer", &Dialer{Sources: loopback, ReceiveBuffer: 8 << 10}, 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			raw, err := newPair(t, tt.dialer).client.(syscall.Conn).SyscallConn()
			if err != nil {
				t.Fatal(err)
			}
			check := func(name string, level, option, want int) {
				err := raw.Control(func(fd uintptr) {
					if got, err := unix.GetsockoptInt(int(fd), level, option); got != want || err != nil {
						t.Errorf("%s is %d (%v), want %d", name, got, err, want)
					}
				})
				if err != nil {
					t.Error(err)
				}
			}
			check("TCP_NODELAY", unix.IPPROTO_TCP, unix.TCP_NODELAY, tt.noDelay)
			check("IP_BIND_ADDRESS_NO_PORT", unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, tt.bindsNoPorts)
			if size := tt.dialer.ReceiveBuffer; size > 0 {
				check("SO_RCVBUF", unix.SOL_SOCKET, unix.SO_RCVBUF, 2*size) // as Linux counts it
			}
			check("SO_KEEPALIVE", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 0)
		})
	}
}
