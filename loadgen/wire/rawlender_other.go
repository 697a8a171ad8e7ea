//go:build !unix

package wire

import "io"

// RawLender implements Lender where the netpoller cannot call back before a read: the buffer is borrowed while it
// waits, so every idle client costs one pool buffer.
type RawLender struct{ conn io.Reader }

// NewRawLender returns a Lender that reads from c.
func NewRawLender(c RawConn) (*RawLender, error) { return &RawLender{conn: c}, nil }

// ReadLent implements Lender.
func (l *RawLender) ReadLent(p *Pool) ([]byte, int, error) {
	buf := p.Get()
	n, err := l.conn.Read(buf)
	if n > 0 {
		return buf, n, nil
	}
	p.Put(buf)
	return nil, 0, noBytes(err)
}
