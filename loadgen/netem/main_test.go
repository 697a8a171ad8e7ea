package netem

import (
	"context"
	"io"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// variants are the kinds of connection a Dialer makes. All must behave like a TCP connection.
var variants = []struct {
	name     string
	network  Network
	portable bool
	outages  bool
}{
	{"metered", Network{}, false, false},
	{"severable", Network{}, false, true},
	{"delayed", Network{Delay: 2 * time.Millisecond}, false, true},
	{"jittered", Network{Delay: time.Millisecond, Jitter: 3 * time.Millisecond, Seed: 1}, false, true},
	{"narrow", Network{Delay: time.Millisecond, Bandwidth: 64 << 20}, false, true},
	{"portable", Network{Delay: 2 * time.Millisecond}, true, true},
}

// A pair is a connection made by a Dialer and its peer.
type pair struct {
	dialer *Dialer
	client net.Conn
	server *net.TCPConn
	meter  *Meter
}

func forEachVariant(t *testing.T, test func(t *testing.T, p pair)) {
	for _, v := range variants {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			test(t, newPair(t, &Dialer{Network: v.network, portable: v.portable, Outages: v.outages}))
		})
	}
}

func newPair(t testing.TB, d *Dialer) pair {
	t.Helper()
	p := pair{dialer: d, meter: new(Meter)}
	listener := listen(t)
	accepted := make(chan *net.TCPConn, 1)
	go func() {
		c, err := listener.AcceptTCP()
		if err != nil {
			t.Error(err)
		}
		accepted <- c
	}()
	var err error
	if p.client, err = d.Dial(context.Background(), "tcp", listener.Addr().String(), p.meter); err != nil {
		t.Fatal(err)
	}
	p.server = <-accepted
	t.Cleanup(func() {
		p.server.Close()
		p.client.Close()
		d.Close()
	})
	return p
}

func listen(t testing.TB) *net.TCPListener {
	t.Helper()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

// pattern returns n bytes in which no shift goes unnoticed.
func pattern(n int) []byte {
	p := make([]byte, n)
	x := uint32(1)
	for i := range p {
		x = x*1664525 + 1013904223
		p[i] = byte(x >> 24)
	}
	return p
}

func mustWrite(t testing.TB, w io.Writer, data string) {
	t.Helper()
	if n, err := io.WriteString(w, data); n != len(data) || err != nil {
		t.Fatalf("wrote %d of %d bytes: %v", n, len(data), err)
	}
}

func mustRead(t testing.TB, r io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(r, got); err != nil || string(got) != want {
		t.Fatalf("read %q (%v), want %q", got, err, want)
	}
}

// eventually polls until cond holds, for effects that nothing announces.
func eventually(cond func() bool) {
	tick := time.NewTicker(100 * time.Microsecond)
	defer tick.Stop()
	for !cond() {
		<-tick.C
	}
}
