package proc

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// write makes files below a folder.
func write(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCgroups(t *testing.T) {
	v1, v2 := t.TempDir(), t.TempDir()
	write(t, v2, map[string]string{
		"app/cpu.stat": "usage_usec 1500\nuser_usec 1000\n", "app/memory.stat": "anon 4096\nfile 1000000\nfile_mapped 8192\n",
		"bare/cpu.stat": "usage_usec 7\n", "old/cpu.stat": "nr_periods 0\n",
	})
	write(t, v1, map[string]string{
		"cpu,cpuacct/app/cpuacct.usage": "1500000\n", "memory/app/memory.stat": "rss 1\ntotal_rss 4096\ntotal_cache 9\ntotal_mapped_file 8192\n",
		"memory/lone/memory.stat": "total_rss 1\n",
	})
	for _, at := range []struct{ root, path string }{
		{v2, "app"}, {v2, "/app"}, {v2, filepath.Join(v2, "app")}, {v1, "app"}, {v1, "/app"}, {v1, filepath.Join(v1, "memory", "app")},
	} {
		g, err := findCgroup(at.root, at.path)
		if err != nil {
			t.Fatal(err)
		}
		cpu, err := g.CPU()
		if err != nil || cpu != 1500*time.Microsecond {
			t.Errorf("%s: %v (%v), want 1.5ms", at.path, cpu, err)
		}
		if m, err := g.Memory(); err != nil || m != (Memory{RSS: 12288}) {
			t.Errorf("%s: %+v (%v), want 12288 bytes and no peak", at.path, m, err)
		}
	}
	bare, err := findCgroup(v2, "bare")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bare.Memory(); !errors.Is(err, ErrNotMeasured) {
		t.Errorf("the memory of a group without: %v", err)
	}
	if old, err := findCgroup(v2, "old"); err != nil {
		t.Error(err)
	} else if _, err := old.CPU(); !errors.Is(err, ErrNotMeasured) {
		t.Errorf("the time of a group without: %v", err)
	}
	for _, at := range []struct{ root, path string }{{v2, "none"}, {v1, "none"}, {v1, "lone"}} {
		if g, err := findCgroup(at.root, at.path); err == nil {
			t.Errorf("%s: found %+v", at.path, g)
		}
	}
}

// A real group accounts what a process in it burns.
func TestRealCgroup(t *testing.T) {
	name := "pushbench-test-" + strconv.Itoa(os.Getpid())
	folder := filepath.Join(cgroupRoot, "cpuacct", name)
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Skipf("no control group can be made here: %v", err)
	}
	defer os.Remove(folder)
	g, err := FindCgroup(name)
	if err != nil {
		t.Fatal(err)
	}
	p, said := child(t, "burn", nil)
	if err := os.WriteFile(filepath.Join(folder, "cgroup.procs"), []byte(strconv.Itoa(p.PID())), 0o644); err != nil {
		t.Skipf("no process can be moved: %v", err)
	}
	if err := p.Ready(deadline(t), said.says("ready")); err != nil {
		t.Fatal(err)
	}
	before, err := g.CPU()
	if err != nil {
		t.Fatal(err)
	}
	const burnt = 50 * time.Millisecond
	used(t, p.PID(), burnt)
	after, err := g.CPU()
	if err != nil || after-before < burnt/2 {
		t.Errorf("the group used %v (%v), though a process in it used %v", after-before, err, burnt)
	}
	_ = p.Stop(grace)
}
