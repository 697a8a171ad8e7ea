package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// The example of RFC 6455, section 1.3.
func TestAcceptExample(t *testing.T) {
	if got := acceptFor("dGhlIHNhbXBsZSBub25jZQ=="); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Errorf("accept %q", got)
	}
}

// answeringConn makes its response out of the key in the request; ACCEPT in it is replaced.
type answeringConn struct {
	scriptConn
	response string
}

func (c *answeringConn) Write(b []byte) (int, error) {
	key := lookup(b, "Sec-WebSocket-Key")
	c.in = []byte(strings.ReplaceAll(c.response, "ACCEPT", acceptFor(string(key))))
	return c.scriptConn.Write(b)
}

const switching = "HTTP/1.1 101 Switching Protocols\r\n"

func TestUpgradeKeepsFrames(t *testing.T) {
	head := switching + "upgrade: WebSocket\r\nX-Early: yes\r\nConnection: keep-alive\r\nCONNECTION: a,UPGRADE\r\nSec-WebSocket-Accept: ACCEPT\r\n\r\n"
	for step := range 300 {
		pool := &Pool{}
		conn := &answeringConn{response: head + "\x81\x05Hello", scriptConn: scriptConn{step: step}}
		c, resp, err := Upgrade(conn, UpgradeRequest{Host: "h", Target: "/ws", Header: []Field{{"Cookie", "a=b"}}}, Options{Pool: pool})
		must(t, err)
		wantBytes := int64(len(head) - len("ACCEPT") + 28)
		if resp.ReceivedBytes != wantBytes || resp.SentBytes != int64(len(conn.out)) || resp.Header("x-early") != "yes" {
			t.Fatalf("reads of %d: handshake %+v, want %d bytes received, %d sent", step, resp, wantBytes, len(conn.out))
		}
		if !bytes.Contains(conn.out, []byte("\r\nCookie: a=b\r\n")) {
			t.Fatalf("request %q", conn.out)
		}
		var b Batch
		must(t, c.Receive(&b))
		if len(b.Messages) != 1 || string(b.Messages[0].Payload) != "Hello" || b.Received.IsZero() || c.Buffered() != 0 {
			t.Fatalf("reads of %d: batch %+v, %d buffered", step, b, c.Buffered())
		}
		c.Release()
		if pool.Lent() != 0 {
			t.Fatal("a buffer was not given back")
		}
	}
}

func TestUpgradeRefused(t *testing.T) {
	const fields = "Upgrade: websocket\r\nConnection: Upgrade\r\n"
	const accept = "Sec-WebSocket-Accept: ACCEPT\r\n"
	tests := []struct {
		name, response string
		status         int
		body           string
	}{
		{"404", "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope", 404, "nope"},
		{"500 chunked", "HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n<htm\r\n2\r\nl>\r\n0\r\n\r\n", 500, "<html>"},
		{"long page", "HTTP/1.1 403 Forbidden\r\n\r\n" + strings.Repeat("x", 100_000), 403, strings.Repeat("x", refusalSnippet)},
		{"truncated page", "HTTP/1.1 502 Bad\r\nContent-Length: 400\r\n\r\n<p>bad", 502, "<p>bad"},
		{"redirect", "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n", 302, ""},
		{"200", "HTTP/1.1 200 OK\r\n" + fields + accept + "\r\n", 200, ""},
		{"wrong accept", switching + fields + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n", 101, ""},
		{"no accept", switching + fields + "\r\n", 101, ""},
		{"no upgrade", switching + "Connection: Upgrade\r\n" + accept + "\r\n", 101, ""},
		{"no connection", switching + "Upgrade: websocket\r\n" + accept + "\r\n", 101, ""},
		{"extension", switching + fields + accept + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", 101, ""},
		{"subprotocol", switching + fields + accept + "Sec-WebSocket-Protocol: chat\r\n\r\n", 101, ""},
		{"not HTTP", "SSH-2.0-x\r\n", 0, ""},
		{"endless head", switching + strings.Repeat("X: y\r\n", 50_000), 101, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pool := &Pool{}
			conn := &answeringConn{response: tt.response, scriptConn: scriptConn{step: 100}}
			_, _, err := Upgrade(conn, UpgradeRequest{Host: "h", Target: "/"}, Options{Pool: pool})
			var refused *UpgradeError
			if !errors.As(err, &refused) {
				t.Fatalf("error %v, want an *UpgradeError", err)
			}
			if refused.Status != tt.status || string(refused.Body) != tt.body {
				t.Errorf("status %d, body %.50q", refused.Status, refused.Body)
			}
			if tt.status == 302 && refused.Location != "/login" {
				t.Errorf("location %q", refused.Location)
			}
			if tt.status == 302 && refused.Header("content-LENGTH") != "0" || refused.Header("Server") != "" {
				t.Errorf("Content-Length %q, Server %q", refused.Header("content-LENGTH"), refused.Header("Server"))
			}
			if pool.Lent() != 0 {
				t.Error("the buffer was not given back")
			}
		})
	}
}

// Compression is agreed on if the answer says so and keeps no window; then messages may be compressed, and nothing else may.
func TestUpgradeAgreesOnCompression(t *testing.T) {
	for answer, want := range map[string]bool{
		"permessage-deflate; client_no_context_takeover; server_no_context_takeover": true,
		"permessage-deflate;server_no_context_takeover":                              true,
		"permessage-deflate":                               false,
		"permessage-deflate; server_max_window_bits=10":    false,
		"x-webkit-deflate-frame":                           false,
		"permessage-deflate; server_no_context_takeover=1": false,
	} {
		response := switching + "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\nSec-WebSocket-Extensions: " + answer + "\r\n\r\n"
		conn := &answeringConn{response: response + "\xc2\x07" + string(unhex("f2 48 cd c9 c9 07 00")) + "\x89\x00\xc9\x00"}
		c, _, err := Upgrade(conn, UpgradeRequest{Host: "h", Target: "/", Deflate: true}, Options{})
		if (err == nil) != want {
			t.Errorf("%s: %v", answer, err)
		}
		if err != nil {
			continue
		}
		var b Batch
		must(t, c.Receive(&b)) // the example of RFC 7692, section 7.2.3.1
		if hello, err := Inflate(nil, b.Messages[0].Payload, 5); !b.Messages[0].Compressed || string(hello) != "Hello" || err != nil {
			t.Errorf("compressed %v, %q (%v)", b.Messages[0].Compressed, hello, err)
		}
		var broken *ProtocolError
		if err := c.Receive(&b); !errors.As(err, &broken) {
			t.Errorf("a compressed ping: %v", err)
		}
	}
}

func TestUpgradeRefusesFields(t *testing.T) {
	for _, r := range []UpgradeRequest{
		{Host: "h", Target: "/", Header: []Field{{"X", "a\r\nY: b"}}},
		{Host: "h", Target: "/", Header: []Field{{"sec-websocket-extensions", "x"}}},
		{Host: "h", Target: "/ x"},
		{Host: "", Target: "/"},
	} {
		conn := &scriptConn{}
		if _, _, err := Upgrade(conn, r, Options{}); err == nil || len(conn.out) > 0 {
			t.Errorf("%+v was accepted", r)
		}
	}
}

func FuzzUpgrade(f *testing.F) {
	f.Add(switching+"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ACCEPT\r\n\r\n\x81\x01a", uint8(0))
	f.Add("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnope", uint8(3))
	f.Fuzz(func(t *testing.T, response string, step uint8) {
		try := func(step int) string {
			pool := &Pool{Size: 64}
			conn := &answeringConn{response: response, scriptConn: scriptConn{step: step}}
			c, resp, err := Upgrade(conn, UpgradeRequest{Host: "h", Target: "/"}, Options{Pool: pool, MaxHead: 1000, MaxMessage: 1000, MaxBody: 1000})
			if err != nil {
				return "refused"
			}
			got := receiveAll(c)
			if n := pool.Lent(); n != 0 {
				t.Fatalf("%d buffers were not given back", n)
			}
			return fmt.Sprint(resp.ReceivedBytes, got)
		}
		if whole, pieces := try(0), try(1+int(step)); whole != pieces {
			t.Fatalf("in one piece %s\nin many %s", whole, pieces)
		}
	})
}
