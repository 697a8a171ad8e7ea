package scenarios

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// The most that a file of samples may hold.
const (
	MaxSamplesSize = 16 << 20
	MaxSamples     = 100_000
)

// Samples are real message bodies, each with a place for a message's stamp. They are plain data, so that a plan can carry them.
type Samples struct {
	// Digest identifies the file and the field: the first 16 hex digits of a SHA-256.
	Digest string `json:"digest"`
	Bodies []Body `json:"bodies"`
}

// Body is a message but for its stamp, which goes between the two parts.
type Body struct {
	Head string `json:"head"`
	Tail string `json:"tail"`
}

// Size is the length of the message in bytes.
func (b Body) Size() int { return len(b.Head) + int(MinPayload) + len(b.Tail) }

// SampleStats is what a run file keeps of samples: no contents.
type SampleStats struct {
	Digest    string  `json:"digest"`
	Messages  int     `json:"messages"`
	MinBytes  int     `json:"min_bytes"`
	MeanBytes float64 `json:"mean_bytes"`
	MaxBytes  int     `json:"max_bytes"`
}

// Stats returns what a run file keeps.
func (s *Samples) Stats() *SampleStats {
	stats := &SampleStats{Digest: s.Digest, Messages: len(s.Bodies), MinBytes: s.Bodies[0].Size()}
	sum := 0
	for _, b := range s.Bodies {
		size := b.Size()
		sum += size
		stats.MinBytes, stats.MaxBytes = min(stats.MinBytes, size), max(stats.MaxBytes, size)
	}
	stats.MeanBytes = float64(sum) / float64(len(s.Bodies))
	return stats
}

// SampleError says what is wrong with a line of a file of samples.
type SampleError struct {
	File    string
	Line    int // from 1; 0 for the file as a whole
	Problem string
}

func (e *SampleError) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Problem)
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Problem)
}

// ReadSamples reads a file of JSON objects, one on each line that is not empty. The stamp goes into the text at field, a name or names with dots between, in
// place of its first 48 bytes; where the text is shorter, in place of all of it, and the message is as much longer. Nothing else of a body changes. The error is
// a *SampleError, or that of opening the file.
func ReadSamples(path, field string) (*Samples, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading samples: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxSamplesSize+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading samples: %w", err)
	case len(data) > MaxSamplesSize:
		return nil, &SampleError{File: path, Problem: fmt.Sprintf("is larger than %s", Size(MaxSamplesSize))}
	}
	return ParseSamples(path, data, field)
}

// ParseSamples is ReadSamples of what was read; name is what errors call the file.
func ParseSamples(name string, data []byte, field string) (*Samples, error) {
	sum := sha256.Sum256(append(data[:len(data):len(data)], field...))
	s := &Samples{Digest: hex.EncodeToString(sum[:])[:16]}
	line := 0
	for text := range bytes.Lines(data) {
		line++
		text = bytes.TrimSpace(text)
		if len(text) == 0 {
			continue
		}
		body, err := parseBody(text, strings.Split(field, "."))
		if err == nil && len(s.Bodies) == MaxSamples {
			err = fmt.Errorf("is one too many: at most %d messages", MaxSamples)
		}
		if err != nil {
			return nil, &SampleError{File: name, Line: line, Problem: err.Error()}
		}
		s.Bodies = append(s.Bodies, body)
	}
	if len(s.Bodies) == 0 {
		return nil, &SampleError{File: name, Problem: "holds no message"}
	}
	return s, nil
}

// parseBody cuts a JSON object where the stamp goes in.
func parseBody(text []byte, path []string) (Body, error) {
	switch {
	case !utf8.Valid(text):
		return Body{}, errors.New("is not UTF-8")
	case !json.Valid(text):
		return Body{}, fmt.Errorf("is not JSON: %w", syntaxError(text))
	case text[0] != '{':
		return Body{}, errors.New("is no JSON object, which is what a field can be in")
	}
	from, to, err := findText(text, path)
	if err != nil {
		return Body{}, err
	}
	cut := cutText(text[from:to])
	padding := ""
	if over := cut - int(MinPayload); over > 0 {
		padding = strings.Repeat("x", over) // a character of several bytes was cut through
	}
	b := Body{Head: string(text[:from]), Tail: padding + string(text[from+cut:])}
	if b.Size() > int(maxPayload) {
		return Body{}, fmt.Errorf("makes a message of %d bytes; at most %d can be sent", b.Size(), maxPayload)
	}
	return b, nil
}

// syntaxError is what is wrong with a text that is not JSON.
func syntaxError(text []byte) error {
	var v any
	return json.Unmarshal(text, &v)
}

// findText returns where the text of a field is in an object, without its quotes.
func findText(object []byte, path []string) (from, to int, err error) {
	w := fieldWalk{path: path, decoder: json.NewDecoder(bytes.NewReader(object)), text: object}
	w.decoder.UseNumber() // or one beyond a float64 would be an error
	if _, err := w.decoder.Token(); err != nil {
		return 0, 0, err
	}
	if err := w.object(0); err != nil {
		return 0, 0, err
	}
	if w.to == 0 {
		return 0, 0, fmt.Errorf("has no field %s", strings.Join(path, "."))
	}
	return w.from, w.to, nil
}

// fieldWalk walks an object's tokens for a field.
type fieldWalk struct {
	path     []string
	decoder  *json.Decoder
	text     []byte
	from, to int
}

// object walks an object whose brace was read, at so many steps of the path.
func (w *fieldWalk) object(depth int) error {
	found := false
	for w.decoder.More() {
		key, err := w.decoder.Token()
		switch {
		case err != nil:
			return err
		case key != w.path[depth]:
			err = w.skip()
		case found:
			err = fmt.Errorf("has field %s twice", w.name(depth))
		default:
			found = true
			err = w.step(depth)
		}
		if err != nil {
			return err
		}
	}
	_, err := w.decoder.Token() // the brace
	return err
}

// step goes into the value of a name that is on the path.
func (w *fieldWalk) step(depth int) error {
	before := int(w.decoder.InputOffset())
	value, err := w.decoder.Token()
	if err != nil {
		return err
	}
	switch last := depth == len(w.path)-1; {
	case last:
		if _, ok := value.(string); !ok {
			return fmt.Errorf("field %s is %s, not text", w.name(depth), kindOfToken(value))
		}
		// Between the two tokens stand a colon and space, and then the quote.
		w.from = before + bytes.IndexByte(w.text[before:], '"') + 1
		w.to = int(w.decoder.InputOffset()) - 1
		return nil
	case value == json.Delim('{'):
		return w.object(depth + 1)
	}
	return fmt.Errorf("field %s is %s, not an object", w.name(depth), kindOfToken(value))
}

// name is that of the field at so many steps of the path.
func (w *fieldWalk) name(depth int) string { return strings.Join(w.path[:depth+1], ".") }

// skip passes over a value.
func (w *fieldWalk) skip() error {
	for depth := 0; ; {
		token, err := w.decoder.Token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth == 0 {
			return nil
		}
	}
}

// kindOfToken names a value by its first token, as a person would.
func kindOfToken(token json.Token) string {
	switch t := token.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case json.Number:
		return "a number"
	case string:
		return "text"
	case json.Delim:
		if t == '[' {
			return "a list"
		}
	}
	return "an object"
}

// cutText is how many bytes of a JSON text the stamp takes the place of: whole characters, at least the stamp's length if there are as many.
func cutText(text []byte) (n int) {
	for n < len(text) && n < int(MinPayload) {
		n += characterLength(text[n:])
	}
	return n
}

// characterLength is the length of the first character as it is written: an escape is one, and a pair of surrogates too (RFC 8259, section 7).
func characterLength(text []byte) int {
	const unicodeEscape = 6 // \uXXXX
	switch {
	case text[0] != '\\':
		_, n := utf8.DecodeRune(text)
		return n
	case text[1] != 'u':
		return 2
	case isSurrogate(text, 'd', '8', 'b') && len(text) >= 2*unicodeEscape && isSurrogate(text[unicodeEscape:], 'd', 'c', 'f'):
		return 2 * unicodeEscape
	}
	return unicodeEscape
}

// isSurrogate says whether an escape is \uDXXX with the second digit between two bounds.
func isSurrogate(escape []byte, first, low, high byte) bool {
	digit := escape[3] | 0x20 // letters in lower case; digits stay
	if '0' <= escape[3] && escape[3] <= '9' {
		digit = escape[3]
	}
	return escape[0] == '\\' && escape[1] == 'u' && escape[2]|0x20 == first && digit >= low && digit <= high
}
