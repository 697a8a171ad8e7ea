package scenarios

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/jsonschema-go/jsonschema"

	"pushbench/scenarios/document"
)

// codec is how values of one type are written: in files, in flags and in the schema.
type codec[T any] struct {
	kind    string // one word for the type, as flags' help shows it
	form    string // how a value is written
	tags    []string
	pattern string // the regular expression of its text, for the schema
	parse   func(string) (T, error)
	print   func(T) string
	// bare is the unit of a range whose bounds are both bare numbers (`10..1000`); meaningful for numbers only.
	bare string
}

// The YAML tags a scalar may resolve to.
const (
	tagString = document.Text
	tagInt    = document.Int
	tagFloat  = document.Float
	tagBool   = document.Bool
)

var (
	rateCodec = codec[Rate]{
		kind: "rate", form: rateForm, tags: []string{tagString}, bare: "/s",
		pattern: `^[0-9]+(\.[0-9]+)?[kM]?/(s|min|h)$`, parse: ParseRate, print: Rate.String,
	}
	sizeCodec = codec[Size]{
		kind: "size", form: sizeForm, tags: []string{tagString, tagInt},
		pattern: `^[0-9]+(\.[0-9]+)?(B|[kK]B|KiB|MB|MiB|GB|GiB)?$`, parse: ParseSize, print: Size.String,
	}
	bandwidthCodec = codec[Bandwidth]{
		kind: "bandwidth", form: bandwidthForm, tags: []string{tagString}, bare: "B/s",
		pattern: `^[0-9]+(\.[0-9]+)?(B|[kK]B|KiB|MB|MiB|GB|GiB|[kMG]?bit)/s$`, parse: ParseBandwidth, print: Bandwidth.String,
	}
	countCodec = codec[int]{
		kind: "count", form: countForm, tags: []string{tagString, tagInt},
		pattern: `^[0-9]+(\.[0-9]+)?[kM]?$`, parse: ParseCount, print: strconv.Itoa,
	}
	durationCodec = codec[time.Duration]{
		kind: "duration", form: durationForm, tags: []string{tagString, tagInt},
		pattern: `^([+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+$|^[+-]?0$`, parse: ParseDuration, print: printDuration,
	}
	boolCodec = codec[bool]{
		kind: "bool", form: "true or false", tags: []string{tagBool},
		parse: parseBool, print: strconv.FormatBool,
	}
)

// parseBool accepts what YAML calls a boolean and nothing more, so that a file and a flag agree.
func parseBool(s string) (bool, error) {
	switch s {
	case "true", "True", "TRUE":
		return true, nil
	case "false", "False", "FALSE":
		return false, nil
	}
	return false, &UnitError{"bool", s, "true or false"}
}

// choiceCodec is for types with a fixed list of values.
func choiceCodec[T ~string](values []T) codec[T] {
	form := "one of " + joined(values)
	return codec[T]{
		kind: "word", form: form, tags: []string{tagString},
		parse: func(s string) (T, error) {
			if !slices.Contains(values, T(s)) {
				return "", &UnitError{"word", s, form}
			}
			return T(s), nil
		},
		print: func(v T) string { return string(v) },
	}
}

// joined lists values with commas.
func joined[T ~string](values []T) string { return strings.Join(textsOf(values), ", ") }

func textsOf[T ~string](values []T) []string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return texts
}

// isOneLine reports whether s is printable text on one line without space around it: what survives tables, tags and YAML.
func isOneLine(s string) bool {
	if !utf8.ValidString(s) || strings.TrimSpace(s) != s {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) })
}

// schemaOf is the schema of a value of the codec's type as a user writes it.
func (c codec[T]) schemaOf() *jsonschema.Schema {
	text := &jsonschema.Schema{Type: "string", Pattern: c.pattern}
	switch {
	case slices.Contains(c.tags, tagBool):
		return &jsonschema.Schema{Type: "boolean"}
	case c.kind == "duration":
		zero := any(0)
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{text, {Const: &zero}}}
	case slices.Contains(c.tags, tagInt):
		return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{text, {Type: "integer", Minimum: jsonschema.Ptr(0.0)}}}
	}
	return text
}

// quantity is a type that can be swept over a range.
type quantity interface {
	~int | ~int64 | ~float64
}

// fromFloat rounds to the nearest value of T.
func fromFloat[T quantity](f float64) T {
	if T(1)/2 != 0 { // T has fractions
		return T(f)
	}
	return T(math.Round(f))
}
