package wire

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"strings"
	"testing"
)

// deflate compresses as a server does: with the standard library, a message by itself.
func deflate(t testing.TB, text []byte) []byte {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\x00\x00\xff\xff"))
}

func gzipped(t testing.TB, text []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

var manyTexts = [][]byte{
	{}, []byte("x"), []byte(strings.Repeat("all work and no play ", 300)), bytes.Repeat([]byte{0, 1, 2, 254, 255}, 40_000),
}

func TestInflate(t *testing.T) {
	for _, text := range manyTexts {
		for name, f := range map[string]func() ([]byte, error){
			"deflate": func() ([]byte, error) { return Inflate([]byte("before"), deflate(t, text), len(text)) },
			"gzip":    func() ([]byte, error) { return Gunzip([]byte("before"), gzipped(t, text), len(text)) },
		} {
			got, err := f()
			if err != nil || string(got) != "before"+string(text) {
				t.Errorf("%s: %d bytes came back as %d (%v)", name, len(text), len(got)-len("before"), err)
			}
		}
	}
}

// What unpacks to more than the limit is refused, whatever it says of itself, and so is what is no compressed data.
func TestInflateRefuses(t *testing.T) {
	bomb := make([]byte, 1<<20)
	wrongSum := gzipped(t, []byte("text"))
	wrongSum[len(wrongSum)-8] ^= 1
	withName := gzipped(t, []byte("text"))
	withName[3] = 8
	for name, f := range map[string]func() ([]byte, error){
		"bomb":         func() ([]byte, error) { return Inflate(nil, deflate(t, bomb), 1000) },
		"gzip bomb":    func() ([]byte, error) { return Gunzip(nil, gzipped(t, bomb), 1000) },
		"garbage":      func() ([]byte, error) { return Inflate(nil, []byte("garbage in, nothing out"), 1000) },
		"short gzip":   func() ([]byte, error) { return Gunzip(nil, gzipped(t, nil)[:17], 1000) },
		"wrong sum":    func() ([]byte, error) { return Gunzip(nil, wrongSum, 1000) },
		"a field more": func() ([]byte, error) { return Gunzip(nil, withName, 1000) },
	} {
		if got, err := f(); !errors.Is(err, ErrInflate) || len(got) > 0 {
			t.Errorf("%s: %d bytes and %v, want ErrInflate", name, len(got), err)
		}
	}
}

func FuzzInflate(f *testing.F) {
	for _, text := range manyTexts[:3] {
		f.Add(deflate(f, text))
		f.Add(gzipped(f, text))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		const limit = 4096
		for _, unpack := range []func(dst, p []byte, limit int) ([]byte, error){Inflate, Gunzip} {
			got, err := unpack(nil, p, limit)
			if err != nil && (!errors.Is(err, ErrInflate) || len(got) > 0) || len(got) > limit {
				t.Fatalf("%d bytes and %v", len(got), err)
			}
		}
		// What was taken apart before does not show.
		if got, err := Inflate(nil, deflate(t, p), len(p)); err != nil || !bytes.Equal(got, p) {
			t.Fatalf("%q came back as %q (%v)", p, got, err)
		}
	})
}

// Unpacking a message allocates nothing once there is room for it.
func TestInflateAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("under the race detector a pool forgets on purpose")
	}
	text := []byte(strings.Repeat("of and to in is you that it he was for on ", 60))
	packed, room := deflate(t, text), make([]byte, 0, 1+len(text))
	allocated := testing.AllocsPerRun(1000, func() {
		if _, err := Inflate(room, packed, len(text)); err != nil {
			t.Fatal(err)
		}
	})
	if allocated >= 1 {
		t.Errorf("%v allocations a message", allocated)
	}
}
