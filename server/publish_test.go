package server

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

func TestPostLimits(t *testing.T) { overLibraries(t, testPostLimits) }

func testPostLimits(t *testing.T, lib Library) {
	f := start(t, Config{HTTP: lib, MaxPayload: 10, MaxTopics: 1})
	f.post("a", "0123456789")
	f.post("a", "")
	for name, body := range map[string]io.Reader{
		"with a length":  strings.NewReader("0123456789x"),
		"without length": io.MultiReader(strings.NewReader("0123456789x")),
	} {
		if res, text := f.do("POST", "/publish?topic=a", body); res.StatusCode != 413 || text != "payload is over 10 bytes\n" {
			t.Errorf("%s: %d %q, want 413", name, res.StatusCode, text)
		}
	}
	if res, text := f.do("POST", "/publish?topic=b", strings.NewReader("x")); res.StatusCode != 400 || !strings.Contains(text, "too many topics") {
		t.Errorf("a topic too many: %d %q", res.StatusCode, text)
	}
	if s := f.stats(); s.Messages.Published != 2 || s.Log.Bytes != 10 {
		t.Errorf("%+v %+v", s.Messages, s.Log)
	}
}

func TestPublishStream(t *testing.T) { overLibraries(t, testPublishStream) }

func testPublishStream(t *testing.T, lib Library) {
	f := start(t, Config{HTTP: lib})
	sub, _ := f.dial("/ws?topic=b")
	stream, _ := f.dial("/publish")
	send := func(typ websocket.MessageType, text string) {
		t.Helper()
		if err := stream.Write(deadline(t), typ, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 1000 {
		send(websocket.MessageBinary, fmt.Sprintf("%c\n%d\n", 'a'+i%2, i))
	}
	send(websocket.MessageText, "sync")
	if typ, got := f.frame(stream); typ != websocket.MessageText || got != `{"published":1000}` {
		t.Errorf("sync was answered %v %s", typ, got)
	}
	for i := 1; i < 1000; i += 2 {
		f.expect(sub, fmt.Sprintf("%d\n", i))
	}
	if s := f.stats(); s.Clients.PublishStreams != 1 || s.Messages.Published != 1000 || s.Log.Topics != 2 {
		t.Errorf("%+v", s)
	}
}

func TestPublishStreamRefusals(t *testing.T) { overLibraries(t, testPublishStreamRefusals) }

func testPublishStreamRefusals(t *testing.T, lib Library) {
	f := start(t, Config{HTTP: lib, MaxPayload: 100})
	for _, tc := range []struct {
		name   string
		typ    websocket.MessageType
		frame  string
		code   websocket.StatusCode
		reason string
	}{
		{"no newline", websocket.MessageBinary, "abc", websocket.StatusPolicyViolation, "no newline"},
		{"bad topic", websocket.MessageBinary, "a b\nx", websocket.StatusPolicyViolation, "printable ASCII"},
		{"no topic", websocket.MessageBinary, "\nx", websocket.StatusPolicyViolation, "printable ASCII"},
		{"payload too large", websocket.MessageBinary, "a\n" + strings.Repeat("x", 101), websocket.StatusMessageTooBig, "over 100 bytes"},
		{"frame too large", websocket.MessageBinary, strings.Repeat("x", 1<<20), websocket.StatusMessageTooBig, "limited"},
		{"unknown text", websocket.MessageText, "flush", websocket.StatusPolicyViolation, "sync"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			stream, _ := f.dial("/publish")
			if err := stream.Write(deadline(t), tc.typ, []byte(tc.frame)); err != nil {
				t.Fatal(err)
			}
			f.expectClose(stream, tc.code, tc.reason)
		})
	}
	if s := f.stats(); s.Messages.Published != 0 {
		t.Errorf("published %d", s.Messages.Published)
	}
}

// Frames that arrive in the same packet as the handshake must not be lost.
func TestFramesSentWithTheHandshake(t *testing.T) { overLibraries(t, testFramesSentWithTheHandshake) }

func testFramesSentWithTheHandshake(t *testing.T, lib Library) {
	encrypted, err := SelfSigned(tls.VersionTLS13, false)
	if err != nil {
		t.Fatal(err)
	}
	for name, config := range map[string]*tls.Config{"plain": nil, "TLS": encrypted} {
		t.Run(name, func(t *testing.T) { earlyFrame(t, start(t, Config{HTTP: lib, TLS: config})) })
	}
}

func earlyFrame(t *testing.T, f *fixture) {
	f.client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	sub, _ := f.dial("/ws?topic=a")
	const request = "GET /publish HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	// A binary frame of 7 bytes, masked with zeros: RFC 6455, section 5.2.
	f.sendRaw(request + "\x82\x87\x00\x00\x00\x00a\nearly")
	f.expect(sub, "early")
}
