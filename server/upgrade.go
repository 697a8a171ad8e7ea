package server

import (
	"bufio"
	"crypto/tls"
	"net"
	"net/http"
	"sync"

	"github.com/coder/websocket"
)

// Buffers of a WebSocket. net/http would hand over two of 4 KiB.
const (
	// A frame written by a corkConn needs no buffer. This one takes a control
	// frame (2 + 125 bytes), so that these go out in one piece as well.
	wsWriteBuffer = 128
	// Larger frames are read around the buffer.
	wsSubscribeBuffer = 512
	// A publish stream is a firehose: one read should bring many frames.
	wsPublishBuffer = 8 << 10
)

// upgrade answers a WebSocket handshake. On failure it has answered the request.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request, readBuffer int) (*websocket.Conn, *corkConn, error) {
	u := &upgrader{ResponseWriter: w, readBuffer: readBuffer}
	conn, err := websocket.Accept(u, r, &websocket.AcceptOptions{
		OriginPatterns:  s.cfg.Origins,
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, nil, err
	}
	return conn, u.conn, nil
}

// upgrader passes a hijacked connection on with small buffers of its own.
type upgrader struct {
	http.ResponseWriter
	readBuffer int
	conn       *corkConn
}

func (u *upgrader) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := u.ResponseWriter.(http.Hijacker).Hijack()
	if err != nil {
		return nil, nil, err
	}
	u.conn = &corkConn{Conn: conn}
	if n := rw.Reader.Buffered(); n > 0 {
		early, _ := rw.Reader.Peek(n) // cannot fail: they are buffered
		u.conn.early = append([]byte(nil), early...)
	}
	return u.conn, bufio.NewReadWriter(
		bufio.NewReaderSize(u.conn, u.readBuffer),
		bufio.NewWriterSize(u.conn, wsWriteBuffer),
	), nil
}

// corkConn gathers the pieces the WebSocket library writes for one frame, into a
// buffer lent for that time only, and sends them with one system call. So a
// frame of any size leaves in one piece and an idle connection holds no buffer.
type corkConn struct {
	net.Conn
	early []byte // read by net/http together with the handshake

	mu      sync.Mutex // the reader's pongs and the writer's frames meet here
	corked  bool
	pending []byte
}

func (c *corkConn) Read(p []byte) (int, error) {
	if len(c.early) > 0 {
		n := copy(p, c.early)
		if c.early = c.early[n:]; len(c.early) == 0 {
			c.early = nil
		}
		return n, nil
	}
	return c.Conn.Read(p)
}

func (c *corkConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.corked {
		return c.Conn.Write(p)
	}
	c.pending = append(c.pending, p...)
	return len(p), nil
}

// cork lends the connection buf and lets writes gather there.
func (c *corkConn) cork(buf []byte) {
	c.mu.Lock()
	c.corked, c.pending = true, buf[:0]
	c.mu.Unlock()
}

// uncork sends what has gathered and gives the buffer back, grown perhaps.
func (c *corkConn) uncork() ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	buf := c.pending
	c.corked, c.pending = false, nil
	if len(buf) == 0 {
		return buf, nil
	}
	_, err := c.Conn.Write(buf)
	return buf, err
}

// abort closes the connection at once. Closing a TLS connection in the ordinary way
// first waits for a peer that may not be reading.
func (c *corkConn) abort() {
	if t, ok := c.Conn.(*tls.Conn); ok {
		_ = t.NetConn().Close()
		return
	}
	_ = c.Conn.Close()
}
