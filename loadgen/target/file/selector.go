package file

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"pushbench/loadgen/target/pointer"
	"pushbench/scenarios/document"
)

// The forms of sources and splits, for the schema. A token of a pointer is that of RFC 6901.
const (
	tokenPattern   = `/([^~/]|~[01])*`
	sourcePattern  = "json:(" + tokenPattern + ")*|(header|cookie):[!#$%&'*+.^_`|~0-9A-Za-z-]+|body"
	splitPattern   = `json:(` + tokenPattern + `)*/\*(` + tokenPattern + `)*|separator:[^\x00]+|netstrings`
	capturePattern = `^[a-z][a-z0-9_]*$`
)

const sourceForm = `"json:/pointer" (RFC 6901), "header:Name", "cookie:name" or "body"`

// parseSource reads where a value stands in an answer.
func parseSource(text string) (*Selector, error) {
	part, rest, named := strings.Cut(text, ":")
	s := &Selector{Part: Part(part), Name: rest}
	switch {
	case s.Part == JSON && named:
		var err error
		s.Pointer, err = pointer.Parse(rest)
		s.Name = ""
		return s, err
	case (s.Part == Field || s.Part == Cookie) && fieldName.MatchString(rest):
		return s, nil
	case s.Part == Whole && !named:
		return s, nil
	}
	switch words := []string{string(JSON), string(Field), string(Cookie), string(Whole)}; {
	case (s.Part == Field || s.Part == Cookie) && named:
		return nil, fmt.Errorf("%q: %q is not the name of a %s", text, rest, map[Part]string{Field: "header field", Cookie: "cookie"}[s.Part])
	case slices.Contains(words, part):
		return nil, fmt.Errorf("%q is no part of an answer", text)
	default:
		return nil, fmt.Errorf("%q is no part of an answer%s", text, document.DidYouMean(part, words, map[string]string{"jsonpath": "json", "headers": "header", "text": "body"}))
	}
}

// String is the source as a file has it.
func (s Selector) String() string {
	switch s.Part {
	case JSON:
		return "json:" + s.Pointer.String()
	case Whole:
		return string(Whole)
	}
	return string(s.Part) + ":" + s.Name
}

func sourceField[S any](key, doc string, at func(*S) **Selector) field[S] {
	return field[S]{key: key, doc: doc, allowed: sourceForm, schema: patternSchema("^(" + sourcePattern + ")$"), read: func(d *decoder, p place, s *S) {
		*at(s) = d.source(p, sourceForm)
	}}
}

func (d *decoder) source(p place, allowed string) *Selector {
	text, ok := d.scalar(p, allowed, document.Text)
	if !ok {
		return nil
	}
	s, err := parseSource(text)
	if err != nil {
		d.reject(p, err.Error(), allowed)
		return nil
	}
	s.Origin = d.originOf(p.value)
	return s
}

// captureName is what a captured value may be called.
var captureName = regexp.MustCompile(capturePattern)

func captureField[S any](at func(*S) *[]Capture) field[S] {
	const allowed = `a mapping of names to parts of the answer, such as {sid: "json:/sid"}`
	schema := func() *jsonschema.Schema {
		taken := &jsonschema.Schema{}
		for _, name := range slices.DeleteFunc(slices.Clone(builtIn), func(name string) bool { return name == VarCursor }) {
			taken.Enum = append(taken.Enum, name)
		}
		return &jsonschema.Schema{
			Type: "object", AdditionalProperties: patternSchema("^(" + sourcePattern + ")$")(), PropertyNames: &jsonschema.Schema{Pattern: capturePattern, Not: taken},
		}
	}
	return field[S]{key: "capture", doc: "Values of the answer that later texts use as {name}; cursor is where the first poll begins.", allowed: allowed, schema: schema, read: func(d *decoder, p place, s *S) {
		if p.value.Kind != document.Mapping {
			d.reject(p, document.WrongType(p.value), allowed)
			return
		}
		d.entries(p, []string{"sid"}, func(c place) {
			if name := c.key.Value; !captureName.MatchString(name) || name != VarCursor && slices.Contains(builtIn, name) {
				d.reject(c, fmt.Sprintf("%q cannot be the name of a captured value", name), "small letters, digits and _, and none of "+strings.Join(builtIn, ", "))
				return
			}
			if source := d.source(c, sourceForm); source != nil {
				*at(s) = append(*at(s), Capture{c.key.Value, *source})
			}
		})
	}}
}

// builtIn are the variables that mean something by themselves.
var builtIn = []string{VarTopic, VarClient, VarPayload, VarCursor, VarHold, VarHoldSeconds, VarHoldMillis, VarSingle, "user"}

const splitForm = `"json:/pointer/*", "separator:TEXT" or "netstrings"`

func splitField[S any](doc string, at func(*S) *Split) field[S] {
	f := textField("split", doc, splitForm, func(s *S, text string) (err error) {
		*at(s), err = parseSplit(text)
		return err
	}).withSchema(patternSchema("^(" + splitPattern + ")$"))
	read := f.read
	f.read = func(d *decoder, p place, s *S) {
		read(d, p, s)
		at(s).Origin = d.originOf(p.value)
	}
	return f
}

func parseSplit(text string) (s Split, err error) {
	by, rest, _ := strings.Cut(text, ":")
	s.By = SplitBy(by)
	switch {
	case s.By == SplitJSON:
		if s.Pointer, err = pointer.Parse(rest); err == nil && !s.Pointer.Each() {
			err = fmt.Errorf("%q finds one value only: * stands for every element", text)
		}
	case s.By == SplitSeparator && rest != "":
		s.Separator = rest
	case text == string(SplitNetstring):
	default:
		err = fmt.Errorf("%q is no way to split", text)
	}
	return s, err
}

const cursorForm = sourceForm + ", none, or {headers: {Last-Modified: If-Modified-Since}}"

// cursorField is one source, none, or header fields that are copied.
func cursorField() field[Poll] {
	const doc = "Where an answer says at which place the next poll goes on; header fields may be copied into the next poll's."
	one := sourceField("cursor", doc, func(p *Poll) **Selector { return &p.Cursor.Source })
	one.allowed, one.schema = cursorForm, patternSchema("^("+sourcePattern+"|none)$")
	one.read = func(d *decoder, p place, s *Poll) {
		if p.value.Value != "none" {
			s.Cursor.Source = d.source(p, cursorForm)
		}
	}
	pairs := &section[Cursor]{fields: []field[Cursor]{pairsField()}, required: []string{"headers"}}
	either := eitherField(sectionField("cursor", doc, pairs, func(p *Poll) *Cursor { return &p.Cursor }), one, isScalar)
	either.allowed = cursorForm
	return either
}

func pairsField() field[Cursor] {
	const allowed = "a mapping of an answer's header fields to those of the next poll, such as {Last-Modified: If-Modified-Since, Etag: If-None-Match}"
	schema := func() *jsonschema.Schema {
		return &jsonschema.Schema{Type: "object", AdditionalProperties: &jsonschema.Schema{Type: "string"}, MinProperties: jsonschema.Ptr(1)}
	}
	return field[Cursor]{key: "headers", doc: "Fields of an answer, and those of the next poll that repeat their values.", allowed: allowed, schema: schema, read: func(d *decoder, p place, c *Cursor) {
		if p.value.Kind != document.Mapping || len(p.value.Content) == 0 {
			d.reject(p, document.WrongType(p.value), allowed)
			return
		}
		d.entries(p, []string{"Etag"}, func(h place) {
			name, ok := d.scalar(h, allowed, document.Text)
			if ok && (fieldNameProblem(name) != "" || fieldNameProblem(h.key.Value) != "") {
				d.reject(h, "does not map one header field to another", allowed)
				return
			}
			c.Headers = append(c.Headers, HeaderPair{h.key.Value, name})
		})
	}}
}

// firstField is the text of the first cursor, or the values of those header fields that are copied.
func firstField() field[Poll] {
	const doc = "What {cursor} is in the first poll; by default nothing. Where header fields are copied: those of the first poll."
	const allowed = `a mapping of cursor's fields to texts, such as {If-None-Match: "0"}`
	short := textField("first", doc, "a text", func(p *Poll, text string) error { p.First = text; return nil })
	long := field[Poll]{key: "first", doc: doc, allowed: allowed, schema: func() *jsonschema.Schema {
		return &jsonschema.Schema{Type: "object", AdditionalProperties: textSchema(), MinProperties: jsonschema.Ptr(1)}
	}, read: func(d *decoder, at place, p *Poll) {
		if at.value.Kind != document.Mapping {
			d.reject(at, document.WrongType(at.value), "a text, or "+allowed)
			return
		}
		d.entries(at, []string{"If-None-Match"}, func(f place) {
			d.origins[f.path] = d.originOf(f.key)
			if value, ok := d.text(f, allowed); ok {
				p.FirstFields = append(p.FirstFields, FirstField{f.key.Value, value})
			}
		})
	}}
	return eitherField(long, short, isScalar)
}

func answersField() field[Heartbeat] {
	const allowed = `a mapping of a frame's text to that of its answer, such as {"2": "3"}`
	schema := func() *jsonschema.Schema {
		return &jsonschema.Schema{Type: "object", AdditionalProperties: textSchema()}
	}
	return field[Heartbeat]{key: "answer", doc: "Texts that a frame may consist of, and what is sent back: for servers that ping in text.", allowed: allowed, schema: schema, read: func(d *decoder, p place, h *Heartbeat) {
		if p.value.Kind != document.Mapping {
			d.reject(p, document.WrongType(p.value), allowed)
			return
		}
		d.entries(p, []string{`"2"`}, func(a place) {
			if reply, ok := d.text(a, allowed); ok {
				h.Answers = append(h.Answers, Answer{a.key.Value, reply})
			}
		})
	}}
}
