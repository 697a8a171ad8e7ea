package proc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// output collects what a child prints.
type output struct {
	mu sync.Mutex
	b  strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// says succeeds once the child has printed something.
func (o *output) says(text string) func(context.Context) error {
	return func(context.Context) error {
		if !strings.Contains(o.String(), text) {
			return fmt.Errorf("it has not said %q", text)
		}
		return nil
	}
}

// grace is far longer than a child takes that ends when asked to.
const grace = 20 * time.Second

// child starts this test binary in a role. The test need not stop it.
func child(t *testing.T, role string, change func(*Command)) (*Process, *output) {
	t.Helper()
	said := &output{}
	c := Command{Name: "server", Args: []string{os.Args[0]}, Env: []string{childRole + "=" + role, "GORACE=atexit_sleep_ms=0"}, Output: said}
	if change != nil {
		change(&c)
	}
	p, err := Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Stop(0) })
	return p, said
}

// deadline bounds a test that would otherwise hang.
func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), grace)
	t.Cleanup(cancel)
	return ctx
}

func TestStartReadyStop(t *testing.T) {
	p, said := child(t, "serve", nil)
	if err := p.Ready(deadline(t), said.says("ready")); err != nil {
		t.Fatal(err)
	}
	if err := p.Err(); err != nil {
		t.Errorf("the error of a running process is %v", err)
	}
	for range 2 { // stopping twice is fine
		if err := p.Stop(grace); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(said.String(), "asked: terminated") {
		t.Errorf("it said %q, want that it was asked to end", said.String())
	}
	if err := syscall.Kill(p.PID(), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d after Stop: %v, want none", p.PID(), err)
	}
}

func TestInterrupt(t *testing.T) {
	p, said := child(t, "serve", nil)
	if err := p.Ready(deadline(t), said.says("ready")); err != nil {
		t.Fatal(err)
	}
	if err := p.Interrupt(); err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	if !strings.Contains(said.String(), "asked: interrupt") {
		t.Errorf("it said %q", said.String())
	}
}

// The last words of a child that dies before it is ready are what tells why.
func TestAChildThatDiesBeforeItIsReady(t *testing.T) {
	p, said := child(t, "die", nil)
	err := p.Ready(deadline(t), said.says("ready"))
	if err == nil || !strings.Contains(err.Error(), "address already in use") || !strings.Contains(err.Error(), "exit status 3") {
		t.Fatalf("error %v, want the child's last words and its status", err)
	}
	if strings.Contains(err.Error(), "first words") || len(err.Error()) > tailSize {
		t.Errorf("the error of %d bytes is more than the last words: %v", len(err.Error()), err)
	}
	var status *exec.ExitError
	if !errors.As(err, &status) || !errors.As(p.Stop(grace), &status) {
		t.Errorf("error %v does not wrap how it ended", err)
	}
}

// Another process that answers on the same address must not pass for the child that could not get it.
func TestADeadChildIsNotReadyWhateverAnswers(t *testing.T) {
	p, _ := child(t, "die", nil)
	<-p.Done()
	if err := p.Ready(deadline(t), func(context.Context) error { return nil }); err == nil {
		t.Error("a child that had died is ready")
	}
}

func TestReadyGivesUp(t *testing.T) {
	p, said := child(t, "serve", nil)
	reason := errors.New("no more patience")
	ctx, cancel := context.WithCancelCause(deadline(t))
	err := p.Ready(ctx, func(ctx context.Context) error {
		cancel(reason)
		return said.says("something it never says")(ctx)
	})
	if !errors.Is(err, reason) || !strings.Contains(err.Error(), "something it never says") {
		t.Errorf("error %v, want the reason and the last try", err)
	}
}

func TestKillAfterGrace(t *testing.T) {
	p, said := child(t, "stubborn", nil)
	if err := p.Ready(deadline(t), said.says("ready")); err != nil {
		t.Fatal(err)
	}
	err := p.Stop(time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "killed") || !strings.Contains(err.Error(), "1ms") {
		t.Errorf("error %v, want that it was killed after the grace period", err)
	}
}

// A process that the child left behind holds the child's output open; that must not keep its owner waiting.
func TestAGrandchildDoesNotHoldUpStop(t *testing.T) {
	p, said := child(t, "leave", nil)
	select {
	case <-p.Done():
	case <-deadline(t).Done():
		t.Fatal("the process is not done although it has ended")
	}
	if err := p.Err(); err != nil {
		t.Errorf("it ended with %v, want well", err)
	}
	pid, err := strconv.Atoi(regexp.MustCompile(`\d+`).FindString(said.String()))
	if err != nil {
		t.Fatalf("it said %q", said.String())
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
}

// A child learns from its standard input that its parent is gone; until then the input stays open.
func TestStandardInput(t *testing.T) {
	input := []byte(strings.Repeat("a plan ", 100_000))
	p, said := child(t, "follow", func(c *Command) { c.Input = input })
	p.fed.Wait()
	select {
	case <-p.Done():
		t.Fatal("its input ended while its parent lives")
	default:
	}
	if err := p.stdin.Close(); err != nil { // as the end of the parent does
		t.Fatal(err)
	}
	<-p.Done()
	if want := fmt.Sprintf("read %d bytes", len(input)); p.Err() != nil || !strings.Contains(said.String(), want) {
		t.Errorf("it ended with %v and said %q, want %q", p.Err(), said.String(), want)
	}
}

// What is sent comes after the input that the child was started with.
func TestSend(t *testing.T) {
	p, said := child(t, "follow", func(c *Command) { c.Input = []byte(strings.Repeat("a plan ", 100_000)) })
	if err := p.Send([]byte("and more")); err != nil {
		t.Fatal(err)
	}
	if err := p.stdin.Close(); err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	if want := fmt.Sprintf("read %d bytes", 7*100_000+8); !strings.Contains(said.String(), want) {
		t.Errorf("it said %q, want %q", said.String(), want)
	}
	if err := p.Send([]byte("too late")); err == nil {
		t.Error("a child that has ended took more")
	}
}

// Kill does not ask, and the process is gone when it returns.
func TestKill(t *testing.T) {
	p, said := child(t, "stubborn", nil)
	if err := p.Ready(deadline(t), said.says("ready")); err != nil {
		t.Fatal(err)
	}
	p.Kill()
	if err := syscall.Kill(p.PID(), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d after Kill: %v, want none", p.PID(), err)
	}
	if err := p.Err(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("it ended with %v", err)
	}
}

// A child that never reads its input must not hold up Stop.
func TestStopWhileInputIsUnread(t *testing.T) {
	p, said := child(t, "serve", func(c *Command) { c.Input = make([]byte, 1<<20) })
	if err := p.Ready(deadline(t), said.says("ready")); err != nil {
		t.Fatal(err)
	}
	if err := p.Stop(grace); err != nil {
		t.Error(err)
	}
}

func TestStartErrors(t *testing.T) {
	if _, err := Start(Command{Name: "server", Args: []string{"/no/such/program"}}); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "/no/such/program") {
		t.Errorf("error %v, want which file is missing", err)
	}
}

func TestTail(t *testing.T) {
	var last tail
	for i := range 10_000 {
		if _, err := fmt.Fprintf(&last, "line %d\n", i); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := last.String(), "line 9995 | line 9996 | line 9997 | line 9998 | line 9999"; got != want {
		t.Errorf("the last words are %q, want %q", got, want)
	}
	if len(last.b) > tailSize {
		t.Errorf("it keeps %d bytes", len(last.b))
	}
	var silent tail
	if got := silent.String(); got != "" {
		t.Errorf("the last words of a silent process are %q", got)
	}
}
