package target

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/coder/websocket"

	"pushbench/loadgen"
	"pushbench/longpoll"
	"pushbench/scenarios"
)

// kindOf is the name under which an error is counted.
func kindOf(err error) string {
	var k interface{ Kind() string }
	if errors.As(err, &k) {
		return k.Kind()
	}
	return fmt.Sprintf("none (%v)", err)
}

// answers is a server that grants the first poll and then answers as told.
func answers(t *testing.T, then http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has(longpoll.ParamCursor) || r.URL.Path == "/publish" {
			then(w, r)
			return
		}
		w.Header().Set(longpoll.HeaderCursor, "1-1")
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func status(code int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

// hijacked says text in place of an answer, and ends the connection.
func hijacked(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		c, rw, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		_, _ = rw.WriteString(text)
		_ = rw.Flush()
		_ = c.Close()
	}
}

func TestErrorKindsOfPolls(t *testing.T) {
	body := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(longpoll.HeaderCursor, "1-2")
			_, _ = w.Write([]byte(text))
		}
	}
	redirected := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
	defer redirected.Close()
	for name, test := range map[string]struct {
		then http.HandlerFunc
		kind string
	}{
		"shutting down":     {status(503), "http 503"},
		"gone":              {status(410, longpoll.HeaderCursor, "2-0"), "http 410"},
		"not found":         {status(404), "http 404"},
		"redirect":          {status(302, "Location", redirected.URL), "http 302"},
		"no cursor":         {status(200), "protocol"},
		"no netstring":      {body("hello"), "protocol"},
		"half a netstring":  {body("12:hello"), "protocol"},
		"not even a number": {status(204, longpoll.HeaderCursor, "1-1", longpoll.HeaderMissed, "many"), "protocol"},
		"negative missed":   {status(204, longpoll.HeaderCursor, "1-1", longpoll.HeaderMissed, "-1"), "protocol"},
	} {
		for _, kind := range kinds {
			t.Run(fmt.Sprintf("%s/%s", name, kind), func(t *testing.T) {
				target := newTarget(t, plan(answers(t, test.then), kind, scenarios.LongPoll))
				c, err := target.Open(deadline(t), loadgen.ClientSpec{Transport: scenarios.LongPoll, Topic: "t"})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := c.Receive(); kindOf(err) != test.kind {
					t.Errorf("the error's kind is %s, want %s", kindOf(err), test.kind)
				}
				if err := c.Close(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// These the lean client names; net/http has no types for them.
func TestErrorKindsOfBrokenHTTP(t *testing.T) {
	for name, test := range map[string]struct{ text, kind string }{
		"garbage":   {"what do you want?\r\n\r\n", "protocol"},
		"truncated": {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "truncated response"},
	} {
		t.Run(name, func(t *testing.T) {
			target := newTarget(t, plan(answers(t, hijacked(test.text)), loadgen.Lean, scenarios.LongPoll))
			c, err := target.Open(deadline(t), loadgen.ClientSpec{Transport: scenarios.LongPoll, Topic: "t"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Receive(); kindOf(err) != test.kind {
				t.Errorf("the error's kind is %s, want %s", kindOf(err), test.kind)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestErrorKindsOfSends(t *testing.T) {
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			target := newTarget(t, plan(answers(t, status(413)), kind, scenarios.LongPoll))
			c, err := target.Open(deadline(t), loadgen.ClientSpec{Transport: scenarios.LongPoll, Topic: "t", Sends: true})
			if err != nil {
				t.Fatal(err)
			}
			cost, err := c.Send(message(1, 60))
			if kindOf(err) != "http 413" || cost.Sent < 60 || cost.Requests != 1 {
				t.Errorf("error of kind %s, cost %+v; want http 413 and what it took", kindOf(err), cost)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestErrorKindsOfWebSockets(t *testing.T) {
	for name, test := range map[string]struct {
		serve func(*websocket.Conn)
		kind  string
	}{
		"closed by the server": {func(c *websocket.Conn) { _ = c.Close(websocket.StatusGoingAway, "restart") }, "websocket close 1001"},
		"no control message":   {func(c *websocket.Conn) { _ = c.Write(context.Background(), websocket.MessageText, []byte("{")) }, "protocol"},
	} {
		for _, kind := range kinds {
			t.Run(fmt.Sprintf("%s/%s", name, kind), func(t *testing.T) {
				s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					c, err := websocket.Accept(w, r, nil)
					if err != nil {
						t.Error(err)
						return
					}
					test.serve(c)
					_, _, _ = c.Read(context.Background()) // until the client has gone
					_ = c.CloseNow()
				}))
				defer s.Close()
				target := newTarget(t, plan(s.URL, kind, scenarios.WebSocket))
				c, err := target.Open(deadline(t), loadgen.ClientSpec{Transport: scenarios.WebSocket, Topic: "t"})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := c.Receive(); kindOf(err) != test.kind {
					t.Errorf("the error's kind is %s, want %s", kindOf(err), test.kind)
				}
				if err := c.Close(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}
