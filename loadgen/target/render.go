package target

import (
	"strconv"

	"pushbench/loadgen/target/file"
)

// What described sessions send is rendered from segments: constant text, made when the session opens, and places for the two things that change, where the
// next poll goes on and the payload. Rendering allocates nothing.

// slot is what follows a segment's text.
type slot uint8

const (
	nothing slot = iota
	cursorSlot
	payloadSlot
)

// segment is constant text and the place behind it.
type segment struct {
	text   string
	slot   slot
	quoted bool
	escape file.Escape
}

// text is a template with a session's values filled in.
type text []segment

// append renders the text.
func (t text) append(b, cursor, payload []byte) []byte {
	for i := range t {
		s := &t[i]
		b = append(b, s.text...)
		switch s.slot {
		case cursorSlot:
			b = s.escape(b, cursor, s.quoted)
		case payloadSlot:
			b = s.escape(b, payload, s.quoted)
		}
	}
	return b
}

// add appends what a template is with these values. escape is for values, payload for payloads.
func (t text) add(template file.Template, known values, escape, payload file.Escape) text {
	for _, p := range template.Bind(known.of, escape) {
		s := segment{text: p.Text, quoted: p.Quoted, escape: escape}
		switch p.Var {
		case file.VarCursor:
			s.slot = cursorSlot
		case file.VarPayload:
			s.slot, s.escape = payloadSlot, payload
		}
		t = t.join(s)
	}
	return t
}

// literal appends constant text.
func (t text) literal(s string) text { return t.join(segment{text: s}) }

// join appends a segment, to the last one if no place comes between.
func (t text) join(s segment) text {
	if n := len(t); n > 0 && t[n-1].slot == nothing {
		s.text = t[n-1].text + s.text
		t = t[:n-1]
	}
	return append(t, s)
}

// concat appends all of another text.
func (t text) concat(o text) text {
	for _, s := range o {
		t = t.join(s)
	}
	return t
}

// sample is what the text says with something harmless in its places, for checking it once.
func (t text) sample() string { return string(t.append(nil, []byte("x"), []byte("x"))) }

// request is an HTTP request of which many are sent.
type request struct {
	// head is everything up to the last header field, but for the length of the body and what an answer's fields are copied into.
	head    text
	body    text
	hasBody bool
}

// append renders the request. copied are header fields with the values of an answer's.
func (r *request) append(b, cursor, payload []byte, copied []copiedField) []byte {
	b = r.head.append(b, cursor, payload)
	for i := range copied {
		if f := &copied[i]; len(f.value) > 0 {
			b = append(append(b, f.request...), ": "...)
			b = append(append(b, f.value...), "\r\n"...)
		}
	}
	if !r.hasBody {
		return append(b, "\r\n"...)
	}
	// The length is known when the body has been rendered, and stands before it.
	at := len(b)
	b = r.body.append(b, cursor, payload)
	return insertLength(b, at)
}

// insertLength puts the end of a head, with the length of the body behind it, before the body that begins at at.
func insertLength(b []byte, at int) []byte {
	var scratch [48]byte
	n := len(b) - at
	line := strconv.AppendInt(append(scratch[:0], "Content-Length: "...), int64(n), 10)
	line = append(line, "\r\n\r\n"...)
	b = append(b, line...)
	copy(b[at+len(line):], b[at:at+n])
	copy(b[at:], line)
	return b
}

// copiedField is a header field of an answer that the next poll repeats under another name.
type copiedField struct {
	response, request string
	value             []byte
}
