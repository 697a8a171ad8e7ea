package results

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"
)

// The arithmetic of buckets must be the library's own.
func TestBucketTop(t *testing.T) {
	bars := histogram(t, HistogramMax).Distribution() // it lists buckets up to the highest that holds a sample
	for i, bar := range bars {
		if got := bucketTop(i); got != bar.To {
			t.Fatalf("bucketTop(%d) = %d, the library has %d", i, got, bar.To)
		}
	}
	if len(bars) < 20_000 || buckets() < len(bars) {
		t.Errorf("%d buckets, of which the library lists %d", buckets(), len(bars))
	}
}

// Counts must count like the histogram they were made from.
func TestCountsAround(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var values []int64
	for range 1000 {
		values = append(values, 1+r.Int64N(1e7))
	}
	h := histogram(t, values...)
	c := CountsOf(h)
	for _, p := range []float64{0.001, 0.25, 0.5, 0.99, 1} {
		q := valueAt(h, p)
		var atOrBelow, equivalent int64
		for _, v := range values {
			if v <= q {
				atOrBelow++
			}
			if h.ValuesAreEquivalent(v, q) {
				equivalent++
			}
		}
		b := c.block(q)
		if b.Count != 1000 || b.AtOrBelow != atOrBelow || b.Below != atOrBelow-equivalent {
			t.Errorf("at %d: %+v, want %d at or below and %d in the bucket", q, b, atOrBelow, equivalent)
		}
	}
}

// agree holds counts to the histogram that the library decoded from the same text.
func agree(t tester, c Counts, h *hdrhistogram.Histogram) {
	t.Helper()
	if c.Total() != h.TotalCount() || c.Max() != h.Max() {
		t.Fatalf("%d samples up to %d, the library has %d up to %d", c.Total(), c.Max(), h.TotalCount(), h.Max())
	}
	for _, p := range []float64{1e-9, 1, 25, 50, 90, 99, 99.9, 99.99, 100} {
		if got, want := c.ValueAtQuantile(p), h.ValueAtQuantile(p); got != want {
			t.Fatalf("p%v is %d, the library has %d", p, got, want)
		}
	}
	again := NewHistogram()
	if err := c.AddTo(again); err != nil || !again.Equals(h) {
		t.Fatalf("added to a histogram the counts make another one (%v)", err)
	}
}

// One reader, used again and again, reads what the library does.
func TestSliceReaderAgreesWithTheLibrary(t *testing.T) {
	var reader SliceReader
	rapid.Check(t, func(t *rapid.T) {
		h := NewHistogram()
		for _, v := range rapid.SliceOfN(rapid.Int64Range(0, HistogramMax), 0, 40).Draw(t, "values") {
			if err := h.RecordValues(v, rapid.Int64Range(1, 1<<rapid.IntRange(0, 40).Draw(t, "bits")).Draw(t, "count")); err != nil {
				t.Fatal(err)
			}
		}
		s, err := NewSlice(0, time.Second, h)
		if err != nil {
			t.Fatal(err)
		}
		c, err := reader.Read(s)
		if err != nil {
			t.Fatal(err)
		}
		agree(t, c, h)
		agree(t, CountsOf(h), h)
	})
}

// What a reader returned is its own until the next call; a clone stays.
func TestCountsOfAReaderAreLent(t *testing.T) {
	var reader SliceReader
	slices := slicesOf(t, [][]int64{{1, 2, 3}, {1000, 2000, 3000}})
	first, err := reader.Read(slices[0])
	if err != nil {
		t.Fatal(err)
	}
	kept := first.Clone()
	if _, err := reader.Read(slices[1]); err != nil {
		t.Fatal(err)
	}
	if kept.Max() != 3 {
		t.Errorf("the clone's maximum is %d", kept.Max())
	}
}

// packed is a slice of these counters as they stand inside the compressed data, with what is wrong with it.
func packed(counters []byte, spoil func(header []byte)) Slice {
	header := make([]byte, innerHeader)
	binary.BigEndian.PutUint32(header, uint32(hdrhistogram.V2EncodingCookieBase)|0x10)
	binary.BigEndian.PutUint32(header[4:], uint32(len(counters)))
	binary.BigEndian.PutUint32(header[12:], HistogramDigits)
	binary.BigEndian.PutUint64(header[16:], HistogramMin)
	binary.BigEndian.PutUint64(header[24:], uint64(HistogramMax))
	if spoil != nil {
		spoil(header)
	}
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, _ = z.Write(append(header, counters...))
	_ = z.Close()
	out := binary.BigEndian.AppendUint32(nil, uint32(hdrhistogram.V2CompressedEncodingCookieBase)|0x10)
	out = binary.BigEndian.AppendUint32(out, uint32(b.Len()))
	return Slice{HDR: base64.StdEncoding.EncodeToString(append(out, b.Bytes()...))}
}

// What is no histogram of ours is refused, by the reader as by the library, and leaves the reader usable.
func TestSliceReaderRefuses(t *testing.T) {
	whole := packed([]byte{2, 4}, nil)
	var reader SliceReader
	for name, s := range map[string]Slice{
		"nothing":               {},
		"no base64":             {HDR: "HIST!"},
		"a header only":         {HDR: whole.HDR[:12]},
		"cut off":               {HDR: whole.HDR[:len(whole.HDR)-8]},
		"another encoding":      {HDR: "AAAA" + whole.HDR[4:]},
		"another geometry":      packed([]byte{2}, func(h []byte) { h[15] = 2 }),
		"a counter cut off":     packed([]byte{2, 0x80}, nil),
		"more than it says":     packed([]byte{2, 4}, func(h []byte) { h[7] = 1 }),
		"fewer than it says":    packed([]byte{2, 4}, func(h []byte) { h[7] = 3 }),
		"a length below zero":   packed(nil, func(h []byte) { h[4] = 0xff }),
		"zeros beyond the end":  packed([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, nil),
		"more than can be said": packed(bytes.Repeat([]byte{0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, 3), nil),
	} {
		if _, err := s.Decode(); err == nil {
			t.Errorf("%s: the library decodes it", name)
		}
		if c, err := reader.Read(s); err == nil {
			t.Errorf("%s: read %d samples", name, c.Total())
		}
		if c, err := reader.Read(whole); err != nil || c.Total() != 3 || c.Max() != 1 {
			t.Fatalf("after %s a whole slice reads %d samples up to %d, %v", name, c.Total(), c.Max(), err)
		}
	}
}

// Of any bytes the reader and the library say the same.
func FuzzSliceReader(f *testing.F) {
	for _, counters := range [][]byte{{}, {2, 4}, {0, 3, 6}, {0x81, 0x80, 0x04, 2}, {0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}} {
		f.Add(packed(counters, nil).HDR)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var reader SliceReader
		c, err := reader.Read(Slice{HDR: text})
		h, libraryErr := Slice{HDR: text}.Decode()
		if (err == nil) != (libraryErr == nil) {
			t.Fatalf("the reader says %v, the library %v", err, libraryErr)
		}
		if err == nil {
			agree(t, c, h)
		}
	})
}

func BenchmarkSliceReader(b *testing.B) {
	h := NewHistogram()
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		if err := h.RecordValue(20e6 + int64(3e6*r.ExpFloat64())); err != nil {
			b.Fatal(err)
		}
	}
	s, err := NewSlice(0, time.Second, h)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("reader", func(b *testing.B) {
		var reader SliceReader
		b.ReportAllocs()
		for b.Loop() {
			c, _ := reader.Read(s)
			_ = c.ValueAtQuantile(99)
		}
	})
	b.Run("library", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			h, _ := s.Decode()
			_ = h.ValueAtQuantile(99)
		}
	})
}
