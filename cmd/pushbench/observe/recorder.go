package observe

import (
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The range of what is recorded: a microsecond to an hour, to three digits. What lies beyond counts as its end.
const (
	leastRecorded = int64(time.Microsecond)
	mostRecorded  = int64(time.Hour)
	digits        = 3
)

// recorder holds differences, which have a sign, and from them how much later than the quicker one each side was.
type recorder struct {
	// later has the differences where side 1 was later, earlier those where side 0 was; equal counts those that were neither.
	later, earlier *hdrhistogram.Histogram
	equal          int64
}

func newRecorder() recorder {
	return recorder{later: hdrhistogram.New(leastRecorded, mostRecorded, digits), earlier: hdrhistogram.New(leastRecorded, mostRecorded, digits)}
}

func (r *recorder) record(d time.Duration) {
	switch {
	case d > 0:
		_ = r.later.RecordValue(within(d)) // never out of range
	case d < 0:
		_ = r.earlier.RecordValue(within(-d))
	default:
		r.equal++
	}
}

func within(d time.Duration) int64 { return min(max(int64(d), leastRecorded), mostRecorded) }

func (r *recorder) count() int64 { return r.later.TotalCount() + r.earlier.TotalCount() + r.equal }

// quantile is the difference that a share q of all does not exceed. There must be one.
func (r *recorder) quantile(q float64) time.Duration {
	rank := max(1, int64(math.Ceil(q*float64(r.count())-1e-9)))
	early := r.earlier.TotalCount()
	switch {
	case rank <= early:
		return -at(r.earlier, early-rank+1)
	case rank <= early+r.equal:
		return 0
	}
	return at(r.later, rank-early-r.equal)
}

// at is the value of a rank, from 1.
func at(h *hdrhistogram.Histogram, rank int64) time.Duration {
	// The library adds a half and cuts off: a quarter less than the rank is safe from rounding either way.
	return time.Duration(h.ValueAtQuantile(100 * (float64(rank) - 0.25) / float64(h.TotalCount())))
}

// lateness is how much later than the quicker side the given one was, for all pairs: 0 for those in which it was the quicker.
func (r *recorder) lateness(side int) *hdrhistogram.Histogram {
	own, other := r.later, r.earlier
	if side == 0 {
		own, other = r.earlier, r.later
	}
	h := hdrhistogram.New(leastRecorded, mostRecorded, digits)
	h.Merge(own)
	_ = h.RecordValues(0, other.TotalCount()+r.equal)
	return h
}

// lateAt is a quantile of a lateness. What was not late is in the histogram's lowest class, whose other end is half a microsecond.
func lateAt(h *hdrhistogram.Histogram, q float64) time.Duration {
	if v := h.ValueAtQuantile(100 * q); v >= leastRecorded {
		return time.Duration(v)
	}
	return 0
}
