package verify

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestEveryCheckSaysWhatItIs(t *testing.T) {
	seen := map[string]bool{}
	word := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	for i, c := range Checks {
		if !word.MatchString(c.Name) || seen[c.Name] {
			t.Errorf("check %d is called %q: want lower-case words of its own", i, c.Name)
		}
		seen[c.Name] = true
		if c.Source == "" || c.Run == nil {
			t.Errorf("%s lacks its source or what it does", c.Name)
		}
	}
}

// Every check is in the list, and its variable's comment says what it compares.
func TestEveryCheckIsListedAndDocumented(t *testing.T) {
	listed := map[string]bool{}
	docs := map[string]string{}
	for _, file := range parsed(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			declaration, ok := n.(*ast.GenDecl)
			if !ok || declaration.Tok != token.VAR {
				return true
			}
			for _, spec := range declaration.Specs {
				inspect(spec.(*ast.ValueSpec), declaration.Doc.Text(), docs, listed)
			}
			return false
		})
	}
	if len(listed) != len(Checks) || len(docs) != len(Checks) {
		t.Errorf("%d checks are listed and %d are declared, but there are %d", len(listed), len(docs), len(Checks))
	}
	for name, doc := range docs {
		if !listed[name] {
			t.Errorf("the check %s is not in Checks", name)
		}
		if !strings.HasPrefix(doc, name+" ") || len(doc) < 40 {
			t.Errorf("the check %s has no comment that says what it compares: %q", name, doc)
		}
	}
}

// inspect notes the doc of a variable that is a Check, and the names in Checks.
func inspect(v *ast.ValueSpec, doc string, docs map[string]string, listed map[string]bool) {
	for i, value := range v.Values {
		literal, ok := value.(*ast.CompositeLit)
		if !ok {
			continue
		}
		if kind, ok := literal.Type.(*ast.Ident); ok && kind.Name == "Check" {
			docs[v.Names[i].Name] = doc
		}
		if v.Names[i].Name != "Checks" {
			continue
		}
		for _, element := range literal.Elts {
			listed[element.(*ast.Ident).Name] = true
		}
	}
}

func parsed(t *testing.T) (files []*ast.File) {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no source files: %v", err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}
