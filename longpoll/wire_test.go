package longpoll

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"pgregory.net/rapid"
)

func TestDecodeNext(t *testing.T) {
	for _, tc := range []struct {
		name, in, msg, rest string
		err                 error
	}{
		{name: "one", in: "5:hello,", msg: "hello"},
		{name: "empty message", in: "0:,", msg: ""},
		{name: "more follows", in: "1:a,2:bc,", msg: "a", rest: "2:bc,"},
		{name: "message with commas and colons", in: "3:,:,,", msg: ",:,"},
		{name: "end", in: "", err: io.EOF},
		{name: "cut in the length", in: "12", err: io.ErrUnexpectedEOF},
		{name: "cut in the message", in: "5:hel", err: io.ErrUnexpectedEOF},
		{name: "cut before the comma", in: "5:hello", err: io.ErrUnexpectedEOF},
		{name: "no length", in: ":a,", err: ErrMalformed},
		{name: "leading zero", in: "01:a,", err: ErrMalformed},
		{name: "two zeros", in: "00:,", err: ErrMalformed},
		{name: "sign", in: "+1:a,", err: ErrMalformed},
		{name: "space", in: " 1:a,", err: ErrMalformed},
		{name: "hex", in: "a:0123456789,", err: ErrMalformed},
		{name: "over the limit", in: "268435457:", err: ErrMalformed},
		{name: "at the limit", in: "268435456:", err: io.ErrUnexpectedEOF},
		{name: "endless length", in: "1111111111111111111111", err: ErrMalformed},
		{name: "wrong end", in: "1:a;", err: ErrMalformed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			msg, rest, err := DecodeNext([]byte(tc.in))
			if !errors.Is(err, tc.err) || string(msg) != tc.msg || string(rest) != tc.rest {
				t.Errorf("DecodeNext(%q) = %q, %q, %v; want %q, %q, %v", tc.in, msg, rest, err, tc.msg, tc.rest, tc.err)
			}
		})
	}
}

func TestNetstringRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(rapid.SliceOf(rapid.Byte())).Draw(t, "messages")
		var wire []byte
		size := 0
		for _, m := range want {
			wire = AppendNetstring(wire, m)
			size += NetstringLen(len(m))
		}
		if size != len(wire) {
			t.Fatalf("NetstringLen sums to %d, the wire has %d bytes", size, len(wire))
		}
		for i, m := range want {
			var got []byte
			var err error
			if got, wire, err = DecodeNext(wire); err != nil || !bytes.Equal(got, m) {
				t.Fatalf("message %d = %q, %v; want %q", i, got, err, m)
			}
		}
		if _, _, err := DecodeNext(wire); err != io.EOF {
			t.Fatalf("at the end: %v, want io.EOF", err)
		}
	})
}

func TestWireAllocatesNothing(t *testing.T) {
	msg := bytes.Repeat([]byte("x"), 128)
	buf := make([]byte, 0, NetstringLen(len(msg)))
	cursor := make([]byte, 0, 32)
	allocs := testing.AllocsPerRun(100, func() {
		buf = AppendNetstring(buf[:0], msg)
		if _, _, err := DecodeNext(buf); err != nil {
			t.Fatal(err)
		}
		if _, _, err := DecodeNext(buf[:9]); err == nil {
			t.Fatal("a cut netstring was accepted")
		}
		cursor = Cursor{1 << 40, 1 << 30}.Append(cursor[:0])
	})
	if allocs != 0 {
		t.Errorf("%v allocations, want 0", allocs)
	}
}

func FuzzDecodeNext(f *testing.F) {
	for _, s := range []string{"", "0:,", "5:hello,1:a,", "05:hello,", "9999999999:", "3:abc", "1:a;"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		msg, rest, err := DecodeNext(b)
		if err != nil {
			if msg != nil || rest != nil {
				t.Fatalf("results beside the error %v", err)
			}
			return
		}
		// The encoding is canonical, so what was read encodes to what was there.
		if again := append(AppendNetstring(nil, msg), rest...); !bytes.Equal(again, b) {
			t.Fatalf("%q encodes to %q", b, again)
		}
	})
}

func TestParseCursor(t *testing.T) {
	for _, c := range []Cursor{{}, {1, 2}, {35, 36}, {1<<64 - 1, 1<<64 - 1}} {
		if got, err := ParseCursor(c.String()); err != nil || got != c {
			t.Errorf("ParseCursor(%q) = %v, %v", c.String(), got, err)
		}
	}
	for _, bad := range []string{
		"", "-", "1", "1-", "-1", "1-2-3", "01-1", "1-01", "A-1", "1-Z", "+1-1", "1 -1", " 1-1", "1-1\n", "0-0\x00",
		"3w5e11264sgsg-0", "0-3w5e11264sgsg", "zzzzzzzzzzzzzz-1", // over 64 bits
	} {
		if c, err := ParseCursor(bad); !errors.Is(err, ErrCursor) {
			t.Errorf("ParseCursor(%q) = %v, %v; want ErrCursor", bad, c, err)
		}
	}
}

func FuzzParseCursor(f *testing.F) {
	for _, s := range []string{"0-0", "1z-3", "3w5e11264sgsf-1", "00-0", "a-", "-a", "1-2-3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := ParseCursor(s); err == nil && c.String() != s {
			t.Fatalf("%q was read as %v, which is written %q", s, c, c.String())
		}
	})
}

func BenchmarkAppendNetstring(b *testing.B) {
	msg := make([]byte, 128)
	buf := make([]byte, 0, 256)
	b.ReportAllocs()
	b.SetBytes(int64(len(msg)))
	for b.Loop() {
		buf = AppendNetstring(buf[:0], msg)
	}
}

func BenchmarkDecodeNext(b *testing.B) {
	wire := AppendNetstring(nil, make([]byte, 128))
	b.ReportAllocs()
	b.SetBytes(128)
	for b.Loop() {
		if _, _, err := DecodeNext(wire); err != nil {
			b.Fatal(err)
		}
	}
}
