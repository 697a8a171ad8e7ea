package proc

import "errors"

// ErrNotMeasured is returned where a platform offers no way to read a cost.
var ErrNotMeasured = errors.New("not measured on this platform")

// Memory is what a process holds.
type Memory struct {
	// RSS is resident now, Peak the most that ever was; in bytes.
	RSS, Peak int64
}
