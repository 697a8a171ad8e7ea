package results

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sort"
	"sync"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pushbench/results/stats"
)

// Counts is a histogram without its empty buckets: one of some hundred samples takes some kilobytes, not 246, so that all the slices of a long run are held at
// once. The zero value is empty.
type Counts struct {
	// values are the highest of each bucket that holds anything, rising; cumulative counts the samples up to and with each.
	values, cumulative []int64
}

// CountsOf are the counts of a histogram of [NewHistogram]'s geometry.
func CountsOf(h *hdrhistogram.Histogram) Counts {
	var c Counts
	var total int64
	for i, count := range h.Export().Counts { // Distribution would list 30,000 empty buckets
		if count == 0 {
			continue
		}
		total += count
		c.values, c.cumulative = append(c.values, bucketTop(i)), append(c.cumulative, total)
	}
	return c
}

// Total is how many samples there are.
func (c Counts) Total() int64 { return c.upTo(len(c.values)) }

// Max is the highest value that counts as the largest sample, 0 without samples.
func (c Counts) Max() int64 {
	if len(c.values) == 0 {
		return 0
	}
	return c.values[len(c.values)-1]
}

// ValueAtQuantile is the value at or below which percent of the samples lie, as [hdrhistogram.Histogram.ValueAtQuantile] finds it; 0 without samples. percent must
// be above 0.
func (c Counts) ValueAtQuantile(percent float64) int64 {
	total := c.Total()
	if total == 0 {
		return 0
	}
	rank := max(1, min(total, int64(percent/100*float64(total)+0.5)))
	return c.values[sort.Search(len(c.cumulative), func(i int) bool { return c.cumulative[i] >= rank })]
}

// AddTo adds the samples to a histogram. The error wraps [ErrDropped] if its range does not hold them.
func (c Counts) AddTo(h *hdrhistogram.Histogram) error {
	before := int64(0)
	for i, v := range c.values {
		if h.RecordValues(v, c.cumulative[i]-before) != nil {
			return ErrDropped
		}
		before = c.cumulative[i]
	}
	return nil
}

// Clone is a copy that outlives the reader it came from.
func (c Counts) Clone() Counts { return Counts{slices.Clone(c.values), slices.Clone(c.cumulative)} }

// block counts the samples at or below and below q, which must be the highest value of its bucket.
func (c Counts) block(q int64) stats.Block {
	below := sort.Search(len(c.values), func(i int) bool { return c.values[i] >= q })
	above := below
	if above < len(c.values) && c.values[above] == q {
		above++
	}
	return stats.Block{Count: c.Total(), AtOrBelow: c.upTo(above), Below: c.upTo(below)}
}

func (c Counts) upTo(buckets int) int64 {
	if buckets == 0 {
		return 0
	}
	return c.cumulative[buckets-1]
}

// subBuckets is half the number of HdrHistogram's linear steps in a bucket: the power of two that resolves three digits, 2,048, halved.
const subBuckets = 1024

// bucketTop is the highest value that counts at an index of a histogram of [NewHistogram]'s geometry. The first 2,048 indexes are the values
// themselves; each further 1,024 cover twice the range of those before. Source: HdrHistogram's AbstractHistogram.valueFromIndex.
func bucketTop(index int) int64 {
	shift := index/subBuckets - 1
	if shift < 0 {
		return int64(index)
	}
	return int64(index%subBuckets+subBuckets+1)<<shift - 1
}

// buckets is how many indexes a histogram of [NewHistogram]'s geometry has.
var buckets = sync.OnceValue(func() int { return len(NewHistogram().Export().Counts) })

// SliceReader decodes slices one after the other. The library decodes into an array of every bucket, 246 KB for some hundred samples, and looks through all of it
// for each percentile: 1.3 ms for what takes a fiftieth of that without the empty ones. An hour of four transports has 30,000 slices. The zero value is ready; one
// goroutine at a time may use it.
type SliceReader struct {
	text, payload []byte
	source        bytes.Reader
	inflater      io.ReadCloser
	counts        Counts
}

// Cookies and the header of HdrHistogram's V2 encoding: 8 bytes around the compressed data, 40 inside it. Source: HdrHistogram's AbstractHistogram.encodeIntoByteBuffer.
const (
	cookieMask    = ^uint32(0xf0)
	outerHeader   = 8
	innerHeader   = 40
	longestVarint = 9
)

var errCorrupt = errors.New("its compressed data is corrupt")

// Read returns the counts of a slice, which are valid until the next call. A slice of another range or precision than [NewHistogram]'s is refused,
// because it would merge with loss.
func (r *SliceReader) Read(s Slice) (Counts, error) {
	r.counts.values, r.counts.cumulative = r.counts.values[:0], r.counts.cumulative[:0]
	err := r.inflate(s.HDR)
	if err == nil {
		err = r.unpack()
	}
	if err != nil {
		return Counts{}, fmt.Errorf("decode histogram of %v to %v: %w", s.Start, s.End, err)
	}
	return r.counts, nil
}

// inflate leaves the packed counters in payload.
func (r *SliceReader) inflate(text string) (err error) {
	if r.text, err = base64.StdEncoding.AppendDecode(r.text[:0], []byte(text)); err != nil {
		return fmt.Errorf("it is no base64: %w", err)
	}
	if len(r.text) < outerHeader {
		return fmt.Errorf("it has %d bytes, fewer than the %d of its header", len(r.text), outerHeader)
	}
	if cookie := binary.BigEndian.Uint32(r.text) & cookieMask; cookie != uint32(hdrhistogram.V2CompressedEncodingCookieBase) {
		return fmt.Errorf("it begins with %#x: only HdrHistogram's compressed encoding V2 can be read", cookie)
	}
	length := binary.BigEndian.Uint32(r.text[4:])
	if uint64(length) > uint64(len(r.text)-outerHeader) {
		return fmt.Errorf("it is cut off: %d compressed bytes of %d", len(r.text)-outerHeader, length)
	}
	r.source.Reset(r.text[outerHeader : outerHeader+length])
	if r.inflater == nil {
		r.inflater, err = zlib.NewReader(&r.source)
	} else {
		err = r.inflater.(zlib.Resetter).Reset(&r.source, nil)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errCorrupt, err)
	}
	return r.readPayload()
}

func (r *SliceReader) readPayload() error {
	var header [innerHeader]byte
	if _, err := io.ReadFull(r.inflater, header[:]); err != nil {
		return fmt.Errorf("%w: header: %w", errCorrupt, err)
	}
	length, err := checkHeader(header[:])
	if err != nil {
		return err
	}
	// One byte more, so that what follows is seen and the checksum is read.
	r.payload = slices.Grow(r.payload[:0], length+1)[:length+1]
	n, err := io.ReadFull(r.inflater, r.payload)
	if n != length || !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %d bytes of counters or more, want %d: %w", errCorrupt, n, length, errors.Join(err))
	}
	r.payload = r.payload[:length]
	return nil
}

// checkHeader returns the length of the counters.
func checkHeader(header []byte) (int, error) {
	if cookie := binary.BigEndian.Uint32(header) & cookieMask; cookie != uint32(hdrhistogram.V2EncodingCookieBase) {
		return 0, fmt.Errorf("inside it begins with %#x: only HdrHistogram's encoding V2 can be read", cookie)
	}
	digits := int64(int32(binary.BigEndian.Uint32(header[12:])))
	lowest, highest := int64(binary.BigEndian.Uint64(header[16:])), int64(binary.BigEndian.Uint64(header[24:]))
	lowest = max(lowest, 1) // the library writes 0 in old versions, and reads it so
	if lowest != HistogramMin || highest != HistogramMax || digits != HistogramDigits {
		return 0, fmt.Errorf("it ranges from %d to %d at %d digits, want %d to %d at %d: it was not written by pushbench",
			lowest, highest, digits, HistogramMin, HistogramMax, HistogramDigits)
	}
	length := int64(int32(binary.BigEndian.Uint32(header[4:])))
	if length < 0 || length > int64(buckets())*longestVarint {
		return 0, fmt.Errorf("it claims to have %d bytes of counters, more than there are buckets for", length)
	}
	return int(length), nil
}

// unpack reads the counters: each is one bucket's, or if negative how many empty ones follow.
func (r *SliceReader) unpack() error {
	index, total := 0, int64(0)
	for rest := r.payload; len(rest) > 0; {
		count, n := varint(rest)
		switch {
		case n == 0:
			return fmt.Errorf("%w: its last counter is cut off", errCorrupt)
		case count < 0 && count < -int64(buckets()-index), count >= 0 && index >= buckets():
			return fmt.Errorf("%w: it has more counters than buckets", errCorrupt)
		case count < 0:
			index -= int(count)
		case count > math.MaxInt64-total:
			return fmt.Errorf("%w: it counts more samples than a number can hold", errCorrupt)
		default:
			if total += count; count > 0 {
				r.counts.values, r.counts.cumulative = append(r.counts.values, bucketTop(index)), append(r.counts.cumulative, total)
			}
			index++
		}
		rest = rest[n:]
	}
	return nil
}

// varint reads a ZigZag LEB128 number of at most nine bytes, of which the ninth has eight bits; n is 0 where it is cut off.
func varint(b []byte) (v int64, n int) {
	var u uint64
	for i := range min(len(b), longestVarint) {
		if i == longestVarint-1 {
			u |= uint64(b[i]) << 56
			return int64(u>>1) ^ -int64(u&1), longestVarint
		}
		u |= uint64(b[i]&0x7f) << (7 * i)
		if b[i] < 0x80 {
			return int64(u>>1) ^ -int64(u&1), i + 1
		}
	}
	return 0, 0
}
