// Command genschema writes the JSON Schema of target files to the file named by its argument. It is run by go generate.
package main

import (
	"fmt"
	"os"

	"pushbench/loadgen/target/file"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "genschema:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("got %d arguments; want the file to write", len(args))
	}
	data, err := file.Schema()
	if err != nil {
		return err
	}
	return os.WriteFile(args[0], data, 0o644)
}
