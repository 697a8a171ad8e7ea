package file

import (
	"encoding/json"

	"github.com/google/jsonschema-go/jsonschema"
)

//go:generate go run ./internal/genschema target.schema.json

// Schema is the JSON Schema (draft 2020-12) of a target file. Editors complete and check files with it; what one key means for another is for Parse alone.
// The bytes are those of target.schema.json.
func Schema() ([]byte, error) {
	root := targetSection.schema()
	root.Schema = "https://json-schema.org/draft/2020-12/schema"
	root.Title = "pushbench target"
	root.Description = "How simulated clients speak to a server."
	data, err := json.MarshalIndent(root, "", "  ")
	return append(data, '\n'), err
}

// schema is the mapping of the section's keys, nothing else allowed in it.
func (s *section[S]) schema() *jsonschema.Schema {
	schema := &jsonschema.Schema{
		Type: "object", Properties: map[string]*jsonschema.Schema{}, PropertyOrder: s.keys(), Required: s.required,
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
	}
	for _, f := range s.fields {
		below := f.schema()
		below.Description = f.doc + " Allowed: " + f.allowed + "."
		schema.Properties[f.key] = below
	}
	for _, group := range s.either {
		schema.OneOf = append(schema.OneOf, eachRequired(group)...)
	}
	schema.AnyOf, schema.DependentRequired = eachRequired(s.some), s.beside
	return schema
}

func eachRequired(keys []string) (all []*jsonschema.Schema) {
	for _, key := range keys {
		all = append(all, &jsonschema.Schema{Required: []string{key}})
	}
	return all
}
