package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"pushbench/scenarios"
)

func newList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "list the scenarios and the question each answers", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return list(cmd.OutOrStdout(), scenarios.List()) },
	}
}

// list writes a header and one line for each scenario, name first.
func list(out io.Writer, all []*scenarios.Scenario) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tPATTERN\tCLIENTS\tRATE\tQUESTION")
	for _, s := range all {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", s.Name, s.Pattern, s.Clients, s.Rate, s.Question)
	}
	return w.Flush()
}
