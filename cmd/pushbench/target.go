package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"pushbench/loadgen/target/file"
	"pushbench/scenarios"
)

func newTarget() *cobra.Command {
	cmd := &cobra.Command{
		Use: "target", Short: "target files, which describe how clients speak to a server",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SuggestionsMinimumDistance: 2,
	}
	cmd.AddCommand(newTargetCheck(), newTargetList(), newTargetSchema())
	return cmd
}

func newTargetList() *cobra.Command {
	return &cobra.Command{
		Use: "list [NAME|FILE]", Short: "list the target files that are built in, or show one whole, to start from", Aliases: []string{"example"},
		Example: "  pushbench target list\n  pushbench target list nchan > mine.yaml",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(fmt.Errorf("%s takes the name of one target file, have %q", cmd.CommandPath(), args))
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, e := range file.Examples() {
				names = append(names, e.Name)
			}
			return names, cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return showTarget(cmd.OutOrStdout(), args[0])
			}
			return listTargets(cmd.OutOrStdout(), file.Examples())
		},
	}
}

// listTargets writes a header and one line for each target file, name first.
func listTargets(out io.Writer, all []file.Example) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tTRANSPORTS\tSERVER")
	for _, e := range all {
		t, err := e.Source().Parse()
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", e.Name, strings.Join(transportsOf(t), ","), e.About)
	}
	return w.Flush()
}

func transportsOf(t *file.Target) (names []string) {
	for _, transport := range scenarios.Transports {
		if t.Describes(transport) {
			names = append(names, string(transport))
		}
	}
	return names
}

// showTarget writes a target file as it is, once nothing is wrong with it.
func showTarget(out io.Writer, nameOrPath string) error {
	source, err := file.Open(nameOrPath)
	if err == nil {
		_, err = source.Parse()
	}
	if err != nil {
		return usage(err)
	}
	_, err = out.Write(source.Text)
	return err
}
