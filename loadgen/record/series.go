package record

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pushbench/results"
)

// series is one metric's histograms, one for each second.
type series struct {
	open   map[int64]*opened
	closed map[int64]results.Slice
	// turn counts the calls of settle.
	turn int
	// spare are histograms to use again: a fresh one is 246 KB for the collector to zero and for the GC to find.
	spare []*hdrhistogram.Histogram
}

// opened is a second's histogram that takes values, and the turn in which it last did.
type opened struct {
	*hdrhistogram.Histogram
	touched int
}

// openSlices is how many seconds of a metric stay decoded whether or not values come.
const openSlices = 3

// second is the index of the slice that holds an instant.
func second(at time.Duration) int64 {
	if at < 0 {
		return -1
	}
	return int64(at / results.SliceWidth)
}

func (s *series) record(at time.Duration, value int64) error {
	o, err := s.histogram(second(at))
	if err != nil {
		return err
	}
	o.touched = s.turn
	return o.RecordValue(value)
}

// histogram returns the open histogram of a second, opening it if need be.
func (s *series) histogram(sec int64) (*opened, error) {
	if o, ok := s.open[sec]; ok {
		return o, nil
	}
	if s.open == nil {
		s.open, s.closed = map[int64]*opened{}, map[int64]results.Slice{}
	}
	h, err := s.decoded(sec)
	if err != nil {
		return nil, err
	}
	s.open[sec] = &opened{Histogram: h}
	return s.open[sec], nil
}

// decoded takes a second's histogram from the closed ones; of a new second it is empty.
func (s *series) decoded(sec int64) (*hdrhistogram.Histogram, error) {
	if slice, ok := s.closed[sec]; ok {
		h, err := slice.Decode()
		if err == nil {
			delete(s.closed, sec)
		}
		return h, err
	}
	if n := len(s.spare); n > 0 {
		h := s.spare[n-1]
		s.spare = s.spare[:n-1]
		return h, nil
	}
	return results.NewHistogram(), nil
}

// settle encodes, but for a few, the seconds for which no value has come for more turns than patience. Encoding and decoding take milliseconds, so a
// second that still receives (a poller that asks every ten seconds brings messages of ten) is left open, however old it is.
func (s *series) settle(patience int) error {
	s.turn++
	for len(s.open) > openSlices {
		sec := s.stalest()
		if s.turn-s.open[sec].touched <= patience {
			return nil
		}
		if err := s.close(sec); err != nil {
			return err
		}
	}
	return nil
}

// stalest is the open second that has not received for the longest time, the earlier one of two alike.
func (s *series) stalest() int64 {
	return slices.MinFunc(slices.Collect(maps.Keys(s.open)), func(a, b int64) int {
		return cmp.Or(cmp.Compare(s.open[a].touched, s.open[b].touched), cmp.Compare(a, b))
	})
}

// close encodes a second. An empty one, whose values were all out of range, is left out.
func (s *series) close(sec int64) error {
	h := s.open[sec].Histogram
	if h.TotalCount() > 0 {
		start := time.Duration(sec) * results.SliceWidth
		slice, err := results.NewSlice(start, start+results.SliceWidth, h)
		if err != nil {
			return err
		}
		s.closed[sec] = slice
	}
	delete(s.open, sec)
	h.Reset()
	s.spare = append(s.spare, h)
	return nil
}

// slices closes every second and returns them in order.
func (s *series) slices() ([]results.Slice, error) {
	for _, sec := range slices.Collect(maps.Keys(s.open)) {
		if err := s.close(sec); err != nil {
			return nil, err
		}
	}
	var all []results.Slice
	for _, sec := range slices.Sorted(maps.Keys(s.closed)) {
		all = append(all, s.closed[sec])
	}
	return all, nil
}

// live is a running histogram of the whole steady phase, for progress displays.
type live struct {
	mu sync.Mutex
	h  *hdrhistogram.Histogram
}

func (l *live) add(value int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.h == nil {
		// Two digits suffice for a display.
		l.h = hdrhistogram.New(results.HistogramMin, results.HistogramMax, 2)
	}
	// A value out of range is counted where it is recorded for good.
	_ = l.h.RecordValue(value)
}

func (l *live) percentile(p float64) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.h == nil || l.h.TotalCount() == 0 {
		return 0
	}
	return time.Duration(l.h.ValueAtPercentile(p))
}
