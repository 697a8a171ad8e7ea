package file

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
)

// Masked stands where a secret was.
const Masked = "REDACTED"

// Mask hides values in text, in all forms in which sessions write them. The zero value hides none.
type Mask struct {
	// words are what is hidden and what stands there instead, the longest first.
	words []maskedWord
}

type maskedWord struct{ text, instead string }

// Mask hides what [Target.Secrets] lists.
func (t *Target) Mask() *Mask {
	m := &Mask{}
	for _, s := range t.Secrets() {
		m.Hide(s, Masked)
	}
	return m
}

// Hide has a value hidden, too. One of fewer than four bytes is not: it is in every text.
func (m *Mask) Hide(value, instead string) {
	if len(value) < shortestSecret {
		return
	}
	for _, form := range formsOf(value) {
		at, there := slices.BinarySearchFunc(m.words, form, func(w maskedWord, form string) int {
			if len(w.text) != len(form) {
				return len(form) - len(w.text)
			}
			return strings.Compare(w.text, form)
		})
		if !there {
			m.words = slices.Insert(m.words, at, maskedWord{form, instead})
		}
	}
}

// formsOf are how a value stands in paths, bodies, frames, and errors that quote.
func formsOf(value string) []string {
	all := []string{
		value, string(EscapePath(nil, []byte(value), false)), string(EscapeJSON(nil, []byte(value), true)),
		base64.StdEncoding.EncodeToString([]byte(value)), base64.RawURLEncoding.EncodeToString([]byte(value)),
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// Text is the text with all that is hidden replaced.
func (m *Mask) Text(text string) string {
	for _, w := range m.words {
		text = strings.ReplaceAll(text, w.text, w.instead)
	}
	return text
}

// What has a name and a value: a header field, a parameter of a query, a text in JSON. The groups are what stands before the name, the name, what stands between,
// the value, and what stands behind it.
var maskedPairs = []*regexp.Regexp{
	regexp.MustCompile(`(?m)^()([A-Za-z0-9_-]+)(:[ \t]*)([^\r\n]+)()`),
	regexp.MustCompile(`([?&])([^=&\s]+)(=)([^&\s"'#]+)()`),
	regexp.MustCompile(`(")([^"\\]+)("\s*:\s*")((?:[^"\\]|\\.)+)(")`),
}

// Exchange is Text for a request, an answer or a frame: hidden are also the values of header fields, parameters and keys whose names say that they are secret.
func (m *Mask) Exchange(text string) string {
	for _, pair := range maskedPairs {
		text = pair.ReplaceAllStringFunc(text, func(found string) string {
			if p := pair.FindStringSubmatch(found); Identifies(p[2]) {
				return p[1] + p[2] + p[3] + Masked + p[5]
			}
			return found
		})
	}
	return m.Text(text)
}
