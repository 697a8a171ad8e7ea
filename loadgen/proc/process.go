package proc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Command is a process to start.
type Command struct {
	// Name is what errors call it, such as "server".
	Name string
	Args []string
	// Env is added to this process's environment.
	Env []string
	// CPUs are the processors it may run on; empty means all.
	CPUs []int
	// Dir is where it runs; empty is the current folder.
	Dir string
	// Input is written to its standard input, which then stays open: a child that sees it end knows that its parent is gone.
	Input []byte
	// Output takes its standard output; nil keeps only the last lines for errors.
	Output io.Writer
}

// Process is a started command.
type Process struct {
	name   string
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stderr *tail
	done   chan struct{}
	err    error
	fed    sync.WaitGroup
}

// Start starts a command. Its owner calls Stop, which waits for it.
func Start(c Command) (*Process, error) {
	p := &Process{name: c.Name, cmd: exec.Command(c.Args[0], c.Args[1:]...), stderr: &tail{}, done: make(chan struct{})}
	p.cmd.Dir = c.Dir
	p.cmd.Env = append(os.Environ(), c.Env...)
	p.cmd.Stderr = p.stderr
	p.cmd.Stdout = p.stderr
	if c.Output != nil {
		p.cmd.Stdout = c.Output
	}
	p.cmd.SysProcAttr = childAttributes()
	// A grandchild that inherited the pipes and outlives its parent would keep Wait waiting for their end.
	p.cmd.WaitDelay = pipeDelay
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	p.stdin = stdin
	if err := onCPUs(c.CPUs, p.cmd.Start); err != nil {
		return nil, fmt.Errorf("start %s (%s): %w", c.Name, c.Args[0], err)
	}
	if len(c.Input) > 0 {
		p.fed.Go(func() { _, _ = stdin.Write(c.Input) })
	}
	go p.wait()
	return p, nil
}

// pipeDelay is how long what a process printed is read after its end.
const pipeDelay = time.Second

func (p *Process) wait() {
	p.err = p.cmd.Wait()
	if errors.Is(p.err, exec.ErrWaitDelay) {
		p.err = nil // it ended well; only what it left behind did not
	}
	close(p.done)
}

// Name is what errors call the process.
func (p *Process) Name() string { return p.name }

// PID is the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err says how the process ended, with the last lines it printed; nil while it runs and if it ended well.
func (p *Process) Err() error {
	select {
	case <-p.done:
	default:
		return nil
	}
	if p.err == nil {
		return nil
	}
	if text := p.stderr.String(); text != "" {
		return fmt.Errorf("%s: %w; its last words: %s", p.name, p.err, text)
	}
	return fmt.Errorf("%s: %w", p.name, p.err)
}

// Send writes to the process's standard input.
func (p *Process) Send(b []byte) error {
	p.fed.Wait()
	_, err := p.stdin.Write(b)
	return err
}

// Kill ends the process, and those it started, without asking, and waits for it.
func (p *Process) Kill() {
	p.signal(syscall.SIGKILL)
	<-p.done
	p.fed.Wait()
	_ = p.stdin.Close()
}

// Interrupt asks the process to finish early.
func (p *Process) Interrupt() error { return p.cmd.Process.Signal(os.Interrupt) }

// Stop asks the process, and those it started, to end, kills them after the grace period, and waits for the process. It returns how the process ended:
// one that SIGTERM ended by itself, or that had to be killed, did not end well. It may be called more than once.
func (p *Process) Stop(grace time.Duration) error {
	_ = p.stdin.Close()
	p.signal(syscall.SIGTERM)
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-p.done:
		p.fed.Wait()
		return p.Err()
	case <-timer.C:
	}
	p.signal(syscall.SIGKILL)
	<-p.done
	p.fed.Wait()
	if err := p.Err(); err != nil {
		return fmt.Errorf("%w (it did not end within %v of being asked to)", err, grace)
	}
	return nil
}

// signal signals the process and those it started, unless it has ended: its number may be another's by then.
func (p *Process) signal(s syscall.Signal) {
	select {
	case <-p.done:
	default:
		if signalGroup(p.PID(), s) != nil {
			_ = p.cmd.Process.Kill()
		}
	}
}

// Ready polls until the check succeeds, the process ends, or the context does.
func (p *Process) Ready(ctx context.Context, check func(context.Context) error) error {
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	var last error
	for {
		last = check(ctx)
		select {
		case <-p.done: // whatever answered the check, it was not this process
			if err := p.Err(); err != nil {
				return fmt.Errorf("%w (before it was ready)", err)
			}
			return fmt.Errorf("%s ended before it was ready", p.name)
		default:
		}
		if last == nil {
			return nil
		}
		select {
		case <-p.done:
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w (last try: %w)", p.name, context.Cause(ctx), last)
		case <-ticker.C:
		}
	}
}

// tail keeps the last kilobytes written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const tailSize = 4096

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, b...)
	if over := len(t.b) - tailSize; over > 0 {
		t.b = append(t.b[:0], t.b[over:]...)
	}
	return len(b), nil
}

// String returns the last few lines.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := strings.Split(string(bytes.TrimSpace(t.b)), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], " | ")
}
