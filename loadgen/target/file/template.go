package file

import (
	"cmp"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"

	"pushbench/scenarios/document"
)

// The variables that templates know beside {user.…} and what was captured.
const (
	VarTopic       = "topic"
	VarClient      = "client"
	VarPayload     = "payload"
	VarCursor      = "cursor"
	VarHold        = "hold"    // as Go writes durations
	VarHoldSeconds = "hold_s"  // a whole number, rounded up
	VarHoldMillis  = "hold_ms" // a whole number
	VarSingle      = "single"
	userPrefix     = "user."
)

// Template is a text with places for values. The zero Template is absent; an empty text is present.
type Template struct {
	parts   []part
	present bool
	origin  document.Origin
}

// partKind says what a part of a template is.
type partKind uint8

const (
	literal     partKind = iota
	environment          // text is the variable's value
	variable             // text is its name
)

type part struct {
	kind partKind
	text string
	// quoted is true for a value within quotes, as JSON counts them.
	quoted bool
	origin document.Origin
}

// reference finds ${NAME}, {name} and {{name}, and their forms that stand for themselves.
var reference = regexp.MustCompile(`\$?\$\{[^{}]*\}|\{?\{[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z0-9_-]*)?\}`)

var environmentName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Literal is a template that is just this text.
func Literal(text string) Template {
	return Template{present: true, parts: []part{{kind: literal, text: text}}}
}

// Present says whether the file has it.
func (t Template) Present() bool { return t.present }

// Has says whether the template uses one of the variables.
func (t Template) Has(names ...string) bool {
	return slices.ContainsFunc(t.parts, func(p part) bool { return p.kind == variable && slices.Contains(names, p.text) })
}

// add appends a part, literal ones to each other.
func (t *Template) add(p part) {
	if n := len(t.parts); p.kind == literal && n > 0 && t.parts[n-1].kind == literal {
		t.parts[n-1].text += p.text
		return
	}
	t.parts = append(t.parts, p)
}

// template reads a scalar's text.
func (d *decoder) template(at place) Template {
	text := at.value.Value
	t := Template{present: true, origin: d.originOf(at.value)}
	last := 0
	for _, found := range reference.FindAllStringIndex(text, -1) {
		t.add(part{kind: literal, text: text[last:found[0]]})
		t.add(d.reference(at, text, found[0], found[1]))
		last = found[1]
	}
	t.add(part{kind: literal, text: text[last:]})
	t.quote()
	return t
}

// reference reads one reference at text[from:to].
func (d *decoder) reference(at place, text string, from, to int) part {
	word, origin := text[from:to], document.Within(d.file, at.value, from)
	switch {
	case strings.HasPrefix(word, "$$"), strings.HasPrefix(word, "{{"):
		return part{kind: literal, text: word[1:]}
	case word[0] == '{':
		return part{kind: variable, text: word[1 : len(word)-1], origin: origin}
	}
	name := word[2 : len(word)-1]
	if !environmentName.MatchString(name) {
		d.problem(origin, at.path, "has ${…} that names no environment variable", "${NAME}, or $${…} for the text itself")
		return part{kind: literal}
	}
	value, ok := d.env(name)
	if !ok || value == "" {
		d.problem(origin, at.path, "needs the environment variable "+name+", which is not set", "export "+name+"=…")
	}
	d.secrets = append(d.secrets, value)
	return part{kind: environment, text: value, origin: origin}
}

// quote finds out which values stand within quotes.
func (t *Template) quote() {
	quoted, escaped := false, false
	for i := range t.parts {
		p := &t.parts[i]
		if p.kind != literal {
			p.quoted = quoted
			continue
		}
		for _, c := range []byte(p.text) {
			switch {
			case escaped:
				escaped = false
			case c == '\\' && quoted:
				escaped = true
			case c == '"':
				quoted = !quoted
			}
		}
	}
}

// String is the template about as a file has it. What the environment says is not told.
func (t Template) String() string {
	return t.with(func(string) string { return "${…}" }, func(name string) string { return "{" + name + "}" })
}

// with is the template's text, with what stands for a value of the environment and for a variable.
func (t Template) with(said, named func(string) string) string {
	var b strings.Builder
	for _, p := range t.parts {
		switch p.kind {
		case literal:
			b.WriteString(p.text)
		case environment:
			b.WriteString(said(p.text))
		case variable:
			b.WriteString(named(p.text))
		}
	}
	return b.String()
}

// literalPrefix is what the template begins with, up to the first value.
func (t Template) literalPrefix() string {
	if len(t.parts) == 0 || t.parts[0].kind != literal {
		return ""
	}
	return t.parts[0].text
}

// Escape says how a value is written where it stands.
type Escape func(dst []byte, value []byte, quoted bool) []byte

// Piece is a part of a template with values filled in: Text, and then the value of Var, if it has one, which changes with each use.
type Piece struct {
	Text   string
	Var    string
	Quoted bool
}

// Bind fills in the values that are known now. What known does not know stays for each use.
func (t Template) Bind(known func(name string) (string, bool), escape Escape) []Piece {
	var pieces []Piece
	var text []byte
	for _, p := range t.parts {
		value, ok := p.text, true
		if p.kind == variable {
			value, ok = known(p.text)
		}
		switch {
		case p.kind == literal, p.text == VarSingle && ok: // the latter is a part of the file's own text
			text = append(text, value...)
		case ok:
			text = escape(text, []byte(value), p.quoted)
		default:
			pieces = append(pieces, Piece{Text: string(text), Var: p.text, Quoted: p.quoted})
			text = nil
		}
	}
	if len(text) > 0 || len(pieces) == 0 {
		pieces = append(pieces, Piece{Text: string(text)})
	}
	return pieces
}

// Render is Bind where everything is known; what is not is left out.
func (t Template) Render(known func(name string) (string, bool), escape Escape) string {
	var b strings.Builder
	for _, p := range t.Bind(known, escape) {
		b.WriteString(p.Text)
	}
	return b.String()
}

// EscapePath writes a value as a part of a path or query: percent-encoded, but for the unreserved characters of RFC 3986, section 2.3.
func EscapePath(dst, value []byte, _ bool) []byte {
	const hex = "0123456789ABCDEF"
	for _, c := range value {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~' {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		}
	}
	return dst
}

// EscapeNone writes a value as it is.
func EscapeNone(dst, value []byte, _ bool) []byte { return append(dst, value...) }

// EscapeJSON writes a value as part of a JSON string if it stands within quotes, and otherwise as it is.
func EscapeJSON(dst, value []byte, quoted bool) []byte {
	const hex = "0123456789abcdef"
	if !quoted {
		return append(dst, value...)
	}
	plain := 0
	for i, c := range value {
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, value[plain:i]...)
		plain = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
	}
	return append(dst, value[plain:]...)
}

// EscapeBase64 writes a value in base64 with padding.
func EscapeBase64(dst, value []byte, _ bool) []byte {
	return base64.StdEncoding.AppendEncode(dst, value)
}

// Escape is how values are written in bodies and frames; payload is how {payload} is.
func (e Encoding) Escape() (values, payload Escape) {
	switch cmp.Or(e, EncodeJSON) {
	case EncodeBase64:
		return EscapeJSON, EscapeBase64
	case EncodeRaw:
		return EscapeNone, EscapeNone
	}
	return EscapeJSON, EscapeJSON
}
