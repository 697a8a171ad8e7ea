package proc

import (
	"fmt"
	"math"
	"runtime"
	"syscall"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

const canPin = true

// childAttributes make a child die with its parent and leave it out of the terminal's process group, so that Ctrl-C reaches the parent alone,
// which then ends the children in order.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// onCPUs calls start on a thread that may only run on the given processors. A child inherits that, and its Go runtime counts no others.
func onCPUs(cpus []int, start func() error) error {
	if len(cpus) == 0 {
		return start()
	}
	var before, wanted unix.CPUSet
	for _, c := range cpus {
		wanted.Set(c)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("read the processors of this thread: %w", err)
	}
	if err := unix.SchedSetaffinity(0, &wanted); err != nil {
		return fmt.Errorf("pin to processors %v: %w (try --pin off)", cpus, err)
	}
	startErr := start()
	if err := unix.SchedSetaffinity(0, &before); err != nil && startErr == nil {
		return fmt.Errorf("unpin this thread: %w", err)
	}
	return startErr
}

// UsableCPUs lists the processors that this process may run on.
func UsableCPUs() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("read the processors of this process: %w", err)
	}
	var cpus []int
	for c := range len(set) * 64 {
		if set.IsSet(c) {
			cpus = append(cpus, c)
		}
	}
	return cpus, nil
}

// CoresOf is how many processors some processes may run on, each counted once; 0 if that cannot be told.
func CoresOf(pids ...int) int {
	var all unix.CPUSet
	for _, pid := range pids {
		var set unix.CPUSet
		if pid < 1 || unix.SchedGetaffinity(pid, &set) != nil { // 0 would be the caller
			return 0
		}
		for i := range set {
			all[i] |= set[i]
		}
	}
	return all.Count()
}

// CPU returns the processor time that a process has used. It reads the process's own CPU clock: /proc/stat moves in steps of 10 ms.
// The clock's number is made from the process number as the kernel's MAKE_PROCESS_CPUCLOCK does (include/linux/posix-timers_types.h).
func CPU(pid int) (time.Duration, error) {
	const scheduler = 2 // CPUCLOCK_SCHED
	if pid < 1 || pid > math.MaxInt32>>3 {
		// The clock of 0 is the caller's own, and a larger number would not fit and mean another process.
		return 0, fmt.Errorf("CPU clock of process %d: %w", pid, unix.ESRCH)
	}
	var ts unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|scheduler), &ts); err != nil {
		return 0, fmt.Errorf("CPU clock of process %d: %w", pid, err)
	}
	return time.Duration(ts.Nano()), nil
}

// MemoryOf returns what a process holds.
func MemoryOf(pid int) (Memory, error) {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return Memory{}, fmt.Errorf("memory of process %d: %w", pid, err)
	}
	status, err := p.NewStatus()
	if err != nil {
		return Memory{}, fmt.Errorf("memory of process %d: %w", pid, err)
	}
	if status.VmHWM == 0 {
		return Memory{}, fmt.Errorf("process %d %w", pid, ErrGone)
	}
	return Memory{RSS: int64(status.VmRSS), Peak: int64(status.VmHWM)}, nil
}
