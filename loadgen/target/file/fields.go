package file

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"pushbench/scenarios"
	"pushbench/scenarios/document"
)

// What follows makes the fields of each kind, for the tables in table.go.

func textSchema() *jsonschema.Schema { return &jsonschema.Schema{Types: []string{"string", "number"}} }

// patternSchema is that of texts of a form. The expressions are those that Go and ECMAScript both know.
func patternSchema(pattern string) func() *jsonschema.Schema {
	return func() *jsonschema.Schema { return &jsonschema.Schema{Type: "string", Pattern: pattern} }
}

func (f field[S]) withSchema(schema func() *jsonschema.Schema) field[S] {
	f.schema = schema
	return f
}

const templateForm = "a text; {name} stands for a value, ${NAME} for the environment's"

// templateField is a text that is sent.
func templateField[S any](key, doc string, at func(*S) *Template) field[S] {
	return field[S]{key: key, doc: doc, allowed: templateForm, schema: textSchema, read: func(d *decoder, p place, s *S) {
		if _, ok := d.text(p, templateForm); ok {
			*at(s) = d.template(p)
		}
	}}
}

// textField is a text that is what it is.
func textField[S any](key, doc, allowed string, set func(*S, string) error) field[S] {
	return field[S]{key: key, doc: doc, allowed: allowed, schema: textSchema, read: func(d *decoder, p place, s *S) {
		text, ok := d.text(p, allowed)
		if !ok {
			return
		}
		if err := set(s, text); err != nil {
			d.reject(p, err.Error(), allowed)
		}
	}}
}

// carryingField is the text that a message is sent in.
func carryingField[S any](key, doc string, at func(*S) *Template) field[S] {
	return templateField(key, doc, at).withSchema(patternSchema(`\{payload\}`))
}

// plainField is a text without references that goes where at says.
func plainField[S any](key, doc, allowed string, at func(*S) *string) field[S] {
	return textField(key, doc, allowed, func(s *S, text string) error {
		if reference.MatchString(text) {
			return fmt.Errorf("has a reference, which this key does not take")
		}
		*at(s) = text
		return nil
	}).withSchema(func() *jsonschema.Schema {
		schema := textSchema()
		schema.Not = &jsonschema.Schema{Type: "string", Pattern: reference.String()}
		return schema
	})
}

func boolField[S any](key, doc string, at func(*S) *bool) field[S] {
	const allowed = "true or false"
	schema := func() *jsonschema.Schema { return &jsonschema.Schema{Type: "boolean"} }
	return field[S]{key: key, doc: doc, allowed: allowed, schema: schema, read: func(d *decoder, p place, s *S) {
		if text, ok := d.scalar(p, allowed, document.Bool); ok {
			*at(s) = strings.EqualFold(text, "true")
		}
	}}
}

// quantityField is a text that a function parses into a quantity of at least least.
func quantityField[S any, T ~int | ~int64](key, doc, allowed string, parse func(string) (T, error), least, most T, at func(*S) *T) field[S] {
	return textField(key, doc, allowed, func(s *S, text string) error {
		v, err := parse(text)
		if err != nil {
			return fmt.Errorf("%q is not %s", text, allowed)
		}
		if v < least || v > most {
			return fmt.Errorf("%s is out of range", text)
		}
		*at(s) = v
		return nil
	})
}

func durationField[S any](key, doc string, at func(*S) *time.Duration) field[S] {
	return quantityField(key, doc, "a duration from 10ms to 1h such as 25s", scenarios.ParseDuration, 10*time.Millisecond, time.Hour, at).
		withSchema(patternSchema(`^(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$`))
}

// countField is a whole number from 1 to most.
func countField[S any](key, doc string, most int, at func(*S) *int) field[S] {
	allowed := fmt.Sprintf("a whole number from 1 to %d", most)
	schema := func() *jsonschema.Schema {
		return &jsonschema.Schema{Type: "integer", Minimum: jsonschema.Ptr(1.0), Maximum: jsonschema.Ptr(float64(most))}
	}
	return field[S]{key: key, doc: doc, allowed: allowed, schema: schema, read: func(d *decoder, p place, s *S) {
		text, ok := d.scalar(p, allowed, document.Int)
		if !ok {
			return
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > most {
			d.reject(p, text+" is out of range", allowed)
			return
		}
		*at(s) = n
	}}
}

func sizeField[S any](key, doc string, at func(*S) *scenarios.Size) field[S] {
	const least, most = 1000, 64 << 20
	schema := func() *jsonschema.Schema {
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{
			{Type: "integer", Minimum: jsonschema.Ptr(float64(least)), Maximum: jsonschema.Ptr(float64(most))},
			{Type: "string", Pattern: `^[0-9]+(\.[0-9]+)?(B|[kK]B|KiB|MB|MiB)?$`},
		}}
	}
	return quantityField(key, doc, "a size from 1kB to 64MiB such as 1MiB", scenarios.ParseSize, least, most, at).withSchema(schema)
}

// choiceField is one of a few words.
func choiceField[S any, T ~string](key, doc string, values []T, at func(*S) *T) field[S] {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = string(v)
	}
	allowed := "one of " + strings.Join(words, ", ")
	return textField(key, doc, allowed, func(s *S, text string) error {
		if !slices.Contains(words, text) {
			return fmt.Errorf("%q is unknown%s", text, document.DidYouMean(text, words, nil))
		}
		*at(s) = T(text)
		return nil
	}).withSchema(func() *jsonschema.Schema {
		s := &jsonschema.Schema{Type: "string"}
		for _, w := range words {
			s.Enum = append(s.Enum, w)
		}
		return s
	})
}

// statusField is a status or a list of them.
func statusField[S any](key, doc string, at func(*S) *[]int) field[S] {
	const allowed = "HTTP statuses such as [204, 408]"
	schema := func() *jsonschema.Schema {
		one := &jsonschema.Schema{Type: "integer", Minimum: jsonschema.Ptr(200.0), Maximum: jsonschema.Ptr(599.0)}
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{one, {Type: "array", Items: one}}}
	}
	return field[S]{key: key, doc: doc, allowed: allowed, schema: schema, read: func(d *decoder, p place, s *S) {
		list := []int{}
		d.items(p, func(item place) {
			text, ok := d.scalar(item, allowed, document.Int)
			if !ok {
				return
			}
			n, err := strconv.Atoi(text)
			if err != nil || n < 200 || n > 599 {
				d.reject(item, text+" is not the status of a final answer", allowed)
				return
			}
			list = append(list, n)
		})
		*at(s) = list
	}}
}

// fieldName is a header field's (RFC 9110, section 5.1).
var fieldName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

// reserved are the fields that the clients set themselves.
var reserved = []string{
	"host", "connection", "content-length", "transfer-encoding", "upgrade", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions", "sec-websocket-accept",
	"sec-websocket-protocol",
}

func headersField[S any](doc string, at func(*S) *[]Header) field[S] {
	const allowed = "a mapping of header fields to texts"
	schema := func() *jsonschema.Schema {
		return &jsonschema.Schema{Type: "object", AdditionalProperties: textSchema(), PropertyNames: &jsonschema.Schema{
			Pattern: fieldName.String(), Not: &jsonschema.Schema{Type: "string", Pattern: "^(" + anyCase(strings.Join(reserved, "|")) + ")$"},
		}}
	}
	return field[S]{key: "headers", doc: doc, allowed: allowed, schema: schema, read: func(d *decoder, p place, s *S) {
		if p.value.Kind != document.Mapping {
			d.reject(p, document.WrongType(p.value), allowed)
			return
		}
		d.entries(p, []string{"Authorization"}, func(h place) {
			if problem := fieldNameProblem(h.key.Value); problem != "" {
				d.reject(h, problem, "the name of a header field that the client does not set itself")
				return
			}
			if _, ok := d.text(h, templateForm); ok {
				*at(s) = append(*at(s), Header{h.key.Value, d.template(h)})
			}
		})
	}}
}

// anyCase is a pattern for words in capitals and small letters.
func anyCase(words string) string {
	var b strings.Builder
	for _, c := range words {
		if 'a' <= c && c <= 'z' {
			fmt.Fprintf(&b, "[%c%c]", c-'a'+'A', c)
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}

func fieldNameProblem(name string) string {
	switch {
	case !fieldName.MatchString(name):
		return "is not the name of a header field"
	case slices.Contains(reserved, strings.ToLower(name)):
		return "is a field that the client sets itself"
	}
	return ""
}

// sectionField is a section below another.
func sectionField[S, T any](key, doc string, below *section[T], at func(*S) *T) field[S] {
	return field[S]{key: key, doc: doc, allowed: "a mapping of " + strings.Join(below.keys(), ", "), schema: below.schema, read: func(d *decoder, p place, s *S) {
		below.read(d, p, at(s))
	}}
}

// listField is a list of sections.
func listField[S, T any](key, doc string, below *section[T], at func(*S) *[]T) field[S] {
	allowed := "a list of mappings of " + strings.Join(below.keys(), ", ")
	schema := func() *jsonschema.Schema { return &jsonschema.Schema{Type: "array", Items: below.schema()} }
	return field[S]{key: key, doc: doc, allowed: allowed, schema: schema, read: func(d *decoder, p place, s *S) {
		if p.value.Kind != document.List {
			d.reject(p, document.WrongType(p.value), allowed)
			return
		}
		d.items(p, func(item place) {
			var one T
			d.origins[item.path] = d.originOf(item.value)
			below.read(d, item, &one)
			*at(s) = append(*at(s), one)
		})
	}}
}

// eitherField is a field that is also written in another, shorter way.
func eitherField[S any](long, short field[S], isShort func(*document.Node) bool) field[S] {
	both := long
	both.allowed = short.allowed + ", or " + long.allowed
	both.schema = func() *jsonschema.Schema {
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{short.schema(), long.schema()}}
	}
	both.read = func(d *decoder, p place, s *S) {
		if isShort(p.value) {
			short.read(d, p, s)
			return
		}
		long.read(d, p, s)
	}
	return both
}

func isScalar(n *document.Node) bool { return n.Kind == document.Scalar }
