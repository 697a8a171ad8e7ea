package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
)

// received is every message of a stream, copied, and the error it ended with.
type received struct {
	messages []string
	err      error
}

func (r received) String() string { return fmt.Sprintf("%q, then %v", r.messages, r.err) }

func receiveAll(c *WebSocketConn) (r received) {
	var b Batch
	for {
		if r.err = c.Receive(&b); r.err != nil {
			return r
		}
		for _, m := range b.Messages {
			r.messages = append(r.messages, fmt.Sprintf("%d:%s", m.Op, m.Payload))
		}
	}
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// The examples of RFC 6455, section 5.7, as far as a server sends them.
func TestRFC6455Examples(t *testing.T) {
	tests := []struct {
		name, frames, want, answer string
	}{
		{"unmasked text", "81 05 48 65 6c 6c 6f", "1:Hello", ""},
		{"fragmented text", "01 03 48 65 6c 80 02 6c 6f", "1:Hello", ""},
		{"ping", "89 05 48 65 6c 6c 6f 81 00", "1:", "Hello"},
		{"256 bytes", "82 7e 01 00" + strings.Repeat("61", 256), "2:" + strings.Repeat("a", 256), ""},
		{"64 KiB", "82 7f 00 00 00 00 00 01 00 00" + strings.Repeat("61", 65536), "2:" + strings.Repeat("a", 65536), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			conn := &scriptConn{in: unhex(tt.frames)}
			got := receiveAll(session(conn, Options{}))
			if len(got.messages) != 1 || got.messages[0] != tt.want {
				t.Errorf("messages %.80q, want %.80q", got.messages, tt.want)
			}
			if tt.answer != "" {
				if op, payload := unmask(t, conn.out); op != opPong || string(payload) != tt.answer {
					t.Errorf("answered with opcode %d %q, want a pong %q", op, payload, tt.answer)
				}
			}
		})
	}
}

// The masked example of section 5.7.
func TestMaskExample(t *testing.T) {
	got := make([]byte, 5)
	mask(got, []byte("Hello"), 0x3d21fa37) // 37 fa 21 3d on the wire
	if want := unhex("7f 9f 4d 51 58"); !bytes.Equal(got, want) {
		t.Errorf("masked % x, want % x", got, want)
	}
}

func TestMaskInPieces(t *testing.T) {
	src := make([]byte, 200)
	for i := range src {
		src[i] = byte(i * 7)
	}
	key := uint32(0xa1b2c3d4)
	want := make([]byte, len(src))
	for i := range src {
		want[i] = src[i] ^ byte(key>>(8*(i%4)))
	}
	for cut := range src {
		got := make([]byte, len(src))
		next := mask(got, src[:cut], key)
		mask(got[cut:], src[cut:], next)
		if !bytes.Equal(got, want) {
			t.Fatalf("cut at %d: masked differently", cut)
		}
	}
}

// unmask decodes the first frame a client sent, by the book.
func unmask(t testing.TB, b []byte) (Opcode, []byte) {
	t.Helper()
	if len(b) < 6 || b[1]&maskBit == 0 || b[0]&finBit == 0 {
		t.Fatalf("no masked frame: % x", b)
	}
	n := int(b[1] &^ maskBit)
	if n > 125 {
		t.Fatalf("a control frame of %d bytes", n)
	}
	payload := append([]byte(nil), b[6:6+n]...)
	for i := range payload {
		payload[i] ^= b[2+i%4]
	}
	return Opcode(b[0] & 0xf), payload
}

// A stream with everything in it, cut at every position and into reads of every size, gives the same messages.
func TestEveryCut(t *testing.T) {
	stream, want := busyStream()
	pool := &Pool{Size: 128}
	for cut := 0; cut <= len(stream); cut++ {
		conn := &cutConn{scriptConn: scriptConn{in: stream}, cut: cut}
		checkStream(t, fmt.Sprintf("cut at %d", cut), session(conn, Options{Pool: pool}), want)
	}
	for step := 1; step < 200; step++ {
		conn := &scriptConn{in: stream, step: step}
		checkStream(t, fmt.Sprintf("reads of %d", step), session(conn, Options{Pool: pool}), want)
	}
	if n := pool.Lent(); n != 0 {
		t.Errorf("%d buffers were not given back", n)
	}
}

// cutConn delivers the first cut bytes in one read.
type cutConn struct {
	scriptConn
	cut int
}

func (c *cutConn) Read(b []byte) (int, error) {
	if c.cut > 0 {
		b = b[:min(len(b), c.cut)]
		c.cut -= len(b)
	}
	return c.scriptConn.Read(b)
}

func busyStream() (stream []byte, want []string) {
	long := strings.Repeat("0123456789", 40)
	add := func(b []byte) { stream = append(stream, b...) }
	add(serverFrame(true, Text, []byte("one")))
	add(serverFrame(true, opPing, []byte("p1")))
	add(serverFrame(false, Binary, []byte("two-")))
	add(serverFrame(true, opPing, []byte("p2")))
	add(serverFrame(false, opContinuation, nil))
	add(serverFrame(true, opPong, []byte("unasked")))
	add(serverFrame(false, opContinuation, []byte(long)))
	add(serverFrame(true, opContinuation, []byte("-end")))
	add(serverFrame(true, Text, nil))
	add(serverFrame(false, Text, nil))
	add(serverFrame(true, opContinuation, nil))
	add(serverFrame(true, Binary, []byte(long)))
	add(serverFrame(true, opClose, append([]byte{0x03, 0xe9}, "bye"...)))
	return stream, []string{"1:one", "2:two-" + long + "-end", "1:", "1:", "2:" + long}
}

func checkStream(t *testing.T, name string, c *WebSocketConn, want []string) {
	t.Helper()
	got := receiveAll(c)
	if fmt.Sprint(got.messages) != fmt.Sprint(want) {
		t.Fatalf("%s: messages %q, want %q", name, got.messages, want)
	}
	var closed *CloseError
	if !errors.As(got.err, &closed) || closed.Code != CloseGoingAway || closed.Reason != "bye" {
		t.Fatalf("%s: ended with %v", name, got.err)
	}
	if c.Pings() != 2 || c.Pongs() != 1 {
		t.Fatalf("%s: %d pings, %d pongs", name, c.Pings(), c.Pongs())
	}
}

// Whatever the reads, what Buffered leaves over is exactly the bytes of the messages delivered.
func TestBufferedIsIndependentOfReads(t *testing.T) {
	stream, _ := busyStream()
	ends := []int{5, 5 + 4 + 6 + 4 + 2 + 9 + 404 + 6} // of the first two messages
	for step := 1; step < len(stream); step++ {
		conn := &scriptConn{in: stream, step: step}
		c := session(conn, Options{Pool: &Pool{Size: 64}})
		var b Batch
		for delivered := 0; delivered < 2; delivered += len(b.Messages) {
			must(t, c.Receive(&b))
			if n := delivered + len(b.Messages); n <= 2 {
				if got := len(stream) - len(conn.in) - c.Buffered(); got != ends[n-1] {
					t.Fatalf("reads of %d: %d bytes belong to %d messages, want %d", step, got, n, ends[n-1])
				}
			}
		}
	}
}

func TestProtocolErrors(t *testing.T) {
	big := serverFrame(true, Binary, make([]byte, 2000))
	tests := []struct {
		name   string
		frames []byte
		code   int
	}{
		{"masked", unhex("81 85 37 fa 21 3d 7f 9f 4d 51 58"), CloseProtocol},
		{"reserved bit 1", unhex("c1 00"), CloseProtocol},
		{"reserved bit 1 of a ping", unhex("c9 00"), CloseProtocol},
		{"reserved bit 2", unhex("a1 00"), CloseProtocol},
		{"reserved bit 3", unhex("91 00"), CloseProtocol},
		{"opcode 3", unhex("83 00"), CloseProtocol},
		{"opcode 7", unhex("87 00"), CloseProtocol},
		{"opcode b", unhex("8b 00"), CloseProtocol},
		{"opcode f", unhex("8f 00"), CloseProtocol},
		{"long ping", serverFrame(true, opPing, make([]byte, 126)), CloseProtocol},
		{"fragmented ping", unhex("09 00"), CloseProtocol},
		{"half a close code", unhex("88 01 03"), CloseProtocol},
		{"close code 999", unhex("88 02 03 e7"), CloseProtocol},
		{"close code 1004", unhex("88 02 03 ec"), CloseProtocol},
		{"close code 1005", unhex("88 02 03 ed"), CloseProtocol},
		{"close code 1006", unhex("88 02 03 ee"), CloseProtocol},
		{"close code 1015", unhex("88 02 03 f7"), CloseProtocol},
		{"close code 2999", unhex("88 02 0b b7"), CloseProtocol},
		{"close code 5000", unhex("88 02 13 88"), CloseProtocol},
		{"close reason not UTF-8", unhex("88 03 03 e8 ff"), CloseInvalidData},
		{"continuation of nothing", unhex("80 00"), CloseProtocol},
		{"message in a message", unhex("01 00 81 00"), CloseProtocol},
		{"126 in 16 bits but 125", unhex("81 7e 00 7d"), CloseProtocol},
		{"16 bits in 64", unhex("81 7f 00 00 00 00 00 00 ff ff"), CloseProtocol},
		{"highest bit", unhex("81 7f 80 00 00 00 00 00 00 00"), CloseProtocol},
		{"too big", big, CloseTooBig},
		{"too big, announced", unhex("81 7f 7f ff ff ff ff ff ff ff"), CloseTooBig},
		{"too big in fragments", append(serverFrame(false, Text, make([]byte, 900)), serverFrame(true, 0, make([]byte, 200))...), CloseTooBig},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			pool := &Pool{}
			conn := &scriptConn{in: append(serverFrame(true, Text, []byte("before")), tt.frames...)}
			c := session(conn, Options{MaxMessage: 1000, Pool: pool})
			got := receiveAll(c)
			if len(got.messages) != 1 || got.messages[0] != "1:before" {
				t.Errorf("messages before the breach: %q", got.messages)
			}
			var breach *ProtocolError
			if !errors.As(got.err, &breach) || breach.Code != tt.code {
				t.Fatalf("error %v, want code %d", got.err, tt.code)
			}
			op, payload := unmask(t, conn.out)
			if want := []byte{byte(tt.code >> 8), byte(tt.code)}; op != opClose || !bytes.Equal(payload, want) {
				t.Errorf("answered with opcode %d % x", op, payload)
			}
			if again := c.Receive(&Batch{}); again != got.err {
				t.Errorf("a second Receive: %v", again)
			}
			if pool.Lent() != 0 {
				t.Error("the buffer was not given back")
			}
		})
	}
}

// An announced length must not be believed before its bytes come.
func TestAnnouncedLengthAllocatesNothing(t *testing.T) {
	conn := &scriptConn{in: unhex("82 7f 00 00 00 00 20 00 00 00 61 62"), step: 3, end: os.ErrDeadlineExceeded}
	c := session(conn, Options{MaxMessage: 1 << 30})
	if err := c.Receive(&Batch{}); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	if n := len(c.src.buf); n != DefaultBufferSize {
		t.Errorf("the buffer has %d bytes", n)
	}
}

func TestPingFloodInsideMessageIsBounded(t *testing.T) {
	stream := serverFrame(false, Text, []byte("begin "))
	for range 2000 {
		stream = append(stream, serverFrame(true, opPing, make([]byte, 125))...)
		stream = append(stream, serverFrame(false, opContinuation, nil)...)
	}
	stream = append(stream, serverFrame(true, opContinuation, []byte("end"))...)
	c := session(&scriptConn{in: stream, step: 700}, Options{Pool: &Pool{Size: 1024}})
	var b Batch
	must(t, c.Receive(&b))
	if string(b.Messages[0].Payload) != "begin end" || len(c.src.buf) != 1024 {
		t.Errorf("got %q in a buffer of %d bytes", b.Messages[0].Payload, len(c.src.buf))
	}
}

// A deadline in the middle of a frame loses nothing.
func TestReceiveResumesAfterDeadline(t *testing.T) {
	client, server := tcpPair(t)
	pool := &Pool{}
	c := session(client, Options{Pool: pool})
	frame := serverFrame(true, Text, []byte("Hello"))
	for cut := range frame {
		_, err := server.Write(frame[:cut])
		must(t, err)
		must(t, client.SetReadDeadline(time.Now().Add(2*time.Millisecond)))
		if err := c.Receive(&Batch{}); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
		must(t, client.SetReadDeadline(time.Time{}))
		_, err = server.Write(frame[cut:])
		must(t, err)
		var b Batch
		must(t, c.Receive(&b))
		if len(b.Messages) != 1 || string(b.Messages[0].Payload) != "Hello" {
			t.Fatalf("cut at %d: %v", cut, b.Messages)
		}
	}
	c.Release()
	if pool.Lent() != 0 {
		t.Error("the buffer was not given back")
	}
}

func TestEndWithoutClose(t *testing.T) {
	for _, in := range []string{"", "81", "81 05 48", "01 01 48"} {
		pool := &Pool{}
		c := session(&scriptConn{in: unhex(in)}, Options{Pool: pool})
		if err := c.Receive(&Batch{}); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("after %q: %v", in, err)
		}
		if pool.Lent() != 0 {
			t.Errorf("after %q: the buffer was not given back", in)
		}
	}
}

func TestWriteOneSyscall(t *testing.T) {
	conn := &scriptConn{}
	c := session(conn, Options{Pool: &Pool{Size: 1024}})
	must(t, c.WriteMessage(Text, make([]byte, 1000)))
	if conn.writes != 1 {
		t.Errorf("%d writes for a message that fits a buffer", conn.writes)
	}
}

// Any frames after any cut: no panic, no message over the limit, and the same result as read in one piece.
func FuzzFrames(f *testing.F) {
	stream, _ := busyStream()
	f.Add(stream, uint16(3))
	f.Add(unhex("01 03 48 65 6c 89 00 80 02 6c 6f"), uint16(1))
	f.Add(unhex("81 7f 7f ff ff ff ff ff ff ff"), uint16(2))
	f.Fuzz(func(t *testing.T, in []byte, seed uint16) {
		whole := receiveAll(session(&scriptConn{in: in}, Options{MaxMessage: 4096}))
		pool := &Pool{Size: 64 + int(seed%128)}
		cut := session(&scriptConn{in: in, step: 1 + rand.New(rand.NewPCG(uint64(seed), 0)).IntN(20)}, Options{MaxMessage: 4096, Pool: pool})
		pieces := receiveAll(cut)
		if fmt.Sprint(whole) != fmt.Sprint(pieces) {
			t.Fatalf("in one piece %v\nin many %v", whole, pieces)
		}
		if len(cut.src.buf) > 0 || pool.Lent() != 0 {
			t.Fatal("a buffer was not given back")
		}
	})
}
