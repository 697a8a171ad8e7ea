package loadgen

import (
	"bytes"
	"compress/flate"
	"testing"

	"pushbench/scenarios"
)

// Text is as long as was asked for, the same for the same stamp, another for another, carries its stamp, and compresses about as text does; letters hardly weigh anything.
func TestFill(t *testing.T) {
	const size = 4000
	stamp := Stamp{Run: 9, Flow: 1, Seq: 2}
	text := stamp.Filled(nil, size, scenarios.Text)
	if again := stamp.Filled(nil, size, scenarios.Text); !bytes.Equal(text, again) {
		t.Error("the same stamp made another text")
	}
	stamp.Seq++
	if other := stamp.Filled(nil, size, scenarios.Text); bytes.Equal(text[StampSize:], other[StampSize:]) {
		t.Error("another stamp made the same text")
	}
	if found, err := FindStamp(text); err != nil || found.Seq != 2 || len(text) != size {
		t.Errorf("%d bytes with stamp %+v (%v)", len(text), found, err)
	}
	if packed := deflatedSize(t, text); packed < size/5 || packed > size/2 {
		t.Errorf("text of %d bytes compresses to %d", size, packed)
	}
	if packed := deflatedSize(t, stamp.Filled(nil, size, scenarios.Letters)); packed > size/20 {
		t.Errorf("letters compress to %d", packed)
	}
	for n := StampSize; n < StampSize+20; n++ {
		if b := stamp.Filled([]byte("before"), n, scenarios.Text); len(b) != len("before")+n {
			t.Errorf("%d bytes, want %d", len(b), n)
		}
	}
}

func deflatedSize(t *testing.T, b []byte) int {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}
