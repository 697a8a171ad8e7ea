package wire

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// HTTPConn is the client end of an HTTP/1.1 connection that carries one request at a time, as a long-polling client
// does: Send or SendRequest, then Receive, which may wait for as long as the server holds the poll and occupies no
// buffer meanwhile. Do is both.
//
// One goroutine at a time may call its methods. After any error but a passed deadline the connection is unusable. The
// net.Conn stays the caller's, who sets its deadlines and closes it.
type HTTPConn struct {
	src         source
	decoder     responseDecoder
	outstanding bool
	err         error // why no more requests may be sent
	// patience is Options.AnswerTimeout; hurried says that a deadline of it stands on the connection.
	patience time.Duration
	hurried  bool
	// begin is Options.BeginTimeout, and by the deadline of it that stands on the connection; zero for none.
	begin time.Duration
	by    time.Time
}

// NewHTTPConn returns an HTTPConn over c.
func NewHTTPConn(c net.Conn, o Options) *HTTPConn {
	return &HTTPConn{
		src: newSource(c, o.pool()), patience: o.AnswerTimeout, begin: o.BeginTimeout,
		decoder: responseDecoder{
			maxHead: positive(o.MaxHead, DefaultMaxHead),
			maxBody: positive(o.MaxBody, DefaultMaxBody),
		},
	}
}

// NetConn is the connection below, for deadlines and for closing it.
func (c *HTTPConn) NetConn() net.Conn { return c.src.conn }

// Usable says whether a request may be sent, as far as what was received tells.
func (c *HTTPConn) Usable() bool { return c.err == nil && !c.outstanding }

// Do sends a complete request and receives its response.
func (c *HTTPConn) Do(request []byte, resp *Response) error {
	if err := c.Send(request); err != nil {
		return err
	}
	return c.Receive(resp)
}

// Send writes a complete request, for example one that Request.Append made, with one Write. The last response becomes
// invalid.
func (c *HTTPConn) Send(request []byte) error {
	if err := c.ready(); err != nil {
		return err
	}
	return c.write(request)
}

// SendRequest renders r with this value and body (see Request.Append) in a borrowed buffer and sends it with one
// Write. value and body may be parts of the last response, which becomes invalid only when they have been copied.
func (c *HTTPConn) SendRequest(r *Request, value, body []byte) error {
	if err := c.ready(); err != nil {
		return err
	}
	buf := c.src.pool.Get()
	err := c.write(r.Append(buf[:0], value, body))
	c.src.pool.Put(buf)
	return err
}

// ready says why no request may be sent now.
func (c *HTTPConn) ready() error {
	if c.err != nil {
		c.Release()
		return c.err
	}
	if c.outstanding {
		return ErrOutstanding
	}
	return nil
}

func (c *HTTPConn) write(request []byte) error {
	c.Release()
	if c.begin > 0 {
		c.expect()
	}
	if _, err := c.src.conn.Write(request); err != nil {
		c.err = writeError(err)
		return c.err
	}
	c.outstanding = true
	c.decoder.reset()
	return nil
}

// Receive waits for the response to the request sent and describes it in resp.
//
// Errors: *FormatError if it is not acceptable HTTP/1.1 or beyond a limit; *TruncatedError if the connection ended in
// it; *SlowError if the rest of a response that had begun took longer than allowed; else the connection's error, io.EOF (wrapped) if the server ended the connection before the response began, which
// on a connection kept alive mostly means that it was idle too long. After a passed read deadline Receive may be called
// again, nothing is lost.
func (c *HTTPConn) Receive(resp *Response) error {
	if c.err != nil {
		return c.err
	}
	if !c.outstanding {
		return ErrNoRequest
	}
	for {
		if wrong := c.decoder.advance(c.src.live()); wrong != "" {
			return c.fail(&FormatError{Detail: wrong})
		}
		if c.decoder.phase == complete {
			return c.finish(resp)
		}
		if c.patience > 0 && !c.hurried && c.decoder.started(c.src.live()) {
			c.hurry()
		}
		c.src.end -= c.decoder.closeGap(c.src.live())
		if _, err := c.src.fill(c.decoder.need()); err != nil {
			if err = c.readFailed(err); err != nil {
				return err
			}
		}
	}
}

// readFailed decides what a failed read means: nothing, if the response ends with the connection. A passed deadline
// leaves everything as it is.

//go:noinline
func (c *HTTPConn) readFailed(err error) error {
	switch {
	case errors.Is(err, io.EOF):
		return c.ended()
	case isTimeout(err) && c.hurried:
		return c.fail(&SlowError{Began: true, After: c.patience})
	case isTimeout(err) && c.begin > 0:
		return c.fail(&SlowError{After: c.begin})
	case isTimeout(err):
		return fmt.Errorf("wire: waiting for the response: %w", err)
	}
	return c.fail(fmt.Errorf("wire: reading the response: %w", err))
}

// expect sees to it that a deadline for the first bytes of the next response stands. It is moved once a second at most: that is what it costs.
func (c *HTTPConn) expect() {
	if now := time.Now(); c.by.Sub(now) < c.begin-min(time.Second, c.begin/2) {
		c.by = now.Add(c.begin)
		_ = c.src.conn.SetReadDeadline(c.by) // a connection that takes none fails when it is used
	}
}

// hurry sets a deadline for the rest of a response that has begun.
//
//go:noinline
func (c *HTTPConn) hurry() {
	c.hurried, c.by = c.src.conn.SetReadDeadline(time.Now().Add(c.patience)) == nil, time.Time{}
}

// calm takes it away.
//
//go:noinline
func (c *HTTPConn) calm() {
	c.hurried = false
	// One that cannot be taken away ends the next response early, which is an error of its own.
	_ = c.src.conn.SetReadDeadline(time.Time{})
}

// ended decides what the end of the connection means: for a body that ends with it, success.
func (c *HTTPConn) ended() error {
	d := &c.decoder
	switch {
	case d.phase == untilClose:
		d.phase = complete
		c.src.received = time.Now()
		return nil
	case !d.started(c.src.live()):
		return c.fail(fmt.Errorf("wire: the server ended the connection before its response began: %w", io.EOF))
	case d.phase < inLength:
		return c.fail(&TruncatedError{Part: "head", Got: int64(len(c.src.live())), Want: -1})
	case d.phase == inLength:
		return c.fail(&TruncatedError{Part: "body", Got: d.head.length - d.remaining, Want: d.head.length})
	}
	return c.fail(&TruncatedError{Part: "body", Got: int64(d.bodyEnd - d.headEnd), Want: -1})
}

// finish hands out the response and decides whether another request may follow.
func (c *HTTPConn) finish(resp *Response) error {
	if c.decoder.head.status == 101 {
		return c.fail(&FormatError{Detail: "it switches protocols, which nobody asked for"})
	}
	if c.hurried {
		c.calm()
	}
	window := c.src.live()
	c.decoder.response(window, resp)
	resp.Received = c.src.received
	c.src.start += c.decoder.pos
	c.outstanding = false
	switch {
	case c.src.start < c.src.end:
		c.err = ErrUnsolicited
		resp.KeepAlive = false
	case !resp.KeepAlive:
		c.err = ErrNotReusable
	}
	return nil
}

func (c *HTTPConn) fail(err error) error {
	c.err = err
	c.outstanding = false
	c.src.drop()
	return err
}

// Close closes the net.Conn and gives back what is borrowed. It must not be called while Receive waits; to end that,
// close the net.Conn.
func (c *HTTPConn) Close() error {
	c.src.drop()
	return c.src.conn.Close()
}

// Release gives the buffer of the last response back before the next request does, for a caller that does not send one
// at once. The response becomes invalid.
func (c *HTTPConn) Release() {
	if c.outstanding {
		return // what has come of the response is still wanted
	}
	c.src.drop()
}
