package probe

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"pushbench/loadgen/wire"
)

// What a server may send as an answer: head and body together, and a body that is kept.
const (
	maxAnswer = 2 << 20
	maxKept   = 64 << 10
)

// metered counts a connection's bytes at the socket.
type metered struct {
	net.Conn
	path *Path
}

func (m *metered) Read(b []byte) (int, error) {
	n, err := m.Conn.Read(b)
	m.path.received.Add(int64(n))
	return n, err
}

func (m *metered) Write(b []byte) (int, error) {
	n, err := m.Conn.Write(b)
	m.path.sent.Add(int64(n))
	return n, err
}

// connection is a connection to the near end of the path. One goroutine at a time uses it.
type connection struct {
	net.Conn
	path *Path
	id   int
	// tcp and tls are how long the two took to open.
	tcp, tls time.Duration
	state    *tls.ConnectionState // nil without TLS

	// released unties it from the probe's interruption.
	released func() bool

	reader *bufio.Reader
	// budget is what may still come of the answer at hand; last is when something came, wrote when something was sent.
	budget      int64
	last, wrote time.Time
	// gap is for how long nothing had passed before what came last.
	gap time.Duration
	// limited lets reads bring something allowed times; the next one fails as if its deadline had passed. See webSocketSession.ping.
	limited bool
	allowed int
}

// Close closes the connection.
func (c *connection) Close() error {
	c.released()
	return c.Conn.Close()
}

// secure performs the TLS handshake.
func (c *connection) secure(ctx context.Context, config *tls.Config) error {
	began := time.Now()
	encrypted := tls.Client(c.Conn, config)
	if err := encrypted.HandshakeContext(ctx); err != nil {
		return err
	}
	state := encrypted.ConnectionState()
	c.Conn, c.state, c.tls = encrypted, &state, time.Since(began)
	return nil
}

// errTooMuch ends an answer that does not.
var errTooMuch = errors.New("the answer is larger than 2 MiB")

// Read reads within the budget and notes when. A connection that was upgraded has none: its codec bounds what it takes.
func (c *connection) Read(b []byte) (int, error) {
	switch {
	case c.limited && c.allowed == 0:
		c.limited = false
		return 0, os.ErrDeadlineExceeded
	case c.reader != nil && c.budget <= 0:
		return 0, errTooMuch
	case c.reader != nil:
		b = b[:min(int64(len(b)), c.budget)]
	}
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.gap = c.silent()
		c.last = time.Now()
		c.budget -= int64(n)
		c.allowed--
	}
	return n, err
}

func (c *connection) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.wrote = time.Now()
	return n, err
}

// silent is for how long nothing has passed, either way.
func (c *connection) silent() time.Duration {
	if c.wrote.After(c.last) {
		return time.Since(c.wrote)
	}
	return time.Since(c.last)
}

// farewell is how long before its end a connection may carry what only ends it: a close frame, the last chunk.
const farewell = 100 * time.Millisecond

// quiet is for how long a connection that has ended had been silent.
func (c *connection) quiet() time.Duration {
	if silent := c.silent(); silent > farewell {
		return silent
	}
	return c.gap
}

// request is one to be sent.
type request struct {
	method string // "" means GET
	target string // path and query, escaped
	fields []wire.Field
	body   []byte
}

// send writes a request with the fields that all have.
func (c *connection) send(r request) error {
	spec := wire.RequestSpec{Method: r.method, Host: c.path.url.Host, Target: r.target, Header: c.path.header(r.fields...)}
	made, err := wire.NewRequest(spec)
	if err != nil {
		return err
	}
	if err := c.SetWriteDeadline(time.Now().Add(answerTimeout)); err != nil {
		return err
	}
	c.path.countRequest()
	_, err = c.Write(made.Append(nil, nil, r.body))
	return err
}

// answer is what came back. It holds no buffer of the connection.
type answer struct {
	Connection int
	Status     int
	Proto      string
	Header     http.Header
	Body       []byte // the beginning
	BodyBytes  int64  // as they travelled, without chunked coding
	Chunked    bool
	// Closes says that the connection ends with this answer; Unfinished that its body was not waited for to the end.
	Closes, Unfinished bool
	// Took is the time since the request was sent, of an exchange.
	Took     time.Duration
	Received time.Time
}

// exchange sends a request and receives its answer whole.
func (c *connection) exchange(r request, timeout time.Duration) (answer, error) {
	sent := time.Now()
	if err := c.send(r); err != nil {
		return answer{}, err
	}
	a, err := c.receive(time.Now().Add(timeout))
	a.Took = a.Received.Sub(sent)
	return a, err
}

// receive waits for an answer and takes its body, as far as the bounds of bytes and time let it.
func (c *connection) receive(deadline time.Time) (answer, error) {
	response, err := c.head(deadline)
	if err != nil {
		return answer{}, err
	}
	a := c.describe(response)
	a.Body, err = io.ReadAll(io.LimitReader(response.Body, maxKept))
	a.BodyBytes = int64(len(a.Body))
	if err == nil {
		var rest int64
		rest, err = io.Copy(io.Discard, response.Body)
		a.BodyBytes += rest
	}
	a.Received = c.last
	if errors.Is(err, errTooMuch) || err != nil && timedOut(err) {
		a.Unfinished, a.Closes, err = true, true, nil // the connection stands in the middle of it
	}
	c.path.saw(a)
	return a, err
}

// head waits for an answer's head; the body is left to be read. Interim answers are skipped.
func (c *connection) head(deadline time.Time) (*http.Response, error) {
	if c.reader == nil {
		c.reader = bufio.NewReader(c)
	}
	c.budget = maxAnswer
	if err := c.SetReadDeadline(deadline); err != nil {
		return nil, err
	}
	for {
		response, err := http.ReadResponse(c.reader, nil)
		if err != nil {
			return nil, err
		}
		if response.StatusCode >= http.StatusOK || response.StatusCode == http.StatusSwitchingProtocols {
			return response, nil
		}
	}
}

func (c *connection) describe(r *http.Response) answer {
	return answer{
		Connection: c.id, Status: r.StatusCode, Proto: r.Proto, Header: r.Header,
		Chunked: len(r.TransferEncoding) > 0, Closes: r.Close,
	}
}

// handshake upgrades the connection to a WebSocket.
func (c *connection) handshake(target string, fields []wire.Field) (*wire.WebSocketConn, *wire.UpgradeResponse, error) {
	c.path.countRequest()
	r := wire.UpgradeRequest{Host: c.path.url.Host, Target: target, Header: c.path.header(fields...), Deadline: time.Now().Add(answerTimeout)}
	return wire.Upgrade(c, r, wire.Options{})
}

// ending is how a connection, or an answer that was waited for, ended.
type ending struct {
	// How says it in words: "the connection was closed", "status 504 Gateway Time-out".
	How string
	// Status is that of an answer in place of the one waited for, 0 for none; Code that of a close frame.
	Status, Code int
}

// endingOf describes an error from a connection.
func endingOf(err error) ending {
	var frame *wire.CloseError
	var status *statusError
	var network net.Error
	var refused *wire.UpgradeError
	switch {
	case errors.As(err, &refused) && refused.Status != 0:
		return ending{How: "the answer was " + (&statusError{status: refused.Status}).Error(), Status: refused.Status}
	case statusOf(err) != 0:
		return ending{How: "the answer was " + (&statusError{status: statusOf(err)}).Error(), Status: statusOf(err)}
	case errors.As(err, &frame):
		return ending{How: fmt.Sprintf("a close frame with code %d came", frame.Code), Code: frame.Code}
	case errors.As(err, &status):
		return ending{How: "the answer was " + status.Error(), Status: status.status}
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return ending{How: "the connection was reset"}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.ErrClosedPipe):
		return ending{How: "the connection was closed"}
	case errors.As(err, &network) && network.Timeout():
		return ending{How: "nothing came"}
	}
	return ending{How: err.Error()}
}

// timedOut says whether an error only means that the time was up.
func timedOut(err error) bool {
	var network net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &network) && network.Timeout()
}

// statusError is an answer of another status than was waited for.
type statusError struct {
	status int
}

func (e *statusError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("status %d %s", e.status, http.StatusText(e.status)))
}

func newStatusError(a answer) *statusError {
	return &statusError{status: a.Status}
}
