package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

// seen is an event as the tests compare them: with the id that a client would come back with after it.
type seen struct{ name, data, id string }

// plainDecode is the standard's algorithm over a whole body, written as the standard has it and not as this package does.
func plainDecode(body string) (events []seen) {
	body = strings.TrimPrefix(body, "\xef\xbb\xbf")
	body = strings.ReplaceAll(strings.ReplaceAll(body, "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(body, "\n")
	var data, name, id, last string
	for _, line := range lines[:len(lines)-1] {
		if line == "" {
			last = id
			if data != "" {
				events = append(events, seen{name, strings.TrimSuffix(data, "\n"), last})
			}
			data, name = "", ""
			continue
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "data":
			data += value + "\n"
		case "event":
			name = value
		case "id":
			if !strings.Contains(value, "\x00") {
				id = value
			}
		}
	}
	return events
}

const eventsHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"

func inChunks(pieces ...string) string {
	b := &strings.Builder{}
	b.WriteString(eventsHead + "Transfer-Encoding: chunked\r\n\r\n")
	for _, p := range pieces {
		fmt.Fprintf(b, "%x\r\n%s\r\n", len(p), p)
	}
	return b.String()
}

func openEvents(c net.Conn, o Options) (*EventStream, error) {
	return OpenEvents(c, []byte("GET / HTTP/1.1\r\n\r\n"), time.Time{}, o)
}

// drainEvents reads a stream to its end. Ids are only known after a batch: those of its earlier events are left empty, and that of its last is of an id
// alone that came behind it. Reads of a byte have one event each.
func drainEvents(s *EventStream) (events []seen, err error) {
	var b EventBatch
	for {
		if err := s.Receive(&b); err != nil {
			return events, err
		}
		for _, e := range b.Events {
			events = append(events, seen{name: string(e.Name), data: string(e.Data)})
		}
		events[len(events)-1].id = string(s.LastID())
	}
}

// withoutIDs is for batches of several events.
func withoutIDs(events []seen) []seen {
	for i := range events {
		events[i].id = ""
	}
	return events
}

// sameEvents compares what a stream brought with what it should have. Ids that are not known are not compared.
func sameEvents(t *testing.T, got, want []seen) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d events, want %d\n got %.300q\nwant %.300q", len(got), len(want), got, want)
	}
	for i, g := range got {
		w := want[i]
		if g.id == "" {
			w.id = ""
		}
		if g != w {
			t.Fatalf("event %d is %.300q, want %.300q", i, g, w)
		}
	}
}

// The standard's own examples (section 9.2.6, "Interpreting an event stream"), and what else its text says.
var eventTexts = []struct {
	name, body string
	want       []seen
}{
	{"stock", "data: YHOO\ndata: +2\ndata: 10\n\n", []seen{{"", "YHOO\n+2\n10", ""}}},
	{"four blocks", ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n", []seen{{"", "first event", "1"}, {"", "second event", ""}, {"", " third event", ""}}},
	{"data alone", "data\n\ndata\ndata\n\ndata:", []seen{{"", "", ""}, {"", "\n", ""}}},
	{"a space or none", "data:test\n\ndata: test\n\n", []seen{{"", "test", ""}, {"", "test", ""}}},
	{"CR", "data: a\rdata: b\r\rdata: c\r\r", []seen{{"", "a\nb", ""}, {"", "c", ""}}},
	{"CR LF", "data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", []seen{{"", "a\nb", ""}, {"", "c", ""}}},
	{"a byte order mark", "\xef\xbb\xbfdata: a\n\n\xef\xbb\xbfdata: b\n\n", []seen{{"", "a", ""}}},
	{"a name", "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\ndata: x\n\n", []seen{{"add", "73857293", ""}, {"remove", "2153", ""}, {"", "x", ""}}},
	{"a name behind", "data: a\nevent: late\ndata: b\n\ndata: c\nevent: later\n\n", []seen{{"late", "a\nb", ""}, {"later", "c", ""}}},
	{"two names", "event: one\nevent: two\ndata: a\n\nevent: x\nevent\ndata: b\n\n", []seen{{"two", "a", ""}, {"", "b", ""}}},
	{"a name alone", "event: x\n\ndata: a\n\n", []seen{{"", "a", ""}}},
	{"an id stays", "id: 7\ndata: a\n\ndata: b\n\nid: 8\n\ndata: c\n\n", []seen{{"", "a", "7"}, {"", "b", "7"}, {"", "c", "8"}}},
	{"an id with NUL", "id: 7\ndata: a\n\nid: 8\x00\ndata: b\n\n", []seen{{"", "a", "7"}, {"", "b", "7"}}},
	{"an id behind", "data: a\nid: 9\ndata: b\n\n", []seen{{"", "a\nb", "9"}}},
	{"unknown fields", "foo: bar\ndata: a\n:\nDATA: x\ndata : y\n\n", []seen{{"", "a", ""}}},
	{"nothing", "", nil},
	{"unfinished", "data: a\n\ndata: b\n", []seen{{"", "a", ""}}},
	{"many lines", "data: " + strings.Repeat("x\ndata: ", 400) + "y\n\n", []seen{{"", strings.Repeat("x\n", 400) + "y", ""}}},
}

func TestEventTexts(t *testing.T) {
	for _, tt := range eventTexts {
		t.Run(tt.name, func(t *testing.T) {
			if !reflect.DeepEqual(plainDecode(tt.body), tt.want) {
				t.Fatalf("the test's own decoder reads %q", plainDecode(tt.body))
			}
			for framing, response := range framings(tt.body) {
				for _, step := range []int{0, 1, 2, 7} {
					o := Options{Pool: &Pool{Size: 64}}
					s, err := openEvents(&scriptConn{in: []byte(response), step: step}, o)
					must(t, err)
					got, err := drainEvents(s)
					if !errors.Is(err, io.EOF) {
						t.Errorf("%s: ended with %v", framing, err)
					}
					if step != 1 {
						withoutIDs(got)
					}
					sameEvents(t, got, tt.want)
					if n := o.Pool.Lent(); n != 0 {
						t.Errorf("%s, reads of %d bytes: %d buffers were not given back", framing, step, n)
					}
				}
			}
		})
	}
}

// framings are a body in each framing that a response can have.
func framings(body string) map[string]string {
	pieces := []string{}
	for i := 0; i < len(body); i += 5 {
		pieces = append(pieces, body[i:min(len(body), i+5)])
	}
	return map[string]string{
		"in chunks":         inChunks(pieces...) + "0\r\n\r\n",
		"with a trailer":    inChunks(pieces...) + "0;last\r\nX-A: b\r\nX-C: d\r\n\r\n",
		"until the end":     eventsHead + "\r\n" + body,
		"of a length":       fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", eventsHead, len(body), body),
		"behind an interim": "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + strings.Replace(eventsHead, "stream", "stream; charset=utf-8", 1) + "\r\n" + body,
	}
}

// Random streams, cut at random places, over sockets that lend and connections that do not.
func TestEventsAgainstPlainDecoder(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		body, response := randomEvents(random)
		want := plainDecode(body)
		for _, step := range []int{0, 1, 1 + random.IntN(40)} {
			s, err := openEvents(&scriptConn{in: []byte(response), step: step}, Options{Pool: &Pool{Size: 64 + random.IntN(500)}})
			must(t, err)
			got, err := drainEvents(s)
			if !errors.Is(err, ErrStreamEnded) {
				t.Fatal(err)
			}
			if step != 1 {
				withoutIDs(got)
			}
			sameEvents(t, got, want)
		}
	}
}

// randomEvents is a body of lines that occur, and rarely occur, in streams, and a response that has it in chunks of random sizes.
func randomEvents(random *rand.Rand) (body, response string) {
	var b strings.Builder
	ends := []string{"\n", "\r\n", "\r"}
	for range 1 + random.IntN(60) {
		lines := []string{"", "data: " + strings.Repeat("p", random.IntN(300)), "data", "data:x", fmt.Sprintf("id: %d", random.IntN(99)), "event: e", ":", ": keep-alive", "other: x"}
		b.WriteString(lines[random.IntN(len(lines))] + ends[random.IntN(3)])
	}
	body = b.String()
	var pieces []string
	for rest := body; rest != ""; {
		n := 1 + random.IntN(min(len(rest), 200))
		pieces, rest = append(pieces, rest[:n]), rest[n:]
	}
	return body, inChunks(pieces...) + "0\r\n\r\n"
}

// net/http's server is the other end: it flushes each event in a chunk.
func TestEventsOfNetHTTP(t *testing.T) {
	addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 50 {
			fmt.Fprintf(w, "id: %d\ndata: %s\n\n", i, strings.Repeat("d", i*i))
			_ = http.NewResponseController(w).Flush()
		}
	})
	for _, version := range []string{"1.1", "1.0"} {
		c := lend(t, dial(t, addr))
		s, err := OpenEvents(c, []byte("GET / HTTP/"+version+"\r\nHost: x\r\n\r\n"), time.Now().Add(time.Minute), Options{})
		must(t, err)
		got, err := drainEvents(s)
		if !errors.Is(err, ErrStreamEnded) {
			t.Fatal(err)
		}
		if len(got) != 50 || len(got[49].data) != 49*49 || got[49].id != "49" {
			t.Errorf("HTTP/%s: %d events, the last %.60q", version, len(got), got[len(got)-1])
		}
	}
}

// The bytes that belong to each event do not depend on how the stream was cut into reads. An event's begin behind the one before it, with the end of that
// one's chunk.
func TestBufferedDoesNotDependOnReads(t *testing.T) {
	opening, one, two := "id: 0\n\n", "id: 1\ndata: one\n\n", ": comment\n\nid: 2\ndata: two\ndata: lines\n\n"
	response := inChunks(opening, one, two, one+two)
	spent := []int{len(inChunks()) + len("7\r\n") + len(opening)} // after the opening, and after each event
	for _, took := range []string{"\r\n11\r\n" + one, "\r\n2d\r\n" + two, "\r\n3e\r\n" + one, two} {
		spent = append(spent, spent[len(spent)-1]+len(took))
	}
	for step := range 100 {
		c := &countingConn{scriptConn: scriptConn{in: []byte(response), step: step}}
		s, err := openEvents(c, Options{Pool: &Pool{Size: 64}})
		must(t, err)
		var b EventBatch
		must(t, s.Begin(&b))
		if len(b.Events) != 0 || string(s.LastID()) != "0" || c.read-s.Buffered() != spent[0] {
			t.Fatalf("the stream began with %q, id %q, in %d bytes", b.Events, s.LastID(), c.read-s.Buffered())
		}
		received := 0
		for err = s.Receive(&b); err == nil; err = s.Receive(&b) {
			received += len(b.Events)
			if got := c.read - s.Buffered(); got != spent[received] {
				t.Errorf("reads of %d bytes: %d events took %d bytes, want %d", step, received, got, spent[received])
			}
		}
		if received != 4 || s.Comments() != 2 {
			t.Errorf("reads of %d bytes: %d events and %d comments", step, received, s.Comments())
		}
	}
}

// countingConn counts what is read from it.
type countingConn struct {
	scriptConn
	read int
}

func (c *countingConn) Read(b []byte) (int, error) {
	n, err := c.scriptConn.Read(b)
	c.read += n
	return n, err
}

// Begin takes one event and no more, also where others came with it; an event that it takes is not given again.
func TestBeginTakesOne(t *testing.T) {
	for name, tt := range map[string]struct {
		body  string
		first []seen
		then  []seen
	}{
		"an id":    {": hello\n\nid: 1\n\ndata: a\n\ndata: b\n\n", nil, []seen{{"", "a", ""}, {"", "b", "1"}}},
		"an event": {"event: reset\nid: 1\ndata: x\n\ndata: a\n\n", []seen{{"reset", "x", ""}}, []seen{{"", "a", "1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			for framing, response := range framings(tt.body) {
				s, err := openEvents(&scriptConn{in: []byte(response)}, Options{})
				must(t, err)
				var b EventBatch
				must(t, s.Begin(&b))
				var first []seen
				for _, e := range b.Events {
					first = append(first, seen{name: string(e.Name), data: string(e.Data)})
				}
				then, _ := drainEvents(s)
				if !reflect.DeepEqual(first, tt.first) {
					t.Errorf("%s: began with %q", framing, first)
				}
				sameEvents(t, then, tt.then)
			}
		})
	}
}

func TestEventsRefused(t *testing.T) {
	for name, tt := range map[string]struct{ response, want string }{
		"status":       {"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 12\r\n\r\ncome later\r\n", `status 503: the server did not open one; the body begins "come later`},
		"redirect":     {"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", `redirected to "/x"`},
		"no content":   {"HTTP/1.1 204 No Content\r\n\r\n", "status 204"},
		"other type":   {"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>", `not text/event-stream; the body begins "<html>"`},
		"no type":      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "not text/event-stream"},
		"coding":       {eventsHead + "Content-Encoding: gzip\r\n\r\n", "content coding"},
		"no HTTP":      {"SSH-2.0\r\n\r\n", "status line"},
		"ended":        {"", "before its response began"},
		"ended inside": {"HTTP/1.1 200 OK\r\nConte", "the response's head"},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{Pool: &Pool{}}
			_, err := openEvents(&scriptConn{in: []byte(tt.response)}, o)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if o.Pool.Lent() != 0 {
				t.Error("a buffer was not given back")
			}
		})
	}
}

// What is wrong is told after the events that came before it, and again by every later call.
func TestBrokenEvents(t *testing.T) {
	good := "data: a\n\n"
	broken := errors.New("broken")
	for name, tt := range map[string]struct {
		response string
		end      error
		want     string
	}{
		"ended between chunks": {inChunks(good), nil, "ended in the response's body, after 9 bytes"},
		"ended in a chunk":     {inChunks(good) + "5\r\nda", nil, "ended in the response's body, after 11 bytes"},
		"ended early":          {eventsHead + "Content-Length: 99\r\n\r\n" + good, nil, "ended in the response's body, after 9 bytes"},
		"a read fails":         {inChunks(good), broken, "broken"},
		"no chunk size":        {inChunks(good) + "x\r\n", nil, "a chunk size is not a hexadecimal number"},
		"an empty chunk size":  {inChunks(good) + "\r\n", nil, "a chunk size is not a hexadecimal number"},
		"a long chunk":         {strings.TrimSuffix(inChunks(good), "\r\n") + "x", nil, "a chunk is longer than its size"},
		"a bare LF":            {inChunks(good) + "5\ndata:", nil, "does not end in CR LF"},
		"a bare CR":            {inChunks(good) + "5\rdata:", nil, "does not end in CR LF"},
		"a long extension":     {inChunks(good) + "5;" + strings.Repeat("x", 5000), nil, "longer than 4096 bytes"},
		"a long trailer":       {inChunks(good) + "0\r\n" + strings.Repeat("X-Y: z\r\n", 10_000), nil, "trailer is larger"},
		"a long line":          {inChunks(good, "data: "+strings.Repeat("x", 9000)), nil, "an event is larger than the limit"},
		"a long event":         {inChunks(good, strings.Repeat("data: xxxx\n", 250)), nil, "an event is larger than the limit"},
		"more behind the end":  {inChunks(good) + "0\r\n\r\nHTTP/1.1 200 OK\r\n", nil, "ended the stream"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, step := range []int{0, 1} {
				o := Options{Pool: &Pool{Size: 256}, MaxMessage: 1000}
				s, err := openEvents(&scriptConn{in: []byte(tt.response), step: step, end: tt.end}, o)
				must(t, err)
				got, err := drainEvents(s)
				sameEvents(t, got, []seen{{"", "a", ""}})
				if err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%v, want %q", err, tt.want)
				}
				if again := s.Receive(new(EventBatch)); again != err {
					t.Errorf("the next call says %v", again)
				}
				if o.Pool.Lent() != 0 {
					t.Error("a buffer was not given back")
				}
			}
		})
	}
}

// Comments without end, and fields of no meaning, need no room; nor does an event that stays open between them.
func TestCommentsNeedNoRoom(t *testing.T) {
	o := Options{Pool: &Pool{Size: 128}}
	noise := strings.Repeat(": comment\nfield: x\n\n", 2000) + "data: a\n" + strings.Repeat(": comment\nfield: x\n", 2000) + "data: b\n\n"
	s, err := openEvents(&scriptConn{in: []byte(inChunks(noise))}, o)
	must(t, err)
	var b EventBatch
	must(t, s.Receive(&b))
	if string(b.Events[0].Data) != "a\nb" || s.Comments() != 4000 || len(s.src.buf) != 128 {
		t.Errorf("%q after %d comments, in a buffer of %d bytes", b.Events, s.Comments(), len(s.src.buf))
	}
}

func TestEventsAfterADeadline(t *testing.T) {
	c, server := tcpPair(t)
	_, err := io.WriteString(server, strings.TrimSuffix(inChunks("data: first\n"), "t\n\r\n"))
	must(t, err)
	s, err := OpenEvents(c, []byte("GET / HTTP/1.1\r\n\r\n"), time.Time{}, Options{})
	must(t, err)
	must(t, c.SetReadDeadline(time.Now().Add(time.Millisecond)))
	var b EventBatch
	if err := s.Receive(&b); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	must(t, c.SetReadDeadline(time.Time{}))
	_, err = io.WriteString(server, "t\n\r\n1\r\n\n\r\n")
	must(t, err)
	must(t, s.Receive(&b))
	if len(b.Events) != 1 || string(b.Events[0].Data) != "first" {
		t.Errorf("received %q", b.Events)
	}
}

func TestRetry(t *testing.T) {
	for text, want := range map[string]time.Duration{"2500": 2500 * time.Millisecond, "-1": 0, "1.5": 0, "": 0, "99999999999": 0} {
		s, err := openEvents(&scriptConn{in: []byte(inChunks("retry: "+text+"\n\n") + "0\r\n\r\n")}, Options{})
		must(t, err)
		if _, err := drainEventsOrNone(s); !errors.Is(err, ErrStreamEnded) || s.Retry() != want {
			t.Errorf("%q: %v, %v", text, s.Retry(), err)
		}
	}
}

func drainEventsOrNone(s *EventStream) (int, error) {
	var b EventBatch
	return len(b.Events), s.Receive(&b)
}

// Whatever a server sends: cut into any reads it gives the same events, and those that net/http and the plain decoder find.
func FuzzEvents(f *testing.F) {
	for _, tt := range eventTexts {
		for _, response := range framings(tt.body) {
			f.Add([]byte(response), uint8(3))
		}
	}
	f.Fuzz(func(t *testing.T, in []byte, step uint8) {
		o := Options{Pool: &Pool{Size: 64}, MaxHead: 4096, MaxMessage: 4096}
		decode := func(step int) ([]seen, error) {
			s, err := openEvents(&scriptConn{in: in, step: step}, o)
			if err != nil {
				return nil, err
			}
			return drainEvents(s)
		}
		whole, wholeErr := decode(0)
		got, err := decode(int(step))
		var refused *EventsError
		if errors.As(err, &refused) {
			refused.Body = nil // as much as came before something was wrong with it
		}
		if errors.As(wholeErr, &refused) {
			refused.Body = nil
		}
		if fmt.Sprint(err) != fmt.Sprint(wholeErr) || len(got) != len(whole) {
			t.Fatalf("in one piece %d events, %v\nin many %d, %v", len(whole), wholeErr, len(got), err)
		}
		for i := range got {
			if got[i].name != whole[i].name || got[i].data != whole[i].data {
				t.Fatalf("in one piece %q\nin many %q", whole[i], got[i])
			}
		}
		if n := o.Pool.Lent(); n != 0 {
			t.Fatalf("%d buffers were not given back", n)
		}
		if errors.Is(err, ErrStreamEnded) {
			compareEvents(t, in, got)
		}
	})
}

func compareEvents(t *testing.T, in []byte, got []seen) {
	r := bufio.NewReader(bytes.NewReader(in))
	for {
		response, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Skip("net/http refuses the head: ", err)
		}
		if response.StatusCode < 200 {
			continue
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Skip("net/http refuses the body: ", err) // it bounds chunk extensions and reads trailers
		}
		sameEvents(t, withoutIDs(got), plainDecode(string(body)))
		return
	}
}
