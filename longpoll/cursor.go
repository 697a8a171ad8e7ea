package longpoll

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Cursor is a position in a server's log. Servers make and read it; to a client
// its text is opaque.
type Cursor struct {
	Epoch    uint64 // which life of the log: another after every restart
	Position uint64 // the number of messages of the topic before it
}

// ErrCursor is wrapped by every error of [ParseCursor].
var ErrCursor = errors.New("malformed cursor")

// maxBase36 is the number of base-36 digits of the largest uint64.
const maxBase36 = 13

// Append appends the cursor's text, "<epoch base36>-<position base36>".
func (c Cursor) Append(dst []byte) []byte {
	dst = strconv.AppendUint(dst, c.Epoch, 36)
	dst = append(dst, '-')
	return strconv.AppendUint(dst, c.Position, 36)
}

// String returns the cursor's text.
func (c Cursor) String() string {
	var buf [2*maxBase36 + 1]byte
	return string(c.Append(buf[:0]))
}

// ParseCursor reads a cursor's text. It accepts exactly what [Cursor.String]
// writes: lower case, no sign, no leading zero, no space. Its errors wrap
// [ErrCursor].
func ParseCursor(s string) (Cursor, error) {
	epoch, position, ok := strings.Cut(s, "-")
	if !ok {
		return Cursor{}, fmt.Errorf("%w %.40q: no dash", ErrCursor, s)
	}
	var c Cursor
	var err error
	if c.Epoch, err = parseBase36(epoch); err != nil {
		return Cursor{}, fmt.Errorf("%w %.40q: epoch: %w", ErrCursor, s, err)
	}
	if c.Position, err = parseBase36(position); err != nil {
		return Cursor{}, fmt.Errorf("%w %.40q: position: %w", ErrCursor, s, err)
	}
	return c, nil
}

var (
	errBase36   = errors.New("not a base-36 number")
	errOverflow = errors.New("number over 64 bits")
)

func parseBase36(s string) (v uint64, err error) {
	if s == "" || (s[0] == '0' && len(s) > 1) {
		return 0, errBase36
	}
	for i := range len(s) {
		d, ok := digit36(s[i])
		if !ok {
			return 0, errBase36
		}
		if v > (1<<64-1-d)/36 {
			return 0, errOverflow
		}
		v = v*36 + d
	}
	return v, nil
}

// digit36 returns the value of one lower-case base-36 digit.
func digit36(c byte) (uint64, bool) {
	switch {
	case c >= '0' && c <= '9':
		return uint64(c - '0'), true
	case c >= 'a' && c <= 'z':
		return uint64(c-'a') + 10, true
	}
	return 0, false
}
