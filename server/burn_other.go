//go:build !linux

package server

import "time"

// burn computes for d of wall time: the closest portable measure of d of
// processor time.
func burn(d time.Duration) {
	for start := time.Now(); time.Since(start) < d; {
	}
}
