// Command pushbench measures what WebSockets cost and gain against HTTP long-polling for a workload: see the README.
//
// Each verb has a file of its own. bench and run share experiment.go, which executes rounds in processes of their own (processes.go) and says
// what they measured (output.go, display.go).
package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first Ctrl-C ends the run in order and saves it; a second one ends the process at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// streams are the process's standard ones, or a test's.
type streams struct {
	in       io.Reader
	out, err io.Writer
}
