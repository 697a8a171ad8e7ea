package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

const (
	githubFile = "../../.github/workflows/gate.yml"
	githubTest = "../../.github/workflows/test.yml"
	gitlabFile = "../../.gitlab-ci.yml"
)

// githubWorkflow is as much of a workflow as the tests look at.
type githubWorkflow struct {
	On          map[string]any    `yaml:"on"`
	Permissions map[string]string `yaml:"permissions"`
	Jobs        map[string]struct {
		Steps []githubStep `yaml:"steps"`
	} `yaml:"jobs"`
}

type githubStep struct {
	ID   string            `yaml:"id"`
	Uses string            `yaml:"uses"`
	If   string            `yaml:"if"`
	Run  string            `yaml:"run"`
	Env  map[string]string `yaml:"env"`
	With map[string]any    `yaml:"with"`
}

type gitlabJob struct {
	Script       []string          `yaml:"script"`
	BeforeScript []string          `yaml:"before_script"`
	Extends      string            `yaml:"extends"`
	Variables    map[string]string `yaml:"variables"`
	AllowFailure struct {
		ExitCodes []int `yaml:"exit_codes"`
	} `yaml:"allow_failure"`
	Artifacts struct {
		When  string   `yaml:"when"`
		Paths []string `yaml:"paths"`
	} `yaml:"artifacts"`
}

func loadYAML[T any](t *testing.T, path string) (v T) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Load(text, &v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return v
}

func githubGate(t *testing.T) (all []githubStep, gate githubStep) {
	t.Helper()
	all = loadYAML[githubWorkflow](t, githubFile).Jobs["gate"].Steps
	at := slices.IndexFunc(all, func(s githubStep) bool { return s.ID == "gate" })
	if at < 0 {
		t.Fatalf("%s has no step with the id gate", githubFile)
	}
	return all, all[at]
}

// scriptsOf are all shell scripts of each file.
func scriptsOf(t *testing.T) map[string]string {
	t.Helper()
	scripts := map[string]string{}
	for _, file := range []string{githubFile, githubTest} {
		for _, job := range loadYAML[githubWorkflow](t, file).Jobs {
			for _, s := range job.Steps {
				scripts[file] += s.Run + "\n"
			}
		}
	}
	for _, job := range loadYAML[map[string]gitlabJob](t, gitlabFile) {
		scripts[gitlabFile] += strings.Join(slices.Concat(job.BeforeScript, job.Script), "\n") + "\n"
	}
	return scripts
}

// TestWorkflowCommands holds every command of the CI files to the program and the Makefile.
func TestWorkflowCommands(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for file, script := range scriptsOf(t) {
		gates := 0
		for line := range strings.Lines(script) {
			for _, words := range splitLine(strings.TrimSpace(line)) {
				switch {
				case strings.HasSuffix(words[0], "/pushbench"):
					gates++
					args := slices.Clone(words[1:])
					for i := range args {
						args[i] = strings.Replace(args[i], "$BUDGET", "5m", 1)
					}
					if err := knownCommand(args); err != nil {
						t.Errorf("%s: %s: %v", file, line, err)
					}
				case words[0] == "make" && !regexp.MustCompile(`(?m)^`+words[1]+`:`).Match(makefile):
					t.Errorf("%s: the Makefile has no target %s", file, words[1])
				}
			}
		}
		if gates == 0 && file != githubTest {
			t.Errorf("%s runs no gate", file)
		}
	}
}

// TestWorkflowsRunTheTests: the tests, the checks, and servers of other makes, on GitHub as on GitLab.
func TestWorkflowsRunTheTests(t *testing.T) {
	scripts := scriptsOf(t)
	for _, file := range []string{githubTest, gitlabFile} {
		for _, target := range []string{"test", "check", "test-real"} {
			if !regexp.MustCompile(`(?m)^make ` + target + `$`).MatchString(scripts[file]) {
				t.Errorf("%s does not make %s", file, target)
			}
		}
	}
}

// TestWorkflowsPrintNothingSecret: no script prints variables or traces itself, and none has values of the event pasted into it, which its author could
// make a command. GitHub's token reaches one step, by its environment, and can only read.
func TestWorkflowsPrintNothingSecret(t *testing.T) {
	for file, script := range scriptsOf(t) {
		if leak := regexp.MustCompile(`(?m)set -\w*x|^\s*(env|printenv|set|export -p)\s*$|\$\{\{|TOKEN|SECRET|PASSWORD`).FindString(script); leak != "" {
			t.Errorf("%s: a script has %q", file, leak)
		}
	}
	for _, file := range []string{githubFile, githubTest} {
		workflow := loadYAML[githubWorkflow](t, file)
		for scope, access := range workflow.Permissions {
			if access != "read" {
				t.Errorf("%s: permission %s: %s, want read", file, scope, access)
			}
		}
		if len(workflow.Permissions) == 0 || workflow.On["pull_request_target"] != nil {
			t.Errorf("%s must name its permissions, and never run a stranger's code with those of the target", file)
		}
		text, err := os.ReadFile(file)
		if err != nil || strings.Contains(string(text), "secrets.") {
			t.Errorf("%s needs no secret: %v", file, err)
		}
	}
}

func TestWorkflowsHaveWhatTheGateNeeds(t *testing.T) {
	workflow := loadYAML[githubWorkflow](t, githubFile)
	if _, ok := workflow.On["pull_request"]; !ok || workflow.On["schedule"] == nil {
		t.Error("the workflow must gate pull requests, and the default branch once a week")
	}
	steps, _ := githubGate(t)
	uses := map[string][]githubStep{}
	for _, s := range steps {
		action, _, _ := strings.Cut(s.Uses, "@")
		uses[action] = append(uses[action], s)
	}
	if c := uses["actions/checkout"]; len(c) != 1 || c[0].With["fetch-depth"] != 0 || c[0].With["persist-credentials"] != false {
		t.Errorf("the checkout must be of all history and keep no credentials: %+v", c)
	}
	if u := uses["actions/upload-artifact"]; len(u) != 2 || !strings.HasPrefix(u[0].If, "always()") || u[0].With["path"] != "gate-report" {
		t.Errorf("the report must be kept also of a gate that failed: %+v", u)
	}
	if r, s := uses["actions/cache/restore"], uses["actions/cache/save"]; len(r) != 1 || len(s) != 1 || r[0].With["path"] != "gate-report/"+calibrationFileName || s[0].With["path"] != r[0].With["path"] {
		t.Errorf("what the weekly job calibrates must reach the gates of pull requests: %+v, %+v", r, s)
	}
	scripts := scriptsOf(t)
	for _, file := range []string{githubFile, gitlabFile} { // a calibration holds for gates of its own budget
		if !strings.Contains(scripts[file], "gate --calibrate --budget 5m ") {
			t.Errorf("%s calibrates for no gate of a pull request", file)
		}
	}

	jobs := loadYAML[map[string]gitlabJob](t, gitlabFile)
	common := jobs[".gate"]
	if !slices.Equal(common.AllowFailure.ExitCodes, []int{98}) || common.Variables["GIT_DEPTH"] != "0" ||
		common.Artifacts.When != "always" || !slices.Equal(common.Artifacts.Paths, []string{"gate-report/"}) {
		t.Errorf("GitLab's gates must allow 98 alone, have all history and keep the report: %+v", common)
	}
	for _, name := range []string{"gate", "gate-weekly"} {
		if jobs[name].Extends != ".gate" {
			t.Errorf("GitLab's job %s does not extend .gate", name)
		}
	}
}

// TestGitHubGateStep runs the step's script with a gate that ends with each code: 98 must become a warning with the count, all others must stay.
func TestGitHubGateStep(t *testing.T) {
	_, step := githubGate(t)
	for gateCode, want := range map[string]struct {
		code  int
		print string
	}{"0": {0, ""}, "99": {99, ""}, "2": {2, ""}, "98": {0, "::warning title=p99 gate::cannot tell whether the candidate is worse (98); 3 such gates before"}} {
		code, said, output := runStep(t, step, map[string]string{".bin/pushbench": "exit " + gateCode, "make": "exit 0", "gh": "echo 3"},
			"GITHUB_REPOSITORY=a/b", "REVISION=v1", "BUDGET=5m")
		if code != want.code || !strings.Contains(said, want.print) {
			t.Errorf("gate exits with %s: step exits with %d, want %d and %q:\n%s", gateCode, code, want.code, want.print, said)
		}
		if output != "code="+gateCode+"\n" {
			t.Errorf("gate exits with %s: output %q", gateCode, output)
		}
	}
}

// TestGitHubBaselineStep: the baseline is the merge base of a pull request, otherwise the last release, and nothing where there is none.
func TestGitHubBaselineStep(t *testing.T) {
	steps, _ := githubGate(t)
	at := slices.IndexFunc(steps, func(s githubStep) bool { return s.ID == "baseline" })
	if at < 0 {
		t.Fatal("no step with the id baseline")
	}
	for _, test := range []struct{ base, git, output, print string }{
		{"b5e", `test "$*" = "merge-base b5e HEAD" && echo cafe`, "revision=cafe\n", ""},
		{"", `test "$1" = describe && echo v1.2.3`, "revision=v1.2.3\n", ""},
		{"", "exit 128", "revision=\n", "::notice title=p99 gate::no release tag"},
	} {
		code, said, output := runStep(t, steps[at], map[string]string{"git": test.git}, "BASE="+test.base)
		if code != 0 || output != test.output || !strings.Contains(said, test.print) {
			t.Errorf("%+v: exit code %d, output %q:\n%s", test, code, output, said)
		}
	}
}

// runStep runs a step's script as GitHub does, with lines of shell for some programs: those with a slash stand in the repository, others on the path.
func runStep(t *testing.T, step githubStep, programs map[string]string, env ...string) (code int, said, output string) {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("there is no bash here, which GitHub runs steps with")
	}
	dir := t.TempDir()
	for name, line := range programs {
		if !strings.Contains(name, "/") {
			name = filepath.Join("path", name)
		}
		stub(t, filepath.Join(dir, name), line)
	}
	cmd := exec.Command(bash, "--noprofile", "--norc", "-eo", "pipefail", "-c", step.Run)
	cmd.Dir = dir
	file := filepath.Join(dir, "output")
	cmd.Env = append(append(os.Environ(), "PATH="+filepath.Join(dir, "path")+":"+os.Getenv("PATH"), "GITHUB_OUTPUT="+file), env...)
	text, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(file)
	if err != nil {
		t.Errorf("the step wrote no output: %v", err)
	}
	return code, string(text), string(written)
}

// stub makes a program that is a line of shell.
func stub(t *testing.T, path, line string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+line+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}
