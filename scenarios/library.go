package scenarios

import (
	"cmp"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
)

//go:embed *.yaml
var libraryFiles embed.FS

// library reads the embedded files once. They are part of the program: one that does not resolve is a bug, and a test says so.
var library = sync.OnceValue(func() []*Scenario {
	paths, err := fs.Glob(libraryFiles, "*.yaml")
	if err != nil {
		panic(err)
	}
	var all []*Scenario
	for _, path := range paths {
		s, err := libraryDraft(path).Resolve()
		if err != nil {
			panic("scenarios: embedded " + err.Error())
		}
		all = append(all, s)
	}
	slices.SortStableFunc(all, func(a, b *Scenario) int { return cmp.Compare(rank(a), rank(b)) })
	return all
})

// rank puts the default scenario first; the others keep the order of their names.
func rank(s *Scenario) int {
	if s.Name == "default" {
		return 0
	}
	return 1
}

func libraryDraft(path string) *Draft {
	data, err := libraryFiles.ReadFile(path)
	if err != nil {
		panic(err)
	}
	return Parse("built-in "+path, data)
}

// List returns the built-in scenarios, resolved: the default first, then by name.
func List() []*Scenario {
	all := slices.Clone(library())
	for i, s := range all {
		all[i] = s.Clone()
	}
	return all
}

// Names lists the names of the built-in scenarios in the order of List.
func Names() []string {
	names := make([]string, len(library()))
	for i, s := range library() {
		names[i] = s.Name
	}
	return names
}

// UnknownError says that there is no built-in scenario of a name.
type UnknownError struct {
	Name  string
	Names []string // those there are
	// Suites are the names of suites, where one would have been as good.
	Suites []string
	// Suite says that a suite has this name, where one scenario is wanted.
	Suite bool
}

func (e *UnknownError) Error() string {
	if e.Suite {
		return fmt.Sprintf("%q is a suite of several scenarios, and here one is wanted: one of %s", e.Name, strings.Join(e.Names, ", "))
	}
	suites := ""
	if len(e.Suites) > 0 {
		suites = "; suites are " + strings.Join(e.Suites, ", ")
	}
	return fmt.Sprintf("no scenario is called %q%s; there are %s%s; to run a file, give its path, such as ./%s.yaml",
		e.Name, didYouMean(e.Name, slices.Concat(e.Names, e.Suites)), strings.Join(e.Names, ", "), suites, cmp.Or(e.Name, "mine"))
}

// Lookup returns the built-in scenario of that name as a Draft. The error is an *UnknownError.
func Lookup(name string) (*Draft, error) {
	if !slices.Contains(Names(), name) {
		_, suite := LookupSuite(name)
		return nil, &UnknownError{Name: name, Names: Names(), Suite: suite}
	}
	return libraryDraft(name + ".yaml"), nil
}

// Load returns the scenario that a command line names: a path (with a slash, or ending in .yaml or .yml) is read as a file,
// anything else is the name of a built-in one. The error is an *UnknownError or wraps that of reading the file;
// what is wrong inside the file is for Draft.Resolve to say.
func Load(nameOrPath string) (*Draft, error) {
	if !looksLikePath(nameOrPath) {
		return Lookup(nameOrPath)
	}
	data, err := readBounded(nameOrPath)
	if err != nil {
		return nil, fmt.Errorf("reading scenario: %w", err)
	}
	return Parse(nameOrPath, data), nil
}

// readBounded reads a file, or just enough of one that is too large for Parse to say so.
func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, MaxFileSize+1))
}

// looksLikePath tells a file's path from a scenario's name.
func looksLikePath(s string) bool {
	return strings.ContainsAny(s, `/\`) || strings.HasSuffix(s, ".yaml") || strings.HasSuffix(s, ".yml")
}
