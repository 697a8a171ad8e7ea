package loadgen

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"

	"pushbench/scenarios"
)

// Stamp is what a payload says of itself. It is written in fixed-width ASCII, so that it is safe inside JSON and text frames and a receiver can
// find it anywhere in a body, whatever the server wraps around it:
//
//	pb1.RRRRRRRR.TTTTTTTT.SSSSSSSS.DDDDDDDDDDDDDDDD.
//
// run, flow and sequence as 8 lower-case hex digits, the intended instant in nanoseconds after the start of the schedule as 16.
// What the payload is filled with follows up to its size (fill.go).
type Stamp struct {
	// Run tells the messages of one schedule from those of any other.
	Run       uint32
	Flow, Seq uint32
	Due       time.Duration
}

// StampSize is the length of a stamp in bytes: the least a payload can measure.
const StampSize = 48

// A scenario's smallest payload and the stamp must agree; this does not compile if they do not.
var _ [0]struct{} = [StampSize - scenarios.MinPayload]struct{}{}

// StampMagic is what every stamp begins with.
const StampMagic = "pb1."

// ErrNoStamp is returned for bytes in which no stamp was found.
var ErrNoStamp = errors.New("no pushbench stamp in it")

// Payload appends a payload of so many bytes, at least [StampSize], that carries the stamp and is filled with letters.
func (s Stamp) Payload(b []byte, size int) []byte { return s.Filled(b, size, scenarios.Letters) }

// Filled is Payload filled with something else.
func (s Stamp) Filled(b []byte, size int, content scenarios.Content) []byte {
	at := len(b)
	b = append(b, make([]byte, StampSize)...)
	s.put(b[at:])
	if content == scenarios.Text {
		return appendWords(b, size-StampSize, s)
	}
	return appendPadding(b, size-StampSize)
}

// put writes the stamp over the first StampSize bytes of b.
func (s Stamp) put(b []byte) {
	_ = b[StampSize-1]
	copy(b, StampMagic)
	putHex(b[4:12], uint64(s.Run))
	b[12] = '.'
	putHex(b[13:21], uint64(s.Flow))
	b[21] = '.'
	putHex(b[22:30], uint64(s.Seq))
	b[30] = '.'
	putHex(b[31:47], uint64(s.Due))
	b[47] = '.'
}

// FindStamp returns the first stamp in b, wherever it stands. The error is [ErrNoStamp].
func FindStamp(b []byte) (Stamp, error) {
	at := IndexStamp(b)
	if at < 0 {
		return Stamp{}, ErrNoStamp
	}
	s, _ := parseStamp(b[at : at+StampSize])
	return s, nil
}

// IndexStamp is where the first stamp in b begins; -1 if there is none.
func IndexStamp(b []byte) int {
	for from := 0; ; {
		at := bytes.Index(b[from:], []byte(StampMagic))
		if at < 0 || len(b)-from-at < StampSize {
			return -1
		}
		at += from
		if _, ok := parseStamp(b[at : at+StampSize]); ok {
			return at
		}
		from = at + len(StampMagic)
	}
}

func parseStamp(b []byte) (Stamp, bool) {
	run, ok1 := parseHex(b[4:12])
	flow, ok2 := parseHex(b[13:21])
	seq, ok3 := parseHex(b[22:30])
	due, ok4 := parseHex(b[31:47])
	dots := b[12] == '.' && b[21] == '.' && b[30] == '.' && b[47] == '.'
	return Stamp{uint32(run), uint32(flow), uint32(seq), time.Duration(due)}, ok1 && ok2 && ok3 && ok4 && dots
}

func putHex(b []byte, v uint64) {
	const digits = "0123456789abcdef"
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = digits[v&15]
		v >>= 4
	}
}

func parseHex(b []byte) (v uint64, ok bool) {
	for _, c := range b {
		switch {
		case '0' <= c && c <= '9':
			v = v<<4 | uint64(c-'0')
		case 'a' <= c && c <= 'f':
			v = v<<4 | uint64(c-'a'+10)
		default:
			return 0, false
		}
	}
	return v, true
}

// runTag makes a round's tag from its schedule's digest, so that equal schedules have equal payloads, unless they are marked apart.
func runTag(digest string, mark uint32) (uint32, error) {
	tag, err := strconv.ParseUint(digest[:min(8, len(digest))], 16, 32)
	if err != nil {
		return 0, fmt.Errorf("schedule digest %q: %w", digest, err)
	}
	return uint32(tag) ^ mark, nil
}
