//go:build unix

package proc

import "syscall"

// signalGroup signals a child and what it started: each child leads a process group.
func signalGroup(pid int, s syscall.Signal) error { return syscall.Kill(-pid, s) }
