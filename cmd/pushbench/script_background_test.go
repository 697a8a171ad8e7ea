package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"

	"github.com/prometheus/procfs"
	"github.com/rogpeppe/go-internal/testscript"
)

// patience bounds every wait of a script. Nothing takes nearly as long unless it hangs.
const patience = 60 * time.Second

// runningCommand is a command in the background, with the children it was seen to have.
type runningCommand struct {
	cmd      *exec.Cmd
	done     chan struct{}
	err      error
	children map[int]string // by process number, the verb of each
}

// background holds a script's running commands by name.
type background struct {
	dir     string
	running map[string]*runningCommand
}

type backgroundKey struct{}

func (b *background) find(ts *testscript.TestScript, name string) *runningCommand {
	c := b.running[name]
	if c == nil {
		ts.Fatalf("no command was started as %q", name)
	}
	return c
}

func backgroundOf(ts *testscript.TestScript) *background {
	return ts.Value(backgroundKey{}).(*background)
}

// start runs a command in the background: start NAME COMMAND…. Its output goes to NAME.out and NAME.err.
func start(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: start NAME COMMAND [ARG…]")
	}
	b, name := backgroundOf(ts), args[0]
	c := &runningCommand{cmd: exec.Command(args[1], args[2:]...), done: make(chan struct{}), children: map[int]string{}}
	c.cmd.Dir, c.cmd.Env = ts.MkAbs("."), append(os.Environ(), "GORACE="+raceOptions)
	out, err := os.Create(filepath.Join(b.dir, name+".out"))
	ts.Check(err)
	defer out.Close() // the child has its own
	errs, err := os.Create(filepath.Join(b.dir, name+".err"))
	ts.Check(err)
	defer errs.Close()
	c.cmd.Stdout, c.cmd.Stderr = out, errs
	ts.Check(c.cmd.Start())
	b.running[name] = c
	go func() {
		c.err = c.cmd.Wait()
		close(c.done)
	}()
	ts.Defer(func() {
		_ = c.cmd.Process.Kill()
		<-c.done
	})
}

// await waits until something is true of a command in the background:
//
//	await NAME prints REGEXP    a line of its standard output or error matches
//	await NAME VERB sent BYTES  its child VERB has written that much, to sockets for the most part: messages are flowing
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: await NAME prints REGEXP | await NAME VERB sent BYTES")
	}
	b, c := backgroundOf(ts), backgroundOf(ts).find(ts, args[0])
	if args[1] == "prints" {
		pattern := regexp.MustCompile("(?m)" + args[2])
		c.until(ts, func() bool { return pattern.MatchString(b.printed(args[0])) })
		return
	}
	want, err := strconv.ParseUint(args[len(args)-1], 10, 64)
	ts.Check(err)
	c.until(ts, func() bool {
		p, err := c.child(args[1])
		if err != nil {
			return false
		}
		io, err := p.IO()
		return err == nil && io.WChar >= want
	})
}

// until polls for a condition, and fails if the command ends before it is true.
func (c *runningCommand) until(ts *testscript.TestScript, condition func() bool) {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(patience)
	for !condition() {
		select {
		case <-c.done:
			if !condition() {
				ts.Fatalf("it ended too soon: %v", c.err)
			}
			return
		case <-deadline:
			ts.Fatalf("not true after %v", patience)
		case <-ticker.C:
		}
	}
}

// printed is what the command wrote so far.
func (b *background) printed(name string) string {
	out, _ := os.ReadFile(filepath.Join(b.dir, name+".out"))
	errs, _ := os.ReadFile(filepath.Join(b.dir, name+".err"))
	return string(out) + string(errs)
}

// child finds the process that the command started for a verb, and remembers all that it started.
func (c *runningCommand) child(verb string) (procfs.Proc, error) {
	all, err := procfs.AllProcs()
	if err != nil {
		return procfs.Proc{}, err
	}
	for _, p := range all {
		stat, err := p.Stat()
		if err != nil || stat.PPID != c.cmd.Process.Pid {
			continue
		}
		line, err := p.CmdLine()
		if err != nil || len(line) < 2 {
			continue
		}
		c.children[p.PID] = line[1]
		if line[1] == verb {
			return p, nil
		}
	}
	return procfs.Proc{}, fmt.Errorf("process %d has no child %s", c.cmd.Process.Pid, verb)
}

// signalBackground sends a signal: signal NAME INT, or to a child of it: signal NAME VERB KILL.
func signalBackground(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL, "STOP": syscall.SIGSTOP}
	if neg || len(args) < 2 || len(args) > 3 || signals[args[len(args)-1]] == 0 {
		ts.Fatalf("usage: signal NAME [VERB] INT|TERM|KILL|STOP")
	}
	c := backgroundOf(ts).find(ts, args[0])
	_, _ = c.child("") // to know them all afterwards
	pid := c.cmd.Process.Pid
	if len(args) == 3 {
		p, err := c.child(args[1])
		ts.Check(err)
		pid = p.PID
	}
	ts.Check(syscall.Kill(pid, signals[args[len(args)-1]]))
}

// pid sets a variable to the process number of a command in the background.
func pid(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: pid NAME VARIABLE")
	}
	ts.Setenv(args[1], strconv.Itoa(backgroundOf(ts).find(ts, args[0]).cmd.Process.Pid))
}

// finish waits for a command to end with one of the codes, finish NAME CODE[,CODE…], and for its children to be gone.
func finish(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: finish NAME CODE[,CODE…]")
	}
	b, c := backgroundOf(ts), backgroundOf(ts).find(ts, args[0])
	select {
	case <-c.done:
	case <-time.After(patience):
		ts.Fatalf("it did not end within %v; it printed:\n%s", patience, b.printed(args[0]))
	}
	ts.Logf("[%s]\n%s", args[0], b.printed(args[0]))
	checkExit(ts, args[1], c.err)
	for pid, verb := range c.children {
		if !gone(pid) {
			ts.Fatalf("its child %s (process %d) is still there", verb, pid)
		}
	}
}

// gone waits a little for a process to end: one that is killed with its parent ends a moment after it. A zombie has ended.
func gone(pid int) bool {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-ticker.C {
		p, err := procfs.NewProc(pid)
		if err != nil {
			return true
		}
		if stat, err := p.Stat(); err != nil || stat.State == "Z" || stat.State == "X" {
			return true
		}
	}
	return false
}
