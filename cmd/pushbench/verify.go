package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pushbench/cmd/pushbench/verify"
	reportformat "pushbench/report/format"
)

// verifySchema is the version of what verify --json prints.
const verifySchema = 1

func newVerify() *cobra.Command {
	var asJSON, long bool
	var only []string
	cmd := &cobra.Command{
		Use: "verify", Short: "prove the harness on this machine against theory and published results", Args: noArguments,
		Long: "Measure what theory or a published result already tells, and compare. Exit 0 if everything agrees, 99 if not.\n" +
			"It takes under two minutes; let nothing else run meanwhile.",
		Example: "  pushbench verify\n  pushbench verify --only bytes --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			checks, err := choose(verify.Checks, only)
			if err != nil {
				return usage(err)
			}
			depth := verify.Default
			if long {
				depth = verify.Long
			}
			out := cmd.OutOrStdout()
			if asJSON {
				out = io.Discard
			}
			outcomes := perform(cmd.Context(), checks, depth, out)
			if asJSON {
				if err := writeOutcomes(cmd.OutOrStdout(), outcomes); err != nil {
					return err
				}
			}
			return judgeOutcomes(cmd.Context(), outcomes, len(checks))
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&long, "long", false, "measure longer, with tighter tolerances")
	cmd.Flags().StringSliceVar(&only, "only", nil, "carry out only the `checks` of these names")
	return cmd
}

// choose picks checks by name; none picks all.
func choose(all []verify.Check, names []string) ([]verify.Check, error) {
	if len(names) == 0 {
		return all, nil
	}
	var known []string
	for _, c := range all {
		known = append(known, c.Name)
	}
	var chosen []verify.Check
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			return nil, fmt.Errorf("--only %q: want one of %s", name, strings.Join(known, ", "))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}

// perform carries out the checks one after the other and prints each as it ends.
func perform(ctx context.Context, checks []verify.Check, depth verify.Depth, out io.Writer) []verify.Outcome {
	var outcomes []verify.Outcome
	for i, c := range checks {
		if ctx.Err() != nil {
			break
		}
		o := verify.Perform(ctx, c, lab{pin: choice{value: "auto"}}, depth)
		outcomes = append(outcomes, o)
		printOutcome(out, i+1, len(checks), o)
	}
	return outcomes
}

func printOutcome(out io.Writer, number, of int, o verify.Outcome) {
	width := cmp.Or(styleOf(out).Width, 100)
	say := func(indent int, format string, args ...any) {
		for i, line := range reportformat.Wrap(fmt.Sprintf(format, args...), width-indent-2) {
			hang := min(1, i) * 2
			fmt.Fprintf(out, "%*s%s\n", indent+hang, "", line)
		}
	}
	mark := map[bool]string{true: "✓", false: "✗"}
	say(0, "%s %d/%d %s (%s)", mark[o.Pass()], number, of, o.Name, o.Took.Round(100*time.Millisecond))
	say(2, "%s", o.Source)
	for _, f := range o.Findings {
		say(4, "%s %s: expected %s, measured %s (%s)", mark[f.Pass], f.What, f.Expected, f.Measured, f.Tolerance)
	}
	if o.Error != "" {
		say(4, "✗ could not be carried out: %s", o.Error)
	}
}

// verifyCheck is one compared quantity, as --json prints it.
type verifyCheck struct {
	Name      string `json:"name"`
	Source    string `json:"source"`
	Expected  string `json:"expected"`
	Measured  string `json:"measured"`
	Tolerance string `json:"tolerance"`
	Pass      bool   `json:"pass"`
}

func writeOutcomes(out io.Writer, outcomes []verify.Outcome) error {
	document := struct {
		Schema int           `json:"schema"`
		Checks []verifyCheck `json:"checks"`
	}{Schema: verifySchema, Checks: []verifyCheck{}}
	for _, o := range outcomes {
		for _, f := range o.Findings {
			document.Checks = append(document.Checks, verifyCheck{o.Name + ": " + f.What, o.Source, f.Expected, f.Measured, f.Tolerance, f.Pass})
		}
		if o.Error != "" {
			document.Checks = append(document.Checks, verifyCheck{Name: o.Name, Source: o.Source, Measured: o.Error})
		}
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document)
}

func judgeOutcomes(ctx context.Context, outcomes []verify.Outcome, wanted int) error {
	if len(outcomes) < wanted {
		return fmt.Errorf("interrupted after %d of %d checks: %w", len(outcomes), wanted, context.Cause(ctx))
	}
	var failed []string
	for _, o := range outcomes {
		if !o.Pass() {
			failed = append(failed, o.Name)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return &exitError{exitThreshold, fmt.Errorf("%d of %d checks failed: %s", len(failed), wanted, strings.Join(failed, ", "))}
}
