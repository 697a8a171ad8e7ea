package pointer

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// AppendText appends what a value says: a string without quotes and escapes, a number or a boolean as it stands. ok is false for null, for what is nested, and
// for a string with a malformed escape.
func AppendText(dst, value []byte) (text []byte, ok bool) {
	if len(value) == 0 {
		return dst, false
	}
	switch value[0] {
	case '{', '[', 'n':
		return dst, false
	case '"':
		if len(value) < 2 || value[len(value)-1] != '"' {
			return dst, false
		}
		return unescape(dst, value[1:len(value)-1])
	}
	return append(dst, value...), true
}

// keyIs says whether a key, as it stands between its quotes, is a name.
func keyIs(key []byte, name string) bool {
	if bytes.IndexByte(key, '\\') < 0 {
		return string(key) == name
	}
	var scratch [64]byte // most keys fit; a longer one with escapes goes to the heap
	text, ok := unescape(scratch[:0], key)
	return ok && string(text) == name
}

// simple are the escapes of one letter (RFC 8259, section 7).
var simple = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unescape appends a string's content.
func unescape(dst, b []byte) ([]byte, bool) {
	for len(b) > 0 {
		if b[0] != '\\' {
			dst, b = append(dst, b[0]), b[1:]
			continue
		}
		if len(b) < 2 {
			return dst, false
		}
		if b[1] == 'u' {
			r, n := codeUnits(b)
			if n == 0 {
				return dst, false
			}
			dst, b = utf8.AppendRune(dst, r), b[n:]
			continue
		}
		c, ok := simple[b[1]]
		if !ok {
			return dst, false
		}
		dst, b = append(dst, c), b[2:]
	}
	return dst, true
}

// codeUnits reads \uXXXX, or two of them that make one character, and returns how many bytes that took; 0 if it is malformed.
func codeUnits(b []byte) (r rune, n int) {
	r, ok := hex4(b)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if low, ok := hex4(b[6:]); ok {
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, 12
		}
	}
	return utf8.RuneError, 6 // a lone half, as encoding/json reads it
}

func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	for _, c := range b[2:6] {
		switch {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
