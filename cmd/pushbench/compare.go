package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"pushbench/report"
	"pushbench/report/compare"
	"pushbench/results"
)

// compareFlags are what compare can be told.
type compareFlags struct {
	format         choice
	json, markdown bool
	noColor        bool
}

const compareHelp = `Compare finished runs with the first of them: for each scenario and transport the medians over
rounds with 95 % confidence intervals, the change, p (Mann–Whitney U) and n. "~" means that the
change cannot be told from the rounds' own noise; telling any takes at least 4 rounds on each
side, an interval 6: measure with --rounds 10.

A and B are run folders, or run files (run.json). What differs between the runs beside what was
measured (machine, version, seed, workload) is said; an invalid cell is shown and never compared.

--format gobench writes every round of all runs in Go's benchmark format, for a second opinion:
  pushbench compare A B --format gobench > both.txt
  benchstat -col side -row .fullname both.txt

Runs are made one after the other, so whatever changed on the machine in between counts as
change: compare finds and describes, it does not decide. For a verdict measure in pairs (gate).

Exit codes: 0 compared, whatever the outcome; 2 a run that cannot be read; 98 nothing to compare.`

func newCompare() *cobra.Command {
	flags := &compareFlags{format: choice{value: "table", allowed: []string{"table", "json", "markdown", "gobench"}}}
	cmd := &cobra.Command{
		Use: "compare A B [C…]", Short: "compare finished runs: medians, change, and whether it can be told from noise", Long: compareHelp,
		Example: "  pushbench compare results/runs/2026-11-23T17-52-49Z-default-ab12 results/runs/2026-11-23T18-03-10Z-default-09fe",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usage(fmt.Errorf("compare takes at least two run folders or files, have %d (see: pushbench compare --help)", len(args)))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return compareRuns(cmd, flags, args) },
	}
	cmd.Flags().Var(&flags.format, "format", "how to print it")
	cmd.Flags().BoolVar(&flags.json, "json", false, "print it as JSON (the same as --format json)")
	cmd.Flags().BoolVar(&flags.markdown, "markdown", false, "print it as Markdown (the same as --format markdown)")
	cmd.Flags().BoolVar(&flags.noColor, "no-color", false, "use no colours (or NO_COLOR)")
	return cmd
}

func compareRuns(cmd *cobra.Command, flags *compareFlags, paths []string) error {
	if err := flags.settle(cmd); err != nil {
		return err
	}
	var inputs []compare.Input
	var problems []error
	for _, path := range paths {
		run, err := results.Load(path)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		inputs = append(inputs, compare.Input{Label: path, Run: run})
	}
	if len(problems) > 0 {
		return usage(errors.Join(problems...))
	}
	c, err := compare.Runs(inputs)
	if err != nil {
		return &exitError{exitInconclusive, err}
	}
	return flags.print(cmd.OutOrStdout(), c)
}

// settle makes --json and --markdown the formats that they are short for.
func (f *compareFlags) settle(cmd *cobra.Command) error {
	said := 0
	for _, name := range []string{"format", "json", "markdown"} {
		if cmd.Flags().Changed(name) {
			said++
		}
	}
	switch {
	case said > 1:
		return usage(errors.New("compare prints in one format: give one of --format, --json and --markdown"))
	case f.json:
		f.format.value = "json"
	case f.markdown:
		f.format.value = "markdown"
	}
	return nil
}

func (f *compareFlags) print(out io.Writer, c *compare.Comparison) error {
	switch f.format.value {
	case "json":
		encoder := json.NewEncoder(out)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		return encoder.Encode(c)
	case "markdown":
		return report.CompareMarkdown(out, c)
	case "gobench":
		return compare.WriteGoBench(out, c)
	}
	style := styleOf(out)
	style.Color = style.Color && !f.noColor
	return report.CompareTable(out, c, style)
}
