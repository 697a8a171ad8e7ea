package proc

import "errors"

var (
	// ErrNotMeasured is returned where a platform or a control group offers no way to read a cost.
	ErrNotMeasured = errors.New("not measured here")
	// ErrGone is returned for a process that there is not, or that has ended.
	ErrGone = errors.New("is not running")
)

// Memory is what a process holds.
type Memory struct {
	// RSS is resident now, Peak the most that ever was; in bytes.
	RSS, Peak int64
}
