package server

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/valyala/fasthttp"

	"pushbench/longpoll"
	"pushbench/server/api"
)

func TestSmallEndpoints(t *testing.T) { overLibraries(t, testSmallEndpoints) }

func testSmallEndpoints(t *testing.T, lib Library) {
	f := start(t, Config{HTTP: lib, ResponseHeaderBytes: 100})
	for _, tc := range []struct {
		name, method, path string
		status             int
		body               string
	}{
		{"health", "GET", "/healthz", 200, "ok"},
		{"unknown path", "GET", "/nope", 404, "no such path"},
		{"no topic", "GET", "/ws", 400, "parameter topic"},
		{"no upgrade", "GET", "/ws?topic=a", 426, "Upgrade"},
		{"publish by GET", "GET", "/publish?topic=a", 405, "publish with POST"},
		{"bad topic", "POST", "/publish?topic=a%20b", 400, "printable ASCII"},
		{"cursor ahead", "GET", "/poll?topic=a&cursor=" + f.cursor(1), 400, "ahead of the log"},
		{"skip ahead", "GET", "/ws?topic=a&cursor=" + f.cursor(0) + "&skip=1", 400, "ahead of the log"},
		{"skip ahead by polling", "GET", "/poll?topic=a&cursor=" + f.cursor(0) + "&skip=1", 400, "ahead of the log"},
		{"skip overflow", "GET", "/ws?topic=a&cursor=" + f.cursor(1<<64-1) + "&skip=2", 400, "ahead of the log"},
		{"bad destination", "GET", "/ws?topic=a&to=b%20c", 400, "parameter to"},
		{"two destinations", "GET", "/ws?topic=a&to=b&to=c", 400, "given twice"},
		{"skip alone", "GET", "/ws?topic=a&skip=1", 400, "needs a cursor"},
		{"bad skip", "GET", "/ws?topic=a&cursor=" + f.cursor(0) + "&skip=-1", 400, "parameter skip"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			res, body := f.do(tc.method, tc.path, nil)
			if res.StatusCode != tc.status || !strings.Contains(body, tc.body) {
				t.Errorf("%d %q, want %d with %q", res.StatusCode, body, tc.status, tc.body)
			}
			if line := "X-Padding: " + res.Header.Get("X-Padding") + "\r\n"; len(line) != 100 {
				t.Errorf("padding line of %d bytes, want 100", len(line))
			}
		})
	}
}

func TestConfigErrors(t *testing.T) {
	for want, cfg := range map[string]Config{
		"MaxTopics is -1":                 {MaxTopics: -1},
		"raise LogBytes":                  {LogBytes: 10, MaxPayload: 11},
		"the shortest header line has 14": {ResponseHeaderBytes: 13},
		"inject":                          {Inject: Inject{Drop: 101}},
		`HTTP is "fats"`:                  {HTTP: "fats"},
	} {
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", cfg, err, want)
		}
	}
}

func TestPortTaken(t *testing.T) { overLibraries(t, testPortTaken) }

func testPortTaken(t *testing.T, lib Library) {
	f := start(t, Config{HTTP: lib})
	s, err := New(Config{Addr: f.Addr()})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Serve(t.Context()); err == nil || !strings.Contains(err.Error(), "choose another port") {
		t.Errorf("got %v, want advice", err)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	s, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Serve(ctx); err != nil {
		t.Error(err)
	}
}

func TestTLS(t *testing.T) { overLibraries(t, testTLS) }

func testTLS(t *testing.T, lib Library) {
	// httptest has a certificate made for tests.
	lender := httptest.NewTLSServer(http.NotFoundHandler())
	defer lender.Close()
	f := start(t, Config{HTTP: lib, TLS: &tls.Config{Certificates: lender.TLS.Certificates}})
	f.client.Transport = lender.Client().Transport
	conn, _ := f.dial("/ws?topic=a")
	f.post("a", "secret")
	f.expect(conn, "secret")
	if !strings.HasPrefix(f.URL(), "https://") {
		t.Error(f.URL())
	}
}

func TestEchoAndPublishReachAll(t *testing.T) { overLibraries(t, testEchoAndPublishReachAll) }

func testEchoAndPublishReachAll(t *testing.T, lib Library) {
	f := start(t, Config{HTTP: lib})
	ws, res := f.dial("/ws?topic=a")
	other, _ := f.dial("/ws?topic=b")
	p := f.poller("a")
	if _, err := p.Poll(deadline(t)); err != nil {
		t.Fatal(err)
	}
	if res.Header.Get(longpoll.HeaderCursor) != p.Cursor {
		t.Errorf("the upgrade says cursor %q, the poll %q", res.Header.Get(longpoll.HeaderCursor), p.Cursor)
	}
	big := strings.Repeat("x", 300<<10) // larger than every buffer on the way
	for _, tc := range []struct {
		typ websocket.MessageType
		msg string
	}{{websocket.MessageText, "text"}, {websocket.MessageBinary, ""}, {websocket.MessageBinary, strings.Repeat("m", 5000)}} {
		if err := ws.Write(deadline(t), tc.typ, []byte(tc.msg)); err != nil {
			t.Fatal(err)
		}
		f.expect(ws, tc.msg)
	}
	f.post("a", big)
	ws.SetReadLimit(-1)
	f.expect(ws, big)
	a, err := p.Poll(deadline(t))
	if err != nil || len(a.Messages) != 4 || string(a.Messages[0]) != "text" || string(a.Messages[3]) != big {
		t.Errorf("the poll brought %d messages, %v", len(a.Messages), err)
	}
	f.post("b", "other")
	f.expect(other, "other")
}

// What a subscriber sends goes to the topic it names, and to its own only without one.
func TestASubscriberNamesWhereItsFramesGo(t *testing.T) {
	overLibraries(t, func(t *testing.T, lib Library) {
		f := start(t, Config{HTTP: lib})
		user, _ := f.dial("/ws?topic=mine&to=theirs")
		application, _ := f.dial("/ws?topic=theirs")
		if err := user.Write(deadline(t), websocket.MessageBinary, []byte("up")); err != nil {
			t.Fatal(err)
		}
		f.expect(application, "up")
		f.post("mine", "down")
		f.expect(user, "down")
	})
}

func TestReconnectWithCursorAndSkip(t *testing.T) { overLibraries(t, testReconnectWithCursorAndSkip) }

func testReconnectWithCursorAndSkip(t *testing.T, lib Library) {
	f := start(t, Config{HTTP: lib})
	_, res := f.dial("/ws?topic=a")
	for i := range 5 {
		f.post("a", fmt.Sprint(i))
	}
	again, res2 := f.dial("/ws?topic=a&skip=2&cursor=" + res.Header.Get(longpoll.HeaderCursor))
	f.expect(again, "2", "3", "4")
	if got := res2.Header.Get(longpoll.HeaderCursor); got != f.cursor(2) {
		t.Errorf("subscription starts at %q, want %q", got, f.cursor(2))
	}
	// A client that comes back by polling has its place told in the same way.
	if res, body := f.do("GET", "/poll?topic=a&skip=2&cursor="+f.cursor(0), nil); body != "1:2,1:3,1:4," || res.Header.Get(longpoll.HeaderCursor) != f.cursor(5) {
		t.Errorf("the poll brought %q and cursor %s", body, res.Header.Get(longpoll.HeaderCursor))
	}
}

func TestOverflowIsTold(t *testing.T) { overLibraries(t, testOverflowIsTold) }

func testOverflowIsTold(t *testing.T, lib Library) {
	f := start(t, Config{HTTP: lib, LogMessages: 3})
	for i := range 10 {
		f.post("a", fmt.Sprint(i))
	}
	ws, _ := f.dial("/ws?topic=a&cursor=" + f.cursor(2))
	if typ, got := f.frame(ws); typ != websocket.MessageText || got != `{"missed":5,"cursor":"`+f.cursor(7)+`"}` {
		t.Errorf("received %v %s", typ, got)
	}
	f.expect(ws, "7", "8", "9")
	p := f.poller("a")
	p.Cursor = f.cursor(2)
	a, err := p.Poll(deadline(t))
	if err != nil || a.Missed != 5 || len(a.Messages) != 3 || string(a.Messages[0]) != "7" {
		t.Errorf("the poll brought %+v, %v", a, err)
	}
	if s := f.stats(); s.Messages.Missed != 10 || s.Log.Messages != 3 || s.Log.Bytes != 3 || s.Messages.Published != 10 {
		t.Errorf("stats: %+v %+v", s.Messages, s.Log)
	}
}

func TestOtherEpochIsTold(t *testing.T) { overLibraries(t, testOtherEpochIsTold) }

func testOtherEpochIsTold(t *testing.T, lib Library) {
	f := start(t, Config{HTTP: lib})
	f.post("a", "first")
	old := longpoll.Cursor{Epoch: f.hub.epoch + 1, Position: 70}.String()
	ws, _ := f.dial("/ws?topic=a&skip=9&cursor=" + old)
	if typ, got := f.frame(ws); typ != websocket.MessageText || got != `{"reset":true,"cursor":"`+f.cursor(0)+`"}` {
		t.Errorf("received %v %s", typ, got)
	}
	f.expect(ws, "first")
	p := f.poller("a")
	p.Cursor = old
	if a, err := p.Poll(deadline(t)); err != nil || !a.Reset {
		t.Errorf("the poll brought %+v, %v", a, err)
	}
	if a, err := p.Poll(deadline(t)); err != nil || string(a.Messages[0]) != "first" {
		t.Errorf("after the reset: %+v, %v", a, err)
	}
}

func TestParkedPollIsWoken(t *testing.T) { overLibraries(t, testParkedPollIsWoken) }

func testParkedPollIsWoken(t *testing.T, lib Library) {
	f := start(t, Config{HTTP: lib})
	p := f.poller("a")
	p.Cursor, p.Max = f.cursor(0), 1
	answers := make(chan longpoll.Answer, 1)
	go func() {
		a, err := p.Poll(deadline(t))
		if err != nil {
			t.Error(err)
		}
		answers <- a
	}()
	f.until("a poll parked", func(s api.Stats) bool { return s.Clients.ParkedPolls == 1 })
	f.post("a", "now")
	if a := <-answers; len(a.Messages) != 1 || string(a.Messages[0]) != "now" {
		t.Errorf("the poll brought %v", a)
	}
	f.post("a", "2")
	f.post("a", "3")
	if a, err := p.Poll(deadline(t)); err != nil || len(a.Messages) != 1 {
		t.Errorf("max=1 brought %v, %v", a, err)
	}
	if s := f.stats(); s.Clients.ParkedPolls != 0 || s.Messages.DeliveredPoll != 2 {
		t.Errorf("%+v %+v", s.Clients, s.Messages)
	}
}

// Holds run on synctest's clock; the handlers need no socket for that.
func TestHolds(t *testing.T) { overLibraries(t, testHolds) }

func testHolds(t *testing.T, lib Library) {
	for _, tc := range []struct {
		name, params string
		publishAt    time.Duration // 0 = never
		status       int
		after        time.Duration
	}{
		{"expires", "&hold=25s", 0, 204, 25 * time.Second},
		{"default", "", 0, 204, 25 * time.Second},
		{"capped", "&hold=10m", 0, 204, time.Minute},
		{"at once", "&hold=0s", 0, 204, 0},
		{"woken", "&hold=25s", 7 * time.Second, 200, 7 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, err := New(Config{HTTP: lib})
				if err != nil {
					t.Fatal(err)
				}
				tp, _ := s.hub.topic("a")
				if tc.publishAt > 0 {
					time.AfterFunc(tc.publishAt, func() { _ = s.publish(tp, []byte("x")) })
				}
				begin := time.Now()
				status := s.handle("/poll?topic=a&cursor=" + s.cursor(0) + tc.params)
				if took := time.Since(begin); status != tc.status || took != tc.after {
					t.Errorf("%d after %v, want %d after %v", status, took, tc.status, tc.after)
				}
				if len(tp.parked) != 0 {
					t.Error("a waiter was left behind")
				}
			})
		})
	}
}

// handle has a GET request answered without a connection, and returns the status.
func (s *Server) handle(target string) int {
	if f, ok := s.front.(*fastFront); ok {
		var request fasthttp.Request
		request.SetRequestURI(target)
		var ctx fasthttp.RequestCtx
		ctx.Init(&request, nil, nil)
		f.answer(&ctx)
		return ctx.Response.StatusCode()
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
	return w.Code
}

func TestGonePollLeavesNothing(t *testing.T) {
	f := start(t, Config{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	p := f.poller("a")
	p.Cursor = f.cursor(0)
	go func() { _, err := p.Poll(ctx); ended <- err }()
	f.until("a poll parked", func(s api.Stats) bool { return s.Clients.ParkedPolls == 1 })
	cancel()
	<-ended
	f.until("no poll parked", func(s api.Stats) bool { return s.Clients.ParkedPolls == 0 })
}

// fasthttp does not notice: the poll stays until its hold ends or a message comes, which counts as delivered.
func TestGonePollStaysWithFastHTTP(t *testing.T) {
	f := start(t, Config{HTTP: FastHTTP})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	p := f.poller("a")
	p.Cursor = f.cursor(0)
	go func() { _, err := p.Poll(ctx); ended <- err }()
	f.until("a poll parked", func(s api.Stats) bool { return s.Clients.ParkedPolls == 1 })
	cancel()
	<-ended
	f.post("b", "of another topic")
	if s := f.stats(); s.Clients.ParkedPolls != 1 {
		t.Errorf("%d polls are parked: the documentation says that this one stays", s.Clients.ParkedPolls)
	}
	f.post("a", "too late")
	f.until("no poll parked", func(s api.Stats) bool { return s.Clients.ParkedPolls == 0 && s.Messages.DeliveredPoll == 1 })
}

// A sender that stalls inside a header or a body is cut off, a hold is not.
func TestSlowSenders(t *testing.T) { overLibraries(t, testSlowSenders) }

func testSlowSenders(t *testing.T, lib Library) {
	t.Parallel()
	const patience = 500 * time.Millisecond // no honest sender takes as long, however busy the machine
	f := start(t, Config{HTTP: lib, HeaderTimeout: patience, BodyTimeout: patience})
	t.Run("are cut off", func(t *testing.T) {
		for name, sent := range map[string]string{
			"header":         "GET /healthz HTTP/1.1\r\nHost: x\r\nX-",
			"body":           "POST /publish?topic=a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
			"body of a poll": "GET /poll?topic=a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc",
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				conn := f.sendRaw(sent)
				if _, err := io.Copy(io.Discard, conn); err != nil && strings.Contains(err.Error(), "timeout") {
					t.Errorf("the server did not end the connection: %v", err)
				}
			})
		}
	})
	p := f.poller("a")
	p.Cursor, p.Hold = f.cursor(0), patience+patience/2
	if a, err := p.Poll(deadline(t)); err != nil || a.Messages != nil {
		t.Errorf("a hold beyond the timeouts: %v, %v", a, err)
	}
}

func TestSlowSubscriberIsCutOff(t *testing.T) { overLibraries(t, testSlowSubscriberIsCutOff) }

func testSlowSubscriberIsCutOff(t *testing.T, lib Library) {
	const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	for path, tc := range map[string]struct{ header, status string }{"/ws": {upgrade, "101"}, "/sse": {"", "200"}} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			testCutOff(t, lib, "GET "+path+"?topic=a HTTP/1.1\r\nHost: x\r\n"+tc.header+"\r\n", tc.status)
		})
	}
}

func testCutOff(t *testing.T, lib Library, request, status string) {
	const messages = 10 // of 1 MiB: more than the buffers hold, the server's of 4 MiB on Linux and the client's, which is kept small
	f := start(t, Config{HTTP: lib, WriteTimeout: time.Second, LogBytes: 64 << 20})
	conn := f.sendRaw(request)
	if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.Contains(line, status) {
		t.Fatalf("%q, %v", line, err)
	}
	good, _ := f.dial("/ws?topic=a")
	good.SetReadLimit(-1)
	big := strings.Repeat("x", 1<<20)
	received := make(chan error, 1)
	go func() {
		var err error
		for n := 0; n < messages && err == nil; n++ { // and nobody else is held up
			var b []byte
			if _, b, err = good.Read(deadline(t)); err == nil && string(b) != big {
				err = fmt.Errorf("message %d has %d bytes and is another", n, len(b))
			}
		}
		received <- err
	}()
	for range messages {
		f.post("a", big)
	}
	if err := <-received; err != nil {
		t.Error(err)
	}
	s := f.until("cut off", func(s api.Stats) bool { return s.Messages.SlowClientsCutOff == 1 })
	f.until("gone", func(s api.Stats) bool { return s.Clients.WebSocket == 1 && s.Clients.EventStreams == 0 })
	if s.Messages.Published != messages {
		t.Errorf("published %d", s.Messages.Published)
	}
}
