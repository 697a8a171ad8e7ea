package chart

import (
	"cmp"
	"fmt"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pushbench/report/format"
	"pushbench/report/recorded"
	"pushbench/results"
)

// series is an arm with what is drawn of it. A histogram is nil or holds samples, never empty.
type series struct {
	format.Arm
	latency, overhead *hdrhistogram.Histogram
	// carried says how many independent samples stand behind latency; nil where these are the messages'.
	carried *results.Summary
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
	behind := cmp.Or(s.carried, s.Cell.Latency)
	if behind == nil {
		return 0
	}
	return behind.Independent
}

// maxArms is how many arms a slide can hold legibly.
const maxArms = 8

func load(arms []format.Arm, source *recorded.Histograms) ([]series, error) {
	var all []series
	for _, a := range arms[:min(len(arms), maxArms)] {
		s := series{Arm: a}
		var err error
		if s.latency, err = source.Merged(a.Index, results.Latency); err != nil {
			return nil, fmt.Errorf("%s: %w", a.Name, err)
		}
		if s.overhead, err = source.Merged(a.Index, results.Overhead); err != nil {
			return nil, fmt.Errorf("%s: %w", a.Name, err)
		}
		all = append(all, s)
	}
	return all, nil
}
