package report

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pushbench/report/format"
	"pushbench/report/internal/sample"
	"pushbench/results"
	"pushbench/scenarios"
)

func swept(t testing.TB, make func(uint64, float64) (*results.Run, error), capacity float64) *results.Run {
	t.Helper()
	run, err := make(1, capacity)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// troubledSweep has an invalid cell beside the crossover, losses, too few samples, and a value at which WebSocket was not measured.
func troubledSweep(t testing.TB) *results.Run {
	run := swept(t, sample.RateSweep, 500)
	for i := range run.Cells {
		c := &run.Cells[i]
		switch {
		case c.Params["rate"] == "160/s" && c.Transport == scenarios.WebSocket:
			c.Verdict = results.Invalid
			c.Warnings = []results.Warning{{Code: "lag", Text: "the generator was late: use fewer clients or more cores", Invalidates: true}}
		case c.Params["rate"] == "640/s" && c.Transport == scenarios.ShortPoll:
			c.Delivery.Expected, c.Delivery.Missed, c.Delivery.Undelivered = c.Delivery.Expected+9, 4, 5
		case c.Params["rate"] == "10/s":
			c.Latency.Independent, c.Latency.CI = 60, nil
		}
	}
	run.Cells = append(run.Cells[:3], run.Cells[4:]...) // WebSocket at 20/s
	return run
}

func TestGoldenSweeps(t *testing.T) {
	one, two, bad := swept(t, sample.RateSweep, 500), swept(t, sample.DelaySweep, 700), troubledSweep(t)
	for name, got := range map[string]string{
		"sweep-100.txt":          printed(t, one, Style{}),
		"sweep-80.txt":           printed(t, one, Style{Width: 80}),
		"sweep-delays.txt":       printed(t, two, Style{}),
		"sweep-none.txt":         printed(t, swept(t, sample.RateSweep, 20_000), Style{}),
		"sweep-troubled.txt":     printed(t, bad, Style{}),
		"sweep-troubled-asc.txt": printed(t, bad, Style{Width: 80, ASCII: true, Color: true}),
		"sweep-troubled.md":      markdownOf(t, bad),
	} {
		t.Run(name, func(t *testing.T) { golden(t, name, got) })
	}
}

func TestWidthHoldsForAnySweep(t *testing.T) {
	base := swept(t, sample.RateSweep, 500)
	base.Cells = base.Cells[:6]
	rapid.Check(t, func(rt *rapid.T) {
		run := hostileRun(rt, base)
		word := rapid.OneOf(rapid.String(), rapid.StringMatching(`[0-9]{1,3}(/s|ms|MB|\x1b\[31m)`))
		path := rapid.OneOf(rapid.SampledFrom([]string{"rate", "network.delay", "tls", "clients"}), rapid.String())
		for i := range run.Cells {
			run.Cells[i].Params = map[string]string{path.Draw(rt, "path"): word.Draw(rt, "value"), "payload": word.Draw(rt, "payload")}
		}
		style := Style{Width: rapid.SampledFrom([]int{80, 100, 120}).Draw(rt, "width"), ASCII: rapid.Bool().Draw(rt, "ascii")}
		for line := range strings.Lines(printed(t, run, style)) {
			checkLine(rt, strings.TrimSuffix(line, "\n"), style.Width)
		}
		if text := markdownOf(t, run); strings.Contains(text, "\x1b") {
			rt.Fatal("an escape sequence in Markdown")
		}
	})
}

// TestRatiosOfASweepAreToTheSameValue changes WebSocket's latency at one value and finds only that value's ratios changed.
func TestRatiosOfASweepAreToTheSameValue(t *testing.T) {
	run := swept(t, sample.RateSweep, 500)
	before := newBlock(format.Groups(run)[0]).tables[0]
	for i := range run.Cells {
		if c := &run.Cells[i]; c.Transport == scenarios.WebSocket && c.Params["rate"] == "40/s" {
			c.Latency.P50 *= 2
		}
	}
	after := newBlock(format.Groups(run)[0]).tables[0]
	for r := range after.rows {
		changed := before.text(r, 1) != after.text(r, 1)
		if want := after.rows[r].Cell.Params["rate"] == "40/s" && after.rows[r].Cell.Transport != scenarios.WebSocket; changed != want {
			t.Errorf("%s: ratio %s became %s", after.name(r), before.text(r, 1), after.text(r, 1))
		}
	}
}

func TestEveryCellOfASweepHasARow(t *testing.T) {
	for _, run := range []*results.Run{troubledSweep(t), swept(t, sample.DelaySweep, 700)} {
		run.Cells = append(run.Cells, run.Cells[2]) // measured twice
		rows := 0
		for _, table := range newBlock(format.Groups(run)[0]).tables {
			rows += len(table.rows)
		}
		if rows != len(run.Cells) {
			t.Errorf("%d rows for %d cells", rows, len(run.Cells))
		}
	}
}

func TestRatiosNeedTheSameParameters(t *testing.T) {
	run := made(t, 1000, sample.Default...)
	for i := range run.Cells[1:] {
		run.Cells[i+1].Params = map[string]string{"rate": "5/s"}
	}
	run.Cells[0].Params = map[string]string{"rate": "6/s"}
	for _, table := range newBlock(format.Groups(run)[0]).tables {
		for r := range table.rows {
			if table.rows[r].base != nil && table.rows[r].Cell.Transport != scenarios.WebSocket {
				t.Errorf("%s is compared with other parameters", table.name(r))
			}
		}
	}
}

func TestASingleRoundHasNoSpreadAndSaysSoOnce(t *testing.T) {
	run := made(t, 1000, sample.Default...)
	for i := range run.Cells {
		run.Cells[i].Rounds = run.Cells[i].Rounds[:1]
	}
	text := printed(t, run, Style{Width: 200})
	if n := strings.Count(text, "a single round has none"); n != 1 {
		t.Errorf("the reason stands there %d times", n)
	}
	if strings.Contains(text, "n/a: not measured") {
		t.Errorf("the note on what was not measured stands there, too:\n%s", text)
	}
	for _, row := range newBlock(format.Groups(run)[0]).tables[0].values {
		if got := row[6].write(percent, format.Unit{}); got != format.NA {
			t.Errorf("spread %s of one round", got)
		}
	}
}
