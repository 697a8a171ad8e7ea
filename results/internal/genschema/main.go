// Command genschema writes ../../run.schema.json, the JSON Schema of run.json. It is run by go generate in package results.
//
// The types are the source: package jsonschema infers the schema from them, and the descriptions are their doc comments, so that the contract is
// written down once. Two things are changed. Objects stay open, because a newer pushbench may add fields under the same schema number and must not
// make an older copy of the schema refuse its files. And null is no value: what is n/a is absent.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"pushbench/results"
	"pushbench/scenarios"
)

func main() {
	content, err := generate(".", "../scenarios")
	if err == nil {
		err = os.WriteFile(results.SchemaFile, content, 0o644)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// generate returns the schema, with descriptions from the comments in the Go files of the folders.
func generate(folders ...string) ([]byte, error) {
	schema, err := jsonschema.For[results.Run](&jsonschema.ForOptions{TypeSchemas: special()})
	if err != nil {
		return nil, err
	}
	docs, err := readDocs(folders)
	if err != nil {
		return nil, err
	}
	describe(schema, reflect.TypeFor[results.Run](), docs)
	loosen(schema)
	schema.Schema = "https://json-schema.org/draft/2020-12/schema"
	schema.Title = fmt.Sprintf("pushbench run, schema %d", results.Schema)
	schema.Properties["schema"].Const = jsonschema.Ptr[any](results.Schema)
	content, err := json.Marshal(schema)
	if err != nil {
		return nil, err
	}
	var indented bytes.Buffer
	err = json.Indent(&indented, append(content, '\n'), "", "  ")
	return indented.Bytes(), err
}

// special are the types that inference cannot know all about.
func special() map[reflect.Type]*jsonschema.Schema {
	return map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[time.Time]():           {Type: "string", Format: "date-time"},
		reflect.TypeFor[time.Duration]():       {Type: "integer"},
		reflect.TypeFor[results.Verdict]():     enum(results.Valid, results.Invalid),
		reflect.TypeFor[results.Outcome]():     enum(results.Passed, results.Failed, results.Inconclusive),
		reflect.TypeFor[scenarios.Unit]():      enum(scenarios.UnitNanoseconds, scenarios.UnitBytes, scenarios.UnitMessages, scenarios.UnitPercent, scenarios.UnitNumber),
		reflect.TypeFor[scenarios.Transport](): {Type: "string", MinLength: jsonschema.Ptr(1)},
	}
}

func enum[T ~string](values ...T) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string"}
	for _, v := range values {
		s.Enum = append(s.Enum, string(v))
	}
	return s
}

// loosen opens objects and takes null from the types that a value can have.
func loosen(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	if s.Properties != nil {
		s.AdditionalProperties = nil
	}
	s.Types = slices.DeleteFunc(s.Types, func(t string) bool { return t == "null" })
	if len(s.Types) == 1 {
		s.Type, s.Types = s.Types[0], nil
	}
	for _, p := range s.Properties {
		loosen(p)
	}
	loosen(s.AdditionalProperties)
	loosen(s.Items)
}

// docs are comments by "Type" and "Type.Field".
type docs map[string]string

func readDocs(folders []string) (docs, error) {
	all := make(docs)
	for _, folder := range folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), folder+"/"+e.Name(), nil, parser.ParseComments)
			if err != nil {
				return nil, err
			}
			all.addFile(file)
		}
	}
	return all, nil
}

func (d docs) addFile(file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		group, ok := n.(*ast.GenDecl)
		if !ok {
			return true
		}
		for _, spec := range group.Specs {
			if t, ok := spec.(*ast.TypeSpec); ok {
				d.addType(t, group.Doc)
			}
		}
		return true
	})
}

func (d docs) addType(t *ast.TypeSpec, doc *ast.CommentGroup) {
	d[t.Name.Name] = oneLine(doc.Text())
	fields, ok := t.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, f := range fields.Fields.List {
		for _, name := range f.Names {
			d[t.Name.Name+"."+name.Name] = oneLine(f.Doc.Text())
		}
	}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// describe gives the schema of a type, and all below it, their comments: a field's own, else its type's.
func describe(s *jsonschema.Schema, t reflect.Type, d docs) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if s == nil {
		return
	}
	if s.Description == "" && strings.HasPrefix(t.PkgPath(), "pushbench/") {
		s.Description = d[t.Name()]
	}
	switch t.Kind() {
	case reflect.Struct:
		describeFields(s, t, d)
	case reflect.Slice, reflect.Array:
		describe(s.Items, t.Elem(), d)
	case reflect.Map:
		describe(s.AdditionalProperties, t.Elem(), d)
	}
}

func describeFields(s *jsonschema.Schema, t reflect.Type, d docs) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			describeFields(s, f.Type, d)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if p := s.Properties[name]; p != nil {
			p.Description = d[t.Name()+"."+f.Name]
			describe(p, f.Type, d)
		}
	}
}
