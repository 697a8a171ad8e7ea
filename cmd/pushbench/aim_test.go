package main

import (
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pushbench/loadgen/target/file"
)

// A name that stands twice has the cost of both: a proxy's is that of what stands behind it, too.
func TestCostsAddUp(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads processes through /proc")
	}
	there, err := file.ParseURL("http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	self, parent := os.Getpid(), os.Getppid()
	a, b := strconv.Itoa(self), strconv.Itoa(parent)
	for name, test := range map[string]struct {
		text string
		want [2][]int
		bad  bool
	}{
		"one each":      {text: "direct=" + a + ",proxy=" + b, want: [2][]int{{self}, {parent}}},
		"two of one":    {text: "direct=" + a + ",proxy=" + b + ",proxy=" + a, want: [2][]int{{self}, {parent, self}}},
		"one twice":     {text: "direct=" + a + ",direct=" + a, bad: true},
		"nobody's":      {text: "direct=" + a + "," + b, bad: true},
		"not a process": {text: "direct=nginx", bad: true},
	} {
		t.Run(name, func(t *testing.T) {
			aims := []*aim{{name: "direct", url: there}, {name: "proxy", url: there}}
			switch err := addCosts(aims, "--server-pid", test.text, (*costSource).addPID); {
			case test.bad && err == nil:
				t.Error("it is accepted")
			case test.bad:
			case err != nil:
				t.Error(err)
			case !slices.Equal(aims[0].info().PIDs, test.want[0]) || !slices.Equal(aims[1].info().PIDs, test.want[1]):
				t.Errorf("the targets have %v and %v, want %v", aims[0].info().PIDs, aims[1].info().PIDs, test.want)
			}
		})
	}
}

// A variable of the shell that is not set would have another server measured than was meant.
func TestNoEmptyTargets(t *testing.T) {
	commands := map[string][]string{
		"run": {"target", "server-pid", "server-cgroup"}, "bench": {"target"}, "observe": {"target"},
		"gate": {"baseline", "candidate", "baseline-ref", "baseline-cmd", "candidate-cmd", "build-cmd", "redecide"},
	}
	for command, flags := range commands {
		for _, flag := range flags {
			var said strings.Builder
			code := run(t.Context(), []string{command, "--" + flag, ""}, streams{in: strings.NewReader(""), out: io.Discard, err: &said})
			if code != exitUsage || !strings.Contains(said.String(), `"--`+flag+`" flag: it is empty`) {
				t.Errorf("%s --%s '' ends with %d: %s", command, flag, code, said.String())
			}
		}
	}
}
