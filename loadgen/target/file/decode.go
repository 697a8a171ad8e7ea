package file

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"

	"pushbench/scenarios/document"
)

// decoder reads one file.
type decoder struct {
	file     string
	env      func(string) (string, bool)
	problems document.Problems
	// secrets are the values of environment variables that the file uses.
	secrets []string
	// origins is where each path of the file stands, for what can only be checked once all is read.
	origins map[string]document.Origin
	// users is the table of the clients; nil if there is none, or none that could be read.
	users *Users
}

// place is a key with its value, and the path that problems call it by.
type place struct {
	key, value *document.Node
	path       string
}

// field is one key of a section: what it means, how it is written, and how it is read.
type field[S any] struct {
	key, doc, allowed string
	schema            func() *jsonschema.Schema
	read              func(*decoder, place, *S)
}

// section is a mapping of known keys, as a table of them.
type section[S any] struct {
	fields   []field[S]
	required []string
	// either are groups of keys of which a mapping has exactly one.
	either [][]string
	// some are keys of which a mapping has at least one, and beside says what keys do not stand without. Both are for the schema: check says more of it.
	some   []string
	beside map[string][]string
}

func (s *section[S]) keys() []string {
	keys := make([]string, len(s.fields))
	for i, f := range s.fields {
		keys[i] = f.key
	}
	return keys
}

// read decodes a mapping into the section's data.
func (s *section[S]) read(d *decoder, at place, into *S) {
	if at.value.Kind != document.Mapping {
		d.reject(at, document.WrongType(at.value), "a mapping of "+strings.Join(s.keys(), ", "))
		return
	}
	have := map[string]bool{}
	d.entries(at, s.keys(), func(p place) {
		i := slices.IndexFunc(s.fields, func(f field[S]) bool { return f.key == p.key.Value })
		if i < 0 {
			d.problem(d.originOf(p.key), p.path, "is not a key here"+document.DidYouMean(p.key.Value, s.keys(), synonyms), strings.Join(s.keys(), ", "))
			return
		}
		have[p.key.Value] = true
		d.origins[p.path] = d.originOf(p.key)
		if p.value.Kind == document.Alias {
			d.reject(p, "is an alias", "the value written out")
			return
		}
		s.fields[i].read(d, p, into)
	})
	s.complain(d, at, have)
}

// complain reports what is missing, and what may not stand together.
func (s *section[S]) complain(d *decoder, at place, have map[string]bool) {
	for _, key := range s.required {
		if !have[key] {
			d.problem(d.originOf(at.key), join(at.path, key), "is missing", s.allowed(key))
		}
	}
	for _, group := range s.either {
		var said []string
		for _, key := range group {
			if have[key] {
				said = append(said, key)
			}
		}
		if len(said) != 1 {
			problem := "has none of " + strings.Join(group, ", ")
			if len(said) > 1 {
				problem = "has " + strings.Join(said, " and ")
			}
			d.problem(d.originOf(at.key), at.path, problem, "one of "+strings.Join(group, ", "))
		}
	}
}

func (s *section[S]) allowed(key string) string {
	for _, f := range s.fields {
		if f.key == key {
			return f.allowed
		}
	}
	return ""
}

// entries walks the pairs of a mapping.
func (d *decoder) entries(at place, keys []string, visit func(place)) {
	document.Entries(at.value, func(key *document.Node, p document.Problem) {
		allowed := p.Allowed
		if allowed == "" {
			allowed = "keys such as " + strings.Join(keys, ", ")
		}
		d.problem(d.originOf(key), join(at.path, p.Field), p.Problem, allowed)
	}, func(key, value *document.Node) {
		visit(place{key, value, join(at.path, key.Value)})
	})
}

// items walks the items of a list, or the one value that stands for a list of it.
func (d *decoder) items(at place, visit func(place)) {
	nodes := []*document.Node{at.value}
	if at.value.Kind == document.List {
		nodes = at.value.Content
	}
	for i, n := range nodes {
		visit(place{n, n, fmt.Sprintf("%s[%d]", at.path, i)})
	}
}

// text returns the text of a scalar; numbers are taken as they are written.
func (d *decoder) text(at place, allowed string) (string, bool) {
	return d.scalar(at, allowed, document.Text, document.Int, document.Float)
}

// scalar returns a scalar's text if it has one of the tags, and complains otherwise.
func (d *decoder) scalar(at place, allowed string, tags ...string) (string, bool) {
	if at.value.Kind != document.Scalar || !slices.Contains(tags, at.value.ShortTag()) {
		problem := document.WrongType(at.value)
		if at.value.Kind == document.Mapping && slices.Contains(tags, document.Text) {
			problem += ": a text that begins with { stands in quotes"
		}
		d.reject(at, problem, allowed)
		return "", false
	}
	return at.value.Value, true
}

func (d *decoder) originOf(n *document.Node) document.Origin {
	if n == nil {
		return document.Origin{File: d.file, Line: 1, Column: 1}
	}
	return document.OriginOf(d.file, n)
}

func (d *decoder) problem(o document.Origin, field, problem, allowed string) {
	d.problems = append(d.problems, document.Problem{Origin: o, Field: field, Problem: problem, Allowed: allowed})
}

// reject complains of a value, at its key.
func (d *decoder) reject(at place, problem, allowed string) {
	d.problem(d.originOf(at.key), at.path, problem, allowed)
}

// at is where a path of the file stands, or what is nearest above it.
func (d *decoder) at(path string) document.Origin {
	for path != "" {
		if o, ok := d.origins[path]; ok {
			return o
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
	return document.Origin{File: d.file, Line: 1, Column: 1}
}

func join(path, key string) string {
	switch {
	case path == "":
		return key
	case key == "":
		return path
	}
	return path + "." + key
}

// synonyms are what people coming from other tools write.
var synonyms = map[string]string{
	"ws": "websocket", "socket": "websocket", "poll": "longpoll", "long_poll": "longpoll", "polling": "longpoll", "long_polling": "longpoll", "short_poll": "shortpoll",
	"base_url": "url", "target": "url", "endpoint": "path", "uri": "url", "json": "body", "data": "body", "payload": "body", "connect": "open", "login": "open", "init": "open",
	"ping": "heartbeat", "keepalive": "heartbeat", "protocol": "subprotocol", "protocols": "subprotocol", "wait_for": "expect", "match": "expect",
	"extract": "capture", "save": "capture", "initial": "first", "since": "cursor", "next": "cursor", "header": "headers", "csv": "users", "feeder": "users",
	"message": "send", "emit": "send", "insecure_skip_verify": "insecure", "ca_file": "ca", "interval": "every",
}
