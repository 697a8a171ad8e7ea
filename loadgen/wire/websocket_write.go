package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"sync"
	"time"
	"unicode/utf8"
)

// WriteMessage sends payload, which it neither changes nor keeps, as one masked frame; op is Text or Binary. Header and
// payload leave in one Write if they fit a pool buffer, else in as many as needed. It is safe for concurrent use. After
// a failed write the connection is unusable, for a frame may be half out. Text is not checked to be UTF-8.
func (c *WebSocketConn) WriteMessage(op Opcode, payload []byte) error {
	if op != Text && op != Binary {
		return fmt.Errorf("wire: a message is Text or Binary, not opcode %d", op)
	}
	return c.out.write(op, payload)
}

// SendPing sends a ping of at most 125 bytes from any goroutine. The goroutine in Receive takes the answer, which Pongs counts.
func (c *WebSocketConn) SendPing(payload []byte) error {
	if len(payload) > maxControl {
		return fmt.Errorf("wire: a ping has at most %d bytes, this one %d", maxControl, len(payload))
	}
	return c.out.write(opPing, payload)
}

// SendClose sends a close frame from any goroutine and does not wait for the answer: the goroutine in Receive gets it
// as *CloseError, or an error when the deadline has passed. The deadline holds for both directions, and also frees a
// WriteMessage that is stuck; its zero value means none. With CloseNoStatus the frame carries no code. A second close
// frame is not sent, and not an error.
func (c *WebSocketConn) SendClose(code int, reason string, deadline time.Time) error {
	if err := checkClose(code, reason); err != nil {
		return err
	}
	if err := c.src.conn.SetDeadline(deadline); err != nil {
		return fmt.Errorf("wire: closing the WebSocket: %w", err)
	}
	return c.out.close(code, reason)
}

// Close ends the session from the reading goroutine: it sends a close frame, discards messages until the server
// answers or the deadline has passed, and closes the net.Conn whatever happened. It returns nil when the server
// answered with a close frame of its own.
func (c *WebSocketConn) Close(code int, reason string, deadline time.Time) error {
	err := c.SendClose(code, reason, deadline)
	if err == nil {
		err = c.drain()
	}
	c.src.drop()
	return errors.Join(err, c.src.conn.Close())
}

func (c *WebSocketConn) drain() error {
	var b Batch
	for {
		err := c.Receive(&b)
		var closed *CloseError
		if errors.As(err, &closed) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func checkClose(code int, reason string) error {
	switch {
	case code == CloseNoStatus && reason != "":
		return errors.New("wire: a close frame without a code has no reason either")
	case code != CloseNoStatus && !closeCodeOnWire(code):
		return fmt.Errorf("wire: close code %d may not be sent", code)
	case len(reason) > maxControl-2:
		return fmt.Errorf("wire: a close reason has at most %d bytes, this one %d", maxControl-2, len(reason))
	case !utf8.ValidString(reason):
		return errors.New("wire: a close reason must be UTF-8")
	}
	return nil
}

// frameWriter sends masked frames. Its lock lets the reading goroutine's pongs and a sender's messages share the
// connection.
//
// Masking keys come from math/rand/v2's global generator, ChaCha8 seeded by the runtime, which has a state per thread
// and so costs a client no memory and no lock. Section 5.3 wants keys that the author of the payload cannot predict, so
// that no payload can look like HTTP to a proxy on the way; the keys protect nothing else.
type frameWriter struct {
	conn net.Conn
	pool *Pool

	mu        sync.Mutex
	closeSent bool
	err       error // the first failed write
}

func (w *frameWriter) write(op Opcode, payload []byte) error {
	w.mu.Lock()
	err := w.err
	switch {
	case w.closeSent:
		err = ErrCloseSent
	case err == nil:
		err = w.send(op, payload)
	}
	w.mu.Unlock()
	return err
}

// pong answers a ping. After the close frame nothing may follow, and nobody waits for it.
func (w *frameWriter) pong(payload []byte) error {
	err := w.write(opPong, payload)
	if err == ErrCloseSent {
		return nil
	}
	return err
}

func (w *frameWriter) close(code int, reason string) error {
	var payload []byte
	if code != CloseNoStatus {
		payload = binary.BigEndian.AppendUint16(make([]byte, 0, maxControl), uint16(code))
		payload = append(payload, reason...)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closeSent {
		return nil
	}
	w.closeSent = true
	if w.err != nil {
		return w.err
	}
	return w.send(opClose, payload)
}

// send masks payload into a lent buffer, piece by piece if it is larger. The buffer is borrowed under the lock, so
// that senders waiting for each other hold one buffer in all.
//
// It and its callers do without defer to stay small: most clients write on the goroutine that reads, and a stack that
// has grown for a write is still large while the client is idle.
func (w *frameWriter) send(op Opcode, payload []byte) error {
	buf := w.pool.Get()
	key := rand.Uint32()
	n := putHeader(buf, op, len(payload), key)
	for {
		piece := min(len(payload), len(buf)-n)
		key = mask(buf[n:], payload[:piece], key)
		payload = payload[piece:]
		_, err := w.conn.Write(buf[:n+piece])
		if err != nil {
			w.err = writeError(err)
			break
		}
		if len(payload) == 0 {
			break
		}
		n = 0
	}
	w.pool.Put(buf)
	return w.err
}

//go:noinline
func writeError(err error) error { return fmt.Errorf("wire: writing to the connection: %w", err) }
