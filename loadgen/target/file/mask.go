package file

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
)

// Masked stands where a secret was.
const Masked = "REDACTED"

// Mask hides values in text, in all forms in which sessions write them and servers repeat them. The zero value hides none.
type Mask struct {
	// words are what is hidden and what stands there instead, by how they begin: a users' table may have very many.
	words map[string][]maskedWord
}

type maskedWord struct{ text, instead string }

// Mask hides what [Target.Secrets] lists, and what the file says of parameters, however short, where a query has them.
func (t *Target) Mask() *Mask {
	m := &Mask{}
	for _, v := range t.queryValues() {
		for _, before := range []string{"?", "&"} {
			if before += v.name + "="; v.name != "" {
				m.Hide(before+v.value, before+Masked)
			}
		}
	}
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
	if m.words == nil {
		m.words = map[string][]maskedWord{}
	}
	for _, form := range formsOf(value) {
		begins := form[:shortestSecret]
		m.words[begins] = append(m.words[begins], maskedWord{form, instead})
	}
}

// formsOf are what to look for in the readings of a text: the value as it is, with what looks like escapes in it undone as there, and in base64.
func formsOf(value string) (all []string) {
	for _, u := range readings(value) {
		all = append(all, string(u.text))
	}
	all = append(all, base64.StdEncoding.EncodeToString([]byte(value)), base64.RawStdEncoding.EncodeToString([]byte(value)), base64.RawURLEncoding.EncodeToString([]byte(value)))
	for i, form := range all {
		all[i] = strings.ReplaceAll(form, "+", " ")
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(form string) bool { return len(form) < shortestSecret })
}

// Text is the text with all that is hidden replaced.
func (m *Mask) Text(text string) string {
	return shown(text, len(text), m.spans(text))
}

// shown is the beginning of a text, up to a byte or what is hidden there.
func shown(text string, most int, hidden []span) string {
	var b strings.Builder
	at := 0
	for _, s := range merged(hidden) {
		if s.from >= most {
			break
		}
		b.WriteString(text[at:s.from] + s.instead)
		at = s.to
	}
	if at < most {
		b.WriteString(text[at:most])
	}
	return b.String()
}

// spans are where a text has what is hidden, however it is escaped.
func (m *Mask) spans(text string) (all []span) {
	if len(m.words) == 0 {
		return nil
	}
	for _, u := range readings(text) {
		reading := string(u.text)
		for at := range max(0, len(reading)-shortestSecret+1) {
			for _, w := range m.words[reading[at:at+shortestSecret]] {
				if strings.HasPrefix(reading[at:], w.text) {
					s := u.written(at, at+len(w.text))
					s.instead = w.instead
					all = append(all, s)
				}
			}
		}
	}
	return all
}

// What has a name and a value: a header field, a parameter of a query, a text in JSON. The groups are what stands before the name, the name, what stands between,
// the value, and what stands behind it.
var maskedPairs = []*regexp.Regexp{
	regexp.MustCompile(`(?m)^()([A-Za-z0-9_-]+)(:[ \t]*)([^\r\n]+)()`),
	regexp.MustCompile(`([?&])([^=&\s]+)(=)([^&\s"'#]+)()`),
	regexp.MustCompile(`(")([^"\\]+)("\s*:\s*")((?:[^"\\]|\\.)+)("|\\?\z)`),
}

// Exchange is Text for a request, an answer or a frame, or for the beginning of one, up to most bytes of it: hidden are also the values of header fields,
// parameters and keys whose names say that they are secret. Something secret at the end of what is shown is hidden whole, if the text goes on behind it.
func (m *Mask) Exchange(text string, most int) string {
	hidden := m.spans(text)
	for _, pair := range maskedPairs {
		for _, at := range pair.FindAllStringSubmatchIndex(text, -1) {
			if name, value := text[at[4]:at[5]], at[8:10]; Identifies(name) {
				hidden = append(hidden, span{value[0], value[1], Masked})
			}
		}
	}
	return shown(text, min(most, len(text)), hidden)
}
