package server

import (
	"bytes"
	"strconv"

	"pushbench/longpoll"
)

// Server-sent events as the WHATWG's HTML standard has them (section 9.2, "Server-sent events"). Each leaves as one chunk of HTTP's chunked coding, and
// each has an id, the cursor behind it: what a client that lost its connection sends back as Last-Event-ID.

// Names of the events that are not messages. A message has none, so that a browser hands it to onmessage.
const (
	eventMissed = "missed"
	eventReset  = "reset"
)

// comment is a keep-alive: a line that every client ignores.
var comment = new(eventFramer).frame(func(b []byte) []byte { return append(b, ":\n"...) })

// appendEvent appends an event. Without a name it is a message.
func appendEvent(dst []byte, name string, id longpoll.Cursor, data []byte) []byte {
	if name != "" {
		dst = append(append(append(dst, "event: "...), name...), '\n')
	}
	dst = appendID(dst, id)
	dst = appendData(dst, data)
	return append(dst, '\n')
}

func appendID(dst []byte, id longpoll.Cursor) []byte {
	dst = append(dst, "id: "...)
	return append(id.Append(dst), '\n')
}

// appendData appends a payload, a field for each of its lines; a client joins them again with line feeds. So a carriage return, with or without one
// behind it, arrives as a line feed: that is the format's limit.
func appendData(dst, payload []byte) []byte {
	for {
		dst = append(dst, "data: "...)
		end := bytes.IndexAny(payload, "\r\n")
		if end < 0 {
			return append(append(dst, payload...), '\n')
		}
		dst = append(append(dst, payload[:end]...), '\n')
		if bytes.HasPrefix(payload[end:], []byte("\r\n")) {
			end++
		}
		payload = payload[end+1:]
	}
}

// appendOpening appends what a stream begins with: an id without an event, so that a client which loses its connection before the first message knows
// where to go on; or the news that its cursor was of another epoch.
func appendOpening(dst []byte, id longpoll.Cursor, reset bool) []byte {
	if !reset {
		return append(appendID(dst, id), '\n')
	}
	return appendEvent(dst, eventReset, id, controlText(control{Reset: true, Cursor: id.String()}))
}

// eventFramer makes events, each once for all that get it. The zero value works.
type eventFramer struct {
	buf     []byte // room for the longest size line, the event, the chunk's end
	payload []byte // whose frame buf holds, if it is a message
	id      longpoll.Cursor
	chunked chunk
}

// chunk is one event, with the framing of chunked coding around it or without: a client of HTTP/1.0 gets it bare.
type chunk struct{ framed, bare []byte }

func (c chunk) of(chunked bool) []byte {
	if chunked {
		return c.framed
	}
	return c.bare
}

// message returns a message's frame. It is valid until the next call. payload must not change as long as the framer may be asked for it again.
func (f *eventFramer) message(id longpoll.Cursor, payload []byte) chunk {
	if f.payload == nil || id != f.id || len(payload) != len(f.payload) || len(payload) > 0 && &payload[0] != &f.payload[0] {
		f.chunked = f.frame(func(b []byte) []byte { return appendEvent(b, "", id, payload) })
		f.payload, f.id = payload, id
	}
	return f.chunked
}

// frame returns whatever add appends as a chunk.
func (f *eventFramer) frame(add func([]byte) []byte) chunk {
	const room = len("7fffffff\r\n")
	f.payload = nil
	f.buf = add(append(f.buf[:0], make([]byte, room)...))
	end := len(f.buf)
	f.buf = append(f.buf, "\r\n"...)
	var size [room]byte
	line := append(strconv.AppendInt(size[:0], int64(end-room), 16), "\r\n"...)
	begin := room - copy(f.buf[room-len(line):], line)
	return chunk{framed: f.buf[begin:], bare: f.buf[room:end]}
}

// trim forgets the frame, and its buffer if it has grown large.
func (f *eventFramer) trim() {
	f.payload, f.chunked = nil, chunk{}
	if cap(f.buf) > keepBuffer {
		f.buf = nil
	}
}
