package verify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pushbench/results"
)

// histograms proves that nothing is lost between the samples of a round and the figures of a report: on disk, and in merging.
var histograms = Check{
	Name:   "histograms",
	Source: "the identity itself: what is read back equals what was measured, and merged rounds equal one histogram of all samples",
	Run:    runHistograms,
}

const histogramScenario = `
name: verify-histograms
pattern: broadcast
clients: 50
rate: 40/s
warmup: 200ms
duration: 1s
rounds: 2
transports: [websocket, shortpoll]
headers: none
shortpoll: {interval: 100ms}
`

func runHistograms(ctx context.Context, lab Lab, _ Depth) (found []Finding, err error) {
	measured, err := measureText(ctx, lab, histogramScenario, Options{})
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pushbench-verify-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	run, logs, err := roundTrip(dir, measured)
	if err != nil {
		return nil, err
	}
	rounds, cells := recomputed{}, recomputed{}
	for i := range run.Cells {
		if err := rounds.rounds(run.Cells[i], logs); err != nil {
			return nil, err
		}
		if err := cells.cell(run.Cells[i], logs); err != nil {
			return nil, err
		}
	}
	return []Finding{
		rounds.finding("figures of run.json recomputed from histograms.hlog, round by round"),
		cells.finding("figures of run.json against one histogram that every round's samples were recorded in"),
		sameSlices(measured, run, logs),
	}, nil
}

// roundTrip writes the measurement as a run does, and reads it back.
func roundTrip(dir string, measured []Measurement) (*results.Run, []results.LogRound, error) {
	created := time.Now().UTC()
	run := &results.Run{Schema: results.Schema, ID: results.NewRunID(created, "verify", uint16(rand.Uint32())), Created: created}
	var logs []results.LogRound
	for _, m := range measured {
		run.Cells = append(run.Cells, m.Cell)
		for i, r := range m.Cell.Rounds {
			logs = append(logs, results.NewLogRound(m.Cell, results.RoundData{Round: r, Histograms: m.Histograms[i]}))
		}
	}
	folder, err := results.Store{Dir: dir}.Save(run, logs)
	if err != nil {
		return nil, nil, err
	}
	readRun, err := results.Load(folder.Path)
	if err != nil {
		return nil, nil, err
	}
	readLogs, err := results.LoadLog(folder.Path)
	return readRun, readLogs, err
}

// recomputed counts the figures compared, and keeps the first that differed.
type recomputed struct {
	compared, equal int64
	difference      string
}

func (r *recomputed) finding(what string) Finding {
	f := exactly(what, r.compared, r.equal)
	f.Pass = f.Pass && r.compared > 0
	if r.difference != "" {
		f.Measured += " (" + r.difference + ")"
	}
	return f
}

// compare holds every figure of a summary that a histogram determines against the histogram.
func (r *recomputed) compare(where string, s *results.Summary, h *hdrhistogram.Histogram) {
	figures := []struct {
		name               string
		recorded, computed float64
	}{
		{"count", float64(s.Count), float64(h.TotalCount())},
		{"min", float64(s.Min), float64(h.Min())},
		{"max", float64(s.Max), float64(h.Max())},
		{"mean", s.Mean, h.Mean()},
		{"stddev", s.StdDev, h.StdDev()},
	}
	for _, f := range figures {
		r.one(where+" "+f.name, f.recorded, f.computed)
	}
	for _, p := range results.Percentiles {
		recorded, _ := s.At(p.Key)
		r.one(where+" "+p.Key, float64(recorded), float64(h.ValueAtPercentile(100*p.P)))
	}
}

func (r *recomputed) one(where string, recorded, computed float64) {
	r.compared++
	if recorded == computed {
		r.equal++
		return
	}
	if r.difference == "" {
		r.difference = fmt.Sprintf("%s: run.json says %v, the histogram %v", where, recorded, computed)
	}
}

// rounds recomputes each round of a cell.
func (r *recomputed) rounds(c results.Cell, logs []results.LogRound) error {
	for i := range c.Rounds {
		l, err := logOf(c, c.Rounds[i].Index, logs)
		if err != nil {
			return err
		}
		for _, metric := range slices.Sorted(maps.Keys(l.Histograms)) {
			s := c.Rounds[i].Summary(metric)
			if s == nil {
				continue // kept for charts only
			}
			if *s == nil {
				return fmt.Errorf("%s, round %d: run.json lacks %s, of which the log has samples", c.Transport, i+1, metric)
			}
			h, err := l.Histograms.Merge(metric)
			if err != nil {
				return err
			}
			r.compare(fmt.Sprintf("%s round %d %s", c.Transport, i+1, metric), *s, h)
		}
	}
	return nil
}

// cell records the samples of all rounds in one histogram each, value by value.
func (r *recomputed) cell(c results.Cell, logs []results.LogRound) error {
	for _, metric := range results.Metrics {
		s := c.Summary(metric)
		if s == nil || *s == nil {
			continue
		}
		once := results.NewHistogram()
		for i := range c.Rounds {
			l, err := logOf(c, c.Rounds[i].Index, logs)
			if err != nil {
				return err
			}
			if err := recordAll(once, l.Histograms[metric]); err != nil {
				return err
			}
		}
		r.compare(fmt.Sprintf("%s %s", c.Transport, metric), *s, once)
	}
	return nil
}

// recordAll records what slices hold as if it were measured now: it does not merge.
func recordAll(into *hdrhistogram.Histogram, all []results.Slice) error {
	for _, s := range all {
		h, err := s.Decode()
		if err != nil {
			return err
		}
		for _, bar := range h.Distribution() {
			if bar.Count == 0 {
				continue
			}
			if err := into.RecordValues(bar.From, bar.Count); err != nil {
				return err
			}
		}
	}
	return nil
}

func logOf(c results.Cell, index int, logs []results.LogRound) (results.LogRound, error) {
	for _, l := range logs {
		if l.Arm == results.ArmTag(c) && l.Index == index {
			return l, nil
		}
	}
	return results.LogRound{}, fmt.Errorf("%s: the log has no round %d", c.Transport, index)
}

// sameSlices compares what was written with what was read: times and encoded histograms of every second.
func sameSlices(measured []Measurement, run *results.Run, logs []results.LogRound) Finding {
	var written, equal int64
	for i, m := range measured {
		for j, round := range m.Histograms {
			l, err := logOf(run.Cells[i], m.Cell.Rounds[j].Index, logs)
			for metric, all := range round {
				written += int64(len(all))
				if err == nil && reflect.DeepEqual(all, l.Histograms[metric]) {
					equal += int64(len(all))
				}
			}
		}
	}
	f := exactly("histograms of single seconds that come back as they were written", written, equal)
	f.Pass = f.Pass && written > 0
	return f
}
