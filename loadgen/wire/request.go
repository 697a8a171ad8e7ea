package wire

import (
	"fmt"
	"strconv"
	"strings"
)

// Field is one header field.
type Field struct{ Name, Value string }

// RequestSpec describes a request of which many are to be sent.
type RequestSpec struct {
	Method string // "" means GET
	Host   string // the Host field, such as "example.com:8080"
	// Target is the origin form, path and query, already escaped. If requests differ in one query value (a cursor), it
	// is the last one and Target ends with its '='.
	Target string
	Header []Field // without Host, Content-Length and Transfer-Encoding
}

// Request is the constant part of a request. It is immutable and safe for concurrent use, so that all clients with the
// same header fields share one.
type Request struct {
	before  string // up to the changing part of the target
	after   string // from there to the last header field
	hasBody bool   // the method has a body: its length is sent even if it is 0
}

// NewRequest checks a spec and renders its constant part. It refuses anything that could end a line or a token early,
// so that no value can smuggle in a header field.
func NewRequest(s RequestSpec) (*Request, error) {
	if s.Method == "" {
		s.Method = "GET"
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	var after strings.Builder
	after.WriteString(" HTTP/1.1\r\nHost: " + s.Host + "\r\n")
	writeFields(&after, s.Header)
	r := &Request{before: s.Method + " " + s.Target, after: after.String()}
	switch s.Method {
	case "POST", "PUT", "PATCH":
		r.hasBody = true
	}
	return r, nil
}

func (s *RequestSpec) check() error {
	if !isToken(s.Method) {
		return fmt.Errorf("wire: %q is not an HTTP method", s.Method)
	}
	if err := checkTarget(s.Host, s.Target); err != nil {
		return err
	}
	return checkFields(s.Header, "Host", "Content-Length", "Transfer-Encoding")
}

func checkTarget(host, target string) error {
	if host == "" || !isVisible(host) {
		return fmt.Errorf("wire: %q is not a Host", host)
	}
	if !strings.HasPrefix(target, "/") || !isVisible(target) {
		return fmt.Errorf("wire: request target %q must begin with / and have no spaces, control or non-ASCII characters; escape them", target)
	}
	return nil
}

// checkFields does not quote values in its errors: they may be secrets.
func checkFields(fields []Field, forbidden ...string) error {
	for _, f := range fields {
		if !isToken(f.Name) {
			return fmt.Errorf("wire: %q is not a header field name", f.Name)
		}
		if !isFieldValue(f.Value) {
			return fmt.Errorf("wire: the value of header field %s has a control character (perhaps a line end)", f.Name)
		}
		for _, name := range forbidden {
			if equalFold(f.Name, name) {
				return fmt.Errorf("wire: header field %s is set by this package, leave it out", f.Name)
			}
		}
	}
	return nil
}

func writeFields(b *strings.Builder, fields []Field) {
	for _, f := range fields {
		b.WriteString(f.Name + ": " + f.Value + "\r\n")
	}
}

// isVisible tells whether s has only visible ASCII characters.
func isVisible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// Append appends the request to dst. value goes behind the spec's Target, percent-escaped as a query value, whatever
// bytes it has; body is sent with its Content-Length. Either may be nil. It allocates only if dst is too small.
func (r *Request) Append(dst, value, body []byte) []byte {
	dst = append(dst, r.before...)
	dst = appendEscaped(dst, value)
	dst = append(dst, r.after...)
	if r.hasBody || len(body) > 0 {
		dst = append(dst, "Content-Length: "...)
		dst = strconv.AppendInt(dst, int64(len(body)), 10)
		dst = append(dst, "\r\n"...)
	}
	dst = append(dst, "\r\n"...)
	return append(dst, body...)
}

// appendEscaped leaves the unreserved characters of RFC 3986, section 2.3.
func appendEscaped(dst, value []byte) []byte {
	const hex = "0123456789ABCDEF"
	for _, c := range value {
		if unreserved[c] {
			dst = append(dst, c)
		} else {
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		}
	}
	return dst
}

var unreserved = func() (t [256]bool) {
	for _, c := range []byte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~") {
		t[c] = true
	}
	return t
}()
