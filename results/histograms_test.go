package results

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The library encodes to base64 text, not to bytes: the JSON must carry that text as it is, as a .hlog line does.
func TestSliceCarriesBase64TextOnce(t *testing.T) {
	s, err := NewSlice(time.Second, 2*time.Second, histogram(t, 1, 1000, 5e9))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(s.HDR, "HISTFAAA") {
		t.Errorf("HDR begins %.12q, want the cookie 1c849314 in base64: HISTFAAA", s.HDR)
	}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"start_ns":1000000000,"end_ns":2000000000,"hdr":"` + s.HDR + `"}`; string(text) != want {
		t.Errorf("JSON is %s, want %s", text, want)
	}
	var back Slice
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	h, err := back.Decode()
	if err != nil {
		t.Fatal(err)
	}
	if !h.Equals(histogram(t, 1, 1000, 5e9)) {
		t.Error("the histogram changed on its way through JSON")
	}
}

func TestSliceDecodeRefuses(t *testing.T) {
	foreign, err := hdrhistogram.New(1, 1e9, 2).Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"nothing": "", "no base64": "HIST!", "another geometry": string(foreign)} {
		t.Run(name, func(t *testing.T) {
			if _, err := (Slice{HDR: text}).Decode(); err == nil {
				t.Error("decoded without an error")
			}
		})
	}
}

func BenchmarkSliceDecode(b *testing.B) {
	h := NewHistogram()
	for i := range int64(10_000) {
		if err := h.RecordValue(1e6 + i*997); err != nil {
			b.Fatal(err)
		}
	}
	s, err := NewSlice(0, time.Second, h)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Decode(); err != nil {
			b.Fatal(err)
		}
	}
}

// A cell of three rounds of one minute.
func BenchmarkSummarise(b *testing.B) {
	var rows [][]int64
	for i := range int64(180) {
		rows = append(rows, []int64{1e6 + i, 2e6 + 7919*i, 3e6})
	}
	h := Histograms{Latency: slicesOf(b, rows)}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Summarise(Latency, 540); err != nil {
			b.Fatal(err)
		}
	}
}
