package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"pushbench/report"
	"pushbench/report/finding"
	"pushbench/report/format"
	"pushbench/results"
	"pushbench/scenarios"
)

func newFindings() *cobra.Command {
	var store, into string
	var markdown bool
	cmd := &cobra.Command{
		Use: "findings [RUN…]", Short: "what runs answer to their scenarios' questions, a sentence each",
		Long: "Print each scenario's question, what was measured as an answer, what the answer does not say, and the command.\n" +
			"RUN is the folder of a run, its run.json, or its id; without any, all runs under --out. Of each scenario the newest run speaks.",
		Example: "  pushbench findings\n  pushbench findings results/runs/2026-11-23T20-02-20Z-bench-3a95 --markdown\n" +
			"  pushbench findings --out results/runs/findings --into scenarios/README.md",
		RunE: func(cmd *cobra.Command, args []string) error {
			rows, err := gatherFindings(cmd.ErrOrStderr(), results.Store{Dir: store}, args)
			if err != nil {
				return err
			}
			if into != "" {
				return writeFindings(into, rows)
			}
			if markdown {
				return report.FindingsMarkdown(cmd.OutOrStdout(), rows)
			}
			return report.Findings(cmd.OutOrStdout(), rows, styleOf(cmd.OutOrStdout()))
		},
	}
	cmd.Flags().StringVar(&store, "out", "results/runs", "`folder` under which run folders are")
	cmd.Flags().BoolVar(&markdown, "markdown", false, "a table in GitHub's dialect of Markdown, with the machine and the days")
	cmd.Flags().StringVar(&into, "into", "", "write that table into a Markdown `file`, between the lines "+findingsBegin+" and "+findingsEnd)
	return cmd
}

// What stands between these lines of a document is made by the program.
const (
	findingsBegin = "<!-- findings -->"
	findingsEnd   = "<!-- /findings -->"
)

// writeFindings replaces what stands between the marks of a document.
func writeFindings(path string, rows []report.FindingRow) error {
	old, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return usage(fmt.Errorf("--into: %w", err))
	}
	if err != nil {
		return err
	}
	before, rest, begins := bytes.Cut(old, []byte(findingsBegin+"\n"))
	_, after, ends := bytes.Cut(rest, []byte(findingsEnd+"\n"))
	if !begins || !ends {
		return usage(fmt.Errorf("--into: %s does not say where: put the lines %s and %s into it", path, findingsBegin, findingsEnd))
	}
	return writeFile(path, func(w io.Writer) error {
		if _, err := fmt.Fprintf(w, "%s%s\n\n", before, findingsBegin); err != nil {
			return err
		}
		if err := report.FindingsMarkdown(w, rows); err != nil {
			return err
		}
		_, err := fmt.Fprintf(w, "\n%s\n%s", findingsEnd, after)
		return err
	})
}

// gatherFindings reads runs and takes each scenario's finding from the newest that has it: the built-in scenarios in the order of list, then the others.
func gatherFindings(warn io.Writer, store results.Store, names []string) ([]report.FindingRow, error) {
	runs, err := loadNamed(warn, store, names)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(runs, func(a, b *results.Run) int { return b.Created.Compare(a.Created) })
	seen := map[string]bool{}
	var rows []report.FindingRow
	for _, run := range runs {
		for _, f := range finding.Of(run) {
			if !seen[f.Scenario] {
				seen[f.Scenario] = true
				rows = append(rows, report.NewFindingRow(f, run))
			}
		}
	}
	if len(rows) == 0 {
		return nil, usage(errors.New("no run holds a scenario: measure one with pushbench run NAME"))
	}
	order := scenarios.Names()
	place := func(r report.FindingRow) int {
		if at := slices.Index(order, r.Scenario); at >= 0 {
			return at
		}
		return len(order)
	}
	slices.SortStableFunc(rows, func(a, b report.FindingRow) int { return place(a) - place(b) })
	return rows, nil
}

// loadNamed reads the runs named, or all of the store; of those one that cannot be read is told and passed over.
func loadNamed(warn io.Writer, store results.Store, names []string) ([]*results.Run, error) {
	var runs []*results.Run
	for _, name := range names {
		run, err := results.Load(runPath(store, name))
		if err != nil {
			return nil, badRun(err)
		}
		runs = append(runs, run)
	}
	if len(names) > 0 {
		return runs, nil
	}
	ids, err := store.Runs()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, usage(fmt.Errorf("there are no runs under %s: measure one with pushbench run NAME", store.Dir))
	}
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		run, err := results.Load(filepath.Join(store.Dir, id))
		if err != nil {
			fmt.Fprintf(warn, "pushbench: passed over: %s\n", format.Clean(err.Error()))
			continue
		}
		runs = append(runs, run)
	}
	return runs, nil
}
