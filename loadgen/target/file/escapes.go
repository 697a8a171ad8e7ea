package file

import (
	"bytes"
	"html"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// unescaped is a text with its escapes undone, byte by byte with where each began in the text as it was written.
type unescaped struct {
	text []byte
	// from has an entry more than text: the end of what was written.
	from []int
}

// mostEscapes is how often a text may have been escaped, one way within another: a parameter within a URL within JSON within a page.
const mostEscapes = 4

// readings are a text as it was written and with its escapes undone, again and again as long as that changes it.
func readings(text string) []unescaped {
	plain := unescaped{text: []byte(text), from: make([]int, len(text)+1)}
	for i := range plain.from {
		plain.from[i] = i
	}
	all := []unescaped{plain}
	for range mostEscapes {
		next := all[len(all)-1].undo()
		if len(next.text) == len(all[len(all)-1].text) { // each escape is longer than what it stands for
			break
		}
		all = append(all, next)
	}
	for _, u := range all {
		foldSpaces(u.text)
	}
	return all
}

// foldSpaces makes + and space one, which they are in forms.
func foldSpaces(text []byte) {
	for i, c := range text {
		if c == '+' {
			text[i] = ' '
		}
	}
}

// undo undoes escapes once.
func (u unescaped) undo() unescaped {
	out := unescaped{text: make([]byte, 0, len(u.text)), from: make([]int, 0, len(u.from))}
	for i := 0; i < len(u.text); {
		value, size := escapeAt(u.text[i:])
		if size == 0 {
			value, size = u.text[i:i+1], 1
		}
		for range value {
			out.from = append(out.from, u.from[i])
		}
		out.text = append(out.text, value...)
		i += size
	}
	out.from = append(out.from, u.from[len(u.text)])
	return out
}

// written is the part of the text as it was written that [from, to) came of. Of an escape that stands for several bytes it is all.
func (u unescaped) written(from, to int) span {
	for to < len(u.text) && u.from[to] == u.from[to-1] {
		to++
	}
	return span{from: u.from[from], to: u.from[to]}
}

// escapeAt is what the escape at the beginning of a text stands for, and how long it is; 0 if there is none.
func escapeAt(b []byte) (value []byte, size int) {
	switch {
	case len(b) < 2:
	case b[0] == '%':
		return hexAt(b, 1, 2)
	case b[0] == '&':
		return entityAt(b)
	case b[0] == '\\' && b[1] == 'x':
		return hexAt(b, 2, 2)
	case b[0] == '\\' && b[1] == 'u':
		return unicodeAt(b)
	case b[0] == '\\':
		if i := bytes.IndexByte([]byte(`"'\/bfnrt`), b[1]); i >= 0 {
			return []byte("\"'\\/\b\f\n\r\t")[i : i+1], 2
		}
	}
	return nil, 0
}

// hexAt is a byte as digits.
func hexAt(b []byte, at, digits int) (value []byte, size int) {
	if n, ok := hexNumber(b, at, digits); ok {
		return []byte{byte(n)}, at + digits
	}
	return nil, 0
}

func hexNumber(b []byte, at, digits int) (n uint64, ok bool) {
	if len(b) < at+digits {
		return 0, false
	}
	n, err := strconv.ParseUint(string(b[at:at+digits]), 16, 32)
	return n, err == nil
}

// unicodeAt is \u with four digits, or two of them that are one character beyond those.
func unicodeAt(b []byte) (value []byte, size int) {
	n, ok := hexNumber(b, 2, 4)
	if !ok {
		return nil, 0
	}
	r, size := rune(n), 6
	if utf16.IsSurrogate(r) && bytes.HasPrefix(b[6:], []byte(`\u`)) {
		if low, ok := hexNumber(b, 8, 4); ok {
			r, size = utf16.DecodeRune(r, rune(low)), 12
		}
	}
	return utf8.AppendRune(nil, r), size
}

// longestEntity is the most bytes of an HTML entity that matters here.
const longestEntity = 12

// entityAt is an HTML entity.
func entityAt(b []byte) (value []byte, size int) {
	end := bytes.IndexByte(b[:min(len(b), longestEntity)], ';')
	if end < 0 {
		return nil, 0
	}
	entity := string(b[:end+1])
	text := html.UnescapeString(entity)
	if len(text) >= len(entity) {
		return nil, 0
	}
	return []byte(text), end + 1
}

// span is a part of a text and what is shown instead of it.
type span struct {
	from, to int
	instead  string
}

// merged puts spans in order, and makes one of those that overlap: the larger says what is shown, but neither does where each hides something of its own.
func merged(spans []span) (all []span) {
	slices.SortStableFunc(spans, func(a, b span) int {
		if a.from != b.from {
			return a.from - b.from
		}
		return b.to - a.to
	})
	for _, s := range spans {
		last := len(all) - 1
		switch {
		case last < 0 || s.from >= all[last].to:
			all = append(all, s)
		case s.to > all[last].to:
			all[last].to = s.to
			if s.instead != all[last].instead {
				all[last].instead = Masked
			}
		}
	}
	return all
}
