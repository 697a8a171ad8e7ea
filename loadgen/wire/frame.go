package wire

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// Opcode is the kind of a WebSocket frame (RFC 6455, section 11.8).
type Opcode byte

// The opcodes a message can have.
const (
	Text   Opcode = 0x1
	Binary Opcode = 0x2
)

const (
	opContinuation Opcode = 0x0
	opClose        Opcode = 0x8
	opPing         Opcode = 0x9
	opPong         Opcode = 0xA
)

const (
	finBit     = 0x80
	maskBit    = 0x80
	reserved   = 0x30 // bits that no extension known here uses
	compressed = 0x40 // RSV1: of permessage-deflate (RFC 7692, section 7.2.3.1)
	length16   = 126
	length64   = 127
	maxControl = 125
	maxHeader  = 14 // two bytes, a 64-bit length, a masking key
)

// Close codes (RFC 6455, section 7.4.1).
const (
	CloseNormal       = 1000
	CloseGoingAway    = 1001
	CloseProtocol     = 1002
	CloseUnsupported  = 1003
	CloseNoStatus     = 1005 // never on the wire: the close frame had no code
	CloseInvalidData  = 1007
	CloseTooBig       = 1009
	CloseMandatoryExt = 1010
)

// frame is a decoded header of a frame from the server.
type frame struct {
	op     Opcode
	fin    bool
	packed bool  // RSV1
	header int   // bytes of the header
	length int64 // bytes of the payload
}

func (f frame) control() bool { return f.op >= opClose }

// violation is a breach of the protocol: the close code it is answered with, and what was wrong. A value, so that the
// frame decoder returns it without allocation; the zero value is none.
type violation struct {
	code   int
	detail string
}

func (v violation) any() bool { return v.code != 0 }

func breach(detail string) violation { return violation{CloseProtocol, detail} }

// decodeFrame decodes the header at the start of b (RFC 6455, section 5.2). ok is false while b is too short to tell.
func decodeFrame(b []byte) (f frame, ok bool, v violation) {
	if len(b) < 2 {
		return f, false, v
	}
	f.op, f.fin, f.packed = Opcode(b[0]&0x0f), b[0]&finBit != 0, b[0]&compressed != 0
	if v = checkFirstBytes(b[0], b[1]); v.any() {
		return f, false, v
	}
	switch short := b[1] &^ maskBit; short {
	case length16:
		return decodeLength16(f, b)
	case length64:
		return decodeLength64(f, b)
	default:
		f.header, f.length = 2, int64(short)
		return f, true, v
	}
}

const unagreed = "a reserved bit is set, and no extension was agreed on"

func checkFirstBytes(b0, b1 byte) violation {
	op := Opcode(b0 & 0x0f)
	switch {
	case b0&reserved != 0:
		return breach(unagreed)
	case b1&maskBit != 0:
		return breach("a frame from the server is masked")
	case op > Binary && op < opClose || op > opPong:
		return breach("unknown opcode")
	case op >= opClose && b0&finBit == 0:
		return breach("a control frame is fragmented")
	case op >= opClose && b1 > maxControl:
		return breach("a control frame is longer than 125 bytes")
	}
	return violation{}
}

func decodeLength16(f frame, b []byte) (frame, bool, violation) {
	if len(b) < 4 {
		return f, false, violation{}
	}
	f.header, f.length = 4, int64(binary.BigEndian.Uint16(b[2:]))
	if f.length < length16 {
		return f, false, breach("a length is not encoded in the fewest bytes")
	}
	return f, true, violation{}
}

func decodeLength64(f frame, b []byte) (frame, bool, violation) {
	if len(b) < 10 {
		return f, false, violation{}
	}
	n := binary.BigEndian.Uint64(b[2:])
	switch {
	case n > math.MaxInt64:
		return f, false, breach("the highest bit of a 64-bit length is set")
	case n <= math.MaxUint16:
		return f, false, breach("a length is not encoded in the fewest bytes")
	}
	f.header, f.length = 10, int64(n)
	return f, true, violation{}
}

// putHeader writes the header of an unfragmented masked frame to b, which has room for maxHeader bytes, and returns
// its length.
func putHeader(b []byte, op Opcode, length int, key uint32) int {
	b[0] = finBit | byte(op)
	n := 2
	switch {
	case length < length16:
		b[1] = maskBit | byte(length)
	case length <= math.MaxUint16:
		b[1] = maskBit | length16
		binary.BigEndian.PutUint16(b[2:], uint16(length))
		n = 4
	default:
		b[1] = maskBit | length64
		binary.BigEndian.PutUint64(b[2:], uint64(length))
		n = 10
	}
	binary.LittleEndian.PutUint32(b[n:], key)
	return n + 4
}

// decodeClose decodes the payload of a close frame.
func decodeClose(b []byte) (code int, reason []byte, v violation) {
	if len(b) == 0 {
		return CloseNoStatus, nil, v
	}
	if len(b) == 1 {
		return 0, nil, breach("a close frame has half a close code")
	}
	code, reason = int(binary.BigEndian.Uint16(b)), b[2:]
	if !closeCodeOnWire(code) {
		return 0, nil, breach("a close frame has a code that may not be sent")
	}
	if !utf8.Valid(reason) {
		return 0, nil, violation{CloseInvalidData, "the reason in a close frame is not UTF-8"}
	}
	return code, reason, v
}

// closeCodeOnWire tells whether a code may appear in a close frame: the registered ones up to 1014 without the three
// that only describe a missing frame and the undefined 1004, and the ranges for libraries and applications.
func closeCodeOnWire(code int) bool {
	switch code {
	case 1004, CloseNoStatus, 1006:
		return false
	}
	return code >= 1000 && code <= 1014 || code >= 3000 && code <= 4999
}
