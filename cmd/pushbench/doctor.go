package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"pushbench/loadgen/pace"
	"pushbench/results"
	"pushbench/scenarios"
)

func newDoctor() *cobra.Command {
	clients := scenarios.Count(10_000)
	asJSON := false
	cmd := &cobra.Command{
		Use: "doctor", Short: "this machine's limits that matter, and the command that lifts each", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if clients < 1 {
				return usage(fmt.Errorf("--clients %d: want at least 1", clients))
			}
			environment := results.ReadEnvironment()
			found := limits(environment, demand{Connections: int(clients), Opened: int(clients)})
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(diagnosis{environment, int(clients), found})
			}
			return diagnose(cmd.OutOrStdout(), environment, int(clients), found)
		},
	}
	cmd.Flags().VarP(&clients, "clients", "c", "how many simulated clients the machine should hold")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

type diagnosis struct {
	Environment results.Environment `json:"environment"`
	Clients     int                 `json:"clients"`
	Limits      []limit             `json:"limits"`
}

// diagnose prints what was found, and after it the fixes.
func diagnose(out io.Writer, e results.Environment, clients int, found []limit) error {
	fmt.Fprintf(out, "For %d clients on this machine (%s, %s, kernel %s):\n\n", clients, e.CPUModel, e.Arch, e.Kernel)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "LIMIT\tHAVE\tNEED\t")
	for _, l := range found {
		mark := "ok"
		if !l.OK {
			mark = "LOW"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", l.Name, l.Have, l.Need, mark)
	}
	fmt.Fprintf(w, "timer\t%s\ttimerfd\t%s\n", pace.Name(), timerMark())
	if err := w.Flush(); err != nil {
		return err
	}
	for _, l := range found {
		if !l.OK {
			fmt.Fprintf(out, "\n%s:\n  %s\n", l.Name, l.Fix)
		}
	}
	return nil
}

// timerMark judges the pacer's timer: a millisecond's resolution is too coarse to tell transports on a fast network apart.
func timerMark() string {
	if pace.Resolution() < time.Millisecond {
		return "ok"
	}
	return "LOW: publishes are up to " + pace.Resolution().String() + " late"
}
