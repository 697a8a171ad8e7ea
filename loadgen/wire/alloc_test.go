package wire

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// replay is a connection that repeats the same bytes for ever, one repetition a read, and lends.
type replay struct {
	scriptConn
	pattern []byte
}

func (c *replay) ReadLent(p *Pool) ([]byte, int, error) {
	buf := p.Get()
	return buf, copy(buf, c.pattern), nil
}
func (c *replay) Read(b []byte) (int, error)  { return copy(b, c.pattern), nil }
func (c *replay) Write(b []byte) (int, error) { return len(b), nil }

const pollResponse = "HTTP/1.1 200 OK\r\nDate: Mon, 23 Nov 2026 18:00:00 GMT\r\nContent-Type: application/json\r\nX-Cursor: e1:42\r\nContent-Length: 128\r\n\r\n"

func pollBytes() []byte { return append([]byte(pollResponse), make([]byte, 128)...) }

func noAllocs(t *testing.T, name string, f func()) {
	t.Helper()
	f() // fills the pools
	if n := testing.AllocsPerRun(200, f); n != 0 {
		t.Errorf("%s: %v allocations", name, n)
	}
}

func TestNoAllocationsInMemory(t *testing.T) {
	burst := append(serverFrame(true, Text, make([]byte, 128)), serverFrame(true, opPing, []byte("p"))...)
	for range 40 {
		burst = append(burst, serverFrame(true, Binary, make([]byte, 130))...)
	}
	ws := session(&replay{pattern: burst}, Options{})
	var b Batch
	noAllocs(t, "Receive of 41 messages and a ping", func() { must(t, ws.Receive(&b)) })
	if len(b.Messages) != 41 {
		t.Fatalf("%d messages", len(b.Messages))
	}
	payload := make([]byte, 40_000)
	noAllocs(t, "WriteMessage", func() { must(t, ws.WriteMessage(Binary, payload[:128])) })
	noAllocs(t, "WriteMessage beyond a buffer", func() { must(t, ws.WriteMessage(Binary, payload)) })

	events := []byte("97\r\n: comment\nevent: e\nid: 12\ndata: " + strings.Repeat("x", 55) + "\ndata: " + strings.Repeat("y", 55) + "\n\n\r\n")
	s := EventStream{src: newSource(&replay{pattern: bytes.Repeat(events, 20)}, &Pool{}), body: bodyFraming{phase: inChunkSize}, max: DefaultMaxMessage}
	var eb EventBatch
	noAllocs(t, "Receive of 20 events and comments", func() { must(t, s.Receive(&eb)) })
	if len(eb.Events) != 20 || len(eb.Events[19].Data) != 111 || string(s.LastID()) != "12" {
		t.Fatalf("%d events, id %q", len(eb.Events), s.LastID())
	}

	poll := NewHTTPConn(&replay{pattern: pollBytes()}, Options{})
	r, err := NewRequest(RequestSpec{Host: "h", Target: "/poll?cursor="})
	must(t, err)
	var resp Response
	noAllocs(t, "SendRequest and Receive", func() {
		must(t, poll.SendRequest(r, resp.Header("x-cursor"), nil))
		must(t, poll.Receive(&resp))
	})
	if string(resp.Header("X-Cursor")) != "e1:42" || len(resp.Body) != 128 {
		t.Fatalf("response %+v", resp)
	}
}

// The same over sockets, whose reads wait in the netpoller.
func TestNoAllocationsOverSockets(t *testing.T) {
	client, server := tcpPair(t)
	answer := make(chan []byte)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for b := range answer {
			_, _ = server.Write(b)
		}
	}()
	defer func() { close(answer); <-stopped }()

	frame := serverFrame(true, Text, make([]byte, 128))
	ws := session(client, Options{})
	var b Batch
	noAllocs(t, "Receive", func() {
		answer <- frame
		must(t, ws.Receive(&b))
	})

	request, response := []byte("GET / HTTP/1.1\r\n\r\n"), pollBytes()
	poll := NewHTTPConn(client, Options{})
	scratch := make([]byte, len(request))
	var resp Response
	noAllocs(t, "Do", func() {
		must(t, poll.Send(request))
		if _, err := io.ReadFull(server, scratch); err != nil {
			t.Fatal(err)
		}
		answer <- response
		must(t, poll.Receive(&resp))
	})
}
