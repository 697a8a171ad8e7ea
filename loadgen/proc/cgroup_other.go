//go:build !linux

package proc

import "time"

// FindCgroup finds none here.
func FindCgroup(string) (Cgroup, error) { return Cgroup{}, ErrNotMeasured }

// CPU is not measured here.
func (Cgroup) CPU() (time.Duration, error) { return 0, ErrNotMeasured }

// Memory is not measured here.
func (Cgroup) Memory() (Memory, error) { return Memory{}, ErrNotMeasured }
