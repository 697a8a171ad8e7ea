package netem

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"testing"
	"time"

	"pushbench/loadgen/wire"
)

// forEachSeverable runs a test with each kind of connection that can be cut.
func forEachSeverable(t *testing.T, test func(t *testing.T, p pair)) {
	forEachVariant(t, func(t *testing.T, p pair) {
		if p.dialer.Outages {
			test(t, p)
		}
	})
}

// What was there before a cut is read, then the cut is found by who reads and who writes; the server finds a reset.
func TestCut(t *testing.T) {
	forEachSeverable(t, func(t *testing.T, p pair) {
		mustWrite(t, p.client, "up")
		mustRead(t, p.server, "up")
		mustWrite(t, p.server, "down")
		mustRead(t, p.client, "down")
		waiting := make(chan error, 2)
		go func() {
			_, err := p.client.Read(make([]byte, 1))
			waiting <- err
		}()
		go func() {
			_, err := p.server.Read(make([]byte, 1))
			waiting <- err
		}()
		if n := p.dialer.Cut(0); n != 1 {
			t.Errorf("%d connections were cut, want 1", n)
		}
		var cut, reset bool
		for range 2 {
			err := <-waiting
			cut, reset = cut || errors.Is(err, ErrCut), reset || errors.Is(err, syscall.ECONNRESET)
		}
		if !cut || !reset {
			t.Errorf("the client found the cut: %v; the server found a reset: %v", cut, reset)
		}
		if _, _, err := p.client.(wire.Lender).ReadLent(&wire.Pool{}); !errors.Is(err, ErrCut) {
			t.Errorf("reading again ends with %v", err)
		}
		eventually(func() bool { _, err := p.client.Write([]byte("x")); return errors.Is(err, ErrCut) })
		if err := p.client.Close(); err != nil {
			t.Errorf("closing it: %v", err)
		}
		if n := p.dialer.Cut(0); n != 0 || p.dialer.Cuts() != 2 {
			t.Errorf("the second of %d cuts found %d connections", p.dialer.Cuts(), n)
		}
		if s, r := p.meter.Sent.Load(), p.meter.Received.Load(); s != 2 || r != 4 {
			t.Errorf("metered %d sent and %d received, want 2 and 4", s, r)
		}
	})
}

// A cut ends a Write that waits for a peer that does not read.
func TestCutEndsABlockedWrite(t *testing.T) {
	forEachSeverable(t, func(t *testing.T, p pair) {
		ended := make(chan error)
		go func() {
			var err error
			for block := make([]byte, 1<<20); err == nil; {
				_, err = p.client.Write(block)
			}
			ended <- err
		}()
		eventually(func() bool { return p.meter.Sent.Load() > 0 || p.dialer.Network == Network{} })
		p.dialer.Cut(0)
		if err := <-ended; !errors.Is(err, ErrCut) {
			t.Errorf("it ended with %v", err)
		}
	})
}

// The news of a cut takes one way to the client, behind what was on its way.
func TestACutTravels(t *testing.T) {
	for _, portable := range []bool{false, true} {
		const delay = 30 * time.Millisecond
		p := newPair(t, &Dialer{Network: Network{Delay: delay}, Outages: true, portable: portable})
		mustWrite(t, p.server, "late")
		eventually(func() bool { return p.meter.Received.Load() == 4 })
		began := time.Now()
		p.dialer.Cut(0)
		mustRead(t, p.client, "late")
		if _, err := p.client.Read(make([]byte, 1)); !errors.Is(err, ErrCut) || time.Since(began) < delay {
			t.Errorf("%v after %v, want the cut after %v", err, time.Since(began), delay)
		}
	}
}

// While the network refuses connections a dial takes the round trip that it would take; then all is well again.
func TestRefused(t *testing.T) {
	forEachSeverable(t, func(t *testing.T, p pair) {
		addr := p.server.LocalAddr().String()
		p.dialer.Cut(time.Hour)
		began := time.Now()
		var m Meter
		_, err := p.dialer.Dial(context.Background(), "tcp", addr, &m)
		if !errors.Is(err, ErrRefused) || errors.Is(err, errRefused) || m.Connections.Load() != 0 {
			t.Errorf("Dial = %v, %d connections metered", err, m.Connections.Load())
		}
		if took := time.Since(began); took < 2*p.dialer.Network.Delay {
			t.Errorf("the refusal took %v, less than a round trip", took)
		}
		p.dialer.Cut(0)
		c, err := p.dialer.Dial(context.Background(), "tcp", addr, &m)
		if err != nil || m.Connections.Load() != 1 {
			t.Fatalf("afterwards: %v, %d connections metered", err, m.Connections.Load())
		}
		c.Close()
	})
}

// A connection that is just being made when the network fails is cut as well, wherever it is by then.
func TestCutWhileDialling(t *testing.T) {
	for _, v := range variants {
		if !v.outages {
			continue
		}
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			d := &Dialer{Network: v.network, portable: v.portable, Outages: true}
			defer d.Close()
			listener := listen(t)
			var accepting, dialling sync.WaitGroup
			accepting.Go(func() {
				for {
					c, err := listener.AcceptTCP()
					if err != nil {
						return
					}
					accepting.Go(func() {
						_, _ = c.Read(make([]byte, 1)) // until it is cut
						c.Close()
					})
				}
			})
			stop := make(chan struct{})
			for range 4 {
				dialling.Go(func() {
					for {
						cuts := d.Cuts()
						c, err := d.Dial(context.Background(), "tcp", listener.Addr().String(), nil)
						if err == nil {
							d.checkCut(t, c, cuts)
						} else if !errors.Is(err, ErrCut) {
							t.Error(err)
						}
						select {
						case <-stop:
							return
						default:
						}
					}
				})
			}
			for range 50 {
				d.Cut(0)
				time.Sleep(time.Millisecond)
			}
			close(stop)
			done := make(chan struct{})
			go func() { dialling.Wait(); close(done) }()
			for {
				select {
				case <-done:
					listener.Close()
					accepting.Wait()
					return
				case <-time.After(time.Millisecond):
					d.Cut(0) // for those that wait for one
				}
			}
		})
	}
}

// checkCut waits for a connection to be cut.
func (d *Dialer) checkCut(t *testing.T, c net.Conn, cuts uint64) {
	defer c.Close()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, ErrCut) || d.Cuts() == cuts {
		t.Errorf("a connection ended with %v after %d cuts", err, d.Cuts()-cuts)
	}
}
