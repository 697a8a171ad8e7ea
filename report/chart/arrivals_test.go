package chart

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"

	"pushbench/scenarios"
)

// lateBy is a histogram of so many messages that were not late and of some that were.
func lateBy(t *testing.T, quick int64, late ...int64) *hdrhistogram.Histogram {
	t.Helper()
	h := hdrhistogram.New(1000, 3600e9, 3)
	if err := h.RecordValues(0, quick); err != nil {
		t.Fatal(err)
	}
	for _, ns := range late {
		if err := h.RecordValue(ns); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func TestArrivalsRender(t *testing.T) {
	for name, test := range map[string]struct {
		arrivals []Arrival
		want     []string
	}{
		"one quicker": {
			[]Arrival{{scenarios.WebSocket, lateBy(t, 900, 2e6)}, {scenarios.LongPoll, lateBy(t, 1, 40e6, 50e6, 60e6)}},
			[]string{"WebSocket", "Long-poll", "p50", "later than the other, log scale", "100 ms"},
		},
		"never late": {[]Arrival{{scenarios.WebSocket, lateBy(t, 10)}, {scenarios.SSE, lateBy(t, 10)}}, []string{"Server-sent events"}},
		"none":       {[]Arrival{{scenarios.WebSocket, lateBy(t, 0)}, {scenarios.LongPoll, nil}}, []string{"no samples", "n/a"}},
	} {
		t.Run(name, func(t *testing.T) {
			texts := svgOf(t, arrivalsFigure(test.arrivals))
			for _, want := range test.want {
				if !strings.Contains(texts, want) {
					t.Errorf("no %q in\n%s", want, texts)
				}
			}
		})
	}
}

func TestWriteArrivals(t *testing.T) {
	stem := filepath.Join(t.TempDir(), "observed")
	files, err := WriteArrivals(stem, "a subtitle\x1b[31m", []Arrival{{scenarios.WebSocket, lateBy(t, 5, 1e6)}, {scenarios.LongPoll, lateBy(t, 1, 2e6)}})
	if err != nil || len(files) != 2 || files[0].Path != stem+".svg" || files[1].Path != stem+".png" {
		t.Fatalf("%v %v", files, err)
	}
	picture, err := os.ReadFile(stem + ".png")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(picture)); err != nil {
		t.Error(err)
	}
	if _, err := WriteArrivals(filepath.Join(stem, "no", "folder"), "", nil); err == nil {
		t.Error("written into a folder that is not there")
	}
}
