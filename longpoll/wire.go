package longpoll

import (
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Header names, in the canonical form of net/http so that they can index a
// header map directly.
const (
	HeaderCursor = "Push-Cursor" // where to go on
	HeaderMissed = "Push-Missed" // how many messages fell out of the log before they were asked for
	HeaderReset  = "Push-Reset"  // "1": the cursor was of another epoch
)

// Query parameters of a poll.
const (
	ParamTopic  = "topic"
	ParamCursor = "cursor"
	ParamSkip   = "skip"
	ParamHold   = "hold"
	ParamMax    = "max"
)

// ContentType is the media type of a body of netstrings.
const ContentType = "application/netstrings"

// MaxMessageBytes is the longest message the wire format carries. It bounds what
// a peer can make a decoder wait for.
const MaxMessageBytes = 1 << 28

// maxLengthDigits is the number of digits of MaxMessageBytes.
const maxLengthDigits = 9

// ErrMalformed is wrapped by every error about bytes that can never become a
// netstring, however many follow. Bytes that merely stop too early give
// [io.ErrUnexpectedEOF].
var ErrMalformed = errors.New("malformed netstring")

var (
	errNoDigits    = fmt.Errorf("%w: the length is missing or not decimal", ErrMalformed)
	errLeadingZero = fmt.Errorf("%w: the length has a leading zero", ErrMalformed)
	errTooLong     = fmt.Errorf("%w: the length is over %d bytes", ErrMalformed, MaxMessageBytes)
	errNoComma     = fmt.Errorf("%w: no comma after the message", ErrMalformed)
)

// AppendNetstring appends msg to dst as "<decimal length>:<bytes>," and returns
// the extended slice. It allocates only when dst is too small; see
// [NetstringLen].
func AppendNetstring(dst, msg []byte) []byte {
	dst = strconv.AppendUint(dst, uint64(len(msg)), 10)
	dst = append(dst, ':')
	dst = append(dst, msg...)
	return append(dst, ',')
}

// NetstringLen returns the bytes a message of n bytes takes as a netstring.
func NetstringLen(n int) int {
	digits := 1
	for v := n; v >= 10; v /= 10 {
		digits++
	}
	return digits + 1 + n + 1
}

// DecodeNext splits the first netstring off b. Both results are parts of b: no
// byte is copied and nothing is allocated. At the end of b (len(b) == 0) it
// returns [io.EOF]; when b ends inside a netstring, [io.ErrUnexpectedEOF]; when b
// is no netstring, an error that wraps [ErrMalformed].
//
// It is strict: a length with a leading zero or a sign, a length over
// [MaxMessageBytes] and a missing comma are errors.
func DecodeNext(b []byte) (msg, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, io.EOF
	}
	n, used, err := decodeLength(b)
	if err != nil {
		return nil, nil, err
	}
	b = b[used:]
	if len(b) <= n {
		return nil, nil, io.ErrUnexpectedEOF
	}
	if b[n] != ',' {
		return nil, nil, errNoComma
	}
	return b[:n:n], b[n+1:], nil
}

// decodeLength reads "<decimal>:" and returns its value and the bytes it took.
func decodeLength(b []byte) (n, used int, err error) {
	for i, c := range b {
		switch {
		case c == ':' && i > 0:
			return n, i + 1, nil
		case c < '0' || c > '9':
			return 0, 0, errNoDigits
		case i == 1 && b[0] == '0':
			return 0, 0, errLeadingZero
		case i == maxLengthDigits:
			return 0, 0, errTooLong
		}
		if n = n*10 + int(c-'0'); n > MaxMessageBytes {
			return 0, 0, errTooLong
		}
	}
	return 0, 0, io.ErrUnexpectedEOF
}
