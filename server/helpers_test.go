package server

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"pushbench/longpoll"
	"pushbench/server/api"
)

// fixture is a running server with a client of its own.
type fixture struct {
	*Server
	t      testing.TB
	client *http.Client
}

func start(t testing.TB, cfg Config) *fixture {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 300}
	f := &fixture{Server: s, t: t, client: &http.Client{Transport: transport}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if !s.isClosing() {
			if err := s.Shutdown(); err != nil {
				t.Error("shutdown:", err)
			}
		}
	})
	return f
}

// overLibraries runs a test against the server on each HTTP library: to a client they are one.
func overLibraries(t *testing.T, test func(*testing.T, Library)) {
	for _, lib := range Libraries {
		t.Run(string(lib), func(t *testing.T) { test(t, lib) })
	}
}

// deadline bounds a test that would otherwise hang; no test waits for it.
func deadline(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func (f *fixture) post(topic string, payload string) {
	f.t.Helper()
	res, body := f.do("POST", "/publish?topic="+topic, strings.NewReader(payload))
	if res.StatusCode != http.StatusNoContent {
		f.t.Fatalf("publish: %d %s", res.StatusCode, body)
	}
}

func (f *fixture) do(method, path string, body io.Reader) (*http.Response, string) {
	f.t.Helper()
	req, err := http.NewRequestWithContext(deadline(f.t), method, f.URL()+path, body)
	if err != nil {
		f.t.Fatal(err)
	}
	res, err := f.client.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return res, string(text)
}

// sendRaw writes text to a connection of its own, in one piece.
func (f *fixture) sendRaw(text string) net.Conn {
	f.t.Helper()
	conn, err := net.Dial("tcp", f.Addr())
	if err != nil {
		f.t.Fatal(err)
	}
	if f.cfg.TLS != nil {
		conn = tls.Client(conn, &tls.Config{InsecureSkipVerify: true})
	}
	f.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.WriteString(conn, text); err != nil {
		f.t.Fatal(err)
	}
	return conn
}

func (f *fixture) dial(path string) (*websocket.Conn, *http.Response) {
	f.t.Helper()
	conn, res, err := websocket.Dial(deadline(f.t), f.URL()+path, &websocket.DialOptions{HTTPClient: f.client})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = conn.CloseNow() })
	return conn, res
}

// frame reads one frame; control frames come back as JSON text.
func (f *fixture) frame(conn *websocket.Conn) (websocket.MessageType, string) {
	f.t.Helper()
	typ, b, err := conn.Read(deadline(f.t))
	if err != nil {
		f.t.Fatal(err)
	}
	return typ, string(b)
}

func (f *fixture) expect(conn *websocket.Conn, want ...string) {
	f.t.Helper()
	for _, w := range want {
		if typ, got := f.frame(conn); typ != websocket.MessageBinary || got != w {
			f.t.Fatalf("received %v %q, want the message %q", typ, got, w)
		}
	}
}

func (f *fixture) expectClose(conn *websocket.Conn, code websocket.StatusCode, reason string) {
	f.t.Helper()
	_, b, err := conn.Read(deadline(f.t))
	var ce websocket.CloseError
	if ce.Code = websocket.CloseStatus(err); ce.Code != code || !strings.Contains(err.Error(), reason) {
		f.t.Fatalf("read %q, %v; want close %v with %q", b, err, code, reason)
	}
}

func (f *fixture) poller(topic string) *longpoll.Client {
	return &longpoll.Client{URL: f.URL() + "/poll", Topic: topic, HTTP: f.client, Hold: 20 * time.Second}
}

func (f *fixture) stats() (s api.Stats) {
	f.t.Helper()
	_, body := f.do("GET", "/stats", nil)
	d := json.NewDecoder(bytes.NewReader([]byte(body)))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		f.t.Fatalf("%v in %s", err, body)
	}
	return s
}

// until asks for /stats until ok says yes.
func (f *fixture) until(what string, ok func(api.Stats) bool) api.Stats {
	f.t.Helper()
	ctx := deadline(f.t)
	for {
		s := f.stats()
		if ok(s) {
			return s
		}
		if ctx.Err() != nil {
			f.t.Fatalf("never %s: %+v %+v", what, s, s.Injection)
		}
		runtime.Gosched()
	}
}
