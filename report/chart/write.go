package chart

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"pushbench/report/format"
	"pushbench/report/recorded"
	"pushbench/report/review"
	"pushbench/results"
)

// Kind is what a chart shows. It is part of its file's name.
type Kind string

// The kinds, in the order they are written.
const (
	Percentiles Kind = "percentiles"
	Latency     Kind = "latency"
	Overhead    Kind = "overhead"
	Cost        Kind = "cost"
	OverTime    Kind = "over-time"
	Rounds      Kind = "rounds"
	ClientCost  Kind = "client-cost"
	Responses   Kind = "responses"
	// Answer is the figures that answer the scenario's question.
	Answer Kind = "answer"
	// Recovery is there where an outage was measured, of a sweep as well.
	Recovery Kind = "recovery"
	// BreakEven is there where the model of long-polling has something to say.
	BreakEven Kind = "break-even"
	// Sweep and SweepCost take the place of all others for a scenario that was swept.
	Sweep     Kind = "sweep"
	SweepCost Kind = "sweep-cost"
	// SweepAnswer is there where the question is answered with what neither of them shows.
	SweepAnswer Kind = "sweep-answer"
)

// File is a chart that was written.
type File struct {
	Scenario string
	Kind     Kind
	// Title is the chart's title, for a caption or an alternative text.
	Title string
	Path  string
}

// Write draws every scenario of run into dir, which must exist, as <scenario>-<kind>.svg and .png, replacing files of these names.
//
// All charts are drawn, then all written under temporary names, before the first takes its place: an error in drawing or writing touches no existing file,
// and no file is ever seen half written. A source of nil draws what run itself holds and "no samples" for the histograms.
func Write(dir string, run *results.Run, source *recorded.Histograms) ([]File, error) {
	if run == nil {
		return nil, errors.New("chart: no run to draw; load a run file first")
	}
	var drawn []drawing
	slugs := map[string]bool{}
	maps := review.Maps(run)
	for i, g := range format.Groups(run) {
		figures, err := figuresOf(g, maps[i], run.Environment, source)
		if err != nil {
			return nil, fmt.Errorf("chart scenario %q: %w", format.Clean(g.Scenario.Name), err)
		}
		slug := format.Unique(format.Slug(g.Scenario.Name), slugs)
		for _, f := range figures {
			d, err := drawBoth(f, g.Scenario.Name, filepath.Join(dir, slug+"-"+string(f.kind)))
			if err != nil {
				return nil, err
			}
			drawn = append(drawn, d...)
		}
	}
	return save(drawn)
}

// drawing is a finished file in memory.
type drawing struct {
	File
	data []byte
}

func drawBoth(f figure, scenario, stem string) ([]drawing, error) {
	var both []drawing
	for _, e := range encodings {
		var b bytes.Buffer
		if err := e.encode(&b, f); err != nil {
			return nil, fmt.Errorf("draw %s%s: %w", stem, e.extension, err)
		}
		both = append(both, drawing{File{scenario, f.kind, f.title, stem + e.extension}, b.Bytes()})
	}
	return both, nil
}

// save writes every drawing under a temporary name before it renames the first, so that a full disk costs no existing chart.
func save(drawn []drawing) (files []File, err error) {
	var temporary []string
	defer func() {
		for _, name := range temporary {
			err = errors.Join(err, os.Remove(name))
		}
	}()
	for _, d := range drawn {
		name, err := writeTemporary(d)
		if name != "" {
			temporary = append(temporary, name)
		}
		if err != nil {
			return nil, fmt.Errorf("write chart %s: %w; check space and permissions there", d.Path, err)
		}
	}
	for _, d := range drawn {
		if err := os.Rename(temporary[0], d.Path); err != nil {
			return nil, fmt.Errorf("put chart in place: %w", err)
		}
		temporary = temporary[1:]
		files = append(files, d.File)
	}
	return files, nil
}

func writeTemporary(d drawing) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(d.Path), "."+filepath.Base(d.Path)+".*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(d.data)
	return f.Name(), errors.Join(err, f.Chmod(0o644), f.Close())
}
