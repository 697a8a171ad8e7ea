//go:build !unix

package pace

import "time"

// cpuTime is not read on this platform: the benchmark shows no CPU.
func cpuTime() time.Duration { return 0 }
