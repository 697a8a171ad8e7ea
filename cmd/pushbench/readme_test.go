package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"pushbench/scenarios"
)

// readmes are the README and those of single packages.
func readmes(t *testing.T) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "README.md" {
			found = append(found, path)
		}
		return err
	})
	if err != nil || len(found) < 2 {
		t.Fatalf("found %v (%v)", found, err)
	}
	return found
}

// TestReadmeLinks holds every relative link of every README to a file that is there.
func TestReadmeLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)[^):]*\)`)
	checked := 0
	for _, path := range readmes(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			checked++
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), found[1])); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	if checked == 0 {
		t.Error("no README has a link to a file")
	}
}

// TestReadmeCommands holds every command of the README's ```sh blocks to the program and the Makefile, so that a reader can paste each.
func TestReadmeCommands(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, words := range shellCommands(string(text)) {
		switch program := words[0]; {
		case program == "pushbench" || strings.HasSuffix(program, "/pushbench"):
			checked++
			if err := knownCommand(words[1:]); err != nil {
				t.Errorf("%s: %v", strings.Join(words, " "), err)
			}
		case program == "make" && len(words) > 1:
			checked++
			if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(words[1]) + `:`).Match(makefile) {
				t.Errorf("%s: the Makefile has no target %s", strings.Join(words, " "), words[1])
			}
		}
	}
	if checked == 0 {
		t.Error("README.md has no command in any ```sh block")
	}
}

// knownCommand parses a command line as the program would, without running it.
func knownCommand(args []string) error {
	root := newRoot(streams{})
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd(args...)
	cmd, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); errors.Is(err, pflag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	positional := cmd.Flags().Args()
	if err := cmd.ValidateArgs(positional); err != nil {
		return err
	}
	if cmd.Name() == "run" && !strings.ContainsAny(positional[0], "./") && !slices.Contains(append(scenarios.Names(), scenarios.SuiteNames()...), positional[0]) {
		return fmt.Errorf("no scenario is called %q", positional[0])
	}
	return nil
}

var shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```")

// shellCommands returns the words of every command in the text's ```sh blocks.
func shellCommands(markdown string) [][]string {
	var commands [][]string
	for _, block := range shellBlock.FindAllStringSubmatch(markdown, -1) {
		text := strings.ReplaceAll(block[1], "\\\n", " ")
		for line := range strings.Lines(text) {
			commands = append(commands, splitLine(strings.TrimSpace(line))...)
		}
	}
	return commands
}

// shellWord is a word with its quotes, an operator, or a comment.
var shellWord = regexp.MustCompile(`#.*|[|;&<>]+|(?:'[^']*'|"[^"]*"|\\.|[^\s|;&<>'"\\])+`)

var assignment = regexp.MustCompile(`^[A-Z_]+=`)

// splitLine splits a line into its commands' words, as far as a README needs a shell: quotes, pipes, redirections, assignments and comments.
func splitLine(line string) [][]string {
	var commands [][]string
	var words []string
	end := func() {
		if len(words) > 0 {
			commands = append(commands, words)
		}
		words = nil
	}
	skip := false
	for _, w := range shellWord.FindAllString(strings.TrimPrefix(line, "$ "), -1) {
		switch {
		case skip:
			skip = false
		case strings.HasPrefix(w, "#"):
			end()
			return commands
		case strings.ContainsAny(w[:1], "<>"):
			skip = true // the file's name
		case strings.ContainsAny(w[:1], "|;&"):
			end()
		case len(words) > 0 || !assignment.MatchString(w):
			words = append(words, strings.NewReplacer("'", "", `"`, "").Replace(w))
		}
	}
	end()
	return commands
}

func TestShellCommands(t *testing.T) {
	text := "```sh\n# a comment\n$ A=b pushbench run x --inject 'drop=0.1%,a b' > run.json  # saved\nmake bench \\\n  ARGS=\"-c 5\" && pushbench list | head -1\n```\n" +
		"```json\npushbench nothing\n```\n"
	var have []string
	for _, words := range shellCommands(text) {
		have = append(have, strings.Join(words, "·"))
	}
	want := []string{"pushbench·run·x·--inject·drop=0.1%,a b", "make·bench·ARGS=-c 5", "pushbench·list", "head·-1"}
	if !slices.Equal(have, want) {
		t.Errorf("have %q, want %q", have, want)
	}
}

func TestKnownCommand(t *testing.T) {
	for line, fine := range map[string]bool{
		"": true, "bench --transport websocket,longpoll": true, "run quick --rate 5/s": true, "run ./mine.yaml --json": true, "help run": true, "--help": true,
		"run --help": true, "srve": false, "run quick --bogus": false, "run": false, "run nothing": false, "list a b": false, "run bench": true, "list internet": true, "run quick --pin none": false,
	} {
		if err := knownCommand(strings.Fields(line)); (err == nil) != fine {
			t.Errorf("pushbench %s: %v, want it to be fine: %v", line, err, fine)
		}
	}
}
