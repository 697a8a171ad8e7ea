package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/coder/websocket"
)

// framer makes WebSocket frames. A server's frames are not masked, so that one serves all subscribers, but the library
// has no prepared messages. So a framer has the library write each message once, to a connection of its own that only
// remembers the bytes, and what it remembers is sent to everybody. The zero value works.
//
// It can be shared like that because messages are compressed one by one, if at all: then a frame depends on nothing that was sent before.
type framer struct {
	deflates bool
	conn     *websocket.Conn
	out      memoryConn
	payload  []byte // whose frame out holds, if it is binary
}

// binary returns the frame of a message. It is valid until the next call. payload must not change as long as the framer
// may be asked for it again: that of a log never does.
func (f *framer) binary(payload []byte) ([]byte, error) {
	if len(payload) > 0 && len(payload) == len(f.payload) && &payload[0] == &f.payload[0] {
		return f.out.bytes, nil
	}
	frame, err := f.frame(websocket.MessageBinary, payload)
	f.payload = payload
	return frame, err
}

func (f *framer) text(text []byte) ([]byte, error) { return f.frame(websocket.MessageText, text) }

func (f *framer) frame(typ websocket.MessageType, payload []byte) ([]byte, error) {
	f.payload, f.out.bytes = nil, f.out.bytes[:0]
	if f.conn == nil {
		if err := f.open(); err != nil {
			return nil, err
		}
	}
	err := f.conn.Write(context.Background(), typ, payload)
	return f.out.bytes, err
}

// open makes the library's connection, from a handshake with nobody.
func (f *framer) open() error {
	request := &http.Request{Method: http.MethodGet, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
		"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"AAAAAAAAAAAAAAAAAAAAAA=="},
	}}
	mode := websocket.CompressionDisabled
	if f.deflates {
		request.Header.Set("Sec-Websocket-Extensions", "permessage-deflate; client_no_context_takeover; server_no_context_takeover")
		mode = websocket.CompressionNoContextTakeover
	}
	conn, err := websocket.Accept(memoryResponse{&f.out}, request, &websocket.AcceptOptions{CompressionMode: mode})
	if err != nil {
		return fmt.Errorf("preparing frames: %w", err)
	}
	f.conn = conn
	return nil
}

// trim forgets the frame, and its buffer if it has grown large.
func (f *framer) trim() {
	f.payload = nil
	if cap(f.out.bytes) > keepBuffer {
		f.out.bytes = nil
	}
}

// close ends the library's connection, which is not collected otherwise.
func (f *framer) close() {
	if f.conn != nil {
		_ = f.conn.CloseNow()
	}
}

// memoryConn remembers what is written to it.
type memoryConn struct{ bytes []byte }

func (c *memoryConn) Write(p []byte) (int, error) {
	c.bytes = append(c.bytes, p...)
	return len(p), nil
}

func (c *memoryConn) Read([]byte) (int, error)         { return 0, io.EOF }
func (c *memoryConn) Close() error                     { return nil }
func (c *memoryConn) LocalAddr() net.Addr              { return nil }
func (c *memoryConn) RemoteAddr() net.Addr             { return nil }
func (c *memoryConn) SetDeadline(time.Time) error      { return nil }
func (c *memoryConn) SetReadDeadline(time.Time) error  { return nil }
func (c *memoryConn) SetWriteDeadline(time.Time) error { return nil }

// memoryResponse takes the answer to a handshake with nobody.
type memoryResponse struct{ conn *memoryConn }

func (memoryResponse) Header() http.Header         { return http.Header{} }
func (memoryResponse) Write(p []byte) (int, error) { return len(p), nil }
func (memoryResponse) WriteHeader(int)             {}

// Hijack implements [http.Hijacker].
func (r memoryResponse) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return r.conn, bufio.NewReadWriter(bufio.NewReaderSize(r.conn, 16), bufio.NewWriterSize(r.conn, 16)), nil
}
