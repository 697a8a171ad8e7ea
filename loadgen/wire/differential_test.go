package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// boundaries are the payload lengths at which the frame header changes, and one that needs more than a lent buffer.
var boundaries = []int{0, 1, 7, 8, 9, 125, 126, 127, 65535, 65536, 100_000}

func serve(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// webSocketServer runs serve on coder/websocket's end of each session.
func webSocketServer(t testing.TB, serveSession func(context.Context, *websocket.Conn)) string {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.CloseNow()
		c.SetReadLimit(-1)
		serveSession(context.Background(), c)
	})
}

func echo(ctx context.Context, c *websocket.Conn) {
	for {
		op, b, err := c.Read(ctx)
		if err != nil {
			return
		}
		if c.Write(ctx, op, b) != nil {
			return
		}
	}
}

func upgrade(t testing.TB, c net.Conn, o Options) *WebSocketConn {
	t.Helper()
	ws, _, err := Upgrade(c, UpgradeRequest{Host: "localhost", Target: "/", Deadline: time.Now().Add(time.Minute)}, o)
	must(t, err)
	return ws
}

// Every length goes to coder/websocket's server and comes back, over each kind of connection.
func TestEchoThroughCoderServer(t *testing.T) {
	addr := webSocketServer(t, echo)
	conns := map[string]func() net.Conn{
		"lending":        func() net.Conn { return lend(t, dial(t, addr)) },
		"not lending":    func() net.Conn { return dial(t, addr) },
		"reads cut at 5": func() net.Conn { c := lend(t, dial(t, addr)); c.step = 5; return c },
	}
	for name, connect := range conns {
		t.Run(name, func(t *testing.T) {
			pool := &Pool{Size: 4096}
			c := upgrade(t, connect(), Options{Pool: pool})
			for _, n := range boundaries {
				for _, op := range []Opcode{Text, Binary} {
					echoOnce(t, c, op, bytes.Repeat([]byte("x"), n))
				}
			}
			must(t, c.Close(CloseNormal, "done", time.Now().Add(time.Minute)))
			if pool.Lent() != 0 {
				t.Error("a buffer was not given back")
			}
		})
	}
}

func echoOnce(t *testing.T, c *WebSocketConn, op Opcode, payload []byte) {
	t.Helper()
	must(t, c.WriteMessage(op, payload))
	var b Batch
	must(t, c.Receive(&b))
	if len(b.Messages) != 1 || b.Messages[0].Op != op || !bytes.Equal(b.Messages[0].Payload, payload) {
		t.Fatalf("%d bytes came back as %d messages", len(payload), len(b.Messages))
	}
	if c.Buffered() != 0 {
		t.Fatalf("%d bytes buffered after the only message", c.Buffered())
	}
}

// coder/websocket's writer fragments a message at its flushes; a ping goes out in between.
func TestFragmentsAndPingsFromCoderServer(t *testing.T) {
	pinged := make(chan error, 1)
	addr := webSocketServer(t, func(ctx context.Context, c *websocket.Conn) {
		ctx = c.CloseRead(ctx)
		w, err := c.Writer(ctx, websocket.MessageText)
		if err != nil {
			return
		}
		for range 3 {
			_, _ = w.Write(bytes.Repeat([]byte("f"), 5000))
		}
		pinged <- c.Ping(ctx)
		_ = w.Close()
		<-ctx.Done()
	})
	c := upgrade(t, lend(t, dial(t, addr)), Options{Pool: &Pool{Size: 512}})
	var b Batch
	must(t, c.Receive(&b))
	if got := string(b.Messages[0].Payload); got != strings.Repeat("f", 15000) {
		t.Errorf("got %d bytes", len(got))
	}
	must(t, <-pinged)
	if c.Pings() != 1 {
		t.Errorf("%d pings", c.Pings())
	}
	must(t, c.Close(CloseNormal, "", time.Now().Add(time.Minute)))
}

func TestCloseCodesFromCoderServer(t *testing.T) {
	codes := make(chan websocket.StatusCode, 1)
	addr := webSocketServer(t, func(ctx context.Context, c *websocket.Conn) {
		_ = c.Close(<-codes, "because")
	})
	for _, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011, 1012, 1013, 3000, 4999} {
		codes <- websocket.StatusCode(code)
		c := upgrade(t, lend(t, dial(t, addr)), Options{})
		var closed *CloseError
		if err := c.Receive(&Batch{}); !errors.As(err, &closed) || closed.Code != code || closed.Reason != "because" {
			t.Errorf("code %d: %v", code, err)
		}
	}
}

// What coder/websocket's server sees of a close.
func TestCloseIsUnderstoodByCoderServer(t *testing.T) {
	seen := make(chan error, 1)
	addr := webSocketServer(t, func(ctx context.Context, c *websocket.Conn) {
		_, _, err := c.Read(ctx)
		seen <- err
	})
	c := upgrade(t, lend(t, dial(t, addr)), Options{})
	must(t, c.Close(4001, "enough", time.Now().Add(time.Minute)))
	var closed websocket.CloseError
	if err := <-seen; !errors.As(err, &closed) || closed.Code != 4001 || closed.Reason != "enough" {
		t.Errorf("the server saw %v", err)
	}
}

// A burst of random messages, read in random pieces through a pipe, arrives whole and in order.
func TestRandomBurst(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var stream []byte
	var want []string
	for i := range 500 {
		n := r.IntN(300)
		if i%50 == 0 {
			n = r.IntN(20_000)
		}
		payload := bytes.Repeat([]byte{byte('a' + i%26)}, n)
		want = append(want, fmt.Sprintf("2:%s", payload))
		cut := r.IntN(n + 1)
		stream = append(stream, serverFrame(false, Binary, payload[:cut])...)
		stream = append(stream, serverFrame(true, opContinuation, payload[cut:])...)
	}
	client, server := net.Pipe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		defer server.Close()
		for len(stream) > 0 {
			n := min(len(stream), 1+r.IntN(3000))
			if _, err := server.Write(stream[:n]); err != nil {
				return
			}
			stream = stream[n:]
		}
	}()
	got := receiveAll(session(client, Options{Pool: &Pool{Size: 1000}}))
	<-written
	if fmt.Sprint(got.messages) != fmt.Sprint(want) || !errors.Is(got.err, io.ErrUnexpectedEOF) {
		t.Errorf("%d messages, want %d; ended with %v", len(got.messages), len(want), got.err)
	}
}

// Senders, pongs and the reader share a connection under the race detector.
func TestConcurrentSendersAndPongs(t *testing.T) {
	const senders, each = 4, 50
	addr := webSocketServer(t, func(ctx context.Context, c *websocket.Conn) {
		go func() { _ = c.Ping(ctx) }()
		echo(ctx, c)
	})
	c := upgrade(t, lend(t, dial(t, addr)), Options{})
	errs := make(chan error, senders)
	for s := range senders {
		go func() {
			for i := range each {
				if err := c.WriteMessage(Text, fmt.Appendf(nil, "%d %d %s", s, i, strings.Repeat("x", i*10))); err != nil {
					errs <- err
					return
				}
			}
			errs <- nil
		}()
	}
	next := [senders]int{}
	var b Batch
	for got := 0; got < senders*each; got += len(b.Messages) {
		must(t, c.Receive(&b))
		for _, m := range b.Messages {
			var s, i int
			_, err := fmt.Sscan(string(m.Payload), &s, &i)
			must(t, err)
			if next[s] != i {
				t.Fatalf("sender %d: message %d where %d was due", s, i, next[s])
			}
			next[s]++
		}
	}
	for range senders {
		must(t, <-errs)
	}
	must(t, c.Close(CloseNormal, "", time.Now().Add(time.Minute)))
}

// A WebSocket upgrade refused by net/http's server, with its error page.
func TestUpgradeRefusedByNetHTTP(t *testing.T) {
	addr := serve(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no sockets here", http.StatusTeapot) })
	_, _, err := Upgrade(dial(t, addr), UpgradeRequest{Host: "h", Target: "/"}, Options{})
	var refused *UpgradeError
	if !errors.As(err, &refused) || refused.Status != http.StatusTeapot || string(refused.Body) != "no sockets here\n" {
		t.Errorf("error %v", err)
	}
}

// net/http's server answers in every framing, on one connection; net/http's client must see the same.
func TestPollsAgainstNetHTTP(t *testing.T) {
	addr := serve(t, answerAsAsked)
	pool := &Pool{Size: 4096}
	c := NewHTTPConn(lend(t, dial(t, addr)), Options{Pool: pool})
	r, err := NewRequest(RequestSpec{Method: "POST", Host: addr, Target: "/?framing="})
	must(t, err)
	for _, framing := range []string{"length", "chunked", "nothing", "close"} {
		for _, n := range boundaries {
			body := bytes.Repeat([]byte("b"), n)
			if framing == "close" && n < boundaries[len(boundaries)-1] {
				continue
			}
			var resp Response
			must(t, c.SendRequest(r, []byte(framing), body))
			must(t, c.Receive(&resp))
			compareWithClient(t, addr, framing, body, &resp)
		}
	}
	if err := c.Send(nil); err != ErrNotReusable {
		t.Errorf("after Connection: close: %v", err)
	}
	if pool.Lent() != 0 {
		t.Error("a buffer was not given back")
	}
}

func answerAsAsked(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	w.Header().Set("X-Length", fmt.Sprint(len(body)))
	switch r.FormValue("framing") {
	case "length":
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	case "chunked":
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		body = body[len(body)/2:]
	case "nothing":
		w.WriteHeader(http.StatusNoContent)
		return
	case "close":
		w.Header().Set("Connection", "close")
	}
	_, _ = w.Write(body)
}

func compareWithClient(t *testing.T, addr, framing string, body []byte, got *Response) {
	t.Helper()
	want, err := http.Post("http://"+addr+"/?framing="+framing, "", bytes.NewReader(body))
	must(t, err)
	defer want.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	wantBody, err := io.ReadAll(want.Body)
	must(t, err)
	if got.Status != want.StatusCode || !bytes.Equal(got.Body, wantBody) || got.KeepAlive == want.Close {
		t.Errorf("%s, %d bytes: got %d with %d bytes, net/http %d with %d", framing, len(body), got.Status, len(got.Body), want.StatusCode, len(wantBody))
	}
	if string(got.Header("x-length")) != want.Header.Get("X-Length") {
		t.Errorf("%s, %d bytes: header %q", framing, len(body), got.Header("x-length"))
	}
}
