package server

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// burn spends d of this thread's processor time. It reads the thread's own clock,
// so that being preempted does not count as work done.
func burn(d time.Duration) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for start := threadCPU(); threadCPU()-start < d; {
	}
}

func threadCPU() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts); err != nil {
		// Linux has had this clock since 2.6.12; without it, wall time is the
		// closest there is.
		return time.Duration(time.Now().UnixNano())
	}
	return time.Duration(ts.Nano())
}
