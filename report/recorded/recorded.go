// Package recorded is the histograms behind a run, as reports read them: merged over a cell's rounds, or second by second.
//
// # How the data goes
//
//	rounds as workers returned them, or a .hlog → New, FromLog → Merged, Seconds → charts and tables
//
// Decoding is most of the work (a decoded histogram takes 246 KB), so that every slice is decoded at most once for each of the two, and what was merged is kept.
package recorded

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pushbench/results"
)

// Histograms are those of a run's cells. A nil *Histograms holds none. It is not safe for use by several goroutines.
type Histograms struct {
	rounds  [][]results.Histograms
	merged  map[key]*hdrhistogram.Histogram
	seconds map[int][]Second
}

type key struct {
	cell   int
	metric results.Metric
}

// New takes histograms as the rounds returned them: rounds[i][j] are those of round j of cell i.
func New(rounds [][]results.Histograms) *Histograms {
	return &Histograms{rounds: rounds, merged: map[key]*hdrhistogram.Histogram{}, seconds: map[int][]Second{}}
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

// Merged is the histogram of a metric over all rounds of a cell, by its index in the run's cells; nil where there are no samples. It must not be changed.
func (h *Histograms) Merged(cell int, metric results.Metric) (*hdrhistogram.Histogram, error) {
	if h == nil || cell >= len(h.rounds) {
		return nil, nil
	}
	k := key{cell, metric}
	if m, known := h.merged[k]; known {
		return m, nil
	}
	m, err := merge(h.rounds[cell], metric)
	if err != nil {
		return nil, err
	}
	if m.TotalCount() == 0 {
		m = nil
	}
	h.merged[k] = m
	return m, nil
}

func merge(rounds []results.Histograms, metric results.Metric) (*hdrhistogram.Histogram, error) {
	merged := results.NewHistogram()
	for i, round := range rounds {
		for _, slice := range round[metric] {
			h, err := slice.Decode()
			if err != nil {
				return nil, fmt.Errorf("round %d, %s: %w", i+1, metric, err)
			}
			if dropped := merged.Merge(h); dropped > 0 {
				return nil, fmt.Errorf("round %d, %s: %d samples lie outside the histograms' range; the file was not written by this tool", i+1, metric, dropped)
			}
		}
	}
	return merged, nil
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
	if h == nil || cell >= len(h.rounds) {
		return nil, nil
	}
	if all, known := h.seconds[cell]; known {
		return all, nil
	}
	var all []Second
	for i, round := range h.rounds[cell] {
		for _, metric := range []results.Metric{results.WarmupLatency, results.Latency} {
			for _, slice := range round[metric] {
				g, err := slice.Decode()
				if err != nil {
					return nil, fmt.Errorf("round %d, %s: %w", i+1, metric, err)
				}
				if g.TotalCount() == 0 {
					continue
				}
				s := Second{
					Round: i, Start: slice.Start, End: slice.End, Warmup: metric == results.WarmupLatency,
					Count: g.TotalCount(), P50: g.ValueAtQuantile(50), P99: g.ValueAtQuantile(99), Max: g.Max(),
				}
				if i < len(rounds) {
					s.cut(rounds[i])
				}
				all = append(all, s)
			}
		}
	}
	h.seconds[cell] = all
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
