package wire

import (
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

// DefaultMaxMessage is the largest message in bytes a WebSocketConn accepts if Options does not say otherwise.
const DefaultMaxMessage = 1 << 20

// Message is one complete message. Payload is valid until the next Receive or Release of its connection.
type Message struct {
	Op Opcode
	// Compressed says that the payload is as it came: for [Inflate].
	Compressed bool
	Payload    []byte
}

// Batch is what one read brought: every message it completed, and when.
type Batch struct {
	Messages []Message
	Received time.Time // the instant after the read that completed them returned
}

// WebSocketConn is the client end of a WebSocket session (RFC 6455), of whose extensions it knows permessage-deflate without context takeover (RFC 7692), in the
// direction of the client: what it sends is as it is.
//
// One goroutine calls Receive, Release, Buffered, Pings and Pongs; any goroutine may call WriteMessage and SendClose,
// also while Receive waits. Reading takes no lock. The net.Conn stays the caller's: to end a session at once, close it.
type WebSocketConn struct {
	src source
	out frameWriter

	max  int // bytes of the largest message accepted
	err  error
	msgs []Message // borrowed while a batch is out

	// The window of src begins at the first byte not delivered. A fragmented message is assembled in place there:
	// its payload so far is window[:asm], and the frames not looked at yet begin at window[pos].
	asm, pos   int
	fragmented bool
	op         Opcode // of the message being assembled
	packed     bool   // whether that is compressed
	deflate    bool   // whether the server may compress
	need       int    // window length at which decoding can go on

	pending      int // bytes read beyond the last delivered message
	pings, pongs uint64
}

func newWebSocketConn(src source, o Options) *WebSocketConn {
	return &WebSocketConn{
		src:     src,
		out:     frameWriter{conn: src.conn, pool: src.pool},
		max:     positive(o.MaxMessage, DefaultMaxMessage),
		pending: src.end - src.start,
	}
}

// NetConn is the connection below, for deadlines and for closing it.
func (c *WebSocketConn) NetConn() net.Conn { return c.src.conn }

// Buffered is the number of bytes read from the connection beyond the last message delivered: a partial frame, the
// finished fragments of an unfinished message, and control frames that came after that message. Bytes read minus
// Buffered therefore belong to the messages delivered so far, and do not depend on how the stream was cut into reads.
// Below TLS they are bytes of plaintext.
func (c *WebSocketConn) Buffered() int { return c.pending }

// Pings is the number of pings received, each of which was answered.
func (c *WebSocketConn) Pings() uint64 { return c.pings }

// Pongs is the number of pongs received.
func (c *WebSocketConn) Pongs() uint64 { return c.pongs }

// Receive waits until at least one message is complete and puts into b every message that is. The payloads of the
// batch before become invalid. Pings are answered at once; if the server is not reading, that can block.
//
// Errors: *CloseError after the server's close frame (which has been answered), *ProtocolError after a breach of the
// protocol (likewise), else the connection's error, io.ErrUnexpectedEOF (wrapped) where it ended without a close frame.
// Every later call returns the same, but for a passed read deadline: then Receive may be called again, nothing is lost.
// Messages that came before the trouble are delivered first. With an error b is empty.
func (c *WebSocketConn) Receive(b *Batch) error {
	c.Release()
	b.Messages = nil
	for {
		c.decode()
		if len(c.msgs) > 0 {
			b.Messages, b.Received = c.msgs, c.src.received
			return nil
		}
		if c.err != nil {
			c.src.drop()
			return c.err
		}
		c.closeGap()
		n, err := c.src.fill(c.need)
		if err != nil {
			return c.readFailed(err)
		}
		c.pending += n
	}
}

// Release gives the last batch back before the next Receive does, for a caller that does something slow in between.
// Its payloads become invalid.
func (c *WebSocketConn) Release() {
	if c.msgs != nil {
		c.src.pool.putMessages(c.msgs)
		c.msgs = nil
	}
	if c.err != nil {
		c.src.drop()
		return
	}
	c.src.release()
}

// closeGap cuts what frame headers and control frames leave inside a fragmented message out of the window. Without
// that a stream of pings and empty fragments would grow the buffer without end.
func (c *WebSocketConn) closeGap() {
	gap := c.pos - c.asm
	if gap == 0 {
		return
	}
	live := c.src.live()
	copy(live[c.asm:], live[c.pos:])
	c.src.end -= gap
	c.need -= gap
	c.pos = c.asm
}

//go:noinline
func (c *WebSocketConn) readFailed(err error) error {
	switch {
	case isTimeout(err):
		return fmt.Errorf("wire: waiting for a message: %w", err)
	case errors.Is(err, io.EOF):
		c.err = fmt.Errorf("wire: the server ended the connection without a close frame: %w", io.ErrUnexpectedEOF)
	default:
		c.err = fmt.Errorf("wire: reading from the WebSocket: %w", err)
	}
	c.src.drop()
	return c.err
}

// decode takes every complete frame out of the window.
func (c *WebSocketConn) decode() {
	for c.err == nil {
		rest := c.src.live()[c.pos:]
		f, ok, v := decodeFrame(rest)
		if ok {
			v = c.checkSequence(f)
		}
		if v.any() {
			c.fail(v)
			return
		}
		if !ok {
			c.need = c.pos + maxHeader
			return
		}
		total := f.header + int(f.length)
		if len(rest) < total {
			c.need = c.pos + total
			return
		}
		c.accept(f, rest[f.header:total:total])
	}
}

// checkSequence refuses a frame that may not follow those before it, or makes its message too large. After it the
// frame's length fits an int.
func (c *WebSocketConn) checkSequence(f frame) violation {
	switch {
	case f.packed && (!c.deflate || f.control() || f.op == opContinuation):
		return breach(unagreed)
	case f.control():
		return violation{}
	case f.op == opContinuation && !c.fragmented:
		return breach("a continuation frame continues nothing")
	case f.op != opContinuation && c.fragmented:
		return breach("a new message begins inside a fragmented one")
	case f.length > int64(c.max-c.asm):
		return violation{CloseTooBig, "a message" + tooLarge}
	}
	return violation{}
}

func (c *WebSocketConn) accept(f frame, payload []byte) {
	c.pos += f.header + len(payload)
	switch {
	case f.control():
		c.control(f.op, payload)
		if !c.fragmented {
			c.consume()
		}
	case f.fin && !c.fragmented:
		c.deliver(f.op, f.packed, payload)
	default:
		c.assemble(f, payload)
	}
}

// assemble moves a fragment down to the end of those before it.
func (c *WebSocketConn) assemble(f frame, payload []byte) {
	if !c.fragmented {
		c.fragmented, c.op, c.packed = true, f.op, f.packed
	}
	live := c.src.live()
	c.asm += copy(live[c.asm:], payload)
	if f.fin {
		c.fragmented = false
		c.deliver(c.op, c.packed, live[:c.asm:c.asm])
	}
}

func (c *WebSocketConn) deliver(op Opcode, packed bool, payload []byte) {
	if c.msgs == nil {
		c.msgs = c.src.pool.getMessages()
	}
	c.msgs = append(c.msgs, Message{Op: op, Compressed: packed, Payload: payload})
	c.consume()
	c.pending = c.src.end - c.src.start
}

// consume moves the window's beginning past the frames decoded. Their bytes stay in place until the next fill.
func (c *WebSocketConn) consume() {
	c.src.start += c.pos
	c.asm, c.pos = 0, 0
}

func (c *WebSocketConn) control(op Opcode, payload []byte) {
	switch op {
	case opPing:
		c.pings++
		if err := c.out.pong(payload); err != nil {
			c.err = err
		}
	case opPong:
		c.pongs++
	case opClose:
		c.closed(payload)
	}
}

// closed answers the server's close frame with the same code (section 5.5.1). That the answer cannot be written
// changes nothing for the caller: the session is over.
func (c *WebSocketConn) closed(payload []byte) {
	code, reason, v := decodeClose(payload)
	if v.any() {
		c.fail(v)
		return
	}
	_ = c.out.close(code, "")
	c.err = &CloseError{Code: code, Reason: string(reason)}
}

func (c *WebSocketConn) fail(v violation) {
	_ = c.out.close(v.code, "")
	c.err = &ProtocolError{Code: v.code, Detail: v.detail}
}
