package report

import (
	"bytes"
	"strings"
	"testing"

	"pushbench/report/compare"
	"pushbench/report/format"
	"pushbench/report/internal/sample"
	"pushbench/results"
	"pushbench/scenarios"
)

// comparison has a side that is faster, and a third that is invalid over long-polling and lost messages over WebSocket.
func comparison(t *testing.T, sides int) *compare.Comparison {
	t.Helper()
	type rounds = map[scenarios.Transport][]float64
	slow, fast := []float64{10, 11, 12, 13, 14, 15}, []float64{1, 2, 3, 4, 5, 6}
	all := []compare.Input{
		{Label: "before", Run: sample.Compared("run-a", rounds{scenarios.WebSocket: slow, scenarios.LongPoll: slow})},
		{Label: "after\x1b[31m", Run: sample.Compared("run-b", rounds{scenarios.WebSocket: fast, scenarios.LongPoll: slow[:3]})},
		{Label: "<third>", Run: sample.Compared("run-c", rounds{scenarios.WebSocket: slow, scenarios.LongPoll: fast})},
	}
	third := all[2].Run
	third.Environment.CPUs, third.Cells[1].Verdict = 64, results.Invalid
	for i := range third.Cells[0].Rounds {
		third.Cells[0].Rounds[i].Delivery.Missed = 3
	}
	c, err := compare.Runs(all[:sides])
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCompareGolden(t *testing.T) {
	table := func(sides int, style Style) string {
		var b bytes.Buffer
		if err := CompareTable(&b, comparison(t, sides), style); err != nil {
			t.Fatal(err)
		}
		width := style.Width
		for line := range strings.Lines(stripColour(b.String())) {
			if w := format.Width(strings.TrimSuffix(line, "\n")); w > width {
				t.Errorf("%d columns, want at most %d: %s", w, width, line)
			}
		}
		return b.String()
	}
	var markdown bytes.Buffer
	if err := CompareMarkdown(&markdown, comparison(t, 3)); err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{
		"compare-80.txt":    table(2, Style{Width: 80}),
		"compare-3-80.txt":  table(3, Style{Width: 80}),
		"compare-3-120.txt": table(3, Style{Width: 120}),
		"compare-asc.txt":   table(3, Style{Width: 120, ASCII: true, Color: true}),
		"compare.md":        markdown.String(),
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, got) })
	}
}

func stripColour(s string) string {
	for _, code := range []ink{"0", bold, dim, red, green, yellow} {
		s = strings.ReplaceAll(s, "\x1b["+string(code)+"m", "")
	}
	return s
}
