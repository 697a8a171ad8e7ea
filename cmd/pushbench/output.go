package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"pushbench/report"
	"pushbench/report/chart"
	"pushbench/report/finding"
	"pushbench/report/html"
	"pushbench/report/recorded"
	"pushbench/report/review"
	"pushbench/results"
)

// output saves a run and shows it.
type output struct {
	cmd    *cobra.Command
	flags  *runFlags
	folder results.Folder
	id     string
}

func newOutput(cmd *cobra.Command, flags *runFlags) *output { return &output{cmd: cmd, flags: flags} }

// prepare makes the run's folder.
func (o *output) prepare(id string) (err error) {
	o.id = id
	o.folder, err = results.Store{Dir: o.flags.out}.Create(id)
	return err
}

// finish saves and prints what was measured, and returns the error that decides the exit code. Saving comes first and is never given up because of
// an earlier error; printing is never given up because saving failed.
func (o *output) finish(measured outcome, runErr error) error {
	run := measured.run
	run.ID = o.id
	if len(run.Cells) == 0 {
		_ = os.Remove(o.folder.Path)
		if run.Interrupted {
			return &exitError{exitInterrupted, errors.New("interrupted before anything was measured; nothing is saved")}
		}
		return errors.Join(runErr, errors.New("nothing was measured"))
	}
	judgeErr := judge(measured)
	saveErr := o.save(measured)
	printErr := errors.Join(judgeErr, o.print(run), o.publish(run))
	switch {
	case run.Interrupted:
		return &exitError{exitInterrupted, errors.Join(errors.New("interrupted; what was measured is saved"), saveErr, printErr)}
	case runErr != nil, saveErr != nil, printErr != nil:
		return errors.Join(runErr, saveErr, printErr)
	}
	return verdictOf(run)
}

// judge holds the scenarios' thresholds against what was measured.
func judge(measured outcome) (err error) {
	measured.run.Thresholds, err = results.JudgeThresholds(measured.run, measured.histograms)
	return err
}

// publish writes what a CI system shows.
func (o *output) publish(run *results.Run) error {
	err := appendSummary(func(w io.Writer) error { return report.Markdown(w, run, finding.Of(run)...) })
	if o.flags.junit != "" {
		err = errors.Join(err, writeJUnit(o.flags.junit, runSuites(run)))
	}
	return err
}

// save writes the run's files; a run that cannot be written where it should be goes to the system's temporary folder rather than nowhere.
func (o *output) save(measured outcome) error {
	err := writeRun(o.folder, measured)
	if err == nil {
		return nil
	}
	rescue, rescueErr := results.Store{Dir: os.TempDir()}.Create(o.id)
	if rescueErr == nil {
		rescueErr = writeRun(rescue, measured)
	}
	if rescueErr != nil {
		return errors.Join(err, fmt.Errorf("and saving it in %s failed too: %w", os.TempDir(), rescueErr))
	}
	o.folder = rescue
	return fmt.Errorf("%w; the run was saved in %s instead", err, rescue.Path)
}

func writeRun(folder results.Folder, measured outcome) error {
	err := folder.WriteFile(results.LogFile, func(w io.Writer) error { return results.WriteLog(w, measured.logs) })
	if err == nil {
		err = folder.WriteRun(measured.run)
	}
	if err != nil {
		return err
	}
	return errors.Join(folder.WriteDistributions(measured.logs), writeReport(folder, measured))
}

// writeReport writes what is made for people of a run that is already saved.
func writeReport(folder results.Folder, measured outcome) error {
	histograms := recorded.New(measured.histograms)
	_, chartErr := chart.Write(folder.Path, measured.run, histograms)
	said, err := review.Of(measured.run, histograms)
	if err == nil {
		said.Answer(finding.Of(measured.run))
		err = errors.Join(review.Write(folder, measured.run, said), folder.WriteFile(reportFile, func(w io.Writer) error { return html.Run(w, measured.run, said) }))
	}
	return errors.Join(chartErr, err, writeIndex(results.Store{Dir: filepath.Dir(folder.Path)}))
}

// print writes the table, or the run file alone.
func (o *output) print(run *results.Run) error {
	out := o.cmd.OutOrStdout()
	if o.flags.json {
		return results.EncodeRun(out, run)
	}
	if err := report.Table(out, run, o.style(), finding.Of(run)...); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nfiles: %s\nreport: %s\n", o.folder.Path, filepath.Join(o.folder.Path, reportFile))
	return err
}

// style is how to print: as the terminal allows, without colour if that was asked for.
func (o *output) style() report.Style {
	s := styleOf(o.cmd.OutOrStdout())
	s.Color = s.Color && !o.flags.noColor
	return s
}

// styleOf is how to print to out.
func styleOf(out io.Writer) report.Style {
	if file, ok := out.(*os.File); ok {
		return report.StyleOf(file, os.Getenv)
	}
	return report.Style{}
}

// invalidCells is an error if a cell may not be quoted.
func invalidCells(run *results.Run) error {
	invalid := 0
	for _, c := range run.Cells {
		if c.Verdict != results.Valid {
			invalid++
		}
	}
	if invalid == 0 {
		return nil
	}
	return &exitError{exitInconclusive, fmt.Errorf("%d of %d cells are invalid; the warnings say why and what to do", invalid, len(run.Cells))}
}
