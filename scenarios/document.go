package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// MaxFileSize is the most bytes a scenario file may have.
const MaxFileSize = 64 << 10

var byteOrderMark = []byte("\ufeff")

// parseDocument reads one YAML document whose top is a mapping. It is the only place that knows how to read YAML text:
// what follows walks nodes. It resolves no aliases, so none can multiply.
func parseDocument(file string, data []byte) (*yaml.Node, Problems) {
	start := Origin{File: file, Line: 1, Column: 1}
	fail := func(o Origin, format string, args ...any) (*yaml.Node, Problems) {
		return nil, Problems{{Origin: o, Problem: fmt.Sprintf(format, args...), Allowed: "one YAML mapping such as `name: mine` and `pattern: broadcast`"}}
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
		return nil, Problems{syntaxProblem(start, err)}
	case len(documents) == 0 || len(documents[0].Content) == 0:
		return fail(start, "is empty")
	case len(documents) > 1:
		return fail(originOf(file, &documents[1]), "holds %d documents", len(documents))
	}
	top := documents[0].Content[0]
	if top.Kind != yaml.MappingNode {
		return fail(originOf(file, top), "is %s", kindOf(top))
	}
	return top, nil
}

// syntaxProblem is the parser's complaint at its place.
func syntaxProblem(o Origin, err error) Problem {
	p := Problem{Origin: o, Problem: "is not YAML: " + err.Error()}
	if e, ok := errors.AsType[*yaml.LoadError](err); ok {
		p.Problem = "is not YAML: " + e.Message
		if e.Mark.Line > 0 {
			p.Line, p.Column = e.Mark.Line, max(1, e.Mark.Column)
		}
	}
	return p
}

func originOf(file string, n *yaml.Node) Origin {
	return Origin{File: file, Line: n.Line, Column: n.Column}
}

// kindOf names what a node is, as a person would.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	switch n.ShortTag() {
	case tagInt, tagFloat:
		return "a number"
	case tagBool:
		return "a boolean"
	case tagNull:
		return "null"
	case tagString:
		return "text"
	}
	return "a " + n.ShortTag() + " value"
}
