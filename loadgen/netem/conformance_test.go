package netem

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"pushbench/loadgen/wire"
)

type closeWriter interface{ CloseWrite() error }

func TestBytesBothWaysAreCompleteAndMetered(t *testing.T) {
	forEachVariant(t, func(t *testing.T, p pair) {
		up, down := pattern(3<<20+17), pattern(2<<20+5)
		var sending sync.WaitGroup
		send := func(c interface {
			net.Conn
			closeWriter
		}, data []byte,
		) {
			if _, err := c.Write(data); err != nil {
				t.Error(err)
			}
			if err := c.CloseWrite(); err != nil {
				t.Error(err)
			}
		}
		sending.Go(func() { send(p.server, down) })
		sending.Go(func() {
			send(p.client.(interface {
				net.Conn
				closeWriter
			}), up)
		})
		var atServer []byte
		sending.Go(func() { atServer, _ = io.ReadAll(p.server) })
		atClient, err := io.ReadAll(p.client)
		sending.Wait()
		if err != nil || !bytes.Equal(atClient, down) || !bytes.Equal(atServer, up) {
			t.Errorf("client got %d of %d bytes, server %d of %d, or they differ (%v)", len(atClient), len(down), len(atServer), len(up), err)
		}
		if s, r := p.meter.Sent.Load(), p.meter.Received.Load(); s != int64(len(up)) || r != int64(len(down)) {
			t.Errorf("metered %d sent and %d received, want %d and %d", s, r, len(up), len(down))
		}
		if n := p.meter.Connections.Load(); n != 1 {
			t.Errorf("metered %d connections", n)
		}
	})
}

func TestReadDeadline(t *testing.T) {
	forEachVariant(t, func(t *testing.T, p pair) {
		var buf [1]byte
		check := func(name string) {
			_, err := p.client.Read(buf[:])
			var timeout net.Error
			if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
				t.Errorf("%s: Read = %v, want a timeout", name, err)
			}
		}
		p.client.SetReadDeadline(time.Now().Add(-time.Second))
		check("past")
		check("past, again")
		p.client.SetDeadline(time.Now().Add(5 * time.Millisecond))
		check("soon")
		p.client.SetReadDeadline(time.Now().Add(time.Hour))
		timer := time.AfterFunc(5*time.Millisecond, func() { p.client.SetReadDeadline(time.Now()) })
		check("moved while reading")
		timer.Stop()
		p.client.SetReadDeadline(time.Time{})
		mustWrite(t, p.server, "x")
		mustRead(t, p.client, "x")
	})
}

func TestWriteDeadlineWhenThePeerDoesNotRead(t *testing.T) {
	forEachVariant(t, func(t *testing.T, p pair) {
		p.client.SetWriteDeadline(time.Now().Add(20 * time.Millisecond))
		block := make([]byte, 1<<20)
		var err error
		written := 0
		for n := 0; err == nil && written < 1<<30; written += n {
			n, err = p.client.Write(block)
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("after %d bytes: %v, want a timeout", written, err)
		}
	})
}

func TestCloseEndsReadAndWrite(t *testing.T) {
	forEachVariant(t, func(t *testing.T, p pair) {
		ended := make(chan error, 2)
		go func() {
			_, err := p.client.Read(make([]byte, 1))
			ended <- err
		}()
		go func() {
			var err error
			for block := make([]byte, 1<<20); err == nil; {
				_, err = p.client.Write(block)
			}
			ended <- err
		}()
		eventually(func() bool { return p.meter.Sent.Load() > 0 || p.dialer.Network == Network{} })
		if err := p.client.Close(); err != nil {
			t.Error(err)
		}
		for range 2 {
			if err := <-ended; !errors.Is(err, net.ErrClosed) {
				t.Errorf("ended with %v, want net.ErrClosed", err)
			}
		}
	})
}

func TestUseAfterClose(t *testing.T) {
	forEachVariant(t, func(t *testing.T, p pair) {
		p.client.Close()
		_, readErr := p.client.Read(make([]byte, 1))
		_, writeErr := p.client.Write([]byte("x"))
		errs := map[string]error{
			"Read": readErr, "Write": writeErr, "Close": p.client.Close(),
			"CloseWrite":  p.client.(closeWriter).CloseWrite(),
			"SetDeadline": p.client.SetDeadline(time.Now()),
		}
		for op, err := range errs {
			if !errors.Is(err, net.ErrClosed) {
				t.Errorf("%s after Close = %v, want net.ErrClosed", op, err)
			}
		}
	})
}

func TestCloseWriteLeavesReadingOpen(t *testing.T) {
	forEachVariant(t, func(t *testing.T, p pair) {
		mustWrite(t, p.client, "question")
		if err := p.client.(closeWriter).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if _, err := p.client.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("Write after CloseWrite = %v, want EPIPE", err)
		}
		if got, err := io.ReadAll(p.server); string(got) != "question" || err != nil {
			t.Errorf("server got %q, %v", got, err)
		}
		mustWrite(t, p.server, "answer")
		p.server.Close()
		if got, err := io.ReadAll(p.client); string(got) != "answer" || err != nil {
			t.Errorf("client got %q, %v", got, err)
		}
		if _, err := p.client.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("second Read at the end = %v, want io.EOF", err)
		}
	})
}

func TestCloseSendsWhatWasWritten(t *testing.T) {
	forEachVariant(t, func(t *testing.T, p pair) {
		want := pattern(200_000)
		if _, err := p.client.Write(want); err != nil {
			t.Fatal(err)
		}
		p.client.Close()
		if got, err := io.ReadAll(p.server); !bytes.Equal(got, want) || err != nil {
			t.Errorf("server got %d of %d bytes, %v", len(got), len(want), err)
		}
	})
}

func TestResetSurfacesInReadAndWrite(t *testing.T) {
	forEachVariant(t, func(t *testing.T, p pair) {
		p.server.SetLinger(0) // Close sends a reset
		p.server.Close()
		if _, err := p.client.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("Read = %v, want ECONNRESET", err)
		}
		_, err := p.client.Write([]byte("x"))
		if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
			t.Errorf("Write = %v, want ECONNRESET or EPIPE", err)
		}
	})
}

func TestReadLentHoldsNoBufferWhileWaiting(t *testing.T) {
	forEachVariant(t, func(t *testing.T, p pair) {
		var pool wire.Pool
		lender := p.client.(wire.Lender)
		p.client.SetReadDeadline(time.Now().Add(3 * time.Millisecond))
		if buf, n, err := lender.ReadLent(&pool); buf != nil || n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("ReadLent = %v, %d, %v, want a timeout", buf, n, err)
		}
		p.client.SetReadDeadline(time.Time{})
		mustWrite(t, p.server, "lent")
		buf, n, err := lender.ReadLent(&pool)
		if err != nil || string(buf[:n]) != "lent" || pool.Lent() != 1 {
			t.Errorf("ReadLent = %q, %v, with %d lent", buf[:n], err, pool.Lent())
		}
		pool.Put(buf)
		p.server.Close()
		if buf, _, err := lender.ReadLent(&pool); buf != nil || err != io.EOF || pool.Lent() != 0 {
			t.Errorf("at the end: %v, %v, with %d lent", buf, err, pool.Lent())
		}
	})
}

func TestEmptyReadAndWrite(t *testing.T) {
	forEachVariant(t, func(t *testing.T, p pair) {
		if n, err := p.client.Read(nil); n != 0 || err != nil {
			t.Errorf("Read(nil) = %d, %v", n, err)
		}
		if n, err := p.client.Write(nil); n != 0 || err != nil {
			t.Errorf("Write(nil) = %d, %v", n, err)
		}
	})
}

func TestAddresses(t *testing.T) {
	forEachVariant(t, func(t *testing.T, p pair) {
		if l, r := p.client.LocalAddr().String(), p.client.RemoteAddr().String(); l != p.server.RemoteAddr().String() || r != p.server.LocalAddr().String() {
			t.Errorf("client has %s → %s, server %v → %v", l, r, p.server.RemoteAddr(), p.server.LocalAddr())
		}
	})
}

// TestConcurrentUse has the race detector as its judge: every method at once, then Close in the middle.
func TestConcurrentUse(t *testing.T) {
	forEachVariant(t, func(t *testing.T, p pair) {
		go io.Copy(p.server, p.server)
		var users sync.WaitGroup
		for range 3 {
			users.Go(func() {
				for buf := make([]byte, 100); ; {
					if _, err := p.client.Read(buf); errors.Is(err, net.ErrClosed) {
						return
					}
				}
			})
			users.Go(func() {
				for {
					p.client.SetDeadline(time.Now().Add(time.Millisecond))
					if _, err := p.client.Write(make([]byte, 1000)); errors.Is(err, net.ErrClosed) {
						return
					}
				}
			})
		}
		eventually(func() bool { return p.meter.Received.Load() > 10_000 })
		p.client.Close()
		users.Wait()
	})
}

func TestTLSWrapsOutside(t *testing.T) {
	forEachVariant(t, func(t *testing.T, p pair) {
		https := httptest.NewTLSServer(nil) // for its certificate
		defer https.Close()
		certificate := https.TLS.Certificates
		serverDone := make(chan error, 1)
		go func() {
			server := tls.Server(p.server, &tls.Config{Certificates: certificate})
			_, err := io.Copy(server, server)
			server.Close()
			serverDone <- err
		}()
		client := tls.Client(p.client, &tls.Config{InsecureSkipVerify: true})
		mustWrite(t, client, "secret")
		mustRead(t, client, "secret")
		if err := client.CloseWrite(); err != nil {
			t.Error(err)
		}
		if _, err := client.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("at the end: %v", err)
		}
		if err := <-serverDone; err != nil {
			t.Error(err)
		}
	})
}
