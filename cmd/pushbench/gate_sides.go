package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/spf13/pflag"

	"pushbench/results"
	"pushbench/server"
)

// sideFlags say which two servers a gate compares.
type sideFlags struct {
	baselineCmd, candidateCmd, baselineRef, buildCmd, ready string
	baselineInject, candidateInject                         string
	readyTimeout                                            time.Duration
}

func (f *sideFlags) register(flags *pflag.FlagSet) {
	givenVar(flags, &f.baselineCmd, "baseline-cmd", "`command` that starts the baseline's server: shell quoting, no shell; {addr}, {port} and {dir} are replaced, PUSHBENCH_ADDR is set")
	givenVar(flags, &f.candidateCmd, "candidate-cmd", "`command` that starts the candidate's server; without it the candidate is this program's own serve")
	givenVar(flags, &f.baselineRef, "baseline-ref", "the baseline is the server of this git `revision`, built in a temporary folder")
	givenVar(flags, &f.buildCmd, "build-cmd", "`command` that builds a server, run once for each side in its folder {dir}")
	flags.StringVar(&f.ready, "ready", "", "`URL` or path that answers 200 once a server is ready (default /healthz)")
	flags.DurationVar(&f.readyTimeout, "ready-timeout", readyTimeout, "how long a server may take to get ready")
	flags.StringVar(&f.baselineInject, "baseline-inject", "", "faults that the baseline shall make, if it is a pushbench's serve (see serve --help)")
	flags.StringVar(&f.candidateInject, "candidate-inject", "", "faults that the candidate shall make, if it is a pushbench's serve")
}

// sides makes the two sides. cleanup removes what that needed, and is to be called also after an error.
func (f *sideFlags) sides(ctx context.Context) (baseline, candidate side, cleanup func() error, err error) {
	cleanup = func() error { return nil }
	if err = f.check(); err != nil {
		return
	}
	baseline = side{name: results.Baseline, inject: f.baselineInject, ready: f.ready, timeout: f.readyTimeout}
	if baseline.command, err = command("--baseline-cmd", f.baselineCmd); err != nil {
		return
	}
	if candidate, err = f.candidate(); err != nil {
		return
	}
	if f.baselineRef != "" {
		var tree worktree
		tree, err = newWorktree(ctx, f.baselineRef)
		cleanup = tree.remove
		if err != nil {
			return
		}
		baseline.dir, baseline.commit = tree.dir, tree.commit
		if f.baselineCmd == "" {
			baseline.binary, err = tree.build(ctx)
		}
	}
	if err == nil && f.buildCmd != "" {
		err = errors.Join(f.build(ctx, baseline), f.build(ctx, candidate))
	}
	return
}

// candidate is the candidate's side, not built yet.
func (f *sideFlags) candidate() (s side, err error) {
	s = side{name: results.Candidate, inject: f.candidateInject, ready: f.ready, timeout: f.readyTimeout}
	s.command, err = command("--candidate-cmd", f.candidateCmd)
	return s, err
}

// onlyCandidate is the candidate's side, built, where there is no other to measure.
func (f *sideFlags) onlyCandidate(ctx context.Context) (side, error) {
	if err := f.check(); err != nil {
		return side{}, err
	}
	s, err := f.candidate()
	if err == nil && f.buildCmd != "" {
		err = f.build(ctx, s)
	}
	return s, err
}

func (f *sideFlags) check() error {
	for _, inject := range []struct{ flag, text, command string }{
		{"--baseline-", f.baselineInject, f.baselineCmd}, {"--candidate-", f.candidateInject, f.candidateCmd},
	} {
		if _, err := server.ParseInject(inject.text); err != nil {
			return usage(fmt.Errorf("%s%w", inject.flag, err)) // it begins with "inject:"
		}
		if inject.text != "" && inject.command != "" {
			return usage(fmt.Errorf("%sinject stands beside %scmd: only pushbench's own server makes faults on request", inject.flag, inject.flag))
		}
	}
	if f.readyTimeout <= 0 {
		return usage(fmt.Errorf("--ready-timeout %v: want more than 0s", f.readyTimeout))
	}
	return nil
}

func command(flag, line string) ([]string, error) {
	if line == "" {
		return nil, nil
	}
	words, err := splitWords(line)
	if err != nil {
		return nil, usage(fmt.Errorf("%s %q: %w", flag, line, err))
	}
	return words, nil
}

// build runs the build command in a side's folder.
func (f *sideFlags) build(ctx context.Context, s side) error {
	words, err := command("--build-cmd", f.buildCmd)
	if err != nil {
		return err
	}
	s.command = words
	return runQuietly(ctx, fmt.Sprintf("--build-cmd for the %s", s.name), s.dir, s.words("")...)
}

// runQuietly runs a command, whose last words stand in the error if it fails.
func runQuietly(ctx context.Context, what, dir string, words ...string) error {
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &said, &said
	cmd.WaitDelay = time.Second
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		last := bytes.TrimSpace(said.Bytes())
		return usage(fmt.Errorf("%s: %w: %s", what, err, last[max(0, len(last)-1000):]))
	}
	return nil
}

// worktree is a git revision checked out in a temporary folder.
type worktree struct{ parent, dir, commit string }

// newWorktree checks a revision of the repository in the current folder out. The worktree is to be removed also after an error.
func newWorktree(ctx context.Context, revision string) (w worktree, err error) {
	if w.parent, err = os.MkdirTemp("", "pushbench-baseline-"); err != nil {
		return w, fmt.Errorf("make a folder for the baseline: %w", err)
	}
	w.dir = filepath.Join(w.parent, "tree")
	err = runQuietly(ctx, fmt.Sprintf("--baseline-ref %s: git cannot check it out (is it fetched? in CI: fetch-depth: 0)", revision), "",
		"git", "worktree", "add", "--detach", "--quiet", "--end-of-options", w.dir, revision)
	if err != nil {
		return w, err
	}
	head := exec.CommandContext(ctx, "git", "rev-parse", "HEAD")
	head.Dir = w.dir
	commit, err := head.Output()
	if err != nil {
		return w, fmt.Errorf("--baseline-ref %s: which commit is it: %w", revision, err)
	}
	w.commit = string(bytes.TrimSpace(commit))
	return w, nil
}

// build builds the revision's pushbench.
func (w worktree) build(ctx context.Context) (binary string, err error) {
	binary = filepath.Join(w.parent, "pushbench")
	if runtime.GOOS == "windows" {
		binary += ".exe"
	}
	// Without its path in them, packages that did not change since another gate need not be compiled again.
	err = runQuietly(ctx, "build the baseline's pushbench", w.dir, "go", "build", "-trimpath", "-buildvcs=false", "-o", binary, "./cmd/pushbench")
	return binary, err
}

// remove takes the worktree away, also after an interruption.
func (w worktree) remove() error {
	if w.parent == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopGrace)
	defer cancel()
	err := os.RemoveAll(w.parent)
	// What git remembers of it goes too; a failure leaves an entry that git itself prunes later.
	_ = runQuietly(ctx, "prune", "", "git", "worktree", "prune")
	return err
}
