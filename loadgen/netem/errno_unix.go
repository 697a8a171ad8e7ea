//go:build !windows && !plan9

package netem

import "golang.org/x/sys/unix"

// What the operating system says when a load is too large for it.
const (
	errTooManyFiles = unix.EMFILE
	errNoAddress    = unix.EADDRNOTAVAIL
	errRefused      = unix.ECONNREFUSED
)
