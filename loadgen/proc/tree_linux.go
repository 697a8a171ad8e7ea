package proc

import (
	"fmt"
	"time"

	"github.com/prometheus/procfs"
)

// ticksPerSecond is USER_HZ, the unit of times in /proc/PID/stat, which Linux fixes at 100 for programs on every architecture Go runs on.
const ticksPerSecond = 100

// CPUOfTree returns the processor time that a process and all below it have used: the clocks of those that live, and what each has inherited from
// children that ended. The latter moves in steps of 10 ms, and only for children that were waited for.
func CPUOfTree(root int) (time.Duration, error) {
	tree, err := treeOf(root)
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, p := range tree {
		used, err := CPU(p.PID)
		if err != nil && p.PID == root {
			return 0, err
		}
		// A descendant that ended since is in its parent's inherited time when it is next read.
		sum += used + time.Duration(p.CUTime+p.CSTime)*time.Second/ticksPerSecond
	}
	return sum, nil
}

// MemoryOfTree returns what a process and all below it hold. Pages that they share count once for each, as with any sum of resident sizes; Peak is the
// sum of peaks, which need not have been at the same instant.
func MemoryOfTree(root int) (Memory, error) {
	tree, err := treeOf(root)
	if err != nil {
		return Memory{}, err
	}
	var sum Memory
	for _, p := range tree {
		m, err := MemoryOf(p.PID)
		if err != nil && p.PID == root {
			return Memory{}, err
		}
		sum.RSS += m.RSS
		sum.Peak += m.Peak
	}
	return sum, nil
}

// treeOf lists a process and all below it: those whose chain of parents leads to it, and those of its process group that lost a parent on the way.
// A process that left both (a daemon) is not found.
func treeOf(root int) ([]procfs.ProcStat, error) {
	all, err := procfs.AllProcs()
	if err != nil {
		return nil, fmt.Errorf("list the processes below %d: %w", root, err)
	}
	below := map[int][]procfs.ProcStat{}
	var tree []procfs.ProcStat
	for _, p := range all {
		stat, err := p.Stat()
		switch {
		case err != nil: // it ended meanwhile
		case stat.PID == root, stat.PGRP == root && stat.PPID == 1:
			tree = append(tree, stat)
		default:
			below[stat.PPID] = append(below[stat.PPID], stat)
		}
	}
	for i := 0; i < len(tree); i++ {
		tree = append(tree, below[tree[i].PID]...)
	}
	if len(tree) == 0 {
		return nil, fmt.Errorf("process %d %w", root, ErrGone)
	}
	return tree, nil
}
