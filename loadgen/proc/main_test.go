package proc

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// childRole is the environment variable that makes this test binary play a child.
const childRole = "PUSHBENCH_TEST_CHILD"

func TestMain(m *testing.M) {
	if role := os.Getenv(childRole); role != "" {
		os.Exit(playChild(role))
	}
	goleak.VerifyTestMain(m)
}

// playChild is what the children of these tests do.
func playChild(role string) int {
	switch role {
	case "serve": // says that it is ready, ends when asked to
		asked := make(chan os.Signal, 1)
		signal.Notify(asked, syscall.SIGTERM, os.Interrupt)
		fmt.Println("ready")
		fmt.Println("asked:", <-asked)
	case "follow": // ends with its standard input, and says what it read
		text, _ := io.ReadAll(os.Stdin)
		fmt.Printf("read %d bytes\n", len(text))
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("ready")
		time.Sleep(time.Hour)
	case "die":
		fmt.Fprintln(os.Stderr, "first words")
		fmt.Fprintln(os.Stderr, strings.Repeat("noise\n", 2000))
		fmt.Fprintln(os.Stderr, "listen tcp: address already in use")
		return 3
	case "leave": // ends, but leaves a process that holds its output open
		grandchild := exec.Command("sleep", "600")
		grandchild.Stdout, grandchild.Stderr = os.Stdout, os.Stderr
		if err := grandchild.Start(); err != nil {
			return 1
		}
		fmt.Println("left", grandchild.Process.Pid)
	case "processors":
		fmt.Println(runtime.GOMAXPROCS(0), runtime.NumCPU())
		cpus, err := UsableCPUs()
		fmt.Println(cpus, err)
	case "burn":
		fmt.Println("ready")
		go func() { _, _ = io.Copy(io.Discard, os.Stdin); os.Exit(0) }()
		for x := uint32(1); ; x = x*1664525 + 1013904223 {
			runtime.KeepAlive(x)
		}
	}
	return 0
}
