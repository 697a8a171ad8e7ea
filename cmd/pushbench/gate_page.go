package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"pushbench/report/html"
	"pushbench/report/review"
	"pushbench/results"
)

// gated is what a report reads of a gate.
func (g *gateFile) gated() review.Gated {
	out := review.Gated{
		ID: g.ID, Created: g.Created, Took: g.Took, Tool: g.Tool, Environment: g.Environment, Seed: g.Seed, Command: g.Command, Scenario: g.Scenario,
		Design: g.Design, Evidence: g.Evidence, Decision: g.Decision, Verdict: g.verdict(), Said: []string{g.sensitivity(), g.calibrated()},
	}
	if g.WarmUp != nil {
		out.Said = append(out.Said, g.WarmUp.String())
	}
	if g.Ended != "" {
		out.Said = append(out.Said, "Ended early: "+g.Ended)
	}
	if g.Stored != nil {
		out.Baseline, out.Candidate = g.Stored.Baseline.ID, g.Stored.Candidate.ID
		for _, t := range g.Stored.Thresholds {
			out.Said = append(out.Said, "Threshold of the candidate: "+string(t.Outcome)+": "+thresholdText(t))
		}
	}
	return out
}

// page writes the gate's page.
func (g *gateFile) page(w io.Writer) error { return html.Gate(w, review.OfGate(g.gated())) }

// isGate says that a path is a gate's folder, or its file, and no run's.
func isGate(path string) bool {
	if filepath.Base(path) == gateFileName {
		return true
	}
	if _, err := os.Stat(filepath.Join(path, results.RunFile)); err == nil {
		return false
	}
	_, err := os.Stat(filepath.Join(path, gateFileName))
	return err == nil
}

// gatesBeside are the gates, in the folders that hold the runs, that compared two of them. One that cannot be read is passed over: nobody asked for it.
func gatesBeside(paths []string, runs []*results.Run) ([]*gateFile, error) {
	var found []*gateFile
	var seen []string
	for _, path := range paths {
		parent := filepath.Dir(filepath.Clean(path))
		if slices.Contains(seen, parent) {
			continue
		}
		seen = append(seen, parent)
		entries, err := os.ReadDir(parent)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, e := range entries {
			if g, err := readGateFile(filepath.Join(parent, e.Name())); err == nil && g.compares(runs) {
				found = append(found, g)
			}
		}
	}
	return found, nil
}

// compares says that both of a gate's sides are among the runs.
func (g *gateFile) compares(runs []*results.Run) bool {
	has := func(id string) bool {
		return slices.ContainsFunc(runs, func(r *results.Run) bool { return r.ID == id })
	}
	return g.Stored != nil && has(g.Stored.Baseline.ID) && has(g.Stored.Candidate.ID)
}
