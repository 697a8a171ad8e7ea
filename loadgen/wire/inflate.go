package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

// ErrInflate is wrapped by every error about bytes that are not what a compressor writes, or more than is accepted.
var ErrInflate = errors.New("wire: not deflate")

// Inflate appends to dst what deflate (RFC 1951) has compressed into p, at most so many bytes. A message of permessage-deflate (RFC 7692, section 7.2.2) does
// not end its last block: the empty one that it stands for need not be there.
//
// It keeps no state: context takeover is not what it is for. The standard library's decompressor would allocate tables for each message; this one keeps them.
func Inflate(dst, p []byte, limit int) ([]byte, error) {
	f := inflaters.Get().(*inflater)
	dst, err := f.append(dst, p, limit)
	f.source.rest, f.source.tail = nil, ""
	inflaters.Put(f)
	return dst, err
}

var inflaters = sync.Pool{New: func() any {
	f := &inflater{}
	f.flate = flate.NewReader(&f.source)
	return f
}}

// inflater is a decompressor, which takes some 40 KB: there are as many as inflate at one moment.
type inflater struct {
	source inflaterSource
	flate  io.ReadCloser
}

func (f *inflater) append(dst, p []byte, limit int) ([]byte, error) {
	f.source.rest, f.source.tail = p, messageEnd
	if err := f.flate.(flate.Resetter).Reset(&f.source, nil); err != nil {
		return dst, fmt.Errorf("%w: %w", ErrInflate, err)
	}
	for start := len(dst); ; {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := f.flate.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		switch {
		case len(dst)-start > limit:
			return dst[:start], fmt.Errorf("%w: the message%s", ErrInflate, tooLarge)
		case errors.Is(err, io.EOF):
			return dst, nil
		case err != nil:
			return dst[:start], fmt.Errorf("%w: %w", ErrInflate, err)
		}
	}
}

// messageEnd is the empty block that a message leaves out, and a last one, so that the decompressor knows the end.
const messageEnd = "\x00\x00\xff\xff\x01\x00\x00\xff\xff"

// inflaterSource is the compressed bytes and what stands behind them. As an io.ByteReader it is read without a buffer between.
type inflaterSource struct {
	rest []byte
	tail string
}

func (s *inflaterSource) Read(p []byte) (int, error) {
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	m := copy(p[n:], s.tail)
	s.tail = s.tail[m:]
	if n += m; n == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (s *inflaterSource) ReadByte() (byte, error) {
	if len(s.rest) > 0 {
		b := s.rest[0]
		s.rest = s.rest[1:]
		return b, nil
	}
	if s.tail == "" {
		return 0, io.EOF
	}
	b := s.tail[0]
	s.tail = s.tail[1:]
	return b, nil
}

// The members of a gzip file (RFC 1952, section 2.3) that a server writes: a head without optional fields, and a tail of checksum and length.
const (
	gzipHead = 10
	gzipTail = 8
)

// Gunzip appends to dst what gzip has compressed into p, one member without optional fields, at most so many bytes.
func Gunzip(dst, p []byte, limit int) ([]byte, error) {
	if len(p) < gzipHead+gzipTail || p[0] != 0x1f || p[1] != 0x8b || p[2] != 8 || p[3] != 0 {
		return dst, fmt.Errorf("%w: no gzip head without optional fields", ErrInflate)
	}
	start := len(dst)
	dst, err := Inflate(dst, p[gzipHead:len(p)-gzipTail], limit)
	if err != nil {
		return dst, err
	}
	tail := p[len(p)-gzipTail:]
	if binary.LittleEndian.Uint32(tail) != crc32.ChecksumIEEE(dst[start:]) || binary.LittleEndian.Uint32(tail[4:]) != uint32(len(dst)-start) {
		return dst[:start], fmt.Errorf("%w: checksum or length of the gzip member are wrong", ErrInflate)
	}
	return dst, nil
}
