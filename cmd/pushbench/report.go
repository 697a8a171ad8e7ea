package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"pushbench/report/chart"
	"pushbench/report/finding"
	"pushbench/report/html"
	"pushbench/report/recorded"
	"pushbench/report/review"
	"pushbench/results"
)

// The pages' files: a run's lies in its folder, the others beside the list of runs.
const (
	reportFile  = "report.html"
	overlayFile = "overlay.html"
)

// reportFlags are what report can be told.
type reportFlags struct {
	store, output string
	all           bool
}

func newReport() *cobra.Command {
	var flags reportFlags
	cmd := &cobra.Command{
		Use: "report [RUN…]", Short: "write the HTML report of a run, or lay several over one another",
		Long: "Write report.html into the folder of a run (by default the latest), or overlay.html of several.\n" +
			"RUN is the folder of a run, its run.json, or its id. Pages open from disk and need no network.",
		Example: "  pushbench report\n  pushbench report results/runs/2026-11-23T20-02-20Z-bench-3a95 --all\n  pushbench report A B C -o sweep.html",
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := flags.write(cmd.ErrOrStderr(), args)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "report: %s\n", path)
			return err
		},
	}
	cmd.Flags().StringVar(&flags.store, "out", "results/runs", "`folder` under which run folders are")
	cmd.Flags().StringVarP(&flags.output, "output", "o", "", "`file` to write instead")
	cmd.Flags().BoolVar(&flags.all, "all", false, "write the charts, tables and summary that lie beside a page again, too")
	return cmd
}

// write writes the page of one run or of several, and returns where.
func (f reportFlags) write(warn io.Writer, names []string) (string, error) {
	store := results.Store{Dir: f.store}
	if len(names) == 0 {
		latest, err := store.Latest()
		if err != nil {
			return "", usage(err)
		}
		names = []string{latest.Path}
	}
	var runs []*results.Run
	for i, name := range names {
		names[i] = runPath(store, name)
		run, err := results.Load(names[i])
		if err != nil {
			return "", badRun(err)
		}
		runs = append(runs, run)
	}
	if len(runs) > 1 {
		return writeOverlay(store, f.output, runs)
	}
	return f.writeRun(warn, names[0], runs[0])
}

// runPath takes what is no path for the id of a run in the store.
func runPath(store results.Store, name string) string {
	if _, err := os.Stat(name); err != nil && filepath.Base(name) == name {
		return filepath.Join(store.Dir, name)
	}
	return name
}

// badRun marks a run that is not there or cannot be read as the caller's mistake; a failing disk is none.
func badRun(err error) error {
	var syntax *results.SyntaxError
	var schema *results.SchemaError
	var log *results.LogError
	if errors.Is(err, fs.ErrNotExist) || errors.As(err, &syntax) || errors.As(err, &schema) || errors.As(err, &log) {
		return usage(err)
	}
	return err
}

// writeRun writes the page of a run, by default into its folder.
func (f reportFlags) writeRun(warn io.Writer, path string, run *results.Run) (string, error) {
	histograms, err := loadHistograms(warn, path, run)
	if err != nil {
		return "", badRun(err)
	}
	said, err := review.Of(run, histograms)
	if err != nil {
		return "", err
	}
	said.Answer(finding.Of(run))
	folder := path
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		folder = filepath.Dir(path)
	}
	output := cmp.Or(f.output, filepath.Join(folder, reportFile))
	problems := []error{writeFile(output, func(w io.Writer) error { return html.Run(w, run, said) })}
	if f.all {
		_, err := chart.Write(filepath.Dir(output), run, histograms)
		problems = append(problems, err, review.Write(results.Folder{Path: filepath.Dir(output)}, run, said))
	}
	return output, errors.Join(append(problems, writeIndex(results.Store{Dir: filepath.Dir(folder)}))...)
}

// loadHistograms reads the log beside a run; a run without one has a report all the same, without the charts of distributions.
func loadHistograms(warn io.Writer, path string, run *results.Run) (*recorded.Histograms, error) {
	log, err := results.LoadLog(path)
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(warn, "pushbench: no %s beside the run: percentiles, histograms and latency over time are left out\n", results.LogFile)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return recorded.FromLog(run, log), nil
}

func writeOverlay(store results.Store, output string, runs []*results.Run) (string, error) {
	if output == "" {
		output = filepath.Join(indexFolder(store), overlayFile)
	}
	return output, writeFile(output, func(w io.Writer) error { return html.Runs(w, review.Compare(runs...)) })
}

// writeFile writes a file whole or not at all.
func writeFile(path string, write func(io.Writer) error) error {
	return results.Folder{Path: filepath.Dir(path)}.WriteFile(filepath.Base(path), write)
}
