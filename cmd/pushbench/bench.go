package main

import "github.com/spf13/cobra"

// benchScenarios are what bench runs, in this order.
var benchScenarios = []string{"internet", "default"}

func newBench() *cobra.Command {
	flags := &runFlags{}
	cmd := &cobra.Command{
		Use: "bench", Short: "the default comparison: what a user feels, then what the server pays; under 2½ minutes", Args: noArguments,
		Example: "  pushbench bench\n  pushbench bench --transport websocket,longpoll --clients 10k --rate 1/s",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return measure(cmd, flags, benchScenarios)
		},
	}
	flags.register(cmd.Flags())
	return cmd
}
