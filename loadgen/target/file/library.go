package file

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"pushbench/scenarios/document"
)

//go:embed examples/*.yaml
var exampleFiles embed.FS

// Example is a target file that is part of the program, to start from.
type Example struct {
	Name string
	// About is the first line of the file's opening comment.
	About string
	Text  []byte
}

// Examples lists the target files that are part of the program, by name.
func Examples() []Example {
	paths, err := fs.Glob(exampleFiles, "examples/*.yaml")
	if err != nil {
		panic(err)
	}
	var all []Example
	for _, p := range paths {
		text, err := exampleFiles.ReadFile(p)
		if err != nil {
			panic(err)
		}
		first, _, _ := strings.Cut(string(text), "\n")
		all = append(all, Example{Name: strings.TrimSuffix(path.Base(p), ".yaml"), About: strings.TrimSpace(strings.TrimPrefix(first, "#")), Text: text})
	}
	slices.SortFunc(all, func(a, b Example) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// LookupExample returns the example of that name. The error of an unknown one suggests what was meant.
func LookupExample(name string) (Example, error) {
	var names []string
	for _, e := range Examples() {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return Example{}, fmt.Errorf("no target file is called %q%s; there are %s", name, document.DidYouMean(name, names, nil), strings.Join(names, ", "))
}

// Open reads a target file by its path, which has a separator or ends in .yaml or .yml, or an example by its name.
func Open(nameOrPath string) (Source, error) {
	if strings.Contains(nameOrPath, "://") { // which is not repeated: it may have a secret in it
		return Source{}, errors.New("an address stands where a target file is wanted: `pushbench target list own` prints one to start from; `pushbench probe` takes an address")
	}
	if ext := path.Ext(nameOrPath); strings.ContainsAny(nameOrPath, `/\`) || ext == ".yaml" || ext == ".yml" {
		return Read(nameOrPath)
	}
	e, err := LookupExample(nameOrPath)
	return e.Source(), err
}

// Source is the example as if it stood in a file.
func (e Example) Source() Source { return Source{Path: e.Name + ".yaml", Text: e.Text} }
