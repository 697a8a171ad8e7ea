package wire

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"
)

func TestRawLender(t *testing.T) {
	client, server := tcpPair(t)
	pool := &Pool{Size: 64}
	_, err := server.Write(make([]byte, 100))
	must(t, err)
	buf, n, err := client.ReadLent(pool)
	must(t, err)
	if len(buf) != 64 || n != 64 || pool.Lent() != 1 {
		t.Errorf("lent %d bytes with %d read, %d buffers out", len(buf), n, pool.Lent())
	}
	pool.Put(buf)
	if n, err := client.Read(make([]byte, 64)); n != 36 || err != nil {
		t.Errorf("a Read in between: %d, %v", n, err)
	}
	must(t, server.Close())
	if buf, n, err := client.ReadLent(pool); buf != nil || n != 0 || err != io.EOF {
		t.Errorf("at the end: %d bytes, %d, %v", len(buf), n, err)
	}
	if pool.Lent() != 0 {
		t.Error("a buffer was not given back")
	}
}

func TestRawLenderDeadlineAndClose(t *testing.T) {
	client, _ := tcpPair(t)
	pool := &Pool{}
	must(t, client.SetReadDeadline(time.Now().Add(time.Millisecond)))
	if _, _, err := client.ReadLent(pool); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("past the deadline: %v", err)
	}
	must(t, client.SetReadDeadline(time.Time{}))
	done := make(chan error)
	go func() {
		_, _, err := client.ReadLent(pool)
		done <- err
	}()
	must(t, client.TCPConn.Close())
	if err := <-done; !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	if pool.Lent() != 0 {
		t.Error("a buffer was not given back")
	}
}

func TestRawLenderReset(t *testing.T) {
	client, server := tcpPair(t)
	must(t, server.(*net.TCPConn).SetLinger(0))
	must(t, server.Close())
	pool := &Pool{}
	var failed *os.SyscallError
	if _, _, err := client.ReadLent(pool); !errors.As(err, &failed) || failed.Syscall != "read" {
		t.Errorf("after a reset: %v", err)
	}
	if pool.Lent() != 0 {
		t.Error("a buffer was not given back")
	}
}

func TestPoolKeepsOnlyItsSize(t *testing.T) {
	p := &Pool{Size: 100, MaxIdle: 2}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				b := p.Get()
				if len(b) != 100 {
					t.Errorf("%d bytes", len(b))
				}
				p.Put(b)
			}
		})
	}
	wg.Wait()
	for _, n := range []int{100, 200, 100, 100} {
		p.Get()
		p.Put(make([]byte, n))
	}
	if len(p.free) > 2 || p.Lent() != 0 {
		t.Errorf("%d kept, %d lent", len(p.free), p.Lent())
	}
	for _, b := range p.free {
		if len(b) != 100 {
			t.Errorf("kept %d bytes", len(b))
		}
	}
}
