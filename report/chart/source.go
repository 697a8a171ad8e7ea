package chart

import (
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pushbench/report/format"
	"pushbench/results"
)

// Source gives the histogram of a metric for a cell of run.Cells, all its rounds merged; nil where there is none.
type Source func(cell int, metric results.Metric) (*hdrhistogram.Histogram, error)

// FromRounds is the Source of histograms as the rounds returned them: rounds[i][j] are those of round j of cell i.
func FromRounds(rounds [][]results.Histograms) Source {
	return func(cell int, metric results.Metric) (*hdrhistogram.Histogram, error) {
		if cell >= len(rounds) {
			return nil, nil
		}
		return merge(rounds[cell], metric)
	}
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

// series is an arm with what is drawn of it. A histogram is nil or holds samples, never empty.
type series struct {
	format.Arm
	latency, overhead *hdrhistogram.Histogram
}

// label is the arm's name as it stands in every chart.
func (s series) label() string {
	if s.Invalid() {
		return s.Name + " (invalid)"
	}
	return s.Name
}

// independent is how many independent samples stand behind the latencies.
func (s series) independent() int64 {
	if s.Cell.Latency == nil {
		return 0
	}
	return s.Cell.Latency.Independent
}

// maxArms is how many arms a slide can hold legibly.
const maxArms = 8

func load(arms []format.Arm, source Source) ([]series, error) {
	var all []series
	for _, a := range arms[:min(len(arms), maxArms)] {
		s := series{Arm: a}
		var err error
		if s.latency, err = nonEmpty(source, a.Index, results.Latency); err != nil {
			return nil, fmt.Errorf("%s: %w", a.Name, err)
		}
		if s.overhead, err = nonEmpty(source, a.Index, results.Overhead); err != nil {
			return nil, fmt.Errorf("%s: %w", a.Name, err)
		}
		all = append(all, s)
	}
	return all, nil
}

func nonEmpty(source Source, cell int, metric results.Metric) (*hdrhistogram.Histogram, error) {
	if source == nil {
		return nil, nil
	}
	h, err := source(cell, metric)
	if err != nil || h == nil || h.TotalCount() == 0 {
		return nil, err
	}
	return h, nil
}
