package netem

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Lateness says how late the emulation moved chunks of bytes, against the instants they were due. It is the
// emulation's own error: the measured delay exceeds the emulated one by this much. Not in it are the time that bytes
// lie in the socket before they are read and dated (the poller is a goroutine like others: on saturated cores it waits),
// and the time from waking a reader until it runs, which it would take without emulation too. P50 and P99 are upper bounds
// of histogram buckets, at most an eighth too large; Max is exact.
type Lateness struct {
	Chunks uint64        `json:"chunks"`
	P50    time.Duration `json:"p50_ns"`
	P99    time.Duration `json:"p99_ns"`
	Max    time.Duration `json:"max_ns"`
}

// lateness is a histogram with eight buckets per power of two nanoseconds. One goroutine records; any may read.
type lateness struct {
	buckets [(64 - 2) * 8]atomic.Uint64
	max     atomic.Int64
}

func (l *lateness) record(late time.Duration) {
	late = max(0, late)
	l.buckets[bucketOf(late)].Add(1)
	if int64(late) > l.max.Load() {
		l.max.Store(int64(late))
	}
}

// bucketOf: 0 to 15 ns have a bucket each; above, the exponent and the three bits below the leading one.
func bucketOf(d time.Duration) int {
	shift := max(0, bits.Len64(uint64(d))-4)
	return shift<<3 + int(uint64(d)>>shift)
}

// upperBound is the largest duration in bucket i.
func upperBound(i int) time.Duration {
	if i < 16 {
		return time.Duration(i)
	}
	shift := i>>3 - 1
	return time.Duration((uint64(i&7)+9)<<shift - 1)
}

func (l *lateness) snapshot() Lateness {
	var counts [len(l.buckets)]uint64
	s := Lateness{Max: time.Duration(l.max.Load())}
	for i := range counts {
		counts[i] = l.buckets[i].Load()
		s.Chunks += counts[i]
	}
	s.P50 = min(s.Max, quantile(counts[:], (s.Chunks+1)/2))
	s.P99 = min(s.Max, quantile(counts[:], s.Chunks-s.Chunks/100))
	return s
}

// reset forgets what was recorded. What is recorded at the same moment may be forgotten or not.
func (l *lateness) reset() {
	for i := range l.buckets {
		l.buckets[i].Store(0)
	}
	l.max.Store(0)
}

// quantile is the upper bound of the bucket that holds the rank-th smallest value, counted from 1.
func quantile(counts []uint64, rank uint64) time.Duration {
	var seen uint64
	for i, n := range counts {
		if seen += n; n > 0 && seen >= rank {
			return upperBound(i)
		}
	}
	return 0
}
