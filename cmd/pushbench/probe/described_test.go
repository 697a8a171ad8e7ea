package probe

import (
	"compress/gzip"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pushbench/loadgen/target/file"
	"pushbench/server"
)

// fileFor is the description of the reference server that is part of the program, for one that listens at a URL, changed by pairs of old and new text.
func fileFor(t *testing.T, url string, changes ...string) (*file.Target, file.Source) {
	t.Helper()
	example, err := file.LookupExample("reference")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(changes...).Replace(string(example.Text))
	f, err := file.Source{Path: "reference.yaml", Text: []byte(text)}.Parse()
	if err != nil {
		t.Fatal(err)
	}
	text = strings.Replace(text, f.URL.Origin(), url, 1)
	source := file.Source{Path: "reference.yaml", Text: []byte(text)}
	if f, err = source.Parse(); err != nil {
		t.Fatal(err)
	}
	if f.URL.Origin() != url {
		t.Fatalf("the file's URL is %s, want %s", f.URL.Origin(), url)
	}
	return f, source
}

// TestTargetFile probes the reference server as a file describes it, without recognising it.
func TestTargetFile(t *testing.T) {
	s := started(t, server.Config{})
	f, source := fileFor(t, s.URL())
	r := run(t, Options{File: f, Source: source, Idle: 400 * time.Millisecond})
	if r.Speaks != "file" || r.Connections >= 20 || len(r.Broken()) > 0 {
		t.Errorf("%+v", r)
	}
	for check, on := range map[string]Transport{
		"upgrade": WebSocket, "delivery-websocket": WebSocket, "delivery-longpoll": LongPoll, "delivery-sse": SSE,
		"idle-websocket": WebSocket, "idle-longpoll": LongPoll, "idle-sse": SSE, "keep-alive": LongPoll,
	} {
		if f := find(t, r, check, on); f.Verdict != Fine {
			t.Errorf("%+v", f)
		}
	}
	if f := find(t, r, "delivery-longpoll", LongPoll); number(t, f, "arrived_seconds") <= 0 {
		t.Errorf("%+v", f)
	}
	if r.Published != 1 || r.Requests < 3 || r.SentBytes == 0 {
		t.Errorf("%d published, %d requests, %d bytes sent", r.Published, r.Requests, r.SentBytes)
	}
}

// TestTargetFileBehindProxy has a proxy that drops the upgrade and gives up on parked polls.
func TestTargetFileBehindProxy(t *testing.T) {
	t.Parallel()
	s := started(t, server.Config{})
	to, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{ResponseHeaderTimeout: 300 * time.Millisecond}
	defer transport.CloseIdleConnections()
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) }, Transport: transport, ErrorLog: log.New(io.Discard, "", 0),
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusGatewayTimeout) },
	}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Del("Upgrade")
		proxy.ServeHTTP(w, r)
	}))
	defer front.Close()
	f, source := fileFor(t, front.URL)
	r := run(t, Options{File: f, Source: source, Idle: 2 * time.Second})
	if f := find(t, r, "upgrade", WebSocket); f.Verdict != Broken || number(t, f, "status") != 426 {
		t.Errorf("%+v", f)
	}
	if f := find(t, r, "idle-longpoll", LongPoll); f.Verdict != Broken || !strings.Contains(f.Happened, "504 Gateway Timeout") || number(t, f, "cut_after_seconds") >= 2 {
		t.Errorf("%+v", f)
	}
}

// TestTargetFileWithinBudget has a server that ends every connection with its answer and holds no poll: the sessions of a target file make new ones by
// themselves, which must stay within the budget and be told.
func TestTargetFileWithinBudget(t *testing.T) {
	s := started(t, server.Config{})
	to, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.URL.RawQuery = strings.Replace(r.Out.URL.RawQuery, "hold=", "hold=0s&was=", 1)
	}, Transport: transport, ErrorLog: log.New(io.Discard, "", 0)}
	var made atomic.Int64
	front := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			w.Header().Set("Connection", "close")
		}
		proxy.ServeHTTP(w, r)
	}))
	front.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			made.Add(1)
		}
	}
	front.Start()
	defer front.Close()
	f, source := fileFor(t, front.URL)
	r := run(t, Options{File: f, Source: source, Idle: 300 * time.Millisecond})
	if n := made.Load(); n >= connectionBudget || r.Connections >= connectionBudget || n > int64(r.Connections) {
		t.Errorf("it made %d connections, want less than %d, and says %d", n, connectionBudget, r.Connections)
	}
	if f := find(t, r, "keep-alive", LongPoll); f.Verdict != Impaired {
		t.Errorf("%+v", f)
	}
}

// TestTargetFileKeepsSecrets plants a secret in a file and has the server repeat what it was sent.
func TestTargetFileKeepsSecrets(t *testing.T) {
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := httputil.DumpRequest(r, true)
		w.Header().Set("Server", r.Header.Get("Authorization"))
		http.Error(w, string(text), http.StatusBadRequest)
	}))
	defer front.Close()
	f, source := fileFor(t, front.URL, "\npublish:", "\nheaders: {Authorization: \"Bearer "+secret+"\"}\npublish:")
	r := run(t, Options{File: f, Source: source, Idle: 300 * time.Millisecond})
	discreet(t, printed(t, r))
	if f := find(t, r, "proxies", WebSocket); !strings.Contains(f.Happened, hidden) {
		t.Errorf("the server did not repeat it: %+v", f)
	}
}

// TestTargetFileOfLittle describes no polls and no publishing.
func TestTargetFileOfLittle(t *testing.T) {
	s := started(t, server.Config{})
	source := file.Source{Path: "little.yaml", Text: []byte("url: " + s.URL() + "\nwebsocket: {path: \"/ws?topic={topic}\", heartbeat: {every: 50ms, send: \"beat\"}}\n")}
	f, err := source.Parse()
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, Options{File: f, Source: source, Idle: 300 * time.Millisecond})
	if have, want := summaryOf(r), "websocket=fine longpoll=untried sse=untried connections=true"; have != want {
		t.Errorf("have %s, want %s", have, want)
	}
	if f := find(t, r, "idle-websocket", WebSocket); f.Verdict != Fine || !strings.Contains(f.Tried, "heartbeats, every 50 ms") {
		t.Errorf("%+v", f)
	}
}

// zipped serves what a chat would: sessions for whoever is known, and polls; gzipped for whoever asks for that. Nothing else is there.
func zipped(w http.ResponseWriter, r *http.Request) {
	text := `{"next":"1","pad":"` + strings.Repeat("x", 3000) + `"}`
	switch {
	case r.URL.Path != "/api":
		http.NotFound(w, r)
	case r.Header.Get("Authorization") != "Bearer me":
		w.WriteHeader(http.StatusUnauthorized)
	case strings.Contains(r.Header.Get("Accept-Encoding"), "gzip"):
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, text)
		_ = z.Close()
	default:
		_, _ = io.WriteString(w, text)
	}
}

// Compression is tried with what the file describes, by the user whom it names: no other address needs to be there.
func TestCompressionOfATargetFile(t *testing.T) {
	front := httptest.NewServer(http.HandlerFunc(zipped))
	defer front.Close()
	head := "url: " + front.URL + "\nheaders: {Authorization: Bearer me}\n"
	for name, test := range map[string]struct {
		text     string
		verdict  Verdict
		happened string
	}{
		"an opening":      {head + "longpoll: {open: [{get: /api, capture: {cursor: \"json:/next\"}}], get: \"/api?after={cursor}\", cursor: \"json:/next\"}\n", Fine, "gzip"},
		"a poll":          {head + "longpoll: {get: \"/api?after={cursor}&hold={hold}\", cursor: \"json:/next\"}\n", Fine, "gzip"},
		"needs an answer": {head + "longpoll: {open: [{post: /api, capture: {sid: \"json:/next\"}}], get: \"/api?sid={sid}\", cursor: none}\n", Untried, "no GET that stands by itself"},
		"not for anybody": {"url: " + front.URL + "\nshortpoll: {get: /api, cursor: none}\n", Untried, "status 401"},
	} {
		t.Run(name, func(t *testing.T) {
			source := file.Source{Path: "chat.yaml", Text: []byte(test.text)}
			f, err := source.Parse()
			if err != nil {
				t.Fatal(err)
			}
			r := run(t, Options{File: f, Source: source, Idle: 200 * time.Millisecond})
			if f := find(t, r, "compression", LongPoll); f.Verdict != test.verdict || !strings.Contains(f.Happened, test.happened) {
				t.Errorf("%+v", f)
			}
			if f := find(t, r, "buffering", SSE); f.Verdict != Untried || !strings.Contains(f.Happened, "chat describes no sse") {
				t.Errorf("%+v", f)
			}
		})
	}
}
