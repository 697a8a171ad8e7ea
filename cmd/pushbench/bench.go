package main

import "github.com/spf13/cobra"

// benchSuite is what bench runs.
const benchSuite = "bench"

func newBench() *cobra.Command {
	flags := &runFlags{}
	cmd := &cobra.Command{
		Use: "bench", Short: "the default comparison: what a user feels, then what the server pays; under 2½ minutes", Args: noArguments,
		Example: "  pushbench bench\n  pushbench bench --transport websocket,longpoll --clients 10k --rate 1/s",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return measure(cmd, flags, benchSuite)
		},
	}
	flags.register(cmd.Flags())
	flags.aim.register(cmd.Flags())
	flags.watch.register(cmd.Flags())
	return cmd
}
