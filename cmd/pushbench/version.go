package main

import (
	"cmp"
	"runtime"
	"runtime/debug"

	"pushbench/results"
)

// version is set by the linker for releases (make dist).
var version string

func tool() results.Tool {
	t := results.Tool{Version: cmp.Or(version, "dev"), Go: runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return t
	}
	modified := false
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			t.Commit = s.Value[:min(12, len(s.Value))]
		case "vcs.modified":
			modified = s.Value == "true"
		}
	}
	if modified && t.Commit != "" {
		t.Commit += "-modified"
	}
	return t
}

func toolVersion() string {
	t := tool()
	return t.Version + " " + cmp.Or(t.Commit, "unknown commit") + " " + t.Go
}
