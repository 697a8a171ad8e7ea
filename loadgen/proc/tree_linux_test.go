package proc

import (
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"
)

// A tree's cost is its root's and that of all below, also of those that ended and were waited for.
func TestCostOfATree(t *testing.T) {
	before, err := CPUOfTree(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	p, said := child(t, "burn", nil)
	if err := p.Ready(deadline(t), said.says("ready")); err != nil {
		t.Fatal(err)
	}
	// Beyond the steps of 10 ms in which the time of an ended child is counted.
	burnt := used(t, p.PID(), 100*time.Millisecond)
	during, err := CPUOfTree(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if during-before < burnt {
		t.Errorf("the tree used %v, though a child in it used %v", during-before, burnt)
	}
	root, err := MemoryOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	tree, err := MemoryOfTree(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if tree.RSS < root.RSS/2+1<<20 || tree.Peak <= root.Peak {
		t.Errorf("with a child the tree holds %+v, its root alone %+v", tree, root)
	}
	_ = p.Stop(grace)
	after, err := CPUOfTree(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if after-before < burnt-20*time.Millisecond {
		t.Errorf("the tree used %v, though a child that has ended used %v", after-before, burnt)
	}
}

// A grandchild counts too, although its parent does nothing.
func TestCostOfATreeThroughAShell(t *testing.T) {
	shell := exec.Command("sh", "-c", "while :; do :; done & wait")
	shell.SysProcAttr = childAttributes()
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = signalGroup(shell.Process.Pid, 9); _ = shell.Wait() }()
	for begin := time.Now(); ; {
		all, err := CPUOfTree(shell.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		own, err := CPU(shell.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		if all > own+20*time.Millisecond {
			return
		}
		if time.Since(begin) > 30*time.Second {
			t.Fatalf("the tree used %v, its root %v; the loop below it is not counted", all, own)
		}
	}
}

func TestTreeThatIsGone(t *testing.T) {
	p, _ := child(t, "follow", nil)
	_ = p.Stop(grace)
	if _, err := CPUOfTree(p.PID()); !errors.Is(err, ErrGone) {
		t.Errorf("CPU of a tree that is gone: %v", err)
	}
	if _, err := MemoryOfTree(p.PID()); !errors.Is(err, ErrGone) {
		t.Errorf("memory of a tree that is gone: %v", err)
	}
}
