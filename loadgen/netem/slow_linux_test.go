package netem

import (
	"io"
	"testing"
	"time"
)

// A program that reads slowly holds up its peer: nothing but the two kernels' buffers and a moment of its own stands between them. One that reads does not.
func TestASlowReaderHoldsUpItsPeer(t *testing.T) {
	const size, rate = 1 << 20, 4 << 10
	for name, network := range map[string]Network{"slow": {ReadRate: rate}, "slow and far": {ReadRate: rate, Delay: time.Millisecond}, "far": {Delay: time.Millisecond}} {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, &Dialer{Network: network, ReceiveBuffer: 4 << 10})
			if err := p.server.SetWriteBuffer(4 << 10); err != nil {
				t.Fatal(err)
			}
			go io.Copy(io.Discard, p.client)
			slow, enough := network.ReadRate > 0, time.Minute // a slow one takes four as long
			if slow {
				enough = 100 * time.Millisecond
			}
			_ = p.server.SetWriteDeadline(time.Now().Add(enough))
			taken, err := p.server.Write(make([]byte, size))
			if slow != (err != nil) {
				t.Errorf("%d of %d bytes were taken, %v", taken, size, err)
			}
			if slow && taken > 64<<10 {
				t.Errorf("%d bytes were taken at once by one that reads %d a second", taken, rate)
			}
			c := p.client.(*DelayedConn)
			c.in.mu.Lock()
			defer c.in.mu.Unlock()
			if limit := network.towards().inFlight(); c.in.queue.bytes > limit {
				t.Errorf("%d bytes wait to be taken, want no more than %d", c.in.queue.bytes, limit)
			}
		})
	}
}

// It takes what arrives at its rate, however it is sent, and what it sends itself leaves at once.
func TestASlowReaderTakesItsTime(t *testing.T) {
	const size, rate = 20_000, 100_000
	p := newPair(t, &Dialer{Network: Network{ReadRate: rate}})
	began := time.Now()
	go p.server.Write(make([]byte, size))
	if _, err := io.ReadFull(p.client, make([]byte, size)); err != nil {
		t.Fatal(err)
	}
	if took, least := time.Since(began), size*time.Second/rate; took < least {
		t.Errorf("%d bytes were taken in %v, want at least %v", size, took, least)
	}
	c := p.client.(*DelayedConn)
	mustWrite(t, p.client, "at once")
	mustRead(t, p.server, "at once")
	if c.out.path.network.ReadRate != 0 || c.out.path.network.Bandwidth != 0 {
		t.Errorf("what it sends is slowed as well: %+v", c.out.path.network)
	}
}
