// Package recorded is the histograms behind a run, as reports read them: merged over a cell's rounds, or second by second.
//
// # How the data goes
//
//	rounds as workers returned them, or a .hlog → New, FromLog → Merged, Seconds → charts and tables
//
// Decoding is most of the work, so that every slice is decoded at most once, without its empty buckets ([results.SliceReader]), and what was read is kept.
package recorded

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pushbench/results"
)

// Histograms are those of a run's cells. A nil *Histograms holds none. It is not safe for use by several goroutines.
type Histograms struct {
	rounds [][]results.Histograms
	read   map[key]reading
	slices results.SliceReader
}

// reading is what one pass over the slices of a metric found.
type reading struct {
	merged  *hdrhistogram.Histogram // nil without samples
	seconds []Second
}

type key struct {
	cell   int
	metric results.Metric
}

// New takes histograms as the rounds returned them: rounds[i][j] are those of round j of cell i.
func New(rounds [][]results.Histograms) *Histograms {
	return &Histograms{rounds: rounds, read: map[key]reading{}}
}

// FromLog finds the cells of run in a histogram log. Rounds of the log that no cell names are passed over; a cell without rounds there has no histograms.
func FromLog(run *results.Run, log []results.LogRound) *Histograms {
	rounds := make([][]results.Histograms, len(run.Cells))
	for i, c := range run.Cells {
		for _, r := range c.Rounds {
			want := results.NewLogRound(c, results.RoundData{Round: r})
			for _, have := range log {
				if have.Scenario == want.Scenario && have.Arm == want.Arm && have.Index == want.Index {
					rounds[i] = append(rounds[i], have.Histograms)
				}
			}
		}
	}
	return New(rounds)
}

// ByRound are the histograms of each cell's rounds, by the cell's index; nil of a nil h. They must not be changed.
func (h *Histograms) ByRound() [][]results.Histograms {
	if h == nil {
		return nil
	}
	return h.rounds
}

// Merged is the histogram of a metric over all rounds of a cell, by its index in the run's cells; nil where there are no samples. It must not be changed.
func (h *Histograms) Merged(cell int, metric results.Metric) (*hdrhistogram.Histogram, error) {
	r, err := h.reading(cell, metric)
	return r.merged, err
}

// reading decodes every slice of a metric once: that is most of the work of a report on a long run.
func (h *Histograms) reading(cell int, metric results.Metric) (reading, error) {
	if h == nil || cell >= len(h.rounds) {
		return reading{}, nil
	}
	k := key{cell, metric}
	if r, known := h.read[k]; known {
		return r, nil
	}
	r := reading{merged: results.NewHistogram()}
	for i, round := range h.rounds[cell] {
		for _, slice := range round[metric] {
			counts, err := h.slices.Read(slice)
			if err == nil {
				err = r.add(i, slice, counts, metric)
			}
			if err != nil {
				return reading{}, fmt.Errorf("round %d, %s: %w", i+1, metric, err)
			}
		}
	}
	if r.merged.TotalCount() == 0 {
		r.merged = nil
	}
	h.read[k] = r
	return r, nil
}

func (r *reading) add(round int, slice results.Slice, counts results.Counts, metric results.Metric) error {
	if err := counts.AddTo(r.merged); err != nil {
		return fmt.Errorf("%w: the file was not written by this tool", err)
	}
	if counts.Total() > 0 && (metric == results.Latency || metric == results.WarmupLatency) {
		r.seconds = append(r.seconds, Second{
			Round: round, Start: slice.Start, End: slice.End, Warmup: metric == results.WarmupLatency,
			Count: counts.Total(), P50: counts.ValueAtQuantile(50), P99: counts.ValueAtQuantile(99), Max: counts.Max(),
		})
	}
	return nil
}

// Second is the latency of the messages that were due in one slice of a round, about a second long.
type Second struct {
	// Round counts the cell's rounds from 0; Start and End count from the instant its schedule counts from.
	Round      int
	Start, End time.Duration
	// Warmup is set for the warm-up's messages, which enter no summary.
	Warmup bool
	Count  int64
	// P50, P99 and Max are in nanoseconds. A second holds few messages: its p99 describes them, and estimates nothing.
	P50, P99, Max int64
}

// Seconds are a cell's slices by round, then time. Slices without messages are left out. Slices lie on whole seconds while a warm-up may end within one: the cell's
// rounds say when, and the slices of both phases are cut there.
func (h *Histograms) Seconds(cell int, rounds []results.Round) ([]Second, error) {
	warmup, err := h.reading(cell, results.WarmupLatency)
	if err != nil {
		return nil, err
	}
	steady, err := h.reading(cell, results.Latency)
	if err != nil {
		return nil, err
	}
	all := slices.Concat(warmup.seconds, steady.seconds)
	slices.SortStableFunc(all, func(a, b Second) int { return cmp.Compare(a.Round, b.Round) })
	for i := range all {
		if s := &all[i]; s.Round < len(rounds) {
			s.cut(rounds[s.Round])
		}
	}
	return all, nil
}

// cut keeps a second within its phase.
func (s *Second) cut(r results.Round) {
	for _, p := range r.Phases {
		if p.Name != results.SteadyPhase || p.Start <= s.Start || p.Start >= s.End {
			continue
		}
		if s.Warmup {
			s.End = p.Start
		} else {
			s.Start = p.Start
		}
	}
}
