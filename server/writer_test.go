package server

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"pushbench/server/api"
)

// The header of a server's frame is known from RFC 6455, section 5.2; the library must be found to write just that.
func TestFramerMakesTheFramesOfTheProtocol(t *testing.T) {
	var f framer
	defer f.close()
	for _, n := range []int{0, 1, 125, 126, 1000, 65_535, 65_536, 200_000} {
		payload := bytes.Repeat([]byte{'x'}, n)
		want := []byte{0x82}
		switch {
		case n <= 125:
			want = append(want, byte(n))
		case n <= 65_535:
			want = binary.BigEndian.AppendUint16(append(want, 126), uint16(n))
		default:
			want = binary.BigEndian.AppendUint64(append(want, 127), uint64(n))
		}
		want = append(want, payload...)
		for range 2 { // made, and remembered
			if got, err := f.binary(payload); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes: %d bytes beginning %x, %v", n, len(got), got[:min(len(got), 12)], err)
			}
		}
	}
	if got, err := f.text([]byte("t")); err != nil || string(got) != "\x81\x01t" {
		t.Errorf("text: %q, %v", got, err)
	}
	same := []byte("one")
	other := []byte("two")
	first, _ := f.binary(same)
	_ = first
	if got, _ := f.binary(other); string(got) != "\x82\x03two" {
		t.Errorf("another payload of the same length was given %q", got)
	}
}

// No data frame may follow a close frame (RFC 6455, section 5.5.1), and what was not sent is not the peer's fault.
func TestNothingFollowsACloseFrame(t *testing.T) {
	here, there := net.Pipe()
	c := &frameConn{Conn: here}
	received := make(chan []byte)
	go func() { b, _ := io.ReadAll(there); received <- b }()
	w := newWriter(new(crew))
	w.waiting = true
	if err := c.send(w, []byte("\x82\x01a")); err != nil {
		t.Error(err)
	}
	if _, err := c.Write([]byte("\x89\x00")); err != nil { // a ping ends nothing
		t.Error(err)
	}
	if err := c.send(w, []byte("\x82\x01b")); err != nil {
		t.Error(err)
	}
	if _, err := c.Write([]byte("\x88\x00")); err != nil {
		t.Error(err)
	}
	if err := c.send(w, []byte("\x82\x01c")); err != net.ErrClosed {
		t.Errorf("after the close frame: %v", err)
	}
	_ = here.Close()
	if got := <-received; string(got) != "\x82\x01a\x89\x00\x82\x01b\x88\x00" {
		t.Errorf("the peer received %q", got)
	}
}

// More subscribers that do not read than there are writers hold up nobody, however long they are not cut off.
func TestManySlowSubscribersHoldUpNobody(t *testing.T) {
	overLibraries(t, testManySlowSubscribersHoldUpNobody)
}

func testManySlowSubscribersHoldUpNobody(t *testing.T, lib Library) {
	f := start(t, Config{HTTP: lib, WriteTimeout: time.Minute, LogBytes: 64 << 20, ShutdownTimeout: time.Millisecond})
	const slow, messages = 20, 10
	for range slow {
		f.dial("/ws?topic=a") // never read
	}
	good, _ := f.dial("/ws?topic=a")
	good.SetReadLimit(-1)
	f.until("all are in", func(s api.Stats) bool { return s.Clients.WebSocket == slow+1 })
	big := strings.Repeat("x", 1<<20)
	for range messages { // more than the socket buffers of both ends hold
		f.post("a", big)
		f.expect(good, big)
	}
	if s := f.stats(); s.Messages.SlowClientsCutOff != 0 || s.Messages.DeliveredWebSocket >= messages*(slow+1) {
		t.Errorf("nobody was slow: %+v", s.Messages)
	}
}

// Pings are answered between messages, whole frames both.
func TestPingsBetweenMessages(t *testing.T) { overLibraries(t, testPingsBetweenMessages) }

func testPingsBetweenMessages(t *testing.T, lib Library) {
	f := start(t, Config{HTTP: lib})
	conn, _ := f.dial("/ws?topic=a")
	tp, _ := f.hub.topic("a")
	const messages = 2000
	pinged := make(chan error, 1)
	ctx := deadline(t)
	go func() {
		var err error
		for i := 0; i < 50 && err == nil; i++ {
			err = conn.Ping(ctx)
		}
		pinged <- err
	}()
	go func() {
		for i := range messages {
			_ = f.publish(tp, binary.BigEndian.AppendUint32(nil, uint32(i)))
		}
	}()
	for i := range messages {
		typ, b, err := conn.Read(ctx)
		if err != nil || typ != websocket.MessageBinary || binary.BigEndian.Uint32(b) != uint32(i) {
			t.Fatalf("message %d: %v %x, %v", i, typ, b, err)
		}
	}
	// Somebody has to read for the pongs that are still to come.
	reading, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { defer close(ended); _, _, _ = conn.Read(reading) }()
	if err := <-pinged; err != nil {
		t.Error(err)
	}
	cancel()
	<-ended
}
