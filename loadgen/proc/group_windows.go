package proc

import (
	"errors"
	"syscall"
)

// childAttributes keep the console's Ctrl-C from the child. It learns of its parent's end from its standard input.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// signalGroup is not possible here: a process can only be killed.
func signalGroup(int, syscall.Signal) error { return errors.ErrUnsupported }
