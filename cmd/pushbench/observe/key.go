package observe

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"pushbench/loadgen/target/pointer"
)

// Key says how a message is recognised: by a part of it that differs from one message to the next, and that both transports carry alike.
type Key struct {
	text    string
	pointer *pointer.Pointer
	match   *regexp.Regexp
}

// KeyForms is what ParseKey reads, for help and errors.
const KeyForms = `json:/POINTER (RFC 6901), match:REGEXP (its first group, or all of it), or body`

// ParseKey reads a key's description.
func ParseKey(text string) (Key, error) {
	kind, rest, _ := strings.Cut(text, ":")
	switch {
	case text == "body":
		return Key{text: text}, nil
	case kind == "json" && rest != "":
		p, err := pointer.Parse(rest)
		if err == nil && p.Each() {
			err = errors.New("* stands for every element, and a message has one key")
		}
		return Key{text: text, pointer: &p}, err
	case kind == "match" && rest != "":
		match, err := regexp.Compile(rest)
		if err == nil && match.NumSubexp() > 1 {
			err = fmt.Errorf("%d groups, and a message has one key: write (?:…) for the others", match.NumSubexp())
		}
		return Key{text: text, match: match}, err
	}
	return Key{}, fmt.Errorf("%q is no key: want %s", text, KeyForms)
}

// String is the description.
func (k Key) String() string { return k.text }

// digest stands for a key's value: it is of one size, and no message's text is kept.
type digest [16]byte

// of finds a message's key; ok is false if it has none.
func (k Key) of(message []byte) (d digest, ok bool) {
	value := message
	switch {
	case k.pointer != nil:
		value, ok = k.pointer.Find(message)
		if !ok || string(value) == "null" {
			return d, false
		}
	case k.match != nil:
		groups := k.match.FindSubmatch(message)
		if groups == nil {
			return d, false
		}
		value = groups[len(groups)-1]
	}
	sum := sha256.Sum256(value)
	copy(d[:], sum[:])
	return d, len(value) > 0
}
