package wire

import (
	"io"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scriptConn is a net.Conn whose reads return the bytes of in, at most step at a time, and whose writes are kept.
type scriptConn struct {
	in     []byte
	step   int
	out    []byte
	writes int
	end    error // after in; io.EOF if nil
}

func (c *scriptConn) Read(b []byte) (int, error) {
	if len(c.in) == 0 {
		if c.end != nil {
			return 0, c.end
		}
		return 0, io.EOF
	}
	n := len(c.in)
	if c.step > 0 {
		n = min(n, c.step)
	}
	n = copy(b, c.in[:n])
	c.in = c.in[n:]
	return n, nil
}

func (c *scriptConn) Write(b []byte) (int, error) {
	c.out = append(c.out, b...)
	c.writes++
	return len(b), nil
}

func (c *scriptConn) Close() error                     { return nil }
func (c *scriptConn) LocalAddr() net.Addr              { return nil }
func (c *scriptConn) RemoteAddr() net.Addr             { return nil }
func (c *scriptConn) SetDeadline(time.Time) error      { return nil }
func (c *scriptConn) SetReadDeadline(time.Time) error  { return nil }
func (c *scriptConn) SetWriteDeadline(time.Time) error { return nil }

// lendingConn is a TCP connection that lends, as the load generator's metering connection does. With step > 0 reads
// into a held buffer are cut short.
type lendingConn struct {
	*net.TCPConn
	*RawLender
	step int
}

func (c *lendingConn) Read(b []byte) (int, error) {
	if c.step > 0 {
		b = b[:min(len(b), c.step)]
	}
	return c.TCPConn.Read(b)
}

func lend(t testing.TB, c net.Conn) *lendingConn {
	t.Helper()
	l, err := NewRawLender(c.(*net.TCPConn))
	if err != nil {
		t.Fatal(err)
	}
	return &lendingConn{TCPConn: c.(*net.TCPConn), RawLender: l}
}

// tcpPair returns the two ends of a loopback connection, closed when the test ends.
func tcpPair(t testing.TB) (client *lendingConn, server net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client = lend(t, dial(t, l.Addr().String()))
	server, err = l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return client, server
}

func dial(t testing.TB, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// session is a WebSocket session over c without a handshake.
func session(c net.Conn, o Options) *WebSocketConn {
	return newWebSocketConn(newSource(c, o.pool()), o)
}

// serverFrame renders an unmasked frame.
func serverFrame(fin bool, op Opcode, payload []byte) []byte {
	b := make([]byte, maxHeader+len(payload))
	n := putHeader(b, op, len(payload), 0) - 4
	b[1] &^= maskBit
	if !fin {
		b[0] &^= finBit
	}
	n += copy(b[n:], payload)
	return b[:n]
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
