package scenarios

import (
	"encoding/json"

	"github.com/google/jsonschema-go/jsonschema"
)

//go:generate go run ./internal/genschema scenario.schema.json

// Schema is the JSON Schema (draft 2020-12) of a scenario file as a user writes it: quantities with their units, the words
// allowed, only name and pattern required. Editors complete and check files with it; what one value means for another
// (bounds with units, no publish in the duration) is for Decode alone. The bytes are those of scenario.schema.json.
func Schema() ([]byte, error) {
	data, err := json.MarshalIndent(fileSchema(), "", "  ")
	return append(data, '\n'), err
}

func fileSchema() *jsonschema.Schema {
	root := sectionSchema("")
	root.Schema = "https://json-schema.org/draft/2020-12/schema"
	root.Title = "pushbench scenario"
	root.Description = "One workload: who publishes to whom, how often, over which transports."
	root.Required = []string{"name", "pattern"}
	root.Not = &jsonschema.Schema{AnyOf: exclusions()}
	root.Properties["headers"] = headersSchema()
	root.Properties["sweep"] = sweepSchema()
	root.Properties["gate"].Properties["accept"] = acceptSchema()
	return root
}

// exclusions are the pairs of keys that must not stand beside each other.
func exclusions() (pairs []*jsonschema.Schema) {
	for _, group := range exclusive {
		for i, a := range group {
			for _, b := range group[i+1:] {
				pairs = append(pairs, &jsonschema.Schema{Required: []string{a, b}})
			}
		}
	}
	return pairs
}

// sectionSchema is the mapping of the keys below a section, nothing else allowed in it.
func sectionSchema(section string) *jsonschema.Schema {
	s := &jsonschema.Schema{
		Type:                 "object",
		Properties:           map[string]*jsonschema.Schema{},
		PropertyOrder:        sectionKeys(section),
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
	}
	for _, key := range s.PropertyOrder {
		if p, err := LookupParameter(joinPath(section, key)); err == nil {
			s.Properties[key] = p.fileSchema()
		} else if section == "" && key != "sweep" {
			s.Properties[key] = sectionSchema(key)
		}
	}
	return s
}

// fileSchema is the parameter's schema with its documentation and default.
func (p *Parameter) fileSchema() *jsonschema.Schema {
	s := p.schema()
	s.Description = p.Doc + " Allowed: " + p.Allowed + "."
	defaults := Default()
	if value := defaults.defaultOf(p); value != nil {
		s.Default, _ = json.Marshal(value) // texts, lists of texts, numbers and booleans always marshal
	}
	return s
}

// defaultOf is the value of a parameter in s as a file has it, or nil if there is none.
func (s *Scenario) defaultOf(p *Parameter) any {
	switch text := p.get(s); {
	case p.items != nil && len(p.items(s)) > 0:
		return p.items(s)
	case text == "" || s.implied(p.Path):
		return nil
	case p.tags[0] == tagBool || p.Kind == "count":
		return json.RawMessage(text)
	default:
		return text
	}
}

func enumSchema[T ~string](values []T) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string"}
	for _, v := range values {
		s.Enum = append(s.Enum, string(v))
	}
	return s
}

// headersSchema is a preset's name, or a mapping of sizes, perhaps with a preset.
func headersSchema() *jsonschema.Schema {
	p, _ := LookupParameter("headers")
	sizes := sectionSchema("headers")
	sizes.Properties["preset"] = enumSchema([]HeaderPreset{HeadersBrowser, HeadersNone, HeadersSized})
	s := p.fileSchema()
	s.Type, s.Enum = "", nil
	s.AnyOf = []*jsonschema.Schema{enumSchema([]HeaderPreset{HeadersBrowser, HeadersNone}), sizes}
	s.Default = json.RawMessage(`"browser"`)
	return s
}

// sweepSchema maps the parameters that can be swept to values, ranges and lists of those.
func sweepSchema() *jsonschema.Schema {
	s := &jsonschema.Schema{
		Type:                 "object",
		Description:          "Parameters varied within the run, each " + axisForm + ".",
		Properties:           map[string]*jsonschema.Schema{},
		AdditionalProperties: &jsonschema.Schema{Not: &jsonschema.Schema{}},
		Not:                  &jsonschema.Schema{Required: []string{"rate", "rate_per_client"}},
	}
	for _, p := range parameters {
		if p.Sweepable() {
			s.PropertyOrder = append(s.PropertyOrder, p.Path)
			s.Properties[p.Path] = axisSchema()
		}
	}
	return s
}

func axisSchema() *jsonschema.Schema {
	value := &jsonschema.Schema{Types: []string{"string", "number", "boolean"}}
	list := &jsonschema.Schema{Type: "array", Items: value, MinItems: jsonschema.Ptr(1), MaxItems: jsonschema.Ptr(MaxAxisValues)}
	return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{value, list}}
}

// ruleListSchema is a list of rules, quoted or as the one-pair mapping that YAML makes of an unquoted `websocket: p(99)<50ms`.
func ruleListSchema() *jsonschema.Schema {
	rule := &jsonschema.Schema{Type: "string", MinLength: jsonschema.Ptr(1)}
	pair := &jsonschema.Schema{
		Type: "object", AdditionalProperties: &jsonschema.Schema{Type: "string"},
		MinProperties: jsonschema.Ptr(1), MaxProperties: jsonschema.Ptr(1),
	}
	return &jsonschema.Schema{Type: "array", Items: &jsonschema.Schema{AnyOf: []*jsonschema.Schema{rule, pair}}}
}
