package target

import (
	"bufio"
	"net/http"
	"strings"
	"testing"

	"pushbench/loadgen"
	"pushbench/loadgen/wire"
	"pushbench/scenarios"
	"pushbench/server"
)

// said opens a session that sends, exchanges one message, and returns the requests as they were on the wire, by method and path.
func said(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport, h scenarios.Headers) map[string]string {
	t.Helper()
	f := start(t, kind, transport, func(_ *server.Config, p *loadgen.Plan) { p.Scenario.Headers = h })
	c, m := f.open(true), message(1, 60)
	if _, err := c.Send(m); err != nil {
		t.Fatal(err)
	}
	expect(t, c, m)
	requests := map[string]string{}
	for _, stream := range f.relay.requests() {
		head, _, _ := strings.Cut(stream, "\r\n\r\n")
		line, fields, _ := strings.Cut(head, "\r\n")
		method, path, _ := strings.Cut(line, " ")
		path, _, _ = strings.Cut(path, "?")
		requests[method+" "+path] = fields + "\r\n"
	}
	return requests
}

func fieldsOf(t *testing.T, text string) http.Header {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET / HTTP/1.1\r\n" + text + "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.TransferEncoding) > 0 {
		t.Error("a request is chunked")
	}
	return r.Header
}

// lineBytes is the length of a field's line as it stands on the wire.
func lineBytes(text, name string) int {
	for line := range strings.SplitSeq(text, "\r\n") {
		if strings.HasPrefix(strings.ToLower(line), strings.ToLower(name)+":") {
			return len(line) + len("\r\n")
		}
	}
	return 0
}

var requestsOf = map[scenarios.Transport][]string{
	scenarios.WebSocket: {"GET /ws"}, scenarios.SSE: {"GET /sse", "POST /publish"}, scenarios.LongPoll: {"GET /poll", "POST /publish"},
	scenarios.LongPollNewConn: {"GET /poll", "POST /publish"}, scenarios.ShortPoll: {"GET /poll", "POST /publish"},
}

// With "none" a request has what its protocol needs, and nothing else.
func TestHeadersNone(t *testing.T) {
	needed := "Host Connection Upgrade Content-Length Sec-Websocket-Version Sec-Websocket-Key"
	onEverything(t, func(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport) {
		requests := said(t, kind, transport, scenarios.Headers{Preset: scenarios.HeadersNone})
		for _, name := range requestsOf[transport] {
			text, ok := requests[name]
			if !ok {
				t.Errorf("no %s among %v", name, requests)
			}
			for field := range fieldsOf(t, text) {
				if !strings.Contains(needed, field) {
					t.Errorf("%s has a field %s", name, field)
				}
			}
			if closing := strings.Contains(text, "Connection: close"); closing != (transport == scenarios.LongPollNewConn) {
				t.Errorf("%s says close: %v", name, closing)
			}
		}
	})
}

// Sized headers measure what was asked for, to the byte, on each kind of request.
func TestHeadersSized(t *testing.T) {
	h := scenarios.Headers{Preset: scenarios.HeadersSized, Request: 400, Cookie: 250}
	onEverything(t, func(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport) {
		requests := said(t, kind, transport, h)
		for _, name := range requestsOf[transport] {
			if padding, cookie := lineBytes(requests[name], "X-Padding"), lineBytes(requests[name], "Cookie"); padding != 400 || cookie != 250 {
				t.Errorf("%s has %d bytes of padding and a cookie of %d, want 400 and 250", name, padding, cookie)
			}
		}
	})
}

func TestHeadersBrowser(t *testing.T) {
	h := scenarios.Headers{Preset: scenarios.HeadersBrowser, Cookie: 200}
	onEverything(t, func(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport) {
		requests := said(t, kind, transport, h)
		for _, name := range requestsOf[transport] {
			fields := fieldsOf(t, requests[name])
			if fields.Get("User-Agent") != browserAgent || fields.Get("Accept-Encoding") != browserEncoding || fields.Get("Accept-Language") != browserLanguage {
				t.Errorf("%s: %v", name, fields)
			}
			if got := lineBytes(requests[name], "Cookie"); got != 200 {
				t.Errorf("%s has a cookie of %d bytes, want 200", name, got)
			}
			if origin := fields.Get("Origin"); strings.HasPrefix(origin, "http://127.0.0.1:") == (name == "GET /poll" || name == "GET /sse") {
				t.Errorf("%s has the origin %q", name, origin)
			}
			if stream := fields.Get("Accept") == "text/event-stream"; stream != (name == "GET /sse") {
				t.Errorf("%s accepts %q", name, fields.Get("Accept"))
			}
			for field, values := range fields {
				if len(values) != 1 {
					t.Errorf("%s has %s %d times", name, field, len(values))
				}
			}
		}
	})
}

// Lines as short as they can be, and shorter.
func TestSizedLine(t *testing.T) {
	for size, want := range map[int]int{0: 0, 10: 0, 11: 11, 12: 12, 19: 19, 20: 20, 4096: 4096} {
		got := 0
		for _, f := range cookie(scenarios.Size(size)) {
			got += len(f.Name) + len(": ") + len(f.Value) + len("\r\n")
		}
		if got != want {
			t.Errorf("a cookie line of %d bytes measures %d, want %d", size, got, want)
		}
	}
}

func TestWithout(t *testing.T) {
	all := []wire.Field{{Name: "A", Value: "1"}, {Name: "connection", Value: "x"}, {Name: "B", Value: "2"}, {Name: "Connection", Value: "y"}}
	if got := without(all, "Connection"); len(got) != 2 || got[0].Name != "A" || got[1].Name != "B" || len(all) != 4 {
		t.Errorf("without the field: %v", got)
	}
}
