package wire

import (
	"bytes"
	"time"
)

// Response is one HTTP response. What it points at is valid until the next call of any method of its HTTPConn.
type Response struct {
	Status    int
	Body      []byte    // without chunked coding; never nil after a Receive that succeeded
	Received  time.Time // the instant after the read that completed it returned
	KeepAlive bool      // whether another request may follow on the connection
	WireBytes int64     // bytes it had on the connection: heads (also of skipped 1xx responses), body, chunked coding

	fields []byte // the header lines, as they came
}

// Header returns the value of the first field of that name, nil if there is none, without allocation. The name may be
// in any case.
func (r *Response) Header(name string) []byte { return lookup(r.fields, name) }

// Fields returns the header lines as they came, each with its line end. They are valid as long as the response's body is.
func (r *Response) Fields() []byte { return r.fields }

// Cookie returns the value that the response sets for a cookie, nil if it sets none, without allocation. Of two of one name the last counts, as in a browser.
func (r *Response) Cookie(name string) (value []byte) {
	for rest := r.fields; len(rest) > 0; {
		var field []byte
		if field, rest = nextField(rest, "Set-Cookie"); field == nil {
			break
		}
		pair, _ := cutAt(field, ';')
		if key, v := cutAt(pair, '='); string(trimSpace(key)) == name {
			value = trimSpace(v)
		}
	}
	return value
}

// phase is the part of a response that is decoded next.
type phase uint8

const (
	inStatusLine phase = iota
	inFields
	inLength
	inChunkSize
	inChunk
	inChunkEnd
	inTrailer
	untilClose
	complete
)

// Chunked coding may spend this much on sizes and extensions beyond what its data can justify, as in net/http: enough
// for any server, and an end to a body of one-byte chunks with long extensions.
const maxChunkLine, maxChunkExcess = 4096, 16 << 10

// responseDecoder finds one response at the beginning of a window of bytes that grows between its calls. It knows no
// connection. The window keeps the final head and, right behind it, the body, from which chunk framing is cut out in
// place. All its positions are offsets into the window.
type responseDecoder struct {
	maxHead, maxBody int

	phase     phase
	head      head
	pos       int // everything before it has been decoded
	scanned   int // no line ending lies between pos and scanned
	fields    int // where its header lines begin
	headEnd   int
	bodyEnd   int   // of the body as far as it came
	remaining int64 // bytes of the body (by length) or of the chunk
	excess    int   // of chunked coding
	trailer   int   // bytes
	cut       int64 // bytes of framing already cut out of the window
}

// reset begins a new response.
func (d *responseDecoder) reset() {
	*d = responseDecoder{maxHead: d.maxHead, maxBody: d.maxBody}
}

// started tells whether any byte of a response has come.
func (d *responseDecoder) started(window []byte) bool { return d.cut > 0 || len(window) > 0 }

// advance decodes as far as the window goes; the phase is complete at the end. It returns what is wrong, or "".
func (d *responseDecoder) advance(b []byte) string {
	for d.phase != complete {
		more, wrong := d.step(b)
		if wrong != "" {
			return wrong
		}
		if !more {
			break
		}
	}
	return ""
}

// advanceHead is advance that stops at the end of the head.
func (d *responseDecoder) advanceHead(b []byte) string {
	for d.phase < inLength {
		more, wrong := d.step(b)
		if wrong != "" || !more {
			return wrong
		}
	}
	return ""
}

// step decodes one line or one run of body bytes, and reports whether there may be more to decode.
func (d *responseDecoder) step(b []byte) (more bool, wrong string) {
	switch d.phase {
	case inLength, inChunk:
		return d.data(b)
	case untilClose:
		return d.dataUntilClose(b)
	}
	line, ok, wrong := d.line(b)
	if !ok || wrong != "" {
		return false, wrong
	}
	switch d.phase {
	case inStatusLine:
		d.phase, d.fields = inFields, d.pos
		return true, d.head.statusLine(line)
	case inFields:
		return true, d.fieldLine(line)
	case inChunkSize:
		return true, d.chunkSize(line)
	case inChunkEnd:
		return true, d.chunkEnd(line)
	default:
		return true, d.trailerLine(line)
	}
}

// line takes the next line, without its CRLF. A bare LF is refused, as two recipients may read it differently.
func (d *responseDecoder) line(b []byte) (line []byte, ok bool, wrong string) {
	limit := d.lineLimit()
	i := bytes.IndexByte(b[d.scanned:], '\n')
	if i < 0 {
		d.scanned = len(b)
		if len(b)-d.pos > limit {
			return nil, false, d.lineTooLong()
		}
		return nil, false, ""
	}
	end := d.scanned + i
	line = b[d.pos:end]
	switch {
	case end+1-d.pos > limit:
		return nil, false, d.lineTooLong()
	case len(line) == 0 || line[len(line)-1] != '\r':
		return nil, false, "a line does not end in CR LF"
	}
	d.pos, d.scanned = end+1, end+1
	return line[:len(line)-1], true, ""
}

// lineLimit is how many bytes the next line may have with its ending.
func (d *responseDecoder) lineLimit() int {
	switch d.phase {
	case inStatusLine, inFields:
		return d.maxHead - d.pos
	case inTrailer:
		return d.maxHead - d.trailer
	case inChunkEnd:
		return len("\r\n")
	}
	return maxChunkLine
}

func (d *responseDecoder) lineTooLong() string {
	switch d.phase {
	case inStatusLine, inFields, inTrailer:
		return "its head or trailer" + tooLarge
	case inChunkEnd:
		return "a chunk is longer than its size"
	}
	return "a chunk size line is longer than 4096 bytes"
}

func (d *responseDecoder) fieldLine(line []byte) string {
	if len(line) > 0 {
		return d.head.field(line)
	}
	if wrong := d.head.check(); wrong != "" {
		return wrong
	}
	if d.head.interim() {
		return d.skipInterim()
	}
	d.headEnd, d.bodyEnd = d.pos, d.pos
	return d.beginBody()
}

// skipInterim forgets a 1xx response. Its bytes stay in the window and count against the limit of the head, so that
// they cannot go on for ever.
func (d *responseDecoder) skipInterim() string {
	d.head = head{}
	d.phase = inStatusLine
	return ""
}

// beginBody applies RFC 9112, section 6.3.
func (d *responseDecoder) beginBody() string {
	h := &d.head
	switch {
	case h.bodiless() || h.hasLength && h.length == 0:
		d.phase = complete
	case h.chunked:
		d.phase = inChunkSize
	case h.hasLength:
		if h.length > int64(d.maxBody) {
			return "its Content-Length" + tooLarge
		}
		d.phase, d.remaining = inLength, h.length
	default:
		d.phase = untilClose
		h.closing = true
	}
	return ""
}

// data takes what there is of a body by length, or of a chunk. Only behind chunk framing are bytes moved.
func (d *responseDecoder) data(b []byte) (more bool, wrong string) {
	n := int(min(d.remaining, int64(len(b)-d.pos)))
	if d.bodyEnd < d.pos {
		copy(b[d.bodyEnd:], b[d.pos:d.pos+n])
	}
	d.pos, d.scanned, d.bodyEnd = d.pos+n, d.pos+n, d.bodyEnd+n
	d.remaining -= int64(n)
	if d.remaining > 0 {
		return false, ""
	}
	if d.phase == inChunk {
		d.phase = inChunkEnd
	} else {
		d.phase = complete
	}
	return true, ""
}

func (d *responseDecoder) dataUntilClose(b []byte) (more bool, wrong string) {
	d.pos, d.scanned, d.bodyEnd = len(b), len(b), len(b)
	if d.bodyEnd-d.headEnd > d.maxBody {
		return false, "its body" + tooLarge
	}
	return false, ""
}

// chunkSize decodes "size [; extension]" (RFC 9112, section 7.1); extensions are skipped.
func (d *responseDecoder) chunkSize(line []byte) string {
	framing := len(line) + len("\r\n\r\n")
	if i := bytes.IndexByte(line, ';'); i >= 0 {
		if !isFieldValue(line[i:]) {
			return "a chunk extension has a control character"
		}
		line = line[:i]
	}
	size, ok := parseHex(trimSpace(line))
	if !ok {
		return "a chunk size is not a hexadecimal number"
	}
	if size == 0 {
		d.phase = inTrailer
		return ""
	}
	if size > int64(d.maxBody-(d.bodyEnd-d.headEnd)) {
		return "its body" + tooLarge
	}
	d.phase, d.remaining = inChunk, size
	return d.countExcess(framing, size)
}

// countExcess bounds the framing of many small chunks. A chunk is granted 16 bytes and twice its data.
func (d *responseDecoder) countExcess(framing int, size int64) string {
	d.excess = max(0, d.excess+framing-16-2*int(size))
	if d.excess > maxChunkExcess {
		return "its chunked coding is mostly not data"
	}
	return ""
}

func (d *responseDecoder) chunkEnd(line []byte) string {
	if len(line) > 0 {
		return "a chunk is longer than its size"
	}
	d.phase = inChunkSize
	return ""
}

// trailerLine checks trailer fields like header fields, and ignores them, also those that would frame the body.
func (d *responseDecoder) trailerLine(line []byte) string {
	d.trailer += len(line) + len("\r\n")
	if len(line) == 0 {
		d.phase = complete
		return ""
	}
	var ignored head
	return ignored.field(line)
}

// closeGap cuts the chunk framing that has been decoded out of the window and returns how many bytes it cut: without
// that, framing would fill the buffer.
func (d *responseDecoder) closeGap(b []byte) int {
	if d.phase < inChunkSize || d.phase > inTrailer {
		return 0
	}
	gap := d.pos - d.bodyEnd
	if gap == 0 {
		return 0
	}
	copy(b[d.bodyEnd:], b[d.pos:])
	d.pos, d.scanned, d.cut = d.pos-gap, d.scanned-gap, d.cut+int64(gap)
	return gap
}

// need is how long the window must become to go on.
func (d *responseDecoder) need() int {
	if d.phase == inLength || d.phase == inChunk {
		return d.pos + int(d.remaining)
	}
	return d.pos + 1
}

// response describes the complete response in window b.
func (d *responseDecoder) response(b []byte, resp *Response) {
	resp.Status = d.head.status
	resp.Body = b[d.headEnd:d.bodyEnd:d.bodyEnd]
	resp.KeepAlive = d.head.keepAlive()
	resp.WireBytes = d.cut + int64(d.pos)
	resp.fields = b[d.fields:d.headEnd]
}

// parseHex reads 1 to 15 hexadecimal digits.
func parseHex(b []byte) (n int64, ok bool) {
	if len(b) == 0 || len(b) > 15 {
		return 0, false
	}
	for _, c := range b {
		digit, ok := hexDigit(c)
		if !ok {
			return 0, false
		}
		n = n<<4 | digit
	}
	return n, true
}

func hexDigit(c byte) (int64, bool) {
	switch c = lower(c); {
	case '0' <= c && c <= '9':
		return int64(c - '0'), true
	case 'a' <= c && c <= 'f':
		return int64(c-'a') + 10, true
	}
	return 0, false
}
