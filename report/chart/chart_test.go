package chart

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"gonum.org/v1/plot/vg"
	"pgregory.net/rapid"

	"pushbench/report/format"
	"pushbench/report/internal/sample"
	"pushbench/report/recorded"
	"pushbench/results"
)

func TestWriteLeavesNothingOnError(t *testing.T) {
	run, _ := made(t, 10, sample.Default...)
	dir := t.TempDir()
	if _, err := Write(dir, run, unread(run)); err == nil {
		t.Fatal("no error for histograms that cannot be read")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("written in spite of it: %v", left)
	}
	run, source := made(t, 10, sample.Default[0])
	if _, err := Write(filepath.Join(dir, "absent"), run, source); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("error %v for a folder that is not there", err)
	}
	// A folder in the place of a file makes a rename fail after all were written.
	if err := os.MkdirAll(filepath.Join(dir, "default-cost.png", "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(dir, run, source); err == nil {
		t.Fatal("no error for a name that is taken by a folder")
	}
	temporary, _ := filepath.Glob(filepath.Join(dir, ".*"))
	if len(temporary) > 0 {
		t.Errorf("left behind: %v", temporary)
	}
}

func TestCorruptSliceIsAnError(t *testing.T) {
	run, _ := made(t, 10, sample.Default[0])
	bad := results.Histograms{results.Latency: {{HDR: "no histogram"}}}
	if _, err := Write(t.TempDir(), run, recorded.New([][]results.Histograms{{bad}})); err == nil {
		t.Fatal("no error for a slice that does not decode")
	}
}

func TestNilRun(t *testing.T) {
	if _, err := Write(t.TempDir(), nil, nil); err == nil {
		t.Fatal("no error for no run")
	}
}

func TestScenariosThatShareASlugGetTheirOwnFiles(t *testing.T) {
	taken := map[string]bool{}
	for _, c := range []struct{ name, want string }{{"a b", "a-b"}, {"A/B", "a-b-2"}, {"../..", "scenario"}, {"", "scenario-2"}} {
		if got := format.Unique(format.Slug(c.name), taken); got != c.want {
			t.Errorf("%q becomes %q, want %q", c.name, got, c.want)
		}
	}
}

func TestSpansAndTicks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.Float64Range(0, 1e12).Draw(t, "lo")
		hi := lo * rapid.Float64Range(1, 1e6).Draw(t, "ratio")
		s := logSpan(lo, hi)
		if s.lo > max(1, lo)*(1+1e-6) || s.hi < hi*(1-1e-6) || s.hi/s.lo < 9.9 {
			t.Fatalf("%v to %v got the axis %v", lo, hi, s)
		}
		if n := len(logTicks(s, format.TimeUnits)); n < 2 || n > 14 {
			t.Fatalf("%d ticks on %v", n, s)
		}
		ticks := linearTicks(hi, format.TimeUnits)
		if n := len(ticks); n < 3 || n > 7 || ticks[n-1].Value < hi*(1-1e-6) {
			t.Fatalf("linear ticks %v for %v", ticks, hi)
		}
	})
}

func TestNinesAreEvenlySpaced(t *testing.T) {
	for i, q := range []float64{0, 0.9, 0.99, 0.999} {
		if got := (nines{}).Normalize(0, 0.999, q); math.Abs(got-float64(i)/3) > 1e-9 {
			t.Errorf("%v stands at %v of the axis, want %d thirds", q, got, i)
		}
	}
}

func TestLabelsNeverOverlapNorLeaveTheChart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var places []vg.Length
		for _, p := range rapid.SliceOfN(rapid.Float64Range(-50, 450), 1, maxArms).Draw(t, "ends") {
			places = append(places, vg.Length(p))
		}
		out := spread(places, 38, 20, 380)
		for i := range out {
			if out[i] < 20-1e-6 || out[i] > 380+1e-6 {
				t.Fatalf("label at %v", out[i])
			}
			for j := range i {
				if gap := math.Abs(float64(out[i] - out[j])); gap < 38-1e-6 {
					t.Fatalf("labels %v apart in %v", gap, out)
				}
			}
		}
	})
}

func TestAxisGoesAsFarAsTheSamplesCarry(t *testing.T) {
	for _, c := range []struct {
		independent int64
		want        float64
	}{{0, 0.99}, {30, 0.99}, {299, 0.999}, {298, 0.99}, {2994, 0.999}, {100_000, 0.9999}} {
		h := results.NewHistogram()
		if err := h.RecordValue(1); err != nil {
			t.Fatal(err)
		}
		cell := &results.Cell{Measured: results.Measured{Latency: &results.Summary{Independent: c.independent}}}
		if got := axisEnd([]series{{Arm: format.Arm{Cell: cell}, latency: h}}); got != c.want {
			t.Errorf("%d samples: the axis ends at %v, want %v", c.independent, got, c.want)
		}
	}
}
