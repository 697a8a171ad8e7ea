package wire

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Errors a caller may act on.
var (
	// ErrCloseSent: a message was to be written after the close frame.
	ErrCloseSent = errors.New("wire: the close frame has been sent, no message may follow it")
	// ErrUnsolicited: the server sent bytes that no request had asked for. The connection's framing can no longer be
	// trusted; dial a new one.
	ErrUnsolicited = errors.New("wire: the server sent bytes after its response that no request had asked for")
	// ErrNotReusable: the last response ended the connection (Connection: close, HTTP/1.0, or a body that ends with
	// it); dial a new one.
	ErrNotReusable = errors.New("wire: the last response ended this connection, dial a new one")
	// ErrOutstanding: a request was to be sent before the response to the one before it was received.
	ErrOutstanding = errors.New("wire: a request is outstanding, receive its response first")
	// ErrNoRequest: a response was to be received, but no request is outstanding.
	ErrNoRequest = errors.New("wire: no request is outstanding, send one first")
	// ErrNoRoom: what servers have begun to say and not finished fills the memory that the pool grants to that.
	ErrNoRoom = errors.New("wire: unfinished answers fill the memory granted to them")
)

// CloseError says that the server closed the WebSocket session with a close frame.
type CloseError struct {
	Code   int // CloseNoStatus if the frame had none
	Reason string
}

func (e *CloseError) Error() string {
	return fmt.Sprintf("wire: the server closed the WebSocket session with code %d %q", e.Code, e.Reason)
}

// ProtocolError says that the server broke RFC 6455. The connection is unusable.
type ProtocolError struct {
	Code   int // the close code sent in answer
	Detail string
}

func (e *ProtocolError) Error() string {
	return fmt.Sprintf("wire: the server's WebSocket frames are wrong: %s (answered with close code %d)", e.Detail, e.Code)
}

// UpgradeError says that the server did not switch to WebSocket.
type UpgradeError struct {
	Status   int    // of the response
	Detail   string // what is wrong with it
	Location string // of a redirect
	Body     []byte // the first bytes of the response's body

	fields []byte
}

// Header returns the value of the first field of that name in the response, "" if there is none or no head came. The name may be in any case.
func (e *UpgradeError) Header(name string) string { return string(lookup(e.fields, name)) }

// TooLarge says whether the response was refused for its size.
func (e *UpgradeError) TooLarge() bool { return strings.HasSuffix(e.Detail, tooLarge) }

func (e *UpgradeError) Error() string {
	return refusalText(fmt.Sprintf("wire: WebSocket upgrade refused, status %d: %s", e.Status, e.Detail), e.Location, e.Body)
}

// refusalText adds to the text of an error what the response said beside its status.
func refusalText(s, location string, body []byte) string {
	if location != "" {
		s += fmt.Sprintf(", redirected to %q", location)
	}
	if len(body) > 0 {
		s += fmt.Sprintf("; the body begins %q", body)
	}
	return s
}

// FormatError says that the server's response is not acceptable HTTP/1.1, or larger than a limit.
type FormatError struct{ Detail string }

func (e *FormatError) Error() string { return "wire: the server's HTTP response is wrong: " + e.Detail }

// tooLarge ends the details of what exceeds a limit.
const tooLarge = " is larger than the limit"

// TooLarge says whether the response was refused for its size.
func (e *FormatError) TooLarge() bool { return strings.HasSuffix(e.Detail, tooLarge) }

// SlowError says that a response took too long: to begin, or once it had begun.
type SlowError struct {
	Began bool
	After time.Duration
}

func (e *SlowError) Error() string {
	if !e.Began {
		return fmt.Sprintf("wire: the server had not begun to answer %v after the request", e.After)
	}
	return fmt.Sprintf("wire: the server began a response and had not finished it %v later", e.After)
}

// TruncatedError says that the connection ended inside a response. It unwraps to io.ErrUnexpectedEOF.
type TruncatedError struct {
	Part string // "head" or "body"
	Got  int64  // bytes of that part that came
	Want int64  // bytes it should have had; -1 if it did not say
}

func (e *TruncatedError) Error() string {
	if e.Want < 0 {
		return fmt.Sprintf("wire: the connection ended in the response's %s, after %d bytes", e.Part, e.Got)
	}
	return fmt.Sprintf("wire: the connection ended in the response's %s, after %d of %d bytes", e.Part, e.Got, e.Want)
}

// Unwrap returns io.ErrUnexpectedEOF.
func (e *TruncatedError) Unwrap() error { return io.ErrUnexpectedEOF }

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}
