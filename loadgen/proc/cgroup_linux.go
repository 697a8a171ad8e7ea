package proc

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// cgroupRoot is where control groups are mounted.
const cgroupRoot = "/sys/fs/cgroup"

// FindCgroup finds a control group by its path, from the root of the hierarchy or whole: of version 2 (docs.kernel.org/admin-guide/cgroup-v2.html), or of
// version 1 with its hierarchies cpuacct and memory. Only those who account the processor's time are found.
func FindCgroup(path string) (Cgroup, error) { return findCgroup(cgroupRoot, path) }

func findCgroup(root, path string) (Cgroup, error) {
	if group, ok := unifiedAt(path); filepath.IsAbs(path) && ok {
		return group, nil
	}
	below := strings.TrimPrefix(path, root)
	if group, ok := unifiedAt(filepath.Join(root, below)); ok {
		return group, nil
	}
	// Of version 1 a whole path begins with the name of a hierarchy.
	if hierarchy, rest, _ := strings.Cut(strings.TrimPrefix(below, "/"), "/"); below != path && hierarchy != "" {
		below = rest
	}
	var group Cgroup
	for _, hierarchy := range []string{"cpuacct", "cpu,cpuacct", "cpu"} {
		if folder := filepath.Join(root, hierarchy, below); group.cpu == "" && exists(folder, "cpuacct.usage") {
			group.cpu = folder
		}
	}
	if folder := filepath.Join(root, "memory", below); exists(folder, "memory.stat") {
		group.memory = folder
	}
	if group.cpu == "" {
		return Cgroup{}, fmt.Errorf("no control group %s accounts its processor time (looked below %s)", path, root)
	}
	return group, nil
}

func unifiedAt(folder string) (Cgroup, bool) {
	if !exists(folder, "cpu.stat") || exists(folder, "cpuacct.usage") {
		return Cgroup{}, false
	}
	group := Cgroup{cpu: folder, unified: true}
	if exists(folder, "memory.stat") {
		group.memory = folder
	}
	return group, true
}

func exists(folder, file string) bool {
	_, err := os.Stat(filepath.Join(folder, file))
	return err == nil
}

// CPU returns the processor time that the group has used.
func (g Cgroup) CPU() (time.Duration, error) {
	if !g.unified {
		n, err := readNumber(filepath.Join(g.cpu, "cpuacct.usage"))
		return time.Duration(n), err
	}
	stat, err := readTable(filepath.Join(g.cpu, "cpu.stat"))
	if err != nil {
		return 0, err
	}
	usage, ok := stat["usage_usec"]
	if !ok {
		return 0, fmt.Errorf("%s: %w: no usage_usec", g.cpu, ErrNotMeasured)
	}
	return time.Duration(usage) * time.Microsecond, nil
}

// Memory returns what the group's processes hold resident: anonymous and shared memory, and the files they have mapped, but no cache of files. There is no
// peak: the kernel's counts the cache.
func (g Cgroup) Memory() (Memory, error) {
	if g.memory == "" {
		return Memory{}, fmt.Errorf("the control group's memory: %w: it is not accounted", ErrNotMeasured)
	}
	stat, err := readTable(filepath.Join(g.memory, "memory.stat"))
	if err != nil {
		return Memory{}, err
	}
	names := []string{"total_rss", "total_mapped_file"}
	if g.unified {
		names = []string{"anon", "file_mapped"}
	}
	var m Memory
	for _, name := range names {
		n, ok := stat[name]
		if !ok {
			return Memory{}, fmt.Errorf("%s: %w: no %s", g.memory, ErrNotMeasured, name)
		}
		m.RSS += n
	}
	return m, nil
}

func readNumber(path string) (int64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64)
}

// readTable reads lines of a name and a number.
func readTable(path string) (map[string]int64, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	table := map[string]int64{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		name, number, _ := strings.Cut(lines.Text(), " ")
		if n, err := strconv.ParseInt(number, 10, 64); err == nil {
			table[name] = n
		}
	}
	return table, nil
}
