package server

import (
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// processCPU returns this process's user and system time in seconds, to the
// nanosecond; nil if it cannot be read.
func processCPU() *float64 {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &ts); err != nil {
		return nil
	}
	seconds := float64(ts.Nano()) / 1e9
	return &seconds
}

// processRSS returns the resident bytes: the second field of /proc/self/statm, in
// pages (proc(5)); nil if it cannot be read.
func processRSS() *int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return nil
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return nil
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return nil
	}
	rss := pages * int64(os.Getpagesize())
	return &rss
}
