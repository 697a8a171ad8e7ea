package server

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"pushbench/longpoll"
	"pushbench/server/api"
)

// event is one event as a client has it, decoded by the plainest reading of the standard: a test must not share the server's idea of it.
type event struct{ name, id, data string }

// eventReader decodes what the server sends: line feeds only, every field with a space behind its colon.
type eventReader struct {
	t      testing.TB
	body   io.ReadCloser
	lines  *bufio.Reader
	lastID string
}

// events opens a stream. header is name, value, …
func (f *fixture) events(path string, header ...string) *eventReader {
	f.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), "GET", f.URL()+path, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := f.client.Do(req)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = res.Body.Close() })
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" || res.Header.Get("Cache-Control") != "no-store" ||
		res.Header.Get("X-Accel-Buffering") != "no" {
		f.t.Fatalf("answered %s with %v", res.Status, res.Header)
	}
	return &eventReader{t: f.t, body: res.Body, lines: bufio.NewReader(res.Body)}
}

// block reads the lines up to the next empty one.
func (r *eventReader) block() (lines []string, err error) {
	for {
		line, err := r.lines.ReadString('\n')
		if err != nil {
			return lines, err
		}
		if line == "\n" {
			return lines, nil
		}
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
}

// next reads the next event, or an id without one.
func (r *eventReader) next() (e event, err error) {
	lines, err := r.block()
	if err != nil {
		return e, err
	}
	var data []string
	for _, line := range lines {
		field, value, _ := strings.Cut(line, ": ")
		switch field {
		case "event":
			e.name = value
		case "id":
			r.lastID = value
		case "data":
			data = append(data, value)
		case ":":
		default:
			r.t.Errorf("a line of no known field: %q", line)
		}
	}
	e.id, e.data = r.lastID, strings.Join(data, "\n")
	return e, nil
}

func (r *eventReader) expect(want ...event) {
	r.t.Helper()
	for _, w := range want {
		if got, err := r.next(); err != nil || got != w {
			r.t.Fatalf("received %+v, %v; want %+v", got, err, w)
		}
	}
}

func TestEvents(t *testing.T) { overLibraries(t, testEvents) }

func testEvents(t *testing.T, lib Library) {
	f := start(t, Config{HTTP: lib})
	f.post("a", "before")
	stream := f.events("/sse?topic=a")
	other := f.events("/sse?topic=b")
	stream.expect(event{id: f.cursor(1)})
	big := strings.Repeat("x", 300<<10) // larger than every buffer on the way
	for i, m := range []string{"first", "", big} {
		f.post("a", m)
		stream.expect(event{id: f.cursor(uint64(i) + 2), data: m})
	}
	f.post("b", "for b")
	other.expect(event{id: f.cursor(0)}, event{id: f.cursor(1), data: "for b"})
	s := f.stats()
	if s.Clients.EventStreams != 2 || s.Messages.DeliveredSSE != 4 {
		t.Errorf("%+v, %+v", s.Clients, s.Messages)
	}
	_ = stream.body.Close()
	f.until("gone", func(s api.Stats) bool { return s.Clients.EventStreams == 1 })
}

// A returning client gets what it missed, and is told what it cannot get any more.
func TestEventsResume(t *testing.T) { overLibraries(t, testEventsResume) }

func testEventsResume(t *testing.T, lib Library) {
	f := start(t, Config{HTTP: lib, LogMessages: 3})
	for i := range 5 {
		f.post("a", fmt.Sprint(i))
	}
	three, four := event{id: f.cursor(4), data: "3"}, event{id: f.cursor(5), data: "4"}
	kept := []event{{id: f.cursor(3), data: "2"}, three, four}
	missed := event{name: "missed", id: f.cursor(2), data: fmt.Sprintf(`{"missed":2,"cursor":%q}`, f.cursor(2))}
	elsewhere := longpoll.Cursor{Epoch: f.hub.epoch ^ 1, Position: 4}.String()
	reset := event{name: "reset", id: f.cursor(0), data: fmt.Sprintf(`{"reset":true,"cursor":%q}`, f.cursor(0))}
	for _, tc := range []struct {
		name, query string
		header      []string
		want        []event
	}{
		{"by cursor", "&cursor=" + f.cursor(3), nil, []event{{id: f.cursor(3)}, three, four}},
		{"by cursor and skip", "&skip=1&cursor=" + f.cursor(3), nil, []event{{id: f.cursor(4)}, four}},
		{"by id", "", []string{"Last-Event-ID", f.cursor(4)}, []event{{id: f.cursor(4)}, four}},
		{"by id, which is newer than the URL", "&cursor=" + f.cursor(3), []string{"Last-Event-ID", f.cursor(4)}, []event{{id: f.cursor(4)}, four}},
		{"by id, whatever the URL skips", "&skip=1&cursor=" + f.cursor(3), []string{"Last-Event-ID", f.cursor(4)}, []event{{id: f.cursor(4)}, four}},
		{"missed", "&cursor=" + f.cursor(0), nil, append([]event{{id: f.cursor(0)}, missed}, kept...)},
		{"reset", "", []string{"Last-Event-ID", elsewhere}, append([]event{reset, missed}, kept...)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f.t = t
			f.events("/sse?topic=a"+tc.query, tc.header...).expect(tc.want...)
		})
	}
}

func TestEventsRefused(t *testing.T) { overLibraries(t, testEventsRefused) }

func testEventsRefused(t *testing.T, lib Library) {
	f := start(t, Config{HTTP: lib})
	for _, tc := range []struct {
		name, request string
		status        int
		body          string
	}{
		{"no topic", "GET /sse", 400, "parameter topic"},
		{"bad cursor", "GET /sse?topic=a&cursor=x", 400, "parameter cursor"},
		{"ahead", "GET /sse?topic=a&cursor=" + f.cursor(1), 400, "ahead of the log"},
		{"post", "POST /sse?topic=a", 405, "is a GET request"},
		{"bad id", "GET /sse?topic=a HTTP/1.1\r\nLast-Event-ID: 7", 400, "parameter Last-Event-ID"},
		{"id ahead", "GET /sse?topic=a HTTP/1.1\r\nLast-Event-ID: " + f.cursor(7), 400, "ahead of the log"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			line, header, _ := strings.Cut(tc.request, " HTTP/1.1\r\n")
			method, _, _ := strings.Cut(line, " ")
			text := line + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n" + header
			conn := f.sendRaw(strings.TrimRight(text, "\r\n") + "\r\n\r\n")
			res, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != tc.status || !strings.Contains(string(body), tc.body) {
				t.Errorf("%s %q, %v; want %d with %q", res.Status, body, err, tc.status, tc.body)
			}
		})
	}
}

// What is on the wire, to the byte: a chunk for each event, and for a client of HTTP/1.0 no chunks.
func TestEventsOnTheWire(t *testing.T) { overLibraries(t, testEventsOnTheWire) }

func testEventsOnTheWire(t *testing.T, lib Library) {
	f := start(t, Config{HTTP: lib})
	opening, message := "id: "+f.cursor(0)+"\n\n", "id: "+f.cursor(1)+"\ndata: one\ndata: two\ndata: three\ndata: \n\n"
	chunk := func(s string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(s), s) }
	for _, tc := range []struct{ version, want string }{
		{"1.1", chunk(opening) + chunk(message)},
		{"1.0", opening + message},
	} {
		t.Run(tc.version, func(t *testing.T) {
			topic := "t" + tc.version
			reader := bufio.NewReader(f.sendRaw("GET /sse?topic=" + topic + " HTTP/" + tc.version + "\r\nHost: x\r\n\r\n"))
			for line := ""; line != "\r\n"; {
				var err error
				if line, err = reader.ReadString('\n'); err != nil {
					t.Fatal(err)
				}
				if strings.HasPrefix(line, "Connection") != (tc.version == "1.0") && line == "Connection: close\r\n" {
					t.Errorf("head line %q", line)
				}
			}
			f.post(topic, "one\ntwo\r\nthree\r")
			got := make([]byte, len(tc.want))
			if _, err := io.ReadFull(reader, got); err != nil || string(got) != tc.want {
				t.Errorf("body %q, %v; want %q", got, err, tc.want)
			}
		})
	}
}

// Both libraries send a stream's head of the same lines.
func TestEventHeadersAreTheSame(t *testing.T) {
	var heads [][]string
	for _, lib := range Libraries {
		f := start(t, Config{HTTP: lib, ResponseHeaderBytes: 70})
		reader := bufio.NewReader(f.sendRaw("GET /sse?topic=a HTTP/1.1\r\nHost: x\r\n\r\n"))
		var head []string
		for line := ""; line != "\r\n"; {
			line, _ = reader.ReadString('\n')
			if !strings.HasPrefix(line, "Date: ") {
				head = append(head, line)
			}
		}
		slices.Sort(head)
		heads = append(heads, head)
	}
	if !slices.Equal(heads[0], heads[1]) {
		t.Errorf("heads %q and %q", heads[0], heads[1])
	}
}

// Turns of the keeper are made by hand here: with each full round of them a stream gets a comment, unless it had something since the last.
func TestSilentStreamsGetComments(t *testing.T) {
	f := start(t, Config{})
	stream := f.events("/sse?topic=a")
	stream.expect(event{id: f.cursor(0)})
	f.until("parked", func(api.Stats) bool { return f.parkedWaiters("a") == 1 })
	round := func() {
		for range turns {
			f.comments.turn()
		}
	}
	line := func() string {
		s, err := stream.lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for range 2 {
		round()
		if got := line(); got != ":\n" {
			t.Errorf("received %q in a round without a message", got)
		}
		f.until("parked again", func(api.Stats) bool { return f.parkedWaiters("a") == 1 })
	}
	f.post("a", "m")
	stream.expect(event{id: f.cursor(1), data: "m"})
	f.until("parked again", func(api.Stats) bool { return f.parkedWaiters("a") == 1 })
	round()
	f.post("a", "n")
	stream.expect(event{id: f.cursor(2), data: "n"}) // no comment before it
}

func (f *fixture) parkedWaiters(name string) int {
	t, err := f.hub.topic(name)
	if err != nil {
		f.t.Fatal(err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.parked)
}

// Comments and messages race for the writer: every message arrives, in order and once.
func TestCommentsBetweenMessages(t *testing.T) {
	const messages = 2000
	f := start(t, Config{})
	stream := f.events("/sse?topic=a")
	stream.expect(event{id: f.cursor(0)})
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			default:
				f.comments.turn()
			}
		}
	}()
	go f.publishNumbers(messages)
	for i := 0; i < messages; {
		line, err := stream.lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		if data != fmt.Sprintf("%d\n", i) {
			t.Fatalf("message %d is %q", i, data)
		}
		i++
	}
	close(stop)
	<-ended
	if n := f.parkedWaiters("a"); n > 1 {
		t.Errorf("%d waiters are parked for one stream", n)
	}
}

func TestKeeperKeepsTime(t *testing.T) {
	f := start(t, Config{KeepAlive: 1}) // as short as can be: a turn a millisecond
	stream := f.events("/sse?topic=a")
	stream.expect(event{id: f.cursor(0)})
	for range 3 {
		if line, err := stream.lines.ReadString('\n'); err != nil || line != ":\n" {
			t.Fatalf("received %q, %v", line, err)
		}
	}
}

// A stream ends with its last chunk: net/http tells that from a connection that broke.
func TestShutdownEndsEvents(t *testing.T) { overLibraries(t, testShutdownEndsEvents) }

func testShutdownEndsEvents(t *testing.T, lib Library) {
	f := start(t, Config{HTTP: lib})
	streams := make([]*eventReader, 100)
	for i := range streams {
		streams[i] = f.events("/sse?topic=a")
	}
	if err := f.Shutdown(); err != nil {
		t.Error(err)
	}
	for _, s := range streams {
		if _, err := io.ReadAll(s.lines); err != nil {
			t.Errorf("ended with %v", err)
		}
	}
	if open := f.sessions.counts(); open != [kinds]int{} {
		t.Errorf("%v sessions are still open", open)
	}
	for i, group := range f.comments.groups {
		if len(group) > 0 {
			t.Errorf("group %d of the keeper still has %d streams", i, len(group))
		}
	}
}

func TestEventsOverTLS(t *testing.T) {
	config, err := SelfSigned(tls.VersionTLS13, false)
	if err != nil {
		t.Fatal(err)
	}
	f := start(t, Config{TLS: config})
	f.client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	stream := f.events("/sse?topic=a")
	f.post("a", "secret")
	stream.expect(event{id: f.cursor(0)}, event{id: f.cursor(1), data: "secret"})
	_ = stream.body.Close()
	f.until("gone", func(s api.Stats) bool { return s.Clients.EventStreams == 0 })
}

// subscribeEvents subscribes to events until the test ends.
func (f *fixture) subscribeEvents(got func(string)) {
	stream := f.events("/sse?topic=a")
	var reader sync.WaitGroup
	reader.Go(func() {
		for {
			e, err := stream.next()
			if err != nil {
				return
			}
			if e.data != "" {
				got(e.data)
			}
		}
	})
	f.t.Cleanup(func() { _ = stream.body.Close(); reader.Wait() })
}

func TestEventLines(t *testing.T) {
	at := longpoll.Cursor{Epoch: 10, Position: 35}
	for payload, want := range map[string]string{
		"":           "id: a-z\ndata: \n\n",
		"x":          "id: a-z\ndata: x\n\n",
		"\n":         "id: a-z\ndata: \ndata: \n\n",
		"a\nb":       "id: a-z\ndata: a\ndata: b\n\n",
		"a\r\nb\r\r": "id: a-z\ndata: a\ndata: b\ndata: \ndata: \n\n",
		" : x":       "id: a-z\ndata:  : x\n\n",
	} {
		if got := string(appendEvent(nil, "", at, []byte(payload))); got != want {
			t.Errorf("%q became %q, want %q", payload, got, want)
		}
	}
}

// One event is made for all that get it, and no other in its place.
func TestEventFramerRemembers(t *testing.T) {
	var f eventFramer
	payload, same := []byte("payload"), []byte("payload")
	at := longpoll.Cursor{Epoch: 10, Position: 1}
	first := f.message(at, payload)
	if again := f.message(at, payload); &again.framed[0] != &first.framed[0] || testing.AllocsPerRun(10, func() { f.message(at, payload) }) != 0 {
		t.Error("an event was made twice")
	}
	for name, c := range map[string]struct {
		payload []byte
		at      longpoll.Cursor
		want    string
	}{
		"another position":       {payload, longpoll.Cursor{Epoch: 10, Position: 2}, "17\r\nid: a-2\ndata: payload\n\n\r\n"},
		"another payload":        {same[:3], at, "13\r\nid: a-1\ndata: pay\n\n\r\n"},
		"nothing":                {[]byte{}, longpoll.Cursor{Epoch: 10, Position: 3}, "10\r\nid: a-3\ndata: \n\n\r\n"},
		"nothing, at a position": {[]byte{}, longpoll.Cursor{Epoch: 10, Position: 4}, "10\r\nid: a-4\ndata: \n\n\r\n"},
	} {
		got := f.message(c.at, c.payload)
		if string(got.framed) != c.want || !strings.Contains(c.want, string(got.bare)) || len(got.bare) != len(c.want)-len("17\r\n\r\n") {
			t.Errorf("%s: %q, bare %q; want %q", name, got.framed, got.bare, c.want)
		}
	}
}
