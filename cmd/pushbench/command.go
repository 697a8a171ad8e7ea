package main

import (
	"os"

	"pushbench/results"
	"pushbench/scenarios"
)

// commandLine is the command that repeats this one, without its secrets: the arguments, after the variables that set parameters.
func commandLine() string {
	return results.RedactCommand(scenarios.Variables(os.Environ()), append([]string{"pushbench"}, os.Args[1:]...))
}
