package longpoll

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"
)

// scriptSource answers every read with the next step of a script.
type scriptSource struct {
	now     Cursor
	steps   []func(q Query, b *Batch) error
	queries []Query
}

func (s *scriptSource) Now(string) (Cursor, error) { return s.now, nil }

func (s *scriptSource) Read(_ context.Context, q Query, b *Batch) error {
	s.queries = append(s.queries, q)
	step := s.steps[0]
	s.steps = s.steps[1:]
	return step(q, b)
}

func messages(next Cursor, missed uint64, msgs ...string) func(Query, *Batch) error {
	return func(_ Query, b *Batch) error {
		b.Next, b.Missed = next, missed
		for _, m := range msgs {
			b.Add([]byte(m))
		}
		return nil
	}
}

func fails(err error) func(Query, *Batch) error {
	return func(Query, *Batch) error { return err }
}

func TestHandlerAnswers(t *testing.T) {
	const poll = "/poll?topic=a&cursor=1-2"
	for _, tc := range []struct {
		name, method, target string
		step                 func(Query, *Batch) error
		status               int
		header               map[string]string
		body                 string
	}{
		{name: "from now", target: "/poll?topic=a", status: 204, header: map[string]string{HeaderCursor: "1-9"}},
		{
			name: "messages", target: poll, step: messages(Cursor{1, 4}, 0, "hi", ""), status: 200, body: "2:hi,0:,",
			header: map[string]string{HeaderCursor: "1-4", HeaderMissed: "", "Content-Length": "8", "Content-Type": ContentType},
		},
		{
			name: "missed", target: poll, step: messages(Cursor{1, 9}, 5, "x"), status: 200, body: "1:x,",
			header: map[string]string{HeaderCursor: "1-9", HeaderMissed: "5"},
		},
		{name: "hold passed", target: poll, step: messages(Cursor{1, 2}, 0), status: 204, header: map[string]string{HeaderCursor: "1-2"}},
		{
			name: "other epoch", target: poll, step: fails(&ResetError{Cursor{7, 0}}), status: 410, body: "cursor is of another epoch; go on at 7-0\n",
			header: map[string]string{HeaderReset: "1", HeaderCursor: "7-0"},
		},
		{name: "refused topic", target: poll, step: fails(&ParamError{ParamTopic, "too long"}), status: 400, body: "parameter topic: too long\n"},
		{name: "malformed", target: "/poll?topic=a&hold=x", status: 400, body: "parameter hold: \"x\" is not a duration of 0s or more, such as 25s\n"},
		{name: "closing", target: poll, step: fails(ErrClosing), status: 503, body: ErrClosing.Error() + "\n", header: map[string]string{"Retry-After": "1"}},
		{name: "broken source", target: poll, step: fails(errors.New("disk on fire")), status: 500, body: "the poll failed: disk on fire\n"},
		{name: "method", method: "POST", target: poll, status: 405, body: "a poll is a GET request\n", header: map[string]string{"Allow": "GET"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := &Handler{Source: &scriptSource{now: Cursor{1, 9}, steps: []func(Query, *Batch) error{tc.step}}}
			method := tc.method
			if method == "" {
				method = http.MethodGet
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(method, tc.target, nil))
			if w.Code != tc.status || w.Body.String() != tc.body {
				t.Errorf("got %d %q, want %d %q", w.Code, w.Body, tc.status, tc.body)
			}
			for k, v := range tc.header {
				if got := w.Header().Get(k); got != v {
					t.Errorf("%s: %q, want %q", k, got, v)
				}
			}
			if got := w.Header().Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control: %q", got)
			}
		})
	}
}

func TestHandlerLimits(t *testing.T) {
	for _, tc := range []struct {
		name, params string
		hold         time.Duration
		max          int
	}{
		{"defaults", "", 25 * time.Second, 100},
		{"asked for", "&hold=3s&max=1", 3 * time.Second, 1},
		{"at once", "&hold=0s&max=0", 0, 100},
		{"capped", "&hold=1h&max=101", 30 * time.Second, 100},
	} {
		t.Run(tc.name, func(t *testing.T) {
			src := &scriptSource{steps: []func(Query, *Batch) error{messages(Cursor{}, 0)}}
			h := &Handler{Source: src, MaxHold: 30 * time.Second, MaxMessages: 100}
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/?topic=a&cursor=1-2"+tc.params, nil))
			if q := src.queries[0]; q.Hold != tc.hold || q.Max != tc.max {
				t.Errorf("the source was asked for hold %v, max %d; want %v, %d", q.Hold, q.Max, tc.hold, tc.max)
			}
		})
	}
}

func TestBatchFull(t *testing.T) {
	src := &scriptSource{steps: []func(Query, *Batch) error{func(_ Query, b *Batch) error {
		for !b.Full() {
			b.Add([]byte("0123456789"))
		}
		if b.Len() != 3 || b.Room() != 0 {
			t.Errorf("full with %d messages, room %d; want 3, 0", b.Len(), b.Room())
		}
		return nil
	}}}
	w := httptest.NewRecorder()
	(&Handler{Source: src, MaxBytes: 30}).ServeHTTP(w, httptest.NewRequest("GET", "/?topic=a&cursor=1-2", nil))
	if w.Body.Len() != 3*NetstringLen(10) {
		t.Errorf("body of %d bytes", w.Body.Len())
	}
}

func TestClientFollowsTheProtocol(t *testing.T) {
	src := &scriptSource{now: Cursor{1, 5}, steps: []func(Query, *Batch) error{
		messages(Cursor{1, 7}, 0, "a", "b"),
		messages(Cursor{1, 7}, 0), // the hold passes
		fails(errors.New("a passing 500")),
		fails(&ResetError{Cursor{2, 0}}),
		messages(Cursor{2, 9}, 4, "c"),
		fails(&ParamError{ParamTopic, "gone for good"}),
	}}
	server := httptest.NewServer(&Handler{Source: src})
	defer server.Close()
	c := &Client{URL: server.URL + "/?token=t", Topic: "a b", Hold: time.Second, Max: 3, HTTP: server.Client(), MinBackoff: 1}
	var got []Answer
	err := c.Run(t.Context(), func(a Answer) error { got = append(got, a); return nil })
	if status := (*StatusError)(nil); !errors.As(err, &status) || status.Code != 400 || !status.Permanent() {
		t.Errorf("Run ended with %v, want the refusal", err)
	}
	want := []Answer{
		{Messages: [][]byte{[]byte("a"), []byte("b")}},
		{Reset: true},
		{Messages: [][]byte{[]byte("c")}, Missed: 4},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	wantCursors := []Cursor{{1, 5}, {1, 7}, {1, 7}, {1, 7}, {2, 0}, {2, 9}}
	for i, q := range src.queries {
		if q.Cursor != wantCursors[i] || q.Topic != "a b" || q.Hold != time.Second || q.Max != 3 {
			t.Errorf("poll %d was %+v, want cursor %v", i, q, wantCursors[i])
		}
	}
}

func TestClientErrors(t *testing.T) {
	answer := func(status int, cursor, body string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(HeaderCursor, cursor)
			w.Header().Set("Retry-After", "3")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
	}
	for _, tc := range []struct {
		name    string
		handler http.Handler
		want    string
	}{
		{"no netstrings", answer(200, "1-1", "<html>"), "not of the long-poll protocol: message 1"},
		{"cut body", answer(200, "1-1", "3:abc,5:a"), "message 2"},
		{"no cursor", answer(200, "", "1:a,"), "without Push-Cursor"},
		{"too long", answer(200, "1-1", strings.Repeat("1:a,", 30)), "client's limit of 100"},
		{"gone without reset", answer(410, "1-1", "gone\n"), "410 Gone: gone"},
		{"unavailable", answer(503, "", "closing\nx"), "503 Service Unavailable: closing"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server := httptest.NewServer(tc.handler)
			defer server.Close()
			c := &Client{URL: server.URL, Topic: "a", Cursor: "0-0", HTTP: server.Client(), MaxBytes: 100}
			_, err := c.Poll(t.Context())
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
			if c.Cursor != "0-0" {
				t.Errorf("the cursor moved to %q", c.Cursor)
			}
			if status := (*StatusError)(nil); errors.As(err, &status) && status.RetryAfter != 3*time.Second {
				t.Errorf("RetryAfter %v", status.RetryAfter)
			}
		})
	}
}

func BenchmarkHandler(b *testing.B) {
	msg := make([]byte, 128)
	h := &Handler{Source: sourceFunc(func(_ Query, b *Batch) error { b.Add(msg); return nil })}
	r := httptest.NewRequest("GET", "/poll?topic=broadcast&cursor=2x8d1k3jq-9ix&hold=25s", nil)
	w := &nullWriter{header: make(http.Header)}
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		h.ServeHTTP(w, r)
	}
}

type sourceFunc func(q Query, b *Batch) error

func (f sourceFunc) Now(string) (Cursor, error) { return Cursor{}, nil }

func (f sourceFunc) Read(_ context.Context, q Query, b *Batch) error { return f(q, b) }

// nullWriter is a response that costs nothing, so that the handler is what is
// measured.
type nullWriter struct{ header http.Header }

func (w *nullWriter) Header() http.Header         { return w.header }
func (w *nullWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w *nullWriter) WriteHeader(int)             {}
