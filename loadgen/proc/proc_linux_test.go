package proc

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A pinned child runs on its processors only, and its runtime counts no others. This process keeps all of its own.
func TestPinning(t *testing.T) {
	before, err := UsableCPUs()
	if err != nil {
		t.Fatal(err)
	}
	for _, cpu := range before {
		p, said := child(t, "processors", func(c *Command) { c.CPUs = []int{cpu} })
		<-p.Done()
		if want := fmt.Sprintf("1 1\n[%d] <nil>\n", cpu); said.String() != want {
			t.Errorf("pinned to processor %d, it said %q, want %q", cpu, said.String(), want)
		}
	}
	p, said := child(t, "processors", nil)
	<-p.Done()
	if want := fmt.Sprintf("%d %d\n%v <nil>\n", len(before), len(before), before); said.String() != want {
		t.Errorf("not pinned, it said %q, want %q", said.String(), want)
	}
	if after, err := UsableCPUs(); err != nil || !slices.Equal(after, before) {
		t.Errorf("this process may use %v (%v) after, %v before", after, err, before)
	}
}

func TestPinningToAProcessorThatIsNotThere(t *testing.T) {
	_, err := Start(Command{Name: "server", Args: []string{os.Args[0]}, CPUs: []int{1000}})
	if !errors.Is(err, unix.EINVAL) || !strings.Contains(err.Error(), "--pin off") {
		t.Errorf("error %v, want that it cannot, and what to try", err)
	}
}

// used burns processor time until the clock of a process has moved by d.
func used(t *testing.T, pid int, d time.Duration) time.Duration {
	t.Helper()
	begin, err := CPU(pid)
	if err != nil {
		t.Fatal(err)
	}
	for {
		now, err := CPU(pid)
		if err != nil {
			t.Fatal(err)
		}
		if now < begin {
			t.Fatalf("the clock went back from %v to %v", begin, now)
		}
		if now-begin > d {
			return now
		}
	}
}

// The clock moves in far finer steps than /proc/stat's 10 ms, and tells what getrusage tells.
func TestCPUOfThisProcess(t *testing.T) {
	begin, err := CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if now := used(t, os.Getpid(), time.Microsecond); now-begin > 5*time.Millisecond {
		t.Logf("the clock's first step took %v; the machine is busy", now-begin)
	}
	var before, after unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &before); err != nil {
		t.Fatal(err)
	}
	now, err := CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Getrusage(unix.RUSAGE_SELF, &after); err != nil {
		t.Fatal(err)
	}
	// getrusage splits the time into user and system by ticks, but their sum is exact to the microsecond.
	total := func(r unix.Rusage) time.Duration { return time.Duration(r.Utime.Nano() + r.Stime.Nano()) }
	if now < total(before)-time.Millisecond || now > total(after)+time.Millisecond {
		t.Errorf("the clock reads %v between %v and %v by getrusage", now, total(before), total(after))
	}
}

func TestCostOfAChild(t *testing.T) {
	p, said := child(t, "burn", nil)
	if err := p.Ready(deadline(t), said.says("ready")); err != nil {
		t.Fatal(err)
	}
	used(t, p.PID(), 5*time.Millisecond)
	memory, err := MemoryOf(p.PID())
	if err != nil {
		t.Fatal(err)
	}
	if memory.RSS < 1<<20 || memory.Peak < memory.RSS || memory.Peak > 1<<30 {
		t.Errorf("a Go program holds %d bytes, at most %d", memory.RSS, memory.Peak)
	}
}

func TestMemoryOfThisProcessGrowsWithIt(t *testing.T) {
	before, err := MemoryOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	const size = 64 << 20
	block, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_POPULATE)
	if err != nil {
		t.Fatal(err)
	}
	during, err := MemoryOf(os.Getpid())
	if err := errors.Join(err, unix.Munmap(block)); err != nil {
		t.Fatal(err)
	}
	after, err := MemoryOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	const tolerance = 16 << 20 // the runtime's own comings and goings
	if grown := during.RSS - before.RSS; grown < size-tolerance || grown > size+tolerance {
		t.Errorf("%d bytes more show as %d", size, grown)
	}
	if after.RSS > during.RSS-size+tolerance || after.Peak < during.Peak-tolerance {
		t.Errorf("afterwards it holds %+v; it was %+v", after, during)
	}
}

// A process that is gone has no cost, which is not a cost of zero; nor has one that has ended and waits for its parent.
func TestCostOfAProcessThatIsGone(t *testing.T) {
	p, _ := child(t, "follow", nil)
	if err := p.Stop(grace); err != nil && !strings.Contains(err.Error(), "terminated") {
		t.Fatal(err)
	}
	for name, pid := range map[string]int{"ended": p.PID(), "none": 0, "negative": -1, "beyond every number": 1 << 30} {
		if cpu, err := CPU(pid); err == nil || !strings.Contains(err.Error(), fmt.Sprint(pid)) {
			t.Errorf("%s: CPU %v, error %v; want an error with the number", name, cpu, err)
		}
		if memory, err := MemoryOf(pid); err == nil || !strings.Contains(err.Error(), fmt.Sprint(pid)) {
			t.Errorf("%s: memory %+v, error %v; want an error with the number", name, memory, err)
		}
	}
	zombie, err := os.StartProcess("/bin/true", []string{"true"}, &os.ProcAttr{})
	if err != nil {
		t.Fatal(err)
	}
	for {
		// WNOWAIT leaves the zombie to be waited for.
		if err := unix.Waitid(unix.P_PID, zombie.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil); !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if memory, err := MemoryOf(zombie.Pid); !errors.Is(err, ErrGone) {
		t.Errorf("a process that has ended holds %+v, error %v", memory, err)
	}
	if _, err := zombie.Wait(); err != nil {
		t.Error(err)
	}
}
