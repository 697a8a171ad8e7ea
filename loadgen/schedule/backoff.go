package schedule

import (
	"math/rand/v2"
	"time"

	"pushbench/scenarios"
)

// Backoff is how long clients wait before they try to come back: exponential, as seeded and as independent of what happens as every other instant here.
type Backoff struct {
	Seed uint64
	// First is the longest wait before the first attempt. Each further one may last twice as long, up to Most.
	First, Most time.Duration
	// Jitter full draws a wait evenly between nothing and its longest ("full jitter" in M. Brooker, "Exponential Backoff And Jitter", AWS 2015);
	// none takes the longest.
	Jitter scenarios.Jitter
}

const streamBackoff = 0x6261636b6f6666

// Wait is how long a client waits before an attempt, which count from 0 after each lost session.
func (b Backoff) Wait(client, attempt int) time.Duration {
	longest := b.First
	for range attempt {
		if longest >= b.Most/2 {
			longest = b.Most
			break
		}
		longest *= 2
	}
	longest = min(longest, b.Most)
	if b.Jitter == scenarios.NoJitter || longest <= 0 {
		return longest
	}
	random := rand.New(rand.NewPCG(b.Seed^streamBackoff, uint64(client)<<32|uint64(attempt)))
	return time.Duration(random.Int64N(int64(longest) + 1))
}
