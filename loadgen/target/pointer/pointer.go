// Package pointer finds values in JSON text by JSON Pointer (RFC 6901) without building a tree and without allocating: what a simulated client needs to know
// of an answer is one cursor in it.
//
//	"/messages/0/id"   of the member messages, its first element, of that the member id
//	"/messages/*"      every element of messages; where one value is wanted, the last
//	""                 the whole text
//
// The text begins at its first { or [: what stands before it, as a packet's type or a guard against inclusion, is passed over. Of members of one name the
// first counts. The text is not validated; of a malformed one something may be found, or nothing, within its bounds.
package pointer

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// Pointer says where a value is. The zero Pointer is the whole text.
type Pointer struct{ steps []step }

// step is one token: the name of a member, which may also be the index of an element, or every element.
type step struct {
	name  string
	index int // -1 if the token is no index
	each  bool
}

// Parse reads a pointer. ~0 and ~1 in it stand for ~ and /.
func Parse(text string) (Pointer, error) {
	if text == "" {
		return Pointer{}, nil
	}
	if text[0] != '/' {
		return Pointer{}, fmt.Errorf("the JSON pointer %q does not begin with /", text)
	}
	var p Pointer
	for token := range strings.SplitSeq(text[1:], "/") {
		if err := checkEscapes(token); err != nil {
			return Pointer{}, fmt.Errorf("the JSON pointer %q: %w", text, err)
		}
		name := strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		p.steps = append(p.steps, step{name: name, index: index(name), each: token == "*"})
	}
	return p, nil
}

func checkEscapes(token string) error {
	for i := 0; i < len(token); i++ {
		if token[i] == '~' && (i+1 == len(token) || token[i+1] != '0' && token[i+1] != '1') {
			return fmt.Errorf("~ in %q is followed by neither 0 nor 1", token)
		}
	}
	return nil
}

// index is the element that a token means, or -1: digits without a leading zero.
func index(token string) int {
	n, err := strconv.ParseUint(token, 10, 31)
	if err != nil || len(token) > 1 && token[0] == '0' {
		return -1
	}
	return int(n)
}

// Each says whether the pointer may find several values.
func (p Pointer) Each() bool {
	for _, s := range p.steps {
		if s.each {
			return true
		}
	}
	return false
}

// String is the pointer as Parse reads it.
func (p Pointer) String() string {
	var b strings.Builder
	for _, s := range p.steps {
		b.WriteString("/" + strings.ReplaceAll(strings.ReplaceAll(s.name, "~", "~0"), "/", "~1"))
	}
	return b.String()
}

// Find returns the text of the value: quotes and escapes as they stand. Of several it is the last.
func (p Pointer) Find(text []byte) (value []byte, ok bool) {
	f := finder{steps: p.steps}
	f.walk(start(text), 0)
	return f.last, f.last != nil
}

// AppendAll appends the text of every value found, in order; each is a part of text.
func (p Pointer) AppendAll(dst [][]byte, text []byte) [][]byte {
	f := finder{steps: p.steps, all: dst, collects: true}
	f.walk(start(text), 0)
	return f.all
}

// start is the text from its first { or [; the whole if it has none.
func start(text []byte) []byte {
	if i := bytes.IndexAny(text, "{["); i > 0 {
		return text[i:]
	}
	return text
}

// finder is a search under way.
type finder struct {
	steps    []step
	all      [][]byte
	last     []byte
	collects bool
}

// walk looks for the steps from depth on in the value that b begins with.
func (f *finder) walk(b []byte, depth int) {
	b = space(b)
	if depth == len(f.steps) {
		f.found(b)
		return
	}
	if len(b) == 0 {
		return
	}
	switch b[0] {
	case '{':
		if s := f.steps[depth]; !s.each {
			f.member(b[1:], s.name, depth)
		}
	case '[':
		f.elements(b[1:], f.steps[depth], depth)
	}
}

func (f *finder) found(b []byte) {
	n := valueEnd(b)
	if n == 0 {
		return
	}
	f.last = b[:n:n]
	if f.collects {
		f.all = append(f.all, f.last)
	}
}

// member goes on in the first member of that name, given what follows a brace.
func (f *finder) member(b []byte, name string, depth int) {
	for {
		b = space(b)
		if len(b) == 0 || b[0] != '"' {
			return
		}
		n := stringEnd(b)
		if n == 0 {
			return
		}
		key := b[1 : n-1]
		b = space(b[n:])
		if len(b) == 0 || b[0] != ':' {
			return
		}
		b = space(b[1:])
		if keyIs(key, name) {
			f.walk(b, depth+1)
			return
		}
		if b = after(b); b == nil {
			return
		}
	}
}

// elements goes on in the elements that a step means, given what follows a bracket.
func (f *finder) elements(b []byte, s step, depth int) {
	if b = space(b); len(b) == 0 || b[0] == ']' {
		return
	}
	for i := 0; ; i++ {
		if s.each || i == s.index {
			f.walk(b, depth+1)
		}
		if i == s.index && !s.each {
			return
		}
		if b = after(b); b == nil {
			return
		}
	}
}

// after is what follows the value that b begins with and a comma; nil if none follows.
func after(b []byte) []byte {
	b = space(b)
	n := valueEnd(b)
	if n == 0 {
		return nil
	}
	b = space(b[n:])
	if len(b) < 2 || b[0] != ',' {
		return nil
	}
	return b[1:]
}

func space(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\n' || b[0] == '\r' || b[0] == '\t') {
		b = b[1:]
	}
	return b
}

// valueEnd is the length of the value that b begins with; 0 if it has no end, or there is none.
func valueEnd(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	switch b[0] {
	case '"':
		return stringEnd(b)
	case '{', '[':
		return nestedEnd(b)
	}
	for i, c := range b {
		switch c {
		case ',', ':', '}', ']', '"', '{', '[', ' ', '\n', '\r', '\t':
			return i
		}
	}
	return len(b)
}

// stringEnd is the length of the string that b begins with, its quotes included; 0 if it has no end.
func stringEnd(b []byte) int {
	for i := 1; ; {
		n := bytes.IndexByte(b[i:], '"')
		if n < 0 {
			return 0
		}
		i += n + 1
		if !escaped(b[1 : i-1]) {
			return i
		}
	}
}

// escaped says whether an odd number of backslashes ends b, so that what follows does not end a string.
func escaped(b []byte) bool {
	n := len(b)
	for n > 0 && b[n-1] == '\\' {
		n--
	}
	return (len(b)-n)%2 == 1
}

// nestedEnd is the length of the object or array that b begins with. Strings apart, it counts brackets of either kind.
func nestedEnd(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			n := stringEnd(b[i:])
			if n == 0 {
				return 0
			}
			i += n - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}
