package netem

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestErrorsSayWhatToDo(t *testing.T) {
	wrapped := func(e error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", e)}
	}
	tests := []struct {
		name, says string
		err        error
	}{
		{"files", "ulimit -n", errTooManyFiles},
		{"ports", "Sources", errNoAddress},
		{"refused", "start the server", errRefused},
		{"slow", "accept queue", context.DeadlineExceeded},
		{"other", "example:1", errors.New("odd")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := advise("example:1", wrapped(tt.err))
			if !strings.Contains(got.Error(), tt.says) || !errors.Is(got, tt.err) {
				t.Errorf("%v does not say %q, or does not wrap %v", got, tt.says, tt.err)
			}
		})
	}
}

func TestDialRefused(t *testing.T) {
	listener := listen(t)
	addr := listener.Addr().String()
	listener.Close()
	var m Meter
	conn, err := new(Dialer).Dial(context.Background(), "tcp", addr, &m)
	if conn != nil || !errors.Is(err, errRefused) || !strings.Contains(err.Error(), addr) || m.Connections.Load() != 0 {
		t.Errorf("Dial = %v, %v; %d connections metered", conn, err, m.Connections.Load())
	}
}

func TestDialFromALocalAddressThatIsNone(t *testing.T) {
	listener := listen(t)
	d := Dialer{Sources: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}
	if _, err := d.Dial(context.Background(), "tcp", listener.Addr().String(), nil); !errors.Is(err, errNoAddress) {
		t.Errorf("Dial = %v, want EADDRNOTAVAIL", err)
	}
}

func TestDialRejectsOtherNetworks(t *testing.T) {
	if _, err := new(Dialer).Dial(context.Background(), "udp", "127.0.0.1:1", nil); err == nil {
		t.Error("dialled UDP")
	}
	d := Dialer{Network: Network{Delay: time.Second, Jitter: -1}}
	if _, err := d.Dial(context.Background(), "tcp", "127.0.0.1:1", nil); err == nil || !strings.Contains(err.Error(), "negative") {
		t.Errorf("Dial with a negative jitter = %v", err)
	}
}

func TestDialObeysItsContextAndTimeout(t *testing.T) {
	listener := listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, network := range []Network{{}, {Delay: time.Hour}} {
		d := &Dialer{Network: network}
		if _, err := d.Dial(ctx, "tcp", listener.Addr().String(), nil); !errors.Is(err, context.Canceled) {
			t.Errorf("%+v: Dial with a cancelled context = %v", network, err)
		}
		d.Close()
	}
	d := &Dialer{Network: Network{Delay: time.Hour}, Timeout: time.Millisecond}
	defer d.Close()
	if _, err := d.Dial(context.Background(), "tcp", listener.Addr().String(), nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Dial with a timeout = %v", err)
	}
}

func TestSourcesTakeTurns(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has all of 127.0.0.0/8")
	}
	for _, network := range []Network{{}, {Delay: time.Millisecond}} {
		sources := LoopbackSources(2*ConnectionsPerSource + 1)
		d := &Dialer{Network: network, Sources: sources}
		defer d.Close()
		listener := listen(t)
		for i := range 6 {
			conn, err := d.Dial(context.Background(), "tcp", listener.Addr().String(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if got := conn.LocalAddr().(*net.TCPAddr).AddrPort().Addr(); got != sources[i%len(sources)] {
				t.Errorf("connection %d comes from %v, want %v", i, got, sources[i%len(sources)])
			}
		}
	}
}

func TestLoopbackSources(t *testing.T) {
	tests := []struct {
		connections int
		want        string
	}{
		{0, "[]"},
		{ConnectionsPerSource, "[]"},
		{ConnectionsPerSource + 1, "[127.0.0.1 127.0.0.2]"},
		{3 * ConnectionsPerSource, "[127.0.0.1 127.0.0.2 127.0.0.3]"},
	}
	for _, tt := range tests {
		if got := fmt.Sprint(LoopbackSources(tt.connections)); got != tt.want {
			t.Errorf("LoopbackSources(%d) = %s, want %s", tt.connections, got, tt.want)
		}
	}
}

func TestMeterSumsReconnections(t *testing.T) {
	listener := listen(t)
	d := new(Dialer)
	var m Meter
	for range 3 {
		conn, err := d.Dial(context.Background(), "tcp", listener.Addr().String(), &m)
		if err != nil {
			t.Fatal(err)
		}
		mustWrite(t, conn, "12345")
		conn.Close()
	}
	if m.Connections.Load() != 3 || m.Sent.Load() != 15 {
		t.Errorf("%d connections and %d bytes, want 3 and 15", m.Connections.Load(), m.Sent.Load())
	}
}

func TestMeteringDoesNotAllocate(t *testing.T) {
	p := newPair(t, new(Dialer))
	message := make([]byte, 128)
	allocs := testing.AllocsPerRun(100, func() {
		p.client.Write(message)
		p.server.Read(message)
		p.server.Write(message)
		p.client.Read(message)
	})
	if allocs != 0 {
		t.Errorf("a round trip allocates %v times", allocs)
	}
}
