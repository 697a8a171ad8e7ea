package verify

import (
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"pushbench/loadgen/netem"
)

// ackPatience is how long the peer's last acknowledgement may be under way: it may be delayed, by 40 ms to 200 ms.
const ackPatience = time.Second

// compareKernel compares a connection's meter with the kernel's count. Where the kernel has none it says so instead.
func (e *exchanges) compareKernel(what string, conn net.Conn, meter *netem.Meter) {
	what = "kernel's count of bytes sent and received, " + what
	want := read(meter)
	got, err := settledKernel(conn, want)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		e.say(note(what, "left out", "this platform has no TCP_INFO with byte counts"))
	case err != nil:
		e.say(Finding{What: what, Expected: fmt.Sprint(want), Measured: err.Error(), Tolerance: "exact"})
	default:
		e.say(allExactly(what, []int64{got.sent, got.received}, []int64{want.sent, want.received}))
	}
}

// settledKernel reads the kernel's count once everything sent has been acknowledged, or patience ends.
func settledKernel(conn net.Conn, want reading) (got reading, err error) {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return got, fmt.Errorf("a %T does not give access to its socket", conn)
	}
	for until := time.Now().Add(ackPatience); ; time.Sleep(time.Millisecond) {
		if got.sent, got.received, err = kernelBytes(socket); err != nil || got.sent >= want.sent || time.Now().After(until) {
			return got, err
		}
	}
}
