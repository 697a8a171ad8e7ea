package target

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"net"

	"pushbench/loadgen/wire"
)

// recordHeader is the length of a TLS record's header: type, version, length (RFC 8446, section 5.1).
const recordHeader = 5

// records hands its reader, a tls.Conn, at most one TLS record's bytes at a time, and counts them then. Left alone a tls.Conn reads whatever is there,
// so the bytes of a second message would count as the first one's.
type records struct {
	net.Conn
	ledger *ledger
	// ahead was read from the connection but not handed on yet.
	ahead []byte
	// header is the present record's as far as it was seen, and left what is to come of its body.
	header [recordHeader]byte
	seen   int
	left   int
}

func (r *records) Read(p []byte) (int, error) {
	if len(r.ahead) == 0 {
		n, err := r.Conn.Read(p)
		if n == 0 {
			return 0, err
		}
		end := r.within(p[:n])
		r.ahead = append(r.ahead[:0], p[end:n]...)
		r.ledger.received.Add(int64(end))
		return end, nil // an error comes again with the next read
	}
	n := copy(p, r.ahead)
	end := r.within(p[:n])
	r.ahead = r.ahead[end:]
	if len(r.ahead) == 0 {
		r.ahead = nil // an idle client holds no buffer
	}
	r.ledger.received.Add(int64(end))
	return end, nil
}

// within returns how many bytes of b belong to the present record, and moves on by them.
func (r *records) within(b []byte) int {
	used := 0
	for used < len(b) {
		if r.seen < recordHeader {
			r.header[r.seen] = b[used]
			r.seen, used = r.seen+1, used+1
			if r.seen == recordHeader {
				r.left = int(binary.BigEndian.Uint16(r.header[3:]))
			}
			continue
		}
		step := min(r.left, len(b)-used)
		r.left, used = r.left-step, used+step
		if r.left == 0 {
			r.seen = 0
			break
		}
	}
	return used
}

func (r *records) Write(p []byte) (int, error) { return r.ledger.write(r.Conn, p) }

// await waits until there is something to read, without holding a buffer.
func (r *records) await(p *wire.Pool) error {
	lender, ok := r.Conn.(wire.Lender)
	if !ok || len(r.ahead) > 0 {
		return nil
	}
	buf, n, err := lender.ReadLent(p)
	if err != nil {
		return err
	}
	r.ahead = append(r.ahead[:0], buf[:n]...)
	p.Put(buf)
	return nil
}

// secureConn is an encrypted connection that waits without a buffer, as its codec wants it.
type secureConn struct {
	*tls.Conn
	records *records
	// full is true when the last read filled its buffer: there may be more that needs no byte from the network.
	full bool
}

// secure performs the handshake over a connection, which it closes if that fails.
func secure(ctx context.Context, r *records, config *tls.Config) (net.Conn, error) {
	r.ledger.secured.Store(true)
	c := tls.Client(r, config)
	if err := c.HandshakeContext(ctx); err != nil {
		_ = r.Conn.Close()
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return &secureConn{Conn: c, records: r}, nil
}

func (c *secureConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.full = n == len(p)
	c.records.ledger.plainReceived.Add(int64(n))
	return n, err
}

func (c *secureConn) Write(p []byte) (int, error) {
	return c.records.ledger.writePlain(c.Conn, p)
}

// ReadLent implements wire.Lender. The buffer is borrowed when the first bytes of a record are there; it is then held until the record is whole.
func (c *secureConn) ReadLent(p *wire.Pool) ([]byte, int, error) {
	if !c.full {
		if err := c.records.await(p); err != nil {
			return nil, 0, err
		}
	}
	buf := p.Get()
	n, err := c.Read(buf)
	if err != nil {
		p.Put(buf)
		return nil, 0, err
	}
	return buf, n, nil
}
