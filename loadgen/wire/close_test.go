package wire

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"
)

func TestNothingFollowsClose(t *testing.T) {
	conn := &scriptConn{in: append(serverFrame(true, opPing, nil), serverFrame(true, opClose, nil)...)}
	c := session(conn, Options{})
	must(t, c.SendClose(CloseNormal, "done", time.Time{}))
	sent := len(conn.out)
	if err := c.WriteMessage(Text, nil); err != ErrCloseSent {
		t.Errorf("WriteMessage: %v", err)
	}
	must(t, c.SendClose(CloseNormal, "again", time.Time{}))
	var closed *CloseError
	if err := c.Receive(&Batch{}); !errors.As(err, &closed) || closed.Code != CloseNoStatus {
		t.Errorf("Receive: %v", err)
	}
	if len(conn.out) != sent {
		t.Errorf("%d bytes followed the close frame", len(conn.out)-sent)
	}
}

func TestSendCloseRefuses(t *testing.T) {
	c := session(&scriptConn{}, Options{})
	for name, err := range map[string]error{
		"1006":     c.SendClose(1006, "", time.Time{}),
		"reason":   c.SendClose(CloseNormal, strings.Repeat("x", 124), time.Time{}),
		"utf8":     c.SendClose(CloseNormal, "\xff", time.Time{}),
		"no code":  c.SendClose(CloseNoStatus, "why", time.Time{}),
		"bad op":   c.WriteMessage(opPing, nil),
		"bad op 0": c.WriteMessage(opContinuation, nil),
		"big ping": c.SendPing(make([]byte, maxControl+1)),
	} {
		if err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	must(t, c.SendClose(CloseNormal, strings.Repeat("x", 123), time.Time{}))
}

// The server never answers: Close comes back at the deadline.
func TestCloseKeepsItsDeadline(t *testing.T) {
	client, _ := tcpPair(t)
	c := session(client, Options{})
	err := c.Close(CloseNormal, "", time.Now().Add(5*time.Millisecond))
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Close: %v", err)
	}
}

// A writer stuck on a server that does not read must not hold up SendClose.
func TestSendCloseFreesStuckWriter(t *testing.T) {
	client, _ := tcpPair(t)
	c := session(client, Options{})
	stuck := make(chan error)
	go func() {
		for {
			if err := c.WriteMessage(Binary, make([]byte, 1<<20)); err != nil {
				stuck <- err
				return
			}
		}
	}()
	_ = c.SendClose(CloseNormal, "", time.Now().Add(20*time.Millisecond))
	if err := <-stuck; !errors.Is(err, os.ErrDeadlineExceeded) && err != ErrCloseSent {
		t.Errorf("the stuck writer got %v", err)
	}
}

func TestSendPing(t *testing.T) {
	conn := &scriptConn{in: serverFrame(true, opPong, []byte("hello"))}
	c := session(conn, Options{})
	must(t, c.SendPing([]byte("hello")))
	if len(conn.out) != 2+4+5 || conn.out[0] != finBit|byte(opPing) || conn.out[1] != maskBit|5 {
		t.Errorf("on the wire: %x", conn.out)
	}
	if err := c.Receive(&Batch{}); err == nil || c.Pongs() != 1 {
		t.Errorf("%d pongs, %v", c.Pongs(), err)
	}
	must(t, c.SendClose(CloseNormal, "", time.Time{}))
	if err := c.SendPing(nil); err != ErrCloseSent {
		t.Errorf("a ping behind the close frame: %v", err)
	}
}
