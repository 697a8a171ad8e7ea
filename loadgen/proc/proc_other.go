//go:build !linux

package proc

import (
	"runtime"
	"time"
)

const canPin = false

// onCPUs cannot pin here.
func onCPUs(_ []int, start func() error) error { return start() }

// UsableCPUs lists the processors that this process may run on.
func UsableCPUs() ([]int, error) {
	cpus := make([]int, runtime.NumCPU())
	for i := range cpus {
		cpus[i] = i
	}
	return cpus, nil
}

// CoresOf is not known here.
func CoresOf(...int) int { return 0 }

// CPU is not measured here.
func CPU(int) (time.Duration, error) { return 0, ErrNotMeasured }

// MemoryOf is not measured here.
func MemoryOf(int) (Memory, error) { return Memory{}, ErrNotMeasured }
