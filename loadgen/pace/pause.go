package pace

import (
	"context"
	"time"
)

// Pause waits for roughly so long, as what is no part of a schedule may, and says whether the context still goes on.
func Pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
