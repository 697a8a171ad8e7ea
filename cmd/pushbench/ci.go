package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"pushbench/report"
	"pushbench/report/gate"
	"pushbench/report/junit"
	"pushbench/report/review"
	"pushbench/results"
)

// summaryVariable names the file whose Markdown GitHub, Gitea and Forgejo show with a job.
const summaryVariable = "GITHUB_STEP_SUMMARY"

// maxSummary is the most that GitHub takes for one step; it drops the whole summary beyond it.
const maxSummary = 1 << 20

// appendSummary appends Markdown to the job's summary where a CI has one, and does nothing elsewhere. What would make the summary too long is left out
// with a word that it was.
func appendSummary(write func(io.Writer) error) error {
	path := os.Getenv(summaryVariable)
	if path == "" {
		return nil
	}
	var text bytes.Buffer
	if err := write(&text); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("append to the job's summary (%s): %w", summaryVariable, err)
	}
	defer file.Close() // a failed write is reported below
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("append to the job's summary (%s): %w", summaryVariable, err)
	}
	if _, err := file.Write(fitSummary(text.Bytes(), maxSummary-info.Size())); err != nil {
		return fmt.Errorf("append to the job's summary (%s): %w", summaryVariable, err)
	}
	return nil
}

// fitSummary cuts text at the end of a line so that it and a note fit in room bytes.
func fitSummary(text []byte, room int64) []byte {
	const note = "\n\n*The rest is left out: a job's summary may have 1 MiB. The run's folder has everything.*\n"
	if int64(len(text)) <= room {
		return text
	}
	keep := max(0, room-int64(len(note)))
	end := bytes.LastIndexByte(text[:keep], '\n') + 1
	return append(text[:end:end], note...)
}

// writeJUnit writes suites to a file, whole or not at all.
func writeJUnit(path string, suites []junit.Suite) error {
	folder := results.Folder{Path: filepath.Dir(path)}
	if err := folder.WriteFile(filepath.Base(path), func(w io.Writer) error { return junit.Write(w, suites) }); err != nil {
		return fmt.Errorf("--junit: %w", err)
	}
	return nil
}

// checkJUnit finds out before anything is measured that the file cannot be written.
func checkJUnit(path string) error {
	if path == "" {
		return nil
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
		return usage(fmt.Errorf("--junit %s: there is no folder %s: make it first", path, filepath.Dir(path)))
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() || strings.HasPrefix(filepath.Base(path), ".") {
		return usage(fmt.Errorf("--junit %s: want the name of a file that is not hidden", path))
	}
	return nil
}

// runSuites is a run as test results: a suite for each scenario with a case for each cell, skipped if it is invalid, and for each rule.
func runSuites(run *results.Run) []junit.Suite {
	var suites []junit.Suite
	for _, s := range run.Scenarios {
		suite := junit.Suite{Name: s.Name}
		for _, c := range run.Cells {
			if c.Scenario == s.Name {
				suite.Cases = append(suite.Cases, cellCase(c))
			}
		}
		for _, t := range run.Thresholds {
			if t.Scenario == s.Name {
				suite.Cases = append(suite.Cases, thresholdCase(t))
			}
		}
		suites = append(suites, suite)
	}
	return suites
}

// cellCase takes as long as its rounds did.
func cellCase(c results.Cell) junit.Case {
	made := junit.Case{Name: "measurement is valid", Class: c.Scenario + "." + results.ArmTag(c)}
	for _, r := range c.Rounds {
		if n := len(r.Phases); n > 0 {
			made.Seconds += (r.Phases[n-1].End - r.Phases[0].Start).Seconds()
		}
	}
	if c.Verdict == results.Valid {
		return made
	}
	reasons := []string{"the cell is invalid"}
	for _, w := range c.Warnings {
		if w.Invalidates {
			reasons = append(reasons, w.Text)
		}
	}
	made.Skipped = strings.Join(reasons, "\n")
	return made
}

func thresholdCase(t results.ThresholdResult) junit.Case {
	made := junit.Case{Name: t.Rule, Class: t.Scenario}
	if t.Transport != "" {
		made.Class += "." + results.ArmTag(results.Cell{Transport: t.Transport, Target: t.Target, Params: t.Params})
	}
	switch t.Outcome {
	case results.Passed:
	case results.Failed:
		made.Failure = "measured " + report.Measured(*t.Measured, t.Unit)
		if t.Note != "" {
			made.Failure += " (" + t.Note + ")"
		}
	default:
		made.Skipped = "inconclusive: " + t.Note
	}
	return made
}

// verdictOf is the error of a run that failed its thresholds or may not be quoted. A rule broken by a valid cell is certain whatever else is invalid,
// so it decides the exit code.
func verdictOf(run *results.Run) error {
	invalid := invalidCells(run)
	failed, open := 0, 0
	for _, t := range run.Thresholds {
		switch t.Outcome {
		case results.Failed:
			failed++
		case results.Inconclusive:
			open++
		}
	}
	switch {
	case failed > 0:
		return &exitError{exitThreshold, errors.Join(fmt.Errorf("%d of %d thresholds failed", failed, len(run.Thresholds)), invalid)}
	case open > 0:
		return &exitError{exitInconclusive, errors.Join(fmt.Errorf("%d of %d thresholds are inconclusive", open, len(run.Thresholds)), invalid)}
	}
	return invalid
}

// publish writes what a CI system shows of a gate; JUnit XML if there is a path for it.
func (g *gateFile) publish(junitPath string) error {
	err := appendSummary(g.markdown)
	if junitPath != "" {
		err = errors.Join(err, writeJUnit(junitPath, []junit.Suite{g.suite()}))
	}
	return err
}

// suite is a gate as test results: a case for whether it came to a decision, and one for each rule, skipped if that could not be decided.
func (g *gateFile) suite() junit.Suite {
	decided := junit.Case{Name: "the gate decides", Class: g.Scenario.Name, Seconds: g.Took.Seconds()}
	switch {
	case g.Ended != "":
		decided.Skipped = "ended early: " + g.Ended
	case g.verdict() == gate.Inconclusive:
		decided.Skipped = "inconclusive: " + g.sensitivity()
	}
	suite := junit.Suite{Name: "gate " + g.Scenario.Name, Cases: []junit.Case{decided}}
	for _, f := range g.Decision.Findings {
		suite.Cases = append(suite.Cases, findingCase(f))
	}
	if g.Stored != nil {
		for _, t := range g.Stored.Thresholds {
			suite.Cases = append(suite.Cases, thresholdCase(t))
		}
	}
	return suite
}

func findingCase(f gate.Finding) junit.Case {
	made := junit.Case{Name: review.RuleName(f.Rule), Class: f.Rule.Scenario + "." + string(f.Rule.Transport)}
	text := fmt.Sprintf("%s\n%s, %s", f.Reason, sidesText(f), review.RuleChange(f))
	switch f.Verdict {
	case gate.Fail:
		made.Failure = text
	case gate.Inconclusive:
		made.Skipped = "inconclusive: " + text
	default:
		if needsReason(f) {
			made.Output = text
		}
	}
	return made
}
