package document

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// MaxFileSize is the most bytes a file may have.
const MaxFileSize = 64 << 10

// Node is a place in a file. Its kinds are below.
type Node = yaml.Node

// The kinds of Node.
const (
	Mapping = yaml.MappingNode
	List    = yaml.SequenceNode
	Scalar  = yaml.ScalarNode
	Alias   = yaml.AliasNode
)

// The tags that a plain scalar may resolve to: what Node.ShortTag returns.
const (
	Text  = "!!str"
	Int   = "!!int"
	Float = "!!float"
	Bool  = "!!bool"
	Null  = "!!null"
	merge = "!!merge"
)

var byteOrderMark = []byte("\ufeff")

// Parse reads one YAML document whose top is a mapping. It is the only place that knows how to read YAML text: what follows walks nodes.
// example is what such a mapping holds, for the problem that there is none. It resolves no aliases, so none can multiply.
func Parse(file string, data []byte, example string) (*Node, Problems) {
	start := Origin{File: file, Line: 1, Column: 1}
	fail := func(o Origin, format string, args ...any) (*Node, Problems) {
		return nil, Problems{{Origin: o, Problem: fmt.Sprintf(format, args...), Allowed: "one YAML mapping such as " + example}}
	}
	switch {
	case len(data) > MaxFileSize:
		return fail(start, "is larger than %d bytes", MaxFileSize)
	case !utf8.Valid(data):
		return fail(start, "is not UTF-8 text")
	}
	var documents []yaml.Node
	// Duplicate keys are looked for later, where all of them can be reported.
	err := yaml.Load(bytes.TrimPrefix(data, byteOrderMark), &documents, yaml.WithAllDocuments(), yaml.WithUniqueKeys(false))
	switch {
	case err != nil:
		return nil, Problems{syntaxProblem(start, string(data), err)}
	case len(documents) == 0 || len(documents[0].Content) == 0:
		return fail(start, "is empty")
	case len(documents) > 1:
		return fail(OriginOf(file, &documents[1]), "holds %d documents", len(documents))
	}
	top := documents[0].Content[0]
	if top.Kind != Mapping {
		return fail(OriginOf(file, top), "is %s", Kind(top))
	}
	return top, nil
}

// syntaxProblem is the parser's complaint at its place, with what is likely to be wrong there.
func syntaxProblem(o Origin, text string, err error) Problem {
	p := Problem{Origin: o, Problem: "is not YAML: " + err.Error()}
	if e, ok := errors.AsType[*yaml.LoadError](err); ok {
		p.Problem = "is not YAML: " + e.Message
		if e.Mark.Line > 0 {
			p.Line, p.Column = e.Mark.Line, max(1, e.Mark.Column)
		}
	}
	lines := strings.Split(text, "\n")
	line := lines[min(p.Line, len(lines))-1]
	indent := line[:len(line)-len(strings.TrimLeft(line, " \t"))]
	switch {
	case strings.Contains(indent, "\t"):
		p.Allowed = "spaces before a key, no tab"
	case strings.Contains(p.Problem, "expected ',' or"):
		p.Allowed = `within {…} and […] a text with {, }, [, ], a comma or ": " stands in quotes, such as {a: "x {b}"}`
	}
	return p
}

// OriginOf is the place of a node in a file.
func OriginOf(file string, n *Node) Origin {
	return Origin{File: file, Line: n.Line, Column: n.Column}
}

// Within is the place of a byte of a scalar's value, as far as the file's own text has it there: the scalar's own place where that cannot be told.
func Within(file string, n *Node, offset int) Origin {
	o, before := OriginOf(file, n), n.Value[:offset]
	quotes := 0
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0, strings.Contains(before, "\n"):
		return o
	case n.Style&yaml.DoubleQuotedStyle != 0:
		if strings.ContainsAny(before, "\\\"\t") {
			return o // something before it was written as an escape
		}
		quotes = 1
	case n.Style&yaml.SingleQuotedStyle != 0:
		quotes = 1 + strings.Count(before, "'") // a quote within is doubled
	}
	o.Column += quotes + utf8.RuneCountInString(before)
	return o
}

// Kind names what a node is, as a person would.
func Kind(n *Node) string {
	switch n.Kind {
	case Mapping:
		return "a mapping"
	case List:
		return "a list"
	case Alias:
		return "an alias"
	}
	switch n.ShortTag() {
	case Int, Float:
		return "a number"
	case Bool:
		return "a boolean"
	case Null:
		return "null"
	case Text:
		return "text"
	}
	return "a " + n.ShortTag() + " value"
}

// WrongType says what a value is instead of what it should be.
func WrongType(n *Node) string {
	switch kind := Kind(n); {
	case n.ShortTag() == Null:
		return "has no value"
	case n.Kind == Scalar:
		return fmt.Sprintf("%q is %s", n.Value, kind)
	default:
		return "is " + kind
	}
}

// Entries walks the pairs of a mapping whose keys must be plain words that stand once each. Those that are not go to wrong, with what is wrong.
func Entries(n *Node, wrong func(key *Node, problem Problem), visit func(key, value *Node)) {
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch line, twice := seen[key.Value]; {
		case key.Kind != Scalar || key.ShortTag() == merge:
			wrong(key, Problem{Problem: "has a key that is not a plain word"})
		case twice:
			wrong(key, Problem{Field: key.Value, Problem: fmt.Sprintf("is set already on line %d", line), Allowed: "each key once"})
		default:
			seen[key.Value] = key.Line
			visit(key, value)
		}
	}
}
