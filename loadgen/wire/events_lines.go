package wire

import (
	"bytes"
	"time"
)

// lines takes the lines of the text there is, or those of the first event, and says whether it took that.
func (s *EventStream) lines(first bool) (one bool) {
	for s.err == nil {
		from, to, ok := s.line()
		switch {
		case !ok:
			return false
		case from < to:
			s.field(from, to)
		case s.dispatch() && first:
			return true
		}
	}
	return false
}

// line finds the next line, without its ending: LF, CR, or both.
func (s *EventStream) line() (from, to int, ok bool) {
	b, text := &s.block, s.src.live()[:s.text]
	if b.afterCR && b.pos < len(text) {
		b.afterCR = false
		if text[b.pos] == '\n' {
			b.pos++
			b.scanned = max(b.scanned, b.pos)
		}
	}
	end := lineEnd(text[b.scanned:])
	if end < 0 {
		b.scanned = len(text)
		if len(text)-b.pos > s.max+maxEventLine {
			s.tooLarge()
		}
		return 0, 0, false
	}
	from, to = b.pos, b.scanned+end
	b.pos = to + 1
	if text[to] == '\r' {
		switch {
		case b.pos == len(text):
			b.afterCR = true
		case text[b.pos] == '\n':
			b.pos++
		}
	}
	b.scanned = b.pos
	if !b.began {
		b.began = true
		if bytes.HasPrefix(text[from:to], byteOrderMark) {
			from += len(byteOrderMark)
		}
	}
	return from, to, true
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// maxEventLine is how much longer than the largest data a line may be, for the field's name; and how long a line is that is no data.
const maxEventLine = 4096

// lineEnd is the index of the first CR or LF, -1 if there is none.
func lineEnd(b []byte) int {
	lf := bytes.IndexByte(b, '\n')
	if lf >= 0 {
		b = b[:lf]
	}
	if cr := bytes.IndexByte(b, '\r'); cr >= 0 {
		return cr
	}
	return lf
}

//go:noinline
func (s *EventStream) tooLarge() { s.err = &FormatError{Detail: "an event is larger than the limit"} }

// field takes a line that is not empty: "name: value", where the space and with it the value may be missing.
func (s *EventStream) field(from, to int) {
	line := s.src.live()[from:to]
	name, value := len(line), len(line)
	if i := bytes.IndexByte(line, ':'); i >= 0 {
		name, value = i, i+1
		if value < len(line) && line[value] == ' ' {
			value++
		}
	}
	switch string(line[:name]) {
	case "":
		s.comments++
	case "data":
		s.data(from+value, to)
	case "event":
		s.named(from+value, to)
	case "id":
		if bytes.IndexByte(line[value:], 0) < 0 {
			s.next, s.identified = append(s.next[:0], line[value:]...), true
		}
	case "retry":
		if ms, ok := parseDecimal(line[value:]); ok && ms < int64(maxRetry/time.Millisecond) {
			s.retry = time.Duration(ms) * time.Millisecond
		}
	}
}

// maxRetry is the longest wait that a server may ask for: beyond it the number means something else.
const maxRetry = 24 * time.Hour

// data adds a line to the event's data, with a line feed behind it. There is room for that: at least where the line's own ending was.
func (s *EventStream) data(from, to int) {
	b, live := &s.block, s.src.live()
	if b.hasData {
		b.end += copy(live[b.end:], live[from:to])
	} else {
		b.hasData, b.dataAt, b.end = true, from, to
	}
	live[b.end] = '\n'
	b.end++
	if b.end-b.dataAt-1 > s.max {
		s.tooLarge()
	}
}

// named sets the event's name. Behind the data, further lines of that would overwrite it: there it gets memory of its own, which hardly any server makes
// necessary.
func (s *EventStream) named(from, to int) {
	b := &s.block
	if b.hasData {
		b.name = append([]byte(nil), s.src.live()[from:to]...)
		b.nameAt, b.nameTo = 0, 0
		return
	}
	b.nameAt, b.nameTo, b.end = from, to, to
}

// dispatch ends an event at an empty line, and says whether there was any: an id alone counts, only comments do not. One without data is no event, but its
// id counts.
func (s *EventStream) dispatch() bool {
	b, live := &s.block, s.src.live()
	found := s.identified || b.hasData
	if s.identified {
		s.last, s.next, s.identified = s.next, s.last, false
	}
	if b.hasData {
		name := b.name
		if name == nil {
			name = live[b.nameAt:b.nameTo:b.nameTo]
		}
		if s.events == nil {
			s.events = s.src.pool.getEvents()
		}
		s.events = append(s.events, Event{Name: name, Data: live[b.dataAt : b.end-1 : b.end-1]})
	}
	if found {
		s.pending = len(live) - b.pos - (s.raw - s.text)
	}
	s.consume()
	return found
}

// consume moves the window's beginning past the event. Its bytes stay in place until the next fill.
func (s *EventStream) consume() {
	n := s.block.pos
	s.src.start += n
	s.text, s.raw = s.text-n, s.raw-n
	s.block = block{afterCR: s.block.afterCR, began: true}
}
