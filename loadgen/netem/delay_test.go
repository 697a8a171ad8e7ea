package netem

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"
)

func TestDialTakesARoundTrip(t *testing.T) {
	const delay = 15 * time.Millisecond
	start := time.Now()
	newPair(t, &Dialer{Network: Network{Delay: delay}})
	if took := time.Since(start); took < 2*delay {
		t.Errorf("dialled in %v, less than the round trip of %v", took, 2*delay)
	}
}

func TestRefusalTakesARoundTrip(t *testing.T) {
	const delay = 15 * time.Millisecond
	d := &Dialer{Network: Network{Delay: delay}}
	defer d.Close()
	listener := listen(t)
	addr := listener.Addr().String()
	listener.Close()
	start := time.Now()
	_, err := d.Dial(context.Background(), "tcp", addr, nil)
	if took := time.Since(start); !errors.Is(err, errRefused) || took < 2*delay {
		t.Errorf("refused after %v with %v", took, err)
	}
}

func TestOneWayDelayEachWay(t *testing.T) {
	const delay = 15 * time.Millisecond
	for _, portable := range []bool{false, true} {
		p := newPair(t, &Dialer{Network: Network{Delay: delay}, portable: portable})
		for range 3 {
			start := time.Now()
			mustWrite(t, p.client, "there")
			mustRead(t, p.server, "there")
			there := time.Now()
			mustWrite(t, p.server, "back")
			mustRead(t, p.client, "back")
			if up, down := there.Sub(start), time.Since(there); up < delay || down < delay {
				t.Errorf("took %v up and %v down, want at least %v each", up, down, delay)
			}
		}
	}
}

// TestArrivalsAreDatedOnArrival sends messages apart, under a delay so long that none is delivered before the
// last has arrived. Each must be dated by its own arrival, not by a later Read.
func TestArrivalsAreDatedOnArrival(t *testing.T) {
	for _, reading := range []bool{false, true} {
		p := newPair(t, &Dialer{Network: Network{Delay: time.Millisecond}})
		c := p.client.(*DelayedConn)
		c.in.mu.Lock()
		c.in.path.network.Delay = time.Hour // from now on: Dial would have taken two
		c.in.mu.Unlock()
		if reading { // a Read that is waiting meanwhile must make no difference
			go c.Read(make([]byte, 1))
		}
		const messages = 4
		var sent, seen [messages + 1]time.Duration
		for i := range messages {
			sent[i] = c.line.now()
			mustWrite(t, p.server, "m")
			eventually(func() bool { return p.meter.Received.Load() == int64(i+1) })
			seen[i] = c.line.now()
		}
		c.in.mu.Lock()
		seen[messages] = c.line.now()
		for i := range messages {
			// A message is metered just before it is dated, but dated before the next is metered.
			if arrival := c.in.queue.at(i).due - time.Hour; arrival < sent[i] || arrival > seen[i+1] {
				t.Errorf("message %d sent at %v, the next seen at %v, is dated %v", i, sent[i], seen[i+1], arrival)
			}
		}
		c.in.mu.Unlock()
	}
}

func TestEndComesBehindDataAndDelay(t *testing.T) {
	const delay = 20 * time.Millisecond
	p := newPair(t, &Dialer{Network: Network{Delay: delay, Jitter: 10 * time.Millisecond}})
	want := pattern(300_000)
	start := time.Now()
	if _, err := p.server.Write(want); err != nil {
		t.Fatal(err)
	}
	p.server.Close()
	got, err := io.ReadAll(p.client)
	if err != nil || !bytes.Equal(got, want) || time.Since(start) < delay {
		t.Errorf("%d of %d bytes and the end after %v: %v", len(got), len(want), time.Since(start), err)
	}
}

func TestCloseTravelsOneDelay(t *testing.T) {
	const delay = 20 * time.Millisecond
	p := newPair(t, &Dialer{Network: Network{Delay: delay}})
	start := time.Now()
	p.client.Close()
	if _, err := p.server.Read(make([]byte, 1)); err != io.EOF || time.Since(start) < delay {
		t.Errorf("the peer saw %v after %v, want the end after %v", err, time.Since(start), delay)
	}
}

func TestCloseMeanwhileDropsArrivalsWithoutReset(t *testing.T) {
	t.Parallel()
	p := newPair(t, &Dialer{Network: Network{Delay: 500 * time.Millisecond}}) // the server writes before it learns of the end, however busy the machine
	p.client.Close()
	mustWrite(t, p.server, "too late")
	if _, err := p.server.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("the peer saw %v, want the regular end", err)
	}
	p.dialer.Close()
	if n := p.meter.Received.Load(); n != int64(len("too late")) {
		t.Errorf("metered %d bytes that crossed the socket after Close", n)
	}
}

func TestWriteReturnsBeforeTheBytesLeave(t *testing.T) {
	p := newPair(t, &Dialer{Network: Network{Delay: 50 * time.Millisecond}})
	c := p.client.(*DelayedConn)
	mustWrite(t, c, "later")
	c.out.mu.Lock()
	queued, due := c.out.queue.bytes, c.out.queue.at(0).due
	c.out.mu.Unlock()
	if now := c.line.now(); queued != len("later") && now < due {
		t.Errorf("%d bytes queued", queued)
	}
	mustRead(t, p.server, "later")
}

func TestBandwidthLimitsBothDirections(t *testing.T) {
	const size, bandwidth = 400_000, 8 << 20
	p := newPair(t, &Dialer{Network: Network{Bandwidth: bandwidth}})
	const least = size * time.Second / bandwidth
	transfer := func(from, to net.Conn) time.Duration {
		start := time.Now()
		go from.Write(make([]byte, size))
		if _, err := io.ReadFull(to, make([]byte, size)); err != nil {
			t.Error(err)
		}
		return time.Since(start)
	}
	if up, down := transfer(p.client, p.server), transfer(p.server, p.client); up < least || down < least {
		t.Errorf("%d bytes took %v up and %v down, want at least %v", size, up, down, least)
	}
}

func TestMemoryIsBoundedWhenNobodyReads(t *testing.T) {
	for _, portable := range []bool{false, true} {
		network := Network{Delay: time.Millisecond, Bandwidth: 1 << 30}
		p := newPair(t, &Dialer{Network: network, portable: portable})
		c := p.client.(*DelayedConn)
		want := pattern(24 << 20)
		go func() {
			p.server.Write(want)
			p.server.Close()
		}()
		eventually(func() bool {
			c.in.mu.Lock()
			defer c.in.mu.Unlock()
			if most := network.inFlight() + maxChunk; c.in.queue.bytes > most {
				t.Errorf("%d bytes queued, limit %d", c.in.queue.bytes, most)
			}
			return c.in.stalled
		})
		if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, want) {
			t.Errorf("got %d of %d bytes, %v", len(got), len(want), err)
		}
	}
}

func TestCloseGivesUpOnAPeerThatDoesNotRead(t *testing.T) {
	t.Parallel()
	for _, portable := range []bool{false, true} {
		t.Run(map[bool]string{false: "epoll", true: "portable"}[portable], func(t *testing.T) {
			t.Parallel()
			p := newPair(t, &Dialer{Network: Network{Delay: time.Millisecond}, portable: portable})
			p.client.(*DelayedConn).linger = 30 * time.Millisecond
			p.client.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
			for err := error(nil); err == nil; {
				_, err = p.client.Write(make([]byte, 1<<20))
			}
			p.client.Close()
			p.dialer.Close() // would wait for ever if the connection did not give up
		})
	}
}

func TestDialerCloseSendsWhatIsInFlight(t *testing.T) {
	p := newPair(t, &Dialer{Network: Network{Delay: 10 * time.Millisecond}})
	mustWrite(t, p.client, "last words")
	got := make(chan string)
	go func() {
		all, _ := io.ReadAll(p.server)
		got <- string(all)
	}()
	p.dialer.Close()
	if s := <-got; s != "last words" {
		t.Errorf("the peer got %q", s)
	}
	if _, err := p.dialer.Dial(context.Background(), "tcp", "127.0.0.1:1", nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Dial after Close = %v", err)
	}
	if _, err := p.client.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Write after the dialer's Close = %v", err)
	}
}

func TestDialerCloseEndsDials(t *testing.T) {
	d := &Dialer{Network: Network{Delay: time.Hour}}
	ended := make(chan error)
	go func() {
		_, err := d.Dial(context.Background(), "tcp", "127.0.0.1:1", nil)
		ended <- err
	}()
	eventually(func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		return d.emulation != nil
	})
	d.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Dial = %v", err)
	}
}

// TestThousandsOfConnectionsShareTwoGoroutines also delivers a message to each, both ways.
func TestThousandsOfConnectionsShareTwoGoroutines(t *testing.T) {
	const connections = 2000
	d := &Dialer{Network: Network{Delay: 5 * time.Millisecond}}
	defer d.Close()
	listener := listen(t)
	before := runtime.NumGoroutine()
	clients, servers := make([]net.Conn, connections), make([]net.Conn, connections)
	var establishing sync.WaitGroup
	establishing.Go(func() {
		for i := range servers {
			servers[i], _ = listener.Accept()
		}
	})
	free := make(chan struct{}, 200)
	for i := range clients {
		free <- struct{}{}
		establishing.Go(func() {
			defer func() { <-free }()
			var err error
			if clients[i], err = d.Dial(context.Background(), "tcp", listener.Addr().String(), nil); err != nil {
				panic(err) // the accepting goroutine would wait for ever
			}
		})
	}
	establishing.Wait()
	eventually(func() bool { return runtime.NumGoroutine()-before <= 10 }) // those that dialled take a moment to end
	for i := range connections {
		mustWrite(t, servers[i], "down")
		mustWrite(t, clients[i], "up")
	}
	for i := range connections {
		mustRead(t, clients[i], "down")
		mustRead(t, servers[i], "up")
		clients[i].Close()
		servers[i].Close()
	}
	defer func() {
		d.ResetLateness()
		if l := d.Lateness(); l != (Lateness{}) {
			t.Errorf("lateness after a reset with nothing in flight: %+v", l)
		}
	}()
	if l := d.Lateness(); l.Chunks < uint64(2*connections) || l.P50 > l.P99 || l.P99 > l.Max || l.Max == 0 {
		t.Errorf("lateness %+v", l)
	}
}
