package pace

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

var platform = mechanism{name: "timerfd", resolution: 100 * time.Microsecond, open: openTimerfd}

// A timerfd is an alarm on a Linux timer file, see timerfd_create(2).
//
// The file is watched by Go's netpoller and never read: the netpoller is edge-triggered, so each expiry is
// an event of its own, and setting the timer again clears the last one. That saves two system calls a wake.
type timerfd struct {
	file    *os.File
	raw     syscall.RawConn
	fd      int
	clock   clock
	onReady func(uintptr) bool // f.ready, made once so that park does not allocate
	onPark  func()             // to call before parking; nil once called
}

func openTimerfd() (alarm, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("pace: creating a timerfd (if too many files are open, raise `ulimit -n`): %w",
			os.NewSyscallError("timerfd_create", err))
	}
	f := &timerfd{file: os.NewFile(uintptr(fd), "timerfd"), fd: fd}
	f.onReady = f.ready
	if f.clock, err = readClock(); err == nil {
		f.raw, err = f.file.SyscallConn()
	}
	if err != nil {
		f.file.Close()
		return nil, fmt.Errorf("pace: setting up a timerfd: %w", err)
	}
	return f, nil
}

// park uses that RawConn.Read first forgets old events, then calls ready, then waits for an event and
// calls ready again. The timer has to be set in the first call: any earlier, and its expiry could be
// among the events forgotten.
func (f *timerfd) park(arm func()) error {
	f.onPark = arm
	return f.raw.Read(f.onReady)
}

func (f *timerfd) ready(uintptr) bool {
	if f.onPark == nil {
		return true
	}
	f.onPark()
	f.onPark = nil
	return false
}

func (f *timerfd) arm(t time.Time) {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(f.clock.monotonic(t))}
	// It can only fail for a bad descriptor or value: the Waker arms only open alarms, and monotonic
	// returns values timerfd_settime accepts.
	if err := unix.TimerfdSettime(f.fd, unix.TFD_TIMER_ABSTIME, &spec, nil); err != nil {
		panic("pace: timerfd_settime: " + err.Error())
	}
}

func (f *timerfd) close() error { return f.file.Close() }

// A clock converts time.Time to CLOCK_MONOTONIC; see the package documentation.
type clock struct {
	base time.Time
	nsec int64 // CLOCK_MONOTONIC at base, nanoseconds; a little too large, never too small
}

// readClock reads both clocks, several times, and keeps the pair that was read closest together.
func readClock() (clock, error) {
	var best clock
	closest := time.Duration(1<<63 - 1)
	for range 8 {
		before := time.Now()
		var ts unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
			return clock{}, os.NewSyscallError("clock_gettime", err)
		}
		if apart := time.Since(before); apart < closest {
			closest, best = apart, clock{base: before, nsec: ts.Nano()}
		}
	}
	return best, nil
}

// monotonic returns t in nanoseconds of CLOCK_MONOTONIC, at least 1 because 0 would disarm a timer.
func (c clock) monotonic(t time.Time) int64 {
	d := int64(t.Sub(c.base))
	if d > 0 && c.nsec > (1<<63-1)-d {
		return 1<<63 - 1
	}
	return max(1, c.nsec+d)
}
