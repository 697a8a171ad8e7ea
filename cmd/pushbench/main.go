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
	context.AfterFunc(ctx, func() { exitOnSignal(stop) })
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// exitOnSignal ends the process at once on a second Ctrl-C; the first one ends the run in order and saves it. The default action of the signal would not
// do: a shell starts what it puts in the background with SIGINT ignored. The children end because their standard input does. The new handler is there
// before stopFirst takes the old one away: in between, a signal that is sent twice would kill the process with nothing saved.
func exitOnSignal(stopFirst func()) {
	again := make(chan os.Signal, 1)
	signal.Notify(again, os.Interrupt, syscall.SIGTERM)
	stopFirst()
	<-again
	os.Exit(exitInterrupted)
}

// streams are the process's standard ones, or a test's.
type streams struct {
	in       io.Reader
	out, err io.Writer
}
