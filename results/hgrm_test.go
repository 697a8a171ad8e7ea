package results

import (
	"bufio"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// readDistribution reads a .hgrm file without the library: value by percentile, and the total count.
func readDistribution(t *testing.T, path string) (values map[float64]float64, total float64) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	values = map[float64]float64{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) < 3 || strings.HasPrefix(fields[0], "#") || fields[0] == "Value" {
			continue
		}
		value, err1 := strconv.ParseFloat(fields[0], 64)
		percentile, err2 := strconv.ParseFloat(fields[1], 64)
		count, err3 := strconv.ParseFloat(fields[2], 64)
		if err1 != nil || err2 != nil || err3 != nil {
			t.Fatalf("line %q is no row of a distribution", lines.Text())
		}
		values[percentile], total = value, max(total, count)
	}
	return values, total
}

func TestDistributionsHoldEverySampleOfAllRounds(t *testing.T) {
	rounds := make([]LogRound, 2)
	for i := range rounds {
		h := NewHistogram()
		for v := range int64(500) {
			if err := h.RecordValue((v + 1 + 500*int64(i)) * 1e6); err != nil {
				t.Fatal(err)
			}
		}
		slice, err := NewSlice(0, SliceWidth, h)
		if err != nil {
			t.Fatal(err)
		}
		rounds[i] = LogRound{Scenario: "a b", Arm: "websocket", Index: i, Histograms: Histograms{Latency: {slice}}}
	}
	folder := Folder{t.TempDir()}
	if err := folder.WriteDistributions(rounds); err != nil {
		t.Fatal(err)
	}
	values, total := readDistribution(t, filepath.Join(folder.Path, "latency.a_b.websocket.hgrm"))
	if total != 1000 {
		t.Errorf("%v samples, want both rounds' 1,000", total)
	}
	if half := values[0.5]; math.Abs(half-500) > 1 {
		t.Errorf("p50 %v ms, want 500: rounds merged, in milliseconds", half)
	}
	if files, _ := filepath.Glob(filepath.Join(folder.Path, "*")); len(files) != 1 {
		t.Errorf("%v: metrics without samples have no file", files)
	}
}

func TestBrokenDistributionIsAnError(t *testing.T) {
	broken := LogRound{Scenario: "s", Arm: "websocket", Histograms: Histograms{Latency: {{HDR: "none"}}}}
	if err := (Folder{t.TempDir()}).WriteDistributions([]LogRound{broken}); err == nil {
		t.Fatal("no error for a histogram that does not decode")
	}
}
