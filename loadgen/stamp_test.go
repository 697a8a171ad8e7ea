package loadgen

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestStampIsFoundWhereverItStands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Stamp{
			Run: rapid.Uint32().Draw(t, "run"), Flow: rapid.Uint32().Draw(t, "flow"), Seq: rapid.Uint32().Draw(t, "seq"),
			Due: time.Duration(rapid.Int64Min(0).Draw(t, "due")),
		}
		body := []byte(rapid.StringMatching(`[a-z{}":pb1.]{0,80}`).Draw(t, "before"))
		at := len(body)
		body = append(body, make([]byte, StampSize)...)
		want.put(body[at:])
		body = appendPadding(body, rapid.IntRange(0, 100).Draw(t, "padding"))
		got, err := FindStamp(body)
		if err != nil || got != want {
			t.Fatalf("found %+v, %v in %q, want %+v", got, err, body, want)
		}
	})
}

func TestNoStampInOtherText(t *testing.T) {
	good := make([]byte, StampSize)
	Stamp{Run: 1, Flow: 2, Seq: 3, Due: 4}.put(good)
	for name, text := range map[string]string{
		"empty":         "",
		"magic only":    "pb1.",
		"cut short":     string(good[:StampSize-1]),
		"upper case":    string(bytes.ToUpper(good)),
		"a dot moved":   string(bytes.Replace(good, []byte("1."), []byte(".1"), 1)),
		"other version": string(bytes.Replace(good, []byte("pb1"), []byte("pb2"), 1)),
	} {
		if s, err := FindStamp([]byte(text)); err == nil {
			t.Errorf("%s: found %+v in %q", name, s, text)
		}
	}
}

func FuzzFindStamp(f *testing.F) {
	good := make([]byte, StampSize)
	Stamp{Run: 1, Flow: 2, Seq: 3, Due: 4}.put(good)
	f.Add(good)
	f.Add(append([]byte(`{"text":"pb1.pb1.`), good...))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := FindStamp(b)
		if err != nil {
			return
		}
		again := make([]byte, StampSize)
		s.put(again)
		if !bytes.Contains(b, again) {
			t.Fatalf("found %+v, whose text is not in %q", s, b)
		}
	})
}

func BenchmarkFindStamp(b *testing.B) {
	body := make([]byte, StampSize, 128)
	Stamp{Run: 1, Flow: 2, Seq: 3, Due: 4}.put(body)
	body = appendPadding(body, 80)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := FindStamp(body); err != nil {
			b.Fatal(err)
		}
	}
}
