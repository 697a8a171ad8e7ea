package server

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
)

// What no well-behaved client sends is answered the same way by both libraries: refused, and the connection ended where what follows cannot be told.
func TestOddRequests(t *testing.T) { overLibraries(t, testOddRequests) }

func testOddRequests(t *testing.T, lib Library) {
	const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
	f := start(t, Config{HTTP: lib, MaxHeaderBytes: 4096, ResponseHeaderBytes: 50})
	for _, tc := range []struct {
		name, request string
		status        int
		body          string
		closed        bool
	}{
		{"poll with a body", "GET /poll?topic=a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 400, "has no body here", true},
		{"poll by HEAD", "HEAD /poll?topic=a HTTP/1.1\r\nHost: x\r\n\r\n", 405, "", false},
		{"upgrade without a topic", "GET /ws HTTP/1.1\r\nHost: x\r\n" + upgrade, 400, "parameter topic", lib == FastHTTP},
		{"upgrade of another path", "GET /healthz HTTP/1.1\r\nHost: x\r\n" + upgrade, 200, "ok", lib == FastHTTP},
		{"HTTP/1.0", "GET /poll?topic=a HTTP/1.0\r\n\r\n", 204, "", true},
		{"header too long", "GET /poll?topic=a HTTP/1.1\r\nHost: x\r\nX-Long: " + strings.Repeat("x", 9000) + "\r\n\r\n", 431, "", true},
		{"no HTTP", "\x16\x03\x01\r\n\r\n", 400, "", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			method, _, _ := strings.Cut(tc.request, " ")
			reader := bufio.NewReader(f.sendRaw(tc.request))
			response, err := http.ReadResponse(reader, &http.Request{Method: method})
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(response.Body)
			if errors.Is(err, syscall.ECONNRESET) && tc.closed {
				err = nil // net/http leaves bytes unread when it closes
			}
			if err != nil || response.StatusCode != tc.status || !strings.Contains(string(body), tc.body) || response.Close != tc.closed {
				t.Errorf("%s, closed %v, %q, %v; want %d, %v with %q", response.Status, response.Close, body, err, tc.status, tc.closed, tc.body)
			}
			if tc.closed {
				if rest, _ := io.ReadAll(reader); len(rest) > 0 {
					t.Errorf("more follows: %q", rest)
				}
			}
		})
	}
}

// Polls that arrive together are answered one after the other, each from its own cursor.
func TestPipelinedPolls(t *testing.T) { overLibraries(t, testPipelinedPolls) }

func testPipelinedPolls(t *testing.T, lib Library) {
	f := start(t, Config{HTTP: lib})
	f.post("a", "0")
	f.post("a", "1")
	poll := func(p uint64) string {
		return "GET /poll?topic=a&max=1&cursor=" + f.cursor(p) + " HTTP/1.1\r\nHost: x\r\n\r\n"
	}
	reader := bufio.NewReader(f.sendRaw(poll(1) + poll(0) + poll(1)))
	for _, want := range []string{"1:1,", "1:0,", "1:1,"} {
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(response.Body); err != nil || string(body) != want {
			t.Errorf("%q, %v; want %q", body, err, want)
		}
	}
}

// Both libraries send the same header to a poll, so that their bytes compare.
func TestPollHeadersAreTheSame(t *testing.T) {
	var sizes []int
	for _, lib := range Libraries {
		f := start(t, Config{HTTP: lib, ResponseHeaderBytes: 70})
		f.post("a", "message")
		conn := f.sendRaw("GET /poll?topic=a&cursor=" + f.cursor(0) + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		answer, err := io.ReadAll(conn)
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(answer))
		t.Logf("%s", answer)
	}
	if sizes[0] != sizes[1] {
		t.Errorf("answers of %d bytes", sizes)
	}
}

// failingListener fails to accept, each time with the next error.
type failingListener struct {
	net.Listener
	errs []error
}

func (l *failingListener) Accept() (net.Conn, error) {
	err := l.errs[0]
	l.errs = l.errs[1:]
	return nil, err
}

func TestAcceptingGoesOnWhenItCan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := New(Config{HTTP: FastHTTP})
		if err != nil {
			t.Fatal(err)
		}
		broken := errors.New("broken")
		if err := s.front.serve(&failingListener{errs: []error{syscall.EMFILE, &net.OpError{Err: syscall.ECONNABORTED}, broken}}); err != broken {
			t.Errorf("ended with %v", err)
		}
		s, _ = New(Config{HTTP: FastHTTP})
		close(s.closing)
		if err := s.front.serve(&failingListener{errs: []error{syscall.EMFILE}}); err != http.ErrServerClosed {
			t.Errorf("while shutting down: %v", err)
		}
	})
}
