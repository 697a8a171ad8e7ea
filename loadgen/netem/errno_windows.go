package netem

import "golang.org/x/sys/windows"

// What the operating system says when a load is too large for it.
const (
	errTooManyFiles = windows.WSAEMFILE
	errNoAddress    = windows.WSAEADDRNOTAVAIL
	errRefused      = windows.WSAECONNREFUSED
)
