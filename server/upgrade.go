package server

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"syscall"

	"github.com/coder/websocket"
)

// Buffers of a WebSocket. net/http would hand over two of 4 KiB.
const (
	// The library writes control frames (2 + 125 bytes), and to a publish stream short answers: these go out in one
	// piece. A subscriber's messages do not pass through it.
	wsWriteBuffer = 128
	// A socket is read into a borrowed buffer, and this is what the library reads of it at a time; it reads payloads around it.
	wsReadBuffer = 16
	// A TLS connection has to wait inside Read, with a buffer of its own.
	wsTLSReadBuffer = 512
)

// upgrade answers a WebSocket handshake. On failure it has answered the request.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request) (*websocket.Conn, *frameConn, error) {
	u := &upgrader{ResponseWriter: w, buffers: &s.reads}
	conn, err := websocket.Accept(u, r, &websocket.AcceptOptions{
		OriginPatterns:  s.cfg.Origins,
		CompressionMode: s.compression(),
		OnPongReceived:  s.pong,
	})
	if err != nil {
		return nil, nil, err
	}
	u.conn.deflates = w.Header().Get("Sec-WebSocket-Extensions") != ""
	return conn, u.conn, nil
}

// pong counts a pong that the library has read.
func (s *Server) pong(context.Context, []byte) { s.counts.pongs.add(1) }

// compression is without context takeover: then a message's frame depends on nothing before it, so that one serves all subscribers, and a connection costs no
// megabyte.
func (s *Server) compression() websocket.CompressionMode {
	if s.cfg.Compress {
		return websocket.CompressionNoContextTakeover
	}
	return websocket.CompressionDisabled
}

// upgrader passes a hijacked connection on with small buffers of its own.
type upgrader struct {
	http.ResponseWriter
	buffers *buffers
	conn    *frameConn
}

func (u *upgrader) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := u.ResponseWriter.(http.Hijacker).Hijack()
	if err != nil {
		return nil, nil, err
	}
	c := newFrameConn(conn, u.buffers)
	size := wsTLSReadBuffer
	if c.socket != nil {
		size = wsReadBuffer
	}
	if n := rw.Reader.Buffered(); n > 0 {
		early, _ := rw.Reader.Peek(n) // cannot fail: they are buffered
		c.unread = append([]byte(nil), early...)
	}
	c.library = bufio.NewReaderSize(c, size)
	u.conn = c
	return c, bufio.NewReadWriter(c.library, bufio.NewWriterSize(c, wsWriteBuffer)), nil
}

// frameConn is the connection of a session. Two write to it, whole frames at a time: a writer the messages, and of a WebSocket the library its control
// frames. Reading, it holds a buffer only while there is something in it.
type frameConn struct {
	net.Conn
	socket syscall.RawConn // nil if bytes do not go to the socket as they are, as with TLS
	// deflates is true if its messages may be compressed: its peer has agreed.
	deflates bool

	mu      sync.Mutex // held for a frame
	closing bool       // a close frame was sent: none may follow (RFC 6455, section 5.5.1)

	// Of the reading goroutine:
	library  *bufio.Reader // the library's, which reads from here; nil without one
	unread   []byte
	readable readable
}

func newFrameConn(conn net.Conn, b *buffers) *frameConn {
	c := &frameConn{Conn: conn}
	c.readable.init(b)
	if d, ok := conn.(*deadlineConn); ok {
		c.socket = d.socket()
	}
	return c
}

// discard waits for the connection's end. What the peer sends until then has no meaning.
func (c *frameConn) discard() error {
	for {
		if c.socket != nil {
			if err := c.readable.wait(c.socket); err != nil {
				return err
			}
			if c.readable.lent != nil {
				c.giveBack()
				continue
			}
		}
		if _, err := c.Conn.Read(make([]byte, 1<<8)); err != nil {
			return err
		}
	}
}

// await waits, where it can on a small stack and without a buffer, until there is something to read.
func (c *frameConn) await() error {
	if c.socket == nil || len(c.unread) > 0 || c.library.Buffered() > 0 {
		return nil
	}
	err := c.readable.wait(c.socket)
	if c.readable.lent != nil {
		c.unread = *c.readable.lent
	}
	return err
}

// A client's pong: its first byte, and what its second and the mask take beside the payload (RFC 6455, sections 5.2 and 5.5.3).
const (
	pongFirst  = 0x8a
	maskBit    = 0x80
	pongHeader = 6
	maxControl = 125
)

// takePongs takes out the whole pongs with which begins what was read, and returns how many there were. It is called between two frames; what it does not
// understand, or has not all of, is left to the library.
func (c *frameConn) takePongs() (n int) {
	if c.socket == nil || c.library.Buffered() > 0 {
		return 0
	}
	for len(c.unread) >= pongHeader && c.unread[0] == pongFirst && c.unread[1]&maskBit != 0 && c.unread[1]&^maskBit <= maxControl {
		length := pongHeader + int(c.unread[1]&^maskBit)
		if len(c.unread) < length {
			return n
		}
		c.unread = c.unread[length:]
		n++
	}
	if n > 0 && len(c.unread) == 0 {
		c.unread = nil
		c.giveBack()
	}
	return n
}

func (c *frameConn) Read(p []byte) (int, error) {
	if len(c.unread) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.unread)
	if c.unread = c.unread[n:]; len(c.unread) == 0 {
		c.unread = nil
		c.giveBack()
	}
	return n, nil
}

// giveBack returns the buffer that was borrowed.
func (c *frameConn) giveBack() {
	if c.readable.lent != nil {
		c.readable.buffers.put(c.readable.lent)
		c.readable.lent = nil
	}
}

// opClose is the opcode of a close frame: the low four bits of a frame's first byte (RFC 6455, section 5.2).
const opClose = 8

// Write is the library's. To a subscriber it writes nothing but control frames, each with one Write.
func (c *frameConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(p) > 0 && p[0]&0x0f == opClose {
		c.closing = true
	}
	return c.Conn.Write(p)
}

// send is a writer's: it writes a whole frame with one system call, waiting only if the socket does not take all of it.
// Once a close frame has been sent it returns net.ErrClosed.
func (c *frameConn) send(w *writer, frame []byte) error {
	if !c.mu.TryLock() { // a control frame is being written, and perhaps waits
		w.mayWait()
		c.mu.Lock()
	}
	defer c.mu.Unlock()
	if c.closing {
		return net.ErrClosed
	}
	n := 0
	if c.socket != nil {
		n = w.attempt.on(c.socket, frame)
	}
	if n == len(frame) {
		return nil
	}
	w.mayWait()
	_, err := c.Conn.Write(frame[n:])
	return err
}

// buffers lends what is read into.
type buffers struct{ pool sync.Pool }

// readBuffer takes many of a publish stream's frames, and all of most messages.
const readBuffer = 8 << 10

func (b *buffers) get() *[]byte {
	if buf, ok := b.pool.Get().(*[]byte); ok {
		return buf
	}
	buf := make([]byte, readBuffer)
	return &buf
}

func (b *buffers) put(buf *[]byte) { b.pool.Put(buf) }

// abort closes the connection at once.
func (c *frameConn) abort() { abort(c.Conn) }

// abort closes a connection at once. Closing a TLS connection in the ordinary way
// first waits for a peer that may not be reading.
func abort(conn net.Conn) {
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	_ = conn.Close()
}
