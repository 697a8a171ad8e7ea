package netem

import (
	"fmt"
	"net"
	"syscall"
	"time"

	"pushbench/loadgen/wire"
)

// Conn is a TCP connection that meters its bytes and changes nothing else. The cost is one uncontended atomic
// addition per Read and Write.
//
// The socket is a field and not embedded, because an embedded *net.TCPConn would bring ReadFrom and WriteTo along,
// and io.Copy would move bytes past the meter. For the same reason net.Buffers is written one buffer at
// a time: assemble a message in one buffer.
type Conn struct {
	tcp    *net.TCPConn
	lender *wire.RawLender
	meter  *Meter
}

var (
	_ net.Conn    = (*Conn)(nil)
	_ wire.Lender = (*Conn)(nil)
)

// NewConn meters an established connection with m, and counts it there. The Conn owns tcp from then on. It fails
// if tcp is closed.
func NewConn(tcp *net.TCPConn, m *Meter) (*Conn, error) {
	lender, err := wire.NewRawLender(tcp)
	if err != nil {
		return nil, fmt.Errorf("netem: metering a connection: %w", err)
	}
	if m == nil {
		m = new(Meter)
	}
	m.Connections.Add(1)
	return &Conn{tcp: tcp, lender: lender, meter: m}, nil
}

// Read implements net.Conn.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.tcp.Read(p)
	c.meter.Received.Add(int64(n))
	return n, err
}

// ReadLent implements wire.Lender.
func (c *Conn) ReadLent(p *wire.Pool) ([]byte, int, error) {
	buf, n, err := c.lender.ReadLent(p)
	c.meter.Received.Add(int64(n))
	return buf, n, err
}

// Write implements net.Conn.
func (c *Conn) Write(p []byte) (int, error) {
	n, err := c.tcp.Write(p)
	c.meter.Sent.Add(int64(n))
	return n, err
}

// Close implements net.Conn.
func (c *Conn) Close() error { return c.tcp.Close() }

// CloseWrite sends the end of the stream and leaves the other direction open.
func (c *Conn) CloseWrite() error { return c.tcp.CloseWrite() }

// LocalAddr implements net.Conn.
func (c *Conn) LocalAddr() net.Addr { return c.tcp.LocalAddr() }

// RemoteAddr implements net.Conn.
func (c *Conn) RemoteAddr() net.Addr { return c.tcp.RemoteAddr() }

// SetDeadline implements net.Conn.
func (c *Conn) SetDeadline(t time.Time) error { return c.tcp.SetDeadline(t) }

// SetReadDeadline implements net.Conn.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.tcp.SetReadDeadline(t) }

// SetWriteDeadline implements net.Conn.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.tcp.SetWriteDeadline(t) }

// SyscallConn gives access to the socket, for options and TCP_INFO. Bytes read or written through it are not
// metered.
func (c *Conn) SyscallConn() (syscall.RawConn, error) { return c.tcp.SyscallConn() }
