package record

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pushbench/results"
)

// series is one metric's histograms, one for each second.
type series struct {
	open   map[int64]*hdrhistogram.Histogram
	closed map[int64]results.Slice
	// spare are histograms to use again: a fresh one is 246 KB for the collector to zero and for the GC to find.
	spare []*hdrhistogram.Histogram
}

// openSlices is how many seconds of a metric stay decoded.
const openSlices = 3

// second is the index of the slice that holds an instant.
func second(at time.Duration) int64 {
	if at < 0 {
		return -1
	}
	return int64(at / results.SliceWidth)
}

func (s *series) record(at time.Duration, value int64) error {
	h, err := s.histogram(second(at))
	if err != nil {
		return err
	}
	return h.RecordValue(value)
}

// histogram returns the open histogram of a second, opening it if need be.
func (s *series) histogram(sec int64) (*hdrhistogram.Histogram, error) {
	if h, ok := s.open[sec]; ok {
		return h, nil
	}
	if s.open == nil {
		s.open, s.closed = map[int64]*hdrhistogram.Histogram{}, map[int64]results.Slice{}
	}
	if slice, ok := s.closed[sec]; ok {
		h, err := slice.Decode()
		if err != nil {
			return nil, err
		}
		delete(s.closed, sec)
		s.open[sec] = h
		return h, nil
	}
	if n := len(s.spare); n > 0 {
		s.open[sec], s.spare = s.spare[n-1], s.spare[:n-1]
	} else {
		s.open[sec] = results.NewHistogram()
	}
	return s.open[sec], nil
}

// settle encodes the oldest seconds until few are open.
func (s *series) settle() error {
	for len(s.open) > openSlices {
		if err := s.close(slices.Min(slices.Collect(maps.Keys(s.open)))); err != nil {
			return err
		}
	}
	return nil
}

func (s *series) close(sec int64) error {
	h := s.open[sec]
	start := time.Duration(sec) * results.SliceWidth
	slice, err := results.NewSlice(start, start+results.SliceWidth, h)
	if err != nil {
		return err
	}
	s.closed[sec] = slice
	delete(s.open, sec)
	h.Reset()
	s.spare = append(s.spare, h)
	return nil
}

// slices closes every second and returns them in order.
func (s *series) slices() ([]results.Slice, error) {
	for len(s.open) > 0 {
		for sec := range s.open {
			if err := s.close(sec); err != nil {
				return nil, err
			}
			break
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
