package results

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSummariseNothing(t *testing.T) {
	if s := Summarise(NewHistogram(), 0); s != nil {
		t.Errorf("the summary of no samples is %+v, want nil", s)
	}
	if s := Summarise(nil, 0); s != nil {
		t.Errorf("the summary of no histogram is %+v, want nil", s)
	}
}

// Values below 2,048 have buckets of their own, so every figure is exact.
func TestSummarise(t *testing.T) {
	h := NewHistogram()
	for v := int64(1); v <= 1000; v++ {
		if err := h.RecordValue(v); err != nil {
			t.Fatal(err)
		}
	}
	got := Summarise(h, 7)
	want := &Summary{
		Count: 1000, Independent: 7, Min: 1, Mean: 500.5, StdDev: got.StdDev, P50: 500, P75: 750, P90: 900, P99: 990, P999: 999, P9999: 1000, Max: 1000,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if d := got.StdDev - 288.675; d < -0.001 || d > 0.001 { // √((1000²−1)/12)
		t.Errorf("stddev = %v, want 288.675", got.StdDev)
	}
	for _, p := range Percentiles {
		if v, ok := got.At(p.Key); !ok || v != h.ValueAtPercentile(100*p.P) {
			t.Errorf("At(%s) = %d, %v", p.Key, v, ok)
		}
	}
	if _, ok := got.At("p42"); ok {
		t.Error("a summary holds no p42")
	}
	if !got.TooFew(0.5+0.25) || got.TooFew(0.5) {
		t.Error("7 independent observations are enough for p50 and too few for p75")
	}
}

func TestSummariseIntervals(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	rows := make([][]int64, 20)
	for i := range rows {
		for range 500 {
			rows[i] = append(rows[i], int64(1e6*(1+r.ExpFloat64())))
		}
	}
	s, err := Histograms{Latency: slicesOf(t, rows)}.Summarise(Latency, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"p50", "p90", "p99"} {
		v, _ := s.At(key)
		ci, ok := s.CI[key]
		if !ok || !(ci[0] < v && v < ci[1]) || ci[1]-ci[0] > v {
			t.Errorf("%s = %d with interval %v, %v", key, v, ci, ok)
		}
	}
	if ci, ok := s.CI["p9999"]; ok {
		t.Errorf("p9999 of 10,000 has the interval %v, but one sample lies above it", ci)
	}
	few, err := Histograms{Latency: slicesOf(t, rows[:4])}.Summarise(Latency, 2_000)
	if err != nil {
		t.Fatal(err)
	}
	if few.CI != nil {
		t.Errorf("four blocks gave %v", few.CI)
	}
}
