//go:build !linux

// Command bench-floor says what the load generator itself costs. It measures on Linux only, whose epoll and CPU clocks it is made of.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "bench-floor: it measures on Linux only")
	os.Exit(1)
}
