package targetcheck

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"pushbench/loadgen"
	"pushbench/loadgen/target"
	"pushbench/loadgen/target/file"
	"pushbench/loadgen/wire"
)

// Direction is who said a line of the story.
type Direction string

// The directions.
const (
	Said  Direction = "→" // to the server
	Heard Direction = "←" // by the server
	Note  Direction = "·" // what was made of it
)

// Line is one thing that was said, or what was made of it. Text may have several lines.
type Line struct {
	Direction Direction
	Text      string
	// Repeated is how often the same came once more right after it.
	Repeated int
}

// told is what becomes a line once its secrets are known: an introduction, and what was said. Of a long body the beginning is kept.
type told struct {
	direction Direction
	text      string
	body      string
	size      int
}

// What is shown of one request, answer or frame, how much more is kept, so that a secret on the cut is known, and of how many.
const (
	longestText = 2000
	longestRest = 32 << 10
	mostLines   = 200
)

// story is what a trace was told. Any goroutine tells it.
type story struct {
	mu    sync.Mutex
	lines []told
	// captured are values that the server gave the session.
	captured map[string]string
	passed   int
}

func (s *story) add(d Direction, text string, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.lines) < mostLines {
		s.lines = append(s.lines, told{d, text, string(body[:min(len(body), longestText+longestRest)]), len(body)})
	}
}

func (s *story) note(text string) { s.add(Note, text, nil) }

// passedOver is how many frames and bodies had no message in them.
func (s *story) passedOver() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.passed
}

func (s *story) trace() *target.Trace {
	return &target.Trace{
		Sent:   func(_ string, b []byte) { s.add(Said, "", b) },
		Answer: func(a *wire.Response) { s.add(Heard, headText(a), a.Body) },
		Frame:  func(b []byte) { s.add(Heard, "", b) },
		Captured: func(name string, value []byte) {
			s.mu.Lock()
			if s.captured == nil {
				s.captured = map[string]string{}
			}
			s.captured[name] = string(value)
			s.mu.Unlock()
			s.note(fmt.Sprintf("{%s} is now %d bytes of it", name, len(value)))
		},
		Cursor: func(value []byte) { s.add(Note, "{cursor} is now ", value) },
		Found:  s.foundIn,
	}
}

// foundIn notes which messages were found in a body or frame.
func (s *story) foundIn(body []byte, messages [][]byte) {
	at := loadgen.IndexStamp(body)
	if at < 0 {
		s.mu.Lock()
		s.passed++
		s.mu.Unlock()
		s.note("no message of this check in it: passed over")
		return
	}
	stamped := 0
	for _, m := range messages {
		if loadgen.IndexStamp(m) >= 0 {
			stamped++
		}
	}
	where := fmt.Sprintf("the message begins at byte %d of %d", at, len(body))
	if path, ok := pathOf(body, string(body[at:at+loadgen.StampSize])); ok {
		where += ", in JSON at " + path
	}
	if stamped != 1 {
		where += fmt.Sprintf("; %d messages", stamped)
	}
	s.note(where)
}

// pathOf is the JSON pointer (RFC 6901) of the text that contains another.
func pathOf(body []byte, text string) (string, bool) {
	var value any
	if json.Unmarshal(body, &value) != nil {
		return "", false
	}
	return search(value, text, "")
}

func search(value any, text, at string) (string, bool) {
	switch v := value.(type) {
	case string:
		return at, strings.Contains(v, text)
	case []any:
		for i, below := range v {
			if path, ok := search(below, text, fmt.Sprintf("%s/%d", at, i)); ok {
				return path, true
			}
		}
	case map[string]any:
		for key, below := range v {
			if path, ok := search(below, text, at+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(key)); ok {
				return path, true
			}
		}
	}
	return "", false
}

func headText(a *wire.Response) string {
	return fmt.Sprintf("status %d\n%s\n", a.Status, bytes.TrimRight(a.Fields(), "\r\n"))
}

// mask hides the file's secrets and what the server gave the session.
func (s *story) mask(f *file.Target) *file.Mask {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := f.Mask()
	for name, value := range s.captured {
		if name != file.VarCursor {
			m.Hide(value, "{"+name+"}")
		}
	}
	return m
}

// told is the story without secrets, and with what was only repeated told once.
func (s *story) told(m *file.Mask) []Line {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []Line
	for _, l := range s.lines {
		lines = append(lines, Line{Direction: l.direction, Text: m.Exchange(l.text, len(l.text)) + l.shown(m)})
	}
	return fold(lines)
}

// shown is the beginning of the body: what is hidden in it is found before it is cut.
func (t *told) shown(m *file.Mask) string {
	text := m.Exchange(t.body, longestText)
	if t.size > longestText {
		text += fmt.Sprintf("… (%d bytes in all)", t.size)
	}
	return text
}

// longestCycle is of how many lines something may be that is repeated: a poll, its answer, and what was made of it.
const longestCycle = 4

// fold tells what is repeated once: a poller without messages says the same again and again.
func fold(lines []Line) (out []Line) {
	for _, l := range lines {
		out = append(out, l)
		for n := 1; n <= longestCycle && 2*n <= len(out); n++ {
			if cycle := out[len(out)-n:]; alike(out[len(out)-2*n:len(out)-n], cycle) {
				out = out[:len(out)-n]
				out[len(out)-n].Repeated++
				break
			}
		}
	}
	return out
}

func alike(a, b []Line) bool {
	return slices.EqualFunc(a, b, func(a, b Line) bool { return a.Direction == b.Direction && a.Text == b.Text })
}
