package wire

import (
	"net"
	"runtime"
	"strings"
	"testing"
)

// parked is memory per idle client, in bytes.
type parked struct{ heap, stack float64 }

// clientKind is a client to be measured: run receives the greeting, reports it, and waits for more until the
// connection is closed.
type clientKind struct {
	name     string
	greeting []byte
	stack    float64 // bytes at most
	run      func(c net.Conn, received chan<- struct{})
}

// measureParked connects n clients, lets every one receive its greeting on the goroutine that then parks, and returns
// what they occupy beyond the net.Conns.
func measureParked(t testing.TB, n int, k clientKind) parked {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	conns := make([]net.Conn, 0, 2*n)
	for range n {
		c, err := net.Dial("tcp", l.Addr().String())
		must(t, err)
		s, err := l.Accept()
		must(t, err)
		conns = append(conns, c, s)
	}
	before := memory()
	received, done := make(chan struct{}), make(chan struct{})
	for i := range n {
		go func() {
			k.run(conns[2*i], received)
			done <- struct{}{}
		}()
		_, err := conns[2*i+1].Write(k.greeting)
		must(t, err)
		<-received
	}
	after := memory()
	for _, c := range conns {
		c.Close()
	}
	for range n {
		<-done
	}
	return parked{(after.heap - before.heap) / float64(n), (after.stack - before.stack) / float64(n)}
}

func memory() parked {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return parked{float64(m.HeapInuse), float64(m.StackInuse)}
}

func clientKinds(t testing.TB) []clientKind {
	pool := &Pool{}
	frame := serverFrame(true, Text, make([]byte, 128))
	return []clientKind{
		{"websocket", frame, 3 << 10, func(c net.Conn, received chan<- struct{}) {
			ws := session(lend(t, c), Options{Pool: pool})
			var b Batch
			for ws.Receive(&b) == nil {
				received <- struct{}{}
			}
		}},
		{"poll", pollBytes(), 5 << 10, func(c net.Conn, received chan<- struct{}) {
			poll := NewHTTPConn(lend(t, c), Options{Pool: pool})
			var resp Response
			for poll.Do([]byte("GET / HTTP/1.1\r\n\r\n"), &resp) == nil {
				received <- struct{}{}
			}
		}},
		{"events", []byte("90\r\nid: 1\ndata: " + strings.Repeat("x", 130) + "\n\n\r\n"), 5 << 10, func(c net.Conn, received chan<- struct{}) {
			s := EventStream{src: newSource(lend(t, c), pool), body: bodyFraming{phase: inChunkSize}, max: DefaultMaxMessage}
			var b EventBatch
			for s.Receive(&b) == nil {
				received <- struct{}{}
			}
		}},
		{"own 4 KiB buffer", frame, 0, parkBuffered},
	}
}

// parkBuffered is the plainest client that owns its read buffer.
func parkBuffered(c net.Conn, received chan<- struct{}) {
	buf := make([]byte, 4096)
	for {
		if _, err := c.Read(buf); err != nil {
			return
		}
		received <- struct{}{}
	}
}

func BenchmarkIdleClient(b *testing.B) {
	const clients = 2000
	for _, kind := range clientKinds(b) {
		b.Run(kind.name, func(b *testing.B) {
			var m parked
			for b.Loop() {
				m = measureParked(b, clients, kind)
			}
			b.ReportMetric(m.heap, "heap-B/client")
			b.ReportMetric(m.stack, "stack-B/client")
			b.ReportMetric(m.heap+m.stack, "B/client")
		})
	}
}

// An idle client holds no buffer: its heap is 3 KiB smaller than that of a client that owns 4 KiB, and it does not take that in stack, which stays at a goroutine's first
// 2 KiB or grows once. Stacks are not compared: those of goroutines that have ended are used again, so the difference of two readings depends on what ran before.
func TestIdleClientIsSmall(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector changes the size of everything")
	}
	const clients = 400
	kinds := clientKinds(t)
	last := len(kinds) - 1
	plain := measureParked(t, clients, kinds[last])
	for _, kind := range kinds[:last] {
		lean := measureParked(t, clients, kind)
		t.Logf("%s: %.0f bytes of heap, %.0f of stack; with its own buffer %.0f and %.0f", kind.name, lean.heap, lean.stack, plain.heap, plain.stack)
		if lean.heap > plain.heap-3<<10 || lean.stack > kind.stack {
			t.Errorf("an idle %s client costs %+v bytes, one with its own 4 KiB buffer %+v", kind.name, lean, plain)
		}
	}
}
