package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pushbench/results"
)

func TestAppendSummary(t *testing.T) {
	path := filepath.Join(t.TempDir(), "summary.md")
	write := func(text string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
	}
	t.Setenv(summaryVariable, "")
	if err := appendSummary(func(io.Writer) error { return errors.New("not to be called") }); err != nil {
		t.Error(err)
	}
	t.Setenv(summaryVariable, path)
	for _, text := range []string{"# a\n", "# b\n", strings.Repeat("line\n", maxSummary/5), "more\n"} {
		if err := appendSummary(write(text)); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(have); !strings.HasPrefix(text, "# a\n# b\nline\n") || !strings.Contains(text, "line\n\n\n*The rest is left out") {
		t.Errorf("have %.60q … %q", text, text[max(0, len(text)-200):])
	}
	if len(have) > maxSummary+200 {
		t.Errorf("%d bytes", len(have))
	}
	t.Setenv(summaryVariable, filepath.Join(path, "below a file"))
	if err := appendSummary(write("x")); err == nil || !strings.Contains(err.Error(), summaryVariable) {
		t.Errorf("have %v", err)
	}
}

func TestVerdictOf(t *testing.T) {
	valid, invalid := results.Cell{Verdict: results.Valid}, results.Cell{Verdict: results.Invalid}
	pass, fail, open := results.ThresholdResult{Outcome: results.Passed}, results.ThresholdResult{Outcome: results.Failed}, results.ThresholdResult{Outcome: results.Inconclusive}
	for i, c := range []struct {
		cells []results.Cell
		rules []results.ThresholdResult
		want  int
	}{
		{[]results.Cell{valid}, nil, exitFine},
		{[]results.Cell{valid}, []results.ThresholdResult{pass}, exitFine},
		{[]results.Cell{valid, invalid}, []results.ThresholdResult{pass}, exitInconclusive},
		{[]results.Cell{valid}, []results.ThresholdResult{pass, open}, exitInconclusive},
		{[]results.Cell{valid, invalid}, []results.ThresholdResult{open, fail, pass}, exitThreshold},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			err := verdictOf(&results.Run{Cells: c.cells, Thresholds: c.rules})
			if have := exitCode(t.Context(), err); have != c.want {
				t.Errorf("%d (%v), want %d", have, err, c.want)
			}
		})
	}
}
