package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestGateBaselineRef builds the server of the last commit of this repository and gates this tree's against it, as a pull request would be.
func TestGateBaselineRef(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program once more")
	}
	t.Parallel()
	if said, err := exec.Command("git", "rev-parse", "--verify", "HEAD^{commit}").CombinedOutput(); err != nil {
		t.Skipf("this is no git repository with a commit: %v: %s", err, said)
	}
	scenario, err := filepath.Abs("testdata/tiny.yaml")
	if err != nil {
		t.Fatal(err)
	}
	temporary, out := t.TempDir(), t.TempDir()
	cmd := exec.Command("pushbench", "gate", scenario, "--baseline-ref", "HEAD", "--transport", "websocket", "--max-pairs", "1", "--min-pairs", "1", "--out", out)
	cmd.Dir, cmd.Env = "../..", append(os.Environ(), "TMPDIR="+temporary, "GORACE="+raceOptions)
	said, err := cmd.CombinedOutput()
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if code != exitFine && code != exitInconclusive && code != exitThreshold {
		t.Fatalf("exit code %d:\n%s", code, said)
	}
	for _, side := range []string{"baseline", "candidate"} {
		if !strings.Contains(string(said), "websocket         "+side+" ") {
			t.Errorf("no slice of the %s:\n%s", side, said)
		}
	}
	head, err := exec.Command("git", "rev-parse", "HEAD").Output()
	if want := "Baseline: pushbench serve of HEAD (" + strings.TrimSpace(string(head)) + ")"; err != nil || !strings.Contains(strings.Join(strings.Fields(string(said)), " "), want) {
		t.Errorf("no %q (%v):\n%s", want, err, said)
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if list, err := exec.Command("git", "worktree", "list").Output(); err != nil || strings.Contains(string(list), temporary) {
		t.Errorf("git still lists the worktree: %v\n%s", err, list)
	}
}
