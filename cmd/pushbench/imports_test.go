package main

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is this module's path; packages are named below it, as "loadgen/target".
const module = "pushbench"

// rule forbids imports, with the reason. In a pattern "x/..." is x and everything below it.
type rule struct {
	// from are the packages, or the .go files, that the rule binds.
	from []string
	// to are what they must not import, directly or through another package of this module. "ours" is this module, "*.*/..." every library.
	to []string
	// except are what they may import all the same.
	except []string
	reason string
}

// rules are the directions that imports run: cmd → loadgen, server, report → results → scenarios.
var rules = []rule{
	{
		from: []string{"longpoll/...", "loadgen/...", "report/...", "results/...", "scenarios/...", "server/..."}, to: []string{"cmd/..."},
		reason: "a command is an end: what others need of it belongs in a package",
	},
	{
		from: []string{"server/..."}, to: []string{"loadgen/...", "report/...", "results/...", "scenarios/..."},
		reason: "the server must not know what measures it, or it could be made to look good; it is used alone, too",
	},
	{
		from: []string{"loadgen/..."}, to: []string{"server/..."}, except: []string{"server/api"},
		reason: "the server measured is another process, perhaps not ours: only the types it speaks in are shared",
	},
	{
		from: []string{"loadgen/..."}, to: []string{"report/..."},
		reason: "measuring must not depend on how it is shown: a worker on another machine sends results, not reports",
	},
	{
		from: []string{"report/..."}, to: []string{"loadgen/...", "server/...", "longpoll/..."},
		reason: "a report is made of a run file alone, so that an old or foreign run can be shown",
	},
	{
		from: []string{"loadgen"}, to: []string{"loadgen/target", "loadgen/wire", "loadgen/netem", "longpoll/..."},
		reason: "the engine sees targets through its interfaces: anything else could favour one transport",
	},
	{
		from: []string{"loadgen/target/file", "loadgen/target/pointer"}, to: []string{"ours"}, except: []string{"loadgen/target/pointer", "scenarios/..."},
		reason: "a description is data: it can be read, checked and shown without anything that opens a socket",
	},
	{
		from: []string{"cmd/...", "loadgen/...", "server/...", "report/..."}, to: []string{"loadgen/target/hostile"},
		reason: "servers that misbehave are for tests",
	},
	{
		from: []string{"cmd/pushbench/probe"}, to: []string{"server/..."}, except: []string{"server/api"},
		reason: "a path is judged from outside: what its server knows of itself would be a private way in",
	},
	{
		from: []string{"server/hub.go", "server/topic.go"}, to: []string{"net", "net/...", "github.com/...", "longpoll/..."},
		reason: "all transports read one log; a log that knew one of them could favour it",
	},
	{
		from: []string{"longpoll/..."}, to: []string{"ours", "*.*/..."}, except: []string{"longpoll/..."},
		reason: "the long-poll protocol is for anybody to copy: the standard library only",
	},
	{
		from: []string{"results/..."}, to: []string{"ours"}, except: []string{"results/...", "scenarios/..."},
		reason: "the run file is a contract that others read without the harness",
	},
	{
		from: []string{"scenarios/..."}, to: []string{"ours"}, except: []string{"scenarios/..."},
		reason: "a workload says nothing of how it is produced",
	},
}

// users are the only packages that may import a library directly.
var users = []struct {
	library  string
	packages []string
	reason   string
}{
	{
		"github.com/HdrHistogram/hdrhistogram-go/...",
		[]string{"loadgen/record", "results/...", "report/...", "cmd/pushbench/verify", "cmd/pushbench/observe"},
		"a histogram is 246 KB and Record drops what is out of range: in the measured path one package sees to both; the others read what it made",
	},
	{"gonum.org/v1/plot/...", []string{"report/chart"}, "its axes panic and its PNG is slow on noisy data: one package knows how to feed it"},
	{"github.com/coder/websocket/...", []string{"server", "loadgen/target"}, "that protocol is a library's; ours are two adapters"},
	{"github.com/klauspost/compress/...", []string{"loadgen/wire"}, "it unpacks without garbage, which the clients need; the server compresses with the standard library, as others do"},
	{"github.com/valyala/fasthttp/...", []string{"server"}, "it is one of two ways to answer a poll; nothing else needs to know which"},
	{"go.yaml.in/yaml/v4/...", []string{"scenarios", "scenarios/document"}, "its place can be taken by another behind one function"},
	{"github.com/spf13/cobra/...", []string{"cmd/pushbench"}, "only the command has a command line"},
}

// importGraph is who imports what: packages of this module and files by name, other packages by path.
type importGraph struct{ packages, files map[string][]string }

func TestImports(t *testing.T) {
	graph, err := readImports("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		t.Run(strings.Join(r.from, " ")+" never "+strings.Join(r.to, " "), func(t *testing.T) {
			for _, from := range r.from {
				if len(graph.matching(from)) == 0 {
					t.Errorf("%s is nothing of this module: this rule can no longer fail", from)
				}
			}
			for _, broken := range graph.violations(r) {
				t.Errorf("%s\n\tforbidden because %s", broken, r.reason)
			}
		})
	}
	for _, u := range users {
		t.Run("only some import "+u.library, func(t *testing.T) {
			for _, complaint := range graph.misused(u.library, u.packages) {
				t.Errorf("%s\n\tforbidden because %s", complaint, u.reason)
			}
		})
	}
}

// readImports reads the imports of every Go file of the module that is no test: a test may compare anything with anything.
func readImports(root string) (importGraph, error) {
	g := importGraph{packages: map[string][]string{}, files: map[string][]string{}}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && file != root && (entry.Name() == "testdata" || strings.HasPrefix(entry.Name(), ".")):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		return g.add(filepath.ToSlash(name), file)
	})
	return g, err
}

func (g importGraph) add(name, file string) error {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		return err
	}
	folder := path.Dir(name)
	g.files[name], g.packages[folder] = nil, append(g.packages[folder], []string{}...)
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		imported = strings.TrimPrefix(imported, module+"/")
		g.files[name] = append(g.files[name], imported)
		g.packages[folder] = append(g.packages[folder], imported)
	}
	return nil
}

// matching lists the packages or files of the module that a pattern names.
func (g importGraph) matching(pattern string) []string {
	nodes := g.packages
	if strings.HasSuffix(pattern, ".go") {
		nodes = g.files
	}
	var found []string
	for _, name := range slices.Sorted(maps.Keys(nodes)) {
		if g.matches(name, pattern) {
			found = append(found, name)
		}
	}
	return found
}

func (g importGraph) matches(name, pattern string) bool {
	if pattern == "ours" {
		_, ours := g.packages[name]
		return ours
	}
	if pattern == "*.*/..." { // a library: its path begins with a host's name
		return strings.Contains(strings.SplitN(name, "/", 2)[0], ".")
	}
	base, tree := strings.CutSuffix(pattern, "/...")
	return name == base || tree && strings.HasPrefix(name, base+"/")
}

func (g importGraph) matchesAny(name string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return g.matches(name, p) })
}

// violations lists the chains of imports that break a rule.
func (g importGraph) violations(r rule) []string {
	var broken []string
	for _, from := range r.from {
		for _, start := range g.matching(from) {
			broken = append(broken, g.walk(r, []string{start}, map[string]bool{})...)
		}
	}
	return broken
}

// walk follows the imports of the chain's last link, and reports those chains that end in something forbidden.
func (g importGraph) walk(r rule, chain []string, seen map[string]bool) []string {
	last := chain[len(chain)-1]
	imports := g.packages[last]
	if strings.HasSuffix(last, ".go") {
		imports = g.files[last]
	}
	var broken []string
	for _, to := range imports {
		if seen[to] {
			continue
		}
		seen[to] = true
		longer := append(slices.Clone(chain), to)
		if g.matchesAny(to, r.to) && !g.matchesAny(to, r.except) {
			broken = append(broken, strings.Join(longer, " → "))
			continue
		}
		broken = append(broken, g.walk(r, longer, seen)...)
	}
	return broken
}

// misused lists who imports a library without leave, and the leave that nobody uses.
func (g importGraph) misused(library string, packages []string) []string {
	var complaints []string
	used := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(g.packages)) {
		if !slices.ContainsFunc(g.packages[name], func(to string) bool { return g.matches(to, library) }) {
			continue
		}
		allowed := slices.IndexFunc(packages, func(p string) bool { return g.matches(name, p) })
		if allowed < 0 {
			complaints = append(complaints, name+" imports "+library)
			continue
		}
		used[packages[allowed]] = true
	}
	for _, p := range packages {
		if !used[p] {
			complaints = append(complaints, p+" does not import "+library+" any more: take its leave away")
		}
	}
	return complaints
}

// TestImportRulesCanFail holds the checker to a graph that breaks rules, directly and through another package.
func TestImportRulesCanFail(t *testing.T) {
	g := importGraph{
		packages: map[string][]string{
			"server": {"server/hub", "net"}, "server/hub": {"loadgen"}, "loadgen": {"fmt"},
			"report": {"example.org/plot/vg"}, "report/chart": {"fmt"},
		},
		files: map[string][]string{"server/hub.go": {"net/http"}},
	}
	for _, c := range []struct {
		name string
		rule rule
		want []string
	}{
		{"through another", rule{from: []string{"server"}, to: []string{"loadgen/..."}}, []string{"server → server/hub → loadgen"}},
		{"subtree", rule{from: []string{"server/..."}, to: []string{"loadgen"}}, []string{"server → server/hub → loadgen", "server/hub → loadgen"}},
		{"file", rule{from: []string{"server/hub.go"}, to: []string{"net/..."}}, []string{"server/hub.go → net/http"}},
		{"library", rule{from: []string{"report/..."}, to: []string{"*.*/..."}}, []string{"report → example.org/plot/vg"}},
		{"exception", rule{from: []string{"server"}, to: []string{"ours"}, except: []string{"server/..."}}, []string{"server → server/hub → loadgen"}},
		{"kept", rule{from: []string{"loadgen"}, to: []string{"server/..."}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if have := g.violations(c.rule); !slices.Equal(have, c.want) {
				t.Errorf("have %q, want %q", have, c.want)
			}
		})
	}
	want := []string{"report imports example.org/plot/...", "report/chart does not import example.org/plot/... any more: take its leave away"}
	if have := g.misused("example.org/plot/...", []string{"report/chart"}); !slices.Equal(have, want) {
		t.Errorf("misused: have %q, want %q", have, want)
	}
}
