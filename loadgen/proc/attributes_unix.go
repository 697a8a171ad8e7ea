//go:build unix && !linux

package proc

import "syscall"

// childAttributes leave the child out of the terminal's process group. It learns of its parent's end from its standard input.
func childAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
