package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

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
		Long: "Write report.html into the folder of a run (by default the latest) or of a gate, or overlay.html of several runs:\n" +
			"a sweep over separate runs becomes curves with their crossovers, two builds a comparison with the verdict of a\n" +
			"gate that is named, too, or that lies beside the runs.\n" +
			"RUN is the folder of a run or a gate, its run.json or gate.json, or its id. Pages open from disk and need no network.",
		Example: "  pushbench report\n  pushbench report results/runs/2026-11-23T20-02-20Z-bench-3a95 --all\n  pushbench report A B C -o sweep.html\n" +
			"  pushbench report before after results/runs/2026-11-24T09-11-43Z-gate-quick-3e53",
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

// write writes the page of one run, of one gate, or of several runs with what gates say of them, and returns where.
func (f reportFlags) write(warn io.Writer, names []string) (string, error) {
	store := results.Store{Dir: f.store}
	if len(names) == 0 {
		latest, err := store.Latest()
		if err != nil {
			return "", usage(err)
		}
		names = []string{latest.Path}
	}
	o := overlaid{}
	for _, name := range names {
		if err := o.load(runPath(store, name)); err != nil {
			return "", err
		}
	}
	switch {
	case len(o.runs) == 0 && len(o.gates) == 1:
		return f.writeGate(o.gatePaths[0], o.gates[0])
	case len(o.runs) == 0:
		return "", usage(fmt.Errorf("%d gates and no run: a gate's page is its own, give one folder at a time", len(o.gates)))
	case len(names) == 1:
		return f.writeRun(warn, o.paths[0], o.runs[0])
	}
	return f.writeOverlay(store, o)
}

// overlaid are the runs and gates that were named, with their paths.
type overlaid struct {
	runs             []*results.Run
	gates            []*gateFile
	paths, gatePaths []string
}

func (o *overlaid) load(path string) error {
	if isGate(path) {
		g, err := readGateFile(path)
		o.gates, o.gatePaths = append(o.gates, g), append(o.gatePaths, path)
		return err
	}
	run, err := results.Load(path)
	if err != nil {
		return badRun(err)
	}
	o.runs, o.paths = append(o.runs, run), append(o.paths, path)
	// The folder of a gate that measured its candidate holds that run, too.
	if g, err := readGateFile(folderOf(path)); err == nil {
		o.gates, o.gatePaths = append(o.gates, g), append(o.gatePaths, path)
	}
	return nil
}

// writeGate writes the page of a gate, by default into its folder.
func (f reportFlags) writeGate(path string, g *gateFile) (string, error) {
	output := cmp.Or(f.output, filepath.Join(folderOf(path), gatePageName))
	return output, writeFile(output, g.page)
}

// folderOf is the folder that a run or a gate was named by, or lies in.
func folderOf(path string) string {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return filepath.Dir(path)
	}
	return path
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
	folder := folderOf(path)
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

// writeOverlay lays runs over one another, with the verdicts of the gates that were named, or that lie beside the runs.
func (f reportFlags) writeOverlay(store results.Store, o overlaid) (string, error) {
	beside, err := gatesBeside(o.paths, o.runs)
	if err != nil {
		return "", err
	}
	over := review.Compare(o.runs...)
	for _, g := range append(o.gates, beside...) {
		if !slices.ContainsFunc(over.Gates, func(r *review.GateReview) bool { return r.Run.ID == g.ID }) {
			over.Gates = append(over.Gates, review.OfGate(g.gated()))
		}
	}
	output := cmp.Or(f.output, filepath.Join(indexFolder(store), overlayFile))
	for i, run := range o.runs {
		at := slices.IndexFunc(over.Runs, func(r review.Identity) bool { return r.ID == review.IdentityOf(run).ID })
		if at >= 0 {
			over.Runs[at].Page = pageFrom(filepath.Dir(output), folderOf(o.paths[i]))
		}
	}
	problems := []error{writeFile(output, func(w io.Writer) error { return html.Runs(w, over) })}
	if f.all && over.Merged != nil {
		_, err := chart.Write(filepath.Dir(output), over.Merged, nil)
		problems = append(problems, err)
	}
	return output, errors.Join(problems...)
}

// pageFrom leads from a folder to the page of a run, if it has one.
func pageFrom(dir, folder string) string {
	page := filepath.Join(folder, reportFile)
	from, fromErr := filepath.Abs(dir)
	to, toErr := filepath.Abs(page)
	rel, relErr := filepath.Rel(from, to)
	if _, err := os.Stat(page); errors.Join(fromErr, toErr, relErr, err) != nil {
		return ""
	}
	return filepath.ToSlash(rel)
}

// writeFile writes a file whole or not at all.
func writeFile(path string, write func(io.Writer) error) error {
	return results.Folder{Path: filepath.Dir(path)}.WriteFile(filepath.Base(path), write)
}
