package wire

import "bytes"

// head is what the codec needs to know of a response's head (RFC 9112, sections 4 to 6).
type head struct {
	status    int
	http10    bool
	length    int64 // Content-Length, if hasLength
	hasLength bool
	chunked   bool
	closing   bool // Connection: close
	keeping   bool // Connection: keep-alive
}

// statusLine decodes a line without its line ending.
func (h *head) statusLine(line []byte) string {
	const least = len("HTTP/1.1 200")
	if len(line) < least || !bytes.HasPrefix(line, []byte("HTTP/1.")) || line[7] != '0' && line[7] != '1' || line[8] != ' ' {
		return "it does not begin with an HTTP/1.0 or HTTP/1.1 status line"
	}
	for _, c := range line[9:12] {
		if c < '0' || c > '9' {
			return "the status is not a number of three digits"
		}
		h.status = h.status*10 + int(c-'0')
	}
	if h.status < 100 || len(line) > least && line[least] != ' ' {
		return "the status is not a number of three digits"
	}
	h.http10 = line[7] == '0'
	return ""
}

// field decodes a header line without its line ending, and returns what is wrong with it or "". A field folded over
// two lines is refused: what it means differs between recipients.
func (h *head) field(line []byte) string {
	name, value, ok := cutField(line)
	switch {
	case line[0] == ' ' || line[0] == '\t':
		return "a header field is folded over two lines"
	case !ok || !isToken(name):
		return "a header line has no valid field name"
	case !isFieldValue(value):
		return "a header value has a control character"
	}
	return h.framing(name, value)
}

// framing takes in the three fields that say where the response ends. The length of the name sorts out most others.
func (h *head) framing(name, value []byte) string {
	switch {
	case len(name) == len("Connection") && equalFold(name, "connection"):
		h.closing = h.closing || hasToken(value, "close")
		h.keeping = h.keeping || hasToken(value, "keep-alive")
	case len(name) == len("Content-Length") && equalFold(name, "content-length"):
		return h.contentLength(value)
	case len(name) == len("Transfer-Encoding") && equalFold(name, "transfer-encoding"):
		if h.chunked || !equalFold(value, "chunked") {
			return "its transfer coding is not simply chunked"
		}
		h.chunked = true
	}
	return ""
}

func (h *head) contentLength(value []byte) string {
	n, ok := parseDecimal(value)
	switch {
	case !ok:
		return "Content-Length is not a number"
	case h.hasLength && h.length != n:
		return "it has two different Content-Lengths"
	}
	h.length, h.hasLength = n, true
	return ""
}

// check looks at the head as a whole. Two ways of framing at once are how responses are smuggled, so that is refused
// rather than resolved.
func (h *head) check() string {
	switch {
	case h.chunked && h.hasLength:
		return "it has both Content-Length and chunked coding"
	case h.chunked && h.http10:
		return "it is HTTP/1.0 with chunked coding"
	}
	return ""
}

func (h *head) interim() bool { return h.status < 200 && h.status != 101 }

// bodiless tells the statuses that have no body whatever their fields say (RFC 9110, section 6.4.1).
func (h *head) bodiless() bool { return h.status < 200 || h.status == 204 || h.status == 304 }

func (h *head) keepAlive() bool {
	if h.closing {
		return false
	}
	return !h.http10 || h.keeping
}

// lookup returns the trimmed value of the first field of that name in the header lines b, nil if there is none, and an
// empty slice if it is empty. The name may be in any case.
func lookup(b []byte, name string) []byte {
	value, _ := nextField(b, name)
	return value
}

// nextField is lookup that also returns the lines behind the field it found.
func nextField(b []byte, name string) (value, rest []byte) {
	for len(b) > 0 {
		var line []byte
		line, b = cutAt(b, '\n')
		if len(line) > len(name) && line[len(name)] == ':' && equalFold(line[:len(name)], name) {
			return trimSpace(bytes.TrimSuffix(line[len(name)+1:], []byte("\r"))), b
		}
	}
	return nil, nil
}

// fieldHasToken looks for a token in all fields of that name: they are one list.
func fieldHasToken(b []byte, name, token string) bool {
	for len(b) > 0 {
		var value []byte
		if value, b = nextField(b, name); hasToken(value, token) {
			return true
		}
	}
	return false
}

// cutAt is bytes.Cut by one byte, with nothing left if there is none.
func cutAt(b []byte, sep byte) (before, after []byte) {
	if i := bytes.IndexByte(b, sep); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}

func cutField(line []byte) (name, value []byte, ok bool) {
	i := bytes.IndexByte(line, ':')
	if i < 0 {
		return nil, nil, false
	}
	return line[:i], trimSpace(line[i+1:]), true
}

// trimSpace cuts optional whitespace off both ends. A slice of something is never nil.
func trimSpace(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

// equalFold compares in ASCII; fields and tokens have no other letters.
func equalFold[A, B ~string | ~[]byte](a A, b B) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// hasToken tells whether the comma-separated list has the token, in any case.
func hasToken(list []byte, token string) bool {
	for len(list) > 0 {
		var item []byte
		if item, list = cutAt(list, ','); equalFold(trimSpace(item), token) {
			return true
		}
	}
	return false
}

// parseDecimal reads 1 to 18 digits, so it cannot overflow.
func parseDecimal(b []byte) (n int64, ok bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// isToken checks a field name or method (RFC 9110, section 5.6.2).
func isToken[S ~string | ~[]byte](s S) bool {
	for i := range len(s) {
		if !tokenBytes[s[i]] {
			return false
		}
	}
	return len(s) > 0
}

var tokenBytes = func() (t [256]bool) {
	for _, c := range []byte("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
		t[c] = true
	}
	return t
}()

// isFieldValue tells whether s has no control characters but tabs; with CR and LF out, a value cannot end its line.
func isFieldValue[S ~string | ~[]byte](s S) bool {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\t' || s[i] == 0x7f {
			return false
		}
	}
	return true
}
