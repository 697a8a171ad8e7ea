package main

import (
	"bytes"
	"errors"
	"flag"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"

	"pushbench/results"
	"pushbench/scenarios"
)

// TestMain lets the test binary be pushbench: under that name it runs main, and the servers and workers that a run starts from its own executable are the
// same code as the test's.
//
// The scripts wait for rounds to pass most of the time, so more of them go on at once than there are processors; -parallel says otherwise.
func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0))); err != nil {
		panic(err)
	}
	defaultSpare = 0 // what a busy machine spoils is measured once: it would be spoiled again, and every script longer
	testscript.Main(m, map[string]func(){
		"pushbench": main,
		// For pushbench-abroad no address is this machine's own: what a run does to other machines is shown without leaving this one.
		"pushbench-abroad": func() { isLocal = func(netip.Addr) bool { return false }; main() },
	})
}

// raceOptions are for test binaries built with -race: a child that races ends at once, so that the run fails, and no process idles a second at its end.
const raceOptions = "halt_on_error=1 atexit_sleep_ms=0"

// TestScripts runs the command lines of testdata/*.txtar, each in a folder of its own that holds tiny.yaml. Besides testscript's commands there are:
//
//	exits CODE[,CODE…] COMMAND…      run a command that must exit with one of the codes
//	runjson …                        what the run file on standard output says (script_runjson_test.go)
//	start, await, signal, finish     a command in the background (script_background_test.go)
//	misbehaving NAME                 a server of package hostile; sets HOSTILE to its address (script_secret_test.go)
//	secret WORD…                     none of the words was printed by the last command, or stands in a file that the script did not begin with
//	pid NAME VARIABLE                the number of its process
//	lines N [FILE]                   the file (default stdout) has N lines
//	narrow N                         no line of standard output is wider than N columns
//	saved DIR, empty DIR             the folder holds one run, which is copied to DIR.json; nothing
//	healthz FILE                     the server that the file announces answers; sets ADDR
//	publishing TOPIC EVERY           publish on it until the script ends (script_publish_test.go)
//	claimed FILE                     the run file holds what each row of the claims table needs (script_claims_test.go)
//
// No script asserts a verdict or an absolute time, which a busy machine could change; where either exit code is fine, it says so.
func TestScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: the scripts run whole command lines, for a minute")
	}
	t.Parallel()
	testscript.Run(t, scriptParams(t, "testdata"))
}

// scriptParams are what the scripts of a folder run with.
func scriptParams(t *testing.T, dir string) testscript.Params {
	tiny, err := os.ReadFile("testdata/tiny.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return testscript.Params{
		Dir: dir,
		Setup: func(env *testscript.Env) error {
			env.Values[backgroundKey{}] = &background{dir: env.WorkDir, running: map[string]*runningCommand{}}
			env.Setenv("GORACE", raceOptions)
			return os.WriteFile(filepath.Join(env.WorkDir, "tiny.yaml"), tiny, 0o644)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "runjson": runJSON, "start": start, "await": await, "signal": signalBackground, "finish": finish,
			"lines": lineCount, "narrow": narrow, "saved": saved, "empty": empty, "healthz": healthz, "publishing": publishing, "claimed": claimed, "pid": pid,
			"misbehaving": misbehaving, "secret": secret,
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	}
}

// exits runs a command that must end with one of the given codes.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE[,CODE…] COMMAND [ARG…]")
	}
	checkExit(ts, args[0], ts.Exec(args[1], args[2:]...))
}

// checkExit holds how a command ended against the codes it may end with, such as "0,98".
func checkExit(ts *testscript.TestScript, allowed string, err error) {
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("cannot run it: %v", err)
	}
	if !slices.Contains(strings.Split(allowed, ","), strconv.Itoa(code)) {
		ts.Fatalf("exit code %d (%v), want %s", code, err, allowed)
	}
}

// lineCount checks how many lines a file has.
func lineCount(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: lines N [FILE]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	text := ts.ReadFile(append(args, "stdout")[1])
	if have := strings.Count(text, "\n"); have != want {
		ts.Fatalf("%d lines, want %d:\n%s", have, want, text)
	}
}

// narrow checks that no line of standard output is wider than N columns.
func narrow(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: narrow N")
	}
	limit, err := strconv.Atoi(args[0])
	ts.Check(err)
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		if width := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); width > limit {
			ts.Fatalf("%d columns, want at most %d: %s", width, limit, line)
		}
	}
}

// saved copies the run file of the one run in a folder: saved DIR makes DIR.json.
func saved(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: saved DIR")
	}
	store := results.Store{Dir: ts.MkAbs(args[0])}
	runs, err := store.Runs()
	ts.Check(err)
	if len(runs) != 1 {
		ts.Fatalf("%d runs in %s, want 1: %q", len(runs), args[0], runs)
	}
	text, err := os.ReadFile(filepath.Join(store.Dir, runs[0], results.RunFile))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".json"), text, 0o644))
}

// empty checks that a folder is there and holds nothing.
func empty(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: empty DIR")
	}
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(entries) > 0 {
		ts.Fatalf("%s holds %v", args[0], entries)
	}
}

// healthz asks the server that a file announces whether it is ready, and sets ADDR to its address.
func healthz(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: healthz FILE")
	}
	url := strings.TrimPrefix(strings.TrimSpace(ts.ReadFile(args[0])), "listening on ")
	response, err := http.Get(url + "/healthz")
	ts.Check(err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		ts.Fatalf("/healthz answered %s", response.Status)
	}
	ts.Setenv("ADDR", strings.TrimPrefix(url, "http://"))
}

// TestListNamesEveryScenarioOnce holds list's format to what scripts cut it with: an upper-case header, then one line each that begins with the name.
func TestListNamesEveryScenarioOnce(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"list"}, streams{strings.NewReader(""), &out, &errs}); code != exitFine {
		t.Fatalf("exit code %d: %s", code, &errs)
	}
	text, suites, _ := strings.Cut(out.String(), "\n\n")
	for _, name := range scenarios.SuiteNames() {
		if !strings.HasPrefix(suites, "SUITE ") || !strings.Contains(suites, "\n"+name+" ") {
			t.Errorf("the suite %s is not listed:\n%s", name, suites)
		}
	}
	all := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if header := all[0]; !strings.HasPrefix(header, "NAME ") || header != strings.ToUpper(header) {
		t.Errorf("the header is %q", header)
	}
	row := regexp.MustCompile(`^(\S+) +(broadcast|direct|echo|rooms|duplex) +\d+ +\S+/\S+ +\S.*\?$`)
	seen := map[string]bool{}
	for _, line := range all[1:] {
		m := row.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("not a scenario's line: %q", line)
			continue
		}
		if seen[m[1]] {
			t.Errorf("%s is there twice", m[1])
		}
		seen[m[1]] = true
	}
	if want := scenarios.Names(); len(seen) != len(want) || slices.ContainsFunc(want, func(n string) bool { return !seen[n] }) {
		t.Errorf("listed %v, want %v", seen, want)
	}
}
