package server

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

var longText = strings.Repeat("the quick brown fox jumps over the lazy dog ", 50)

// A poll's answer is compressed for who asks, with either library, and holds what it would hold without.
func TestPollsAreCompressed(t *testing.T) {
	overLibraries(t, func(t *testing.T, lib Library) {
		f := start(t, Config{HTTP: lib, Compress: true})
		first, _ := f.do("GET", "/poll?topic=a", nil)
		f.post("a", longText)
		path := "/poll?topic=a&cursor=" + first.Header.Get("Push-Cursor")
		_, plain := f.do("GET", path, nil)
		request, err := http.NewRequestWithContext(deadline(t), "GET", f.URL()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept-Encoding", "gzip")
		response, err := f.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if coding := response.Header.Get("Content-Encoding"); coding != "gzip" || response.ContentLength >= int64(len(plain)) {
			t.Fatalf("Content-Encoding %q, %d bytes instead of %d", coding, response.ContentLength, len(plain))
		}
		unpacked, err := gzip.NewReader(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(unpacked); err != nil || string(got) != plain || !strings.Contains(plain, longText) {
			t.Errorf("%d bytes and %v, want the %d of the plain answer", len(got), err, len(plain))
		}
	})
}

// Subscribers of one topic that agreed on compression, and others that did not, get the same messages, whoever writes to them.
func TestCompressedAndPlainSubscribers(t *testing.T) {
	f := start(t, Config{Compress: true})
	var subscribers []*websocket.Conn
	for i := range 6 {
		options := &websocket.DialOptions{HTTPClient: f.client}
		if i%2 == 0 {
			options.CompressionMode = websocket.CompressionNoContextTakeover
		}
		conn, answer, err := websocket.Dial(deadline(t), f.URL()+"/ws?topic=a", options)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.CloseNow() })
		if agreed := answer.Header.Get("Sec-WebSocket-Extensions") != ""; agreed != (i%2 == 0) {
			t.Errorf("subscriber %d: compression agreed on: %v", i, agreed)
		}
		subscribers = append(subscribers, conn)
	}
	messages := []string{longText, "short", longText + "!", longText}
	for _, m := range messages {
		f.post("a", m)
	}
	for _, conn := range subscribers {
		f.expect(conn, messages...)
	}
}

// Polls and posts come over HTTP/2 as well, WebSockets beside them over HTTP/1.1; a stream of events is refused there.
func TestHTTP2(t *testing.T) {
	f := start(t, Config{HTTP2: true})
	conn, _ := f.dial("/ws?topic=a")
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: protocols}
	t.Cleanup(transport.CloseIdleConnections)
	f.client = &http.Client{Transport: transport}
	first, _ := f.do("GET", "/poll?topic=a", nil)
	f.post("a", "over HTTP/2")
	f.expect(conn, "over HTTP/2")
	if response, body := f.do("GET", "/poll?topic=a&cursor="+first.Header.Get("Push-Cursor"), nil); response.ProtoMajor != 2 || body != "11:over HTTP/2," {
		t.Errorf("%s %q", response.Proto, body)
	}
	if response, body := f.do("GET", "/sse?topic=a", nil); response.StatusCode != http.StatusHTTPVersionNotSupported {
		t.Errorf("a stream of events: %s %q", response.Status, body)
	}
	if _, err := New(Config{HTTP2: true, HTTP: FastHTTP}); err == nil {
		t.Error("fasthttp promised HTTP/2")
	}
}
