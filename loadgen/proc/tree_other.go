//go:build !linux

package proc

import "time"

// CPUOfTree is not measured here.
func CPUOfTree(int) (time.Duration, error) { return 0, ErrNotMeasured }

// MemoryOfTree is not measured here.
func MemoryOfTree(int) (Memory, error) { return Memory{}, ErrNotMeasured }
