package wire

// bodyFraming finds the data in a body that is read for as long as it goes on. Unlike responseDecoder, which keeps a whole body in the window, it goes
// through the framing byte by byte and needs none of it again: a client that waits between two chunks keeps nothing.
type bodyFraming struct {
	phase     phase // one of those from inLength on
	remaining int64 // bytes of the body (by length) or of the chunk
	taken     int64 // data so far

	// Of the line of chunked coding being read:
	size    int64
	digits  int
	line    int  // bytes of it; of a trailer, of all its lines
	beyond  bool // the size is over: an extension, or space before it
	afterCR bool
	empty   bool // a trailer line has nothing so far
}

// framing is how the body is framed whose head has been decoded.
func (d *responseDecoder) framing() bodyFraming {
	return bodyFraming{phase: d.phase, remaining: d.remaining, empty: true}
}

// next returns how many bytes of framing b begins with, and how many of data follow. Of what is not empty it takes something, always.
func (f *bodyFraming) next(b []byte) (framing, data int, wrong string) {
	for framing < len(b) && !f.inData() {
		if wrong = f.frame(b[framing]); wrong != "" {
			return framing, 0, wrong
		}
		framing++
	}
	data = len(b) - framing
	if data == 0 || f.phase == untilClose {
		f.taken += int64(data)
		return framing, data, ""
	}
	data = int(min(f.remaining, int64(data)))
	f.remaining -= int64(data)
	f.taken += int64(data)
	if f.remaining == 0 {
		f.endData()
	}
	return framing, data, ""
}

func (f *bodyFraming) inData() bool {
	return f.phase == inLength || f.phase == inChunk || f.phase == untilClose
}

func (f *bodyFraming) endData() {
	if f.phase == inChunk {
		f.phase = inChunkEnd
	} else {
		f.phase = complete
	}
}

// frame takes one byte of framing.
func (f *bodyFraming) frame(c byte) (wrong string) {
	f.line++
	switch {
	case f.phase == complete:
		return "" // what follows the end of the body is nobody's
	case f.afterCR && c != '\n' || !f.afterCR && c == '\n':
		return "a line does not end in CR LF"
	case f.line > maxChunkLine && f.phase == inChunkSize:
		return "a chunk size line is longer than 4096 bytes"
	case f.line > DefaultMaxHead:
		return "its trailer is larger than the limit"
	case c == '\r':
		f.afterCR = true
		return ""
	case c == '\n':
		f.afterCR = false
		return f.endLine()
	case f.phase == inChunkSize:
		return f.chunkSize(c)
	case f.phase == inChunkEnd:
		return "a chunk is longer than its size"
	}
	f.empty = false
	return ""
}

// chunkSize takes a byte of "size [; extension]" (RFC 9112, section 7.1); extensions are skipped.
func (f *bodyFraming) chunkSize(c byte) (wrong string) {
	digit, ok := hexDigit(c)
	switch {
	case f.beyond:
		return ""
	case ok && f.digits < maxSizeDigits:
		f.size, f.digits = f.size<<4|digit, f.digits+1
		return ""
	case f.digits > 0 && (c == ';' || isSpace(c)):
		f.beyond = true
		return ""
	}
	return "a chunk size is not a hexadecimal number"
}

const maxSizeDigits = 15

func (f *bodyFraming) endLine() (wrong string) {
	empty := f.empty
	f.empty = true
	switch f.phase {
	case inChunkEnd:
		f.phase, f.line = inChunkSize, 0
	case inChunkSize:
		return f.beginChunk()
	case inTrailer:
		if empty {
			f.phase = complete
		}
	}
	return ""
}

func (f *bodyFraming) beginChunk() (wrong string) {
	switch {
	case f.digits == 0:
		return "a chunk size is not a hexadecimal number"
	case f.size == 0:
		f.phase = inTrailer
	default:
		f.phase, f.remaining = inChunk, f.size
	}
	f.size, f.digits, f.line, f.beyond = 0, 0, 0, false
	return ""
}
