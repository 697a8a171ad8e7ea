package chart

import (
	"strings"
	"testing"

	"pushbench/report/format"
	"pushbench/report/internal/sample"
	"pushbench/report/recorded"
	"pushbench/report/review"
	"pushbench/report/sweep"
	"pushbench/results"
	"pushbench/scenarios"
)

// sweepCases are swept runs that charts must survive, by name.
var sweepCases = map[string]func() (*results.Run, error){
	"sweep crossing":    func() (*results.Run, error) { return sample.RateSweep(1, 500) },
	"sweep no crossing": func() (*results.Run, error) { return sample.RateSweep(1, 20_000) },
	"sweep invalid":     invalidSweep,
	"sweep delays":      func() (*results.Run, error) { return sample.DelaySweep(1, 700) },
	"sweep six":         sixDelays,
	"sweep words":       wordSweep,
	"sweep few":         fewRounds,
	"sweep hostile":     hostileSweep,
}

// invalidSweep has an invalid cell on either side of a crossover, and one that was not measured.
func invalidSweep() (*results.Run, error) {
	run, err := sample.RateSweep(1, 700)
	if err != nil {
		return nil, err
	}
	for i := range run.Cells {
		c := &run.Cells[i]
		if c.Transport == scenarios.LongPoll && c.Params["rate"] == "320/s" {
			c.Verdict = results.Invalid
		}
	}
	run.Cells = append(run.Cells[:5], run.Cells[6:]...)
	return run, nil
}

// sixDelays has more values of the second parameter than a slide holds.
func sixDelays() (*results.Run, error) {
	run, err := sample.DelaySweep(1, 700)
	if err != nil {
		return nil, err
	}
	var cells []results.Cell
	for _, delay := range []string{"0s", "1ms", "2ms", "5ms", "20ms", "50ms", "100ms"} {
		for _, c := range run.Cells {
			if c.Params["network.delay"] == "20ms" {
				c.Params = map[string]string{"rate": c.Params["rate"], "network.delay": delay}
				cells = append(cells, c)
			}
		}
	}
	run.Cells = cells
	return run, nil
}

// wordSweep is over values without an order.
func wordSweep() (*results.Run, error) {
	run, err := sample.RateSweep(1, 700)
	if err != nil {
		return nil, err
	}
	words := map[string]string{"10/s": "off", "80/s": "1.2", "640/s": "1.3"}
	var cells []results.Cell
	for _, c := range run.Cells {
		if word, kept := words[c.Params["rate"]]; kept {
			c.Params = map[string]string{"tls": word}
			cells = append(cells, c)
		}
	}
	run.Cells, run.Scenarios[0].Sweep = cells, nil
	return run, nil
}

// fewRounds has neither intervals nor enough rounds to tell anything.
func fewRounds() (*results.Run, error) {
	run, err := sample.RateSweep(1, 700)
	if err != nil {
		return nil, err
	}
	for i := range run.Cells {
		c := &run.Cells[i]
		c.Latency.CI, c.Latency.Independent, c.Rounds = nil, 90, c.Rounds[:1]
	}
	return run, nil
}

func hostileSweep() (*results.Run, error) {
	run, err := sample.RateSweep(1, 700)
	if err != nil {
		return nil, err
	}
	run.Scenarios[0].Title = hostileTitle
	for i := range run.Cells {
		c := &run.Cells[i]
		c.Params = map[string]string{"<b>\x1b[1mparameter": hostileTitle + strings.Repeat("x", i%5), "rate": c.Params["rate"]}
		c.Server = nil
	}
	run.Cells[0].Latency, run.Cells[1].Params = nil, nil
	return run, nil
}

// sweepTexts draws the two charts of a case and returns the texts of each.
func sweepTexts(t *testing.T, build func() (*results.Run, error)) (latency, cost string) {
	t.Helper()
	run, err := build()
	if err != nil {
		t.Fatal(err)
	}
	figures, err := figuresOf(format.Groups(run)[0], nil, run.Environment, unread(run))
	if err != nil {
		t.Fatal(err)
	}
	if len(figures) != 2 || figures[0].kind != Sweep || figures[1].kind != SweepCost {
		t.Fatalf("%d figures, want latency and cost over the parameter", len(figures))
	}
	return svgOf(t, figures[0]), svgOf(t, figures[1])
}

// unread cannot be decoded, so that reading it fails: a sweep of a hundred arms must not decode them all for charts that show none.
func unread(run *results.Run) *recorded.Histograms {
	bad := results.Histograms{results.Latency: {{HDR: "no histogram"}}, results.Overhead: {{HDR: "no histogram"}}}
	rounds := make([][]results.Histograms, len(run.Cells))
	for i := range rounds {
		rounds[i] = []results.Histograms{bad}
	}
	return recorded.New(rounds)
}

func TestSweepsRender(t *testing.T) {
	for name, build := range sweepCases {
		t.Run(name, func(t *testing.T) {
			if keep == "" && name != "sweep crossing" {
				sweepTexts(t, build)
				return
			}
			run, err := build()
			if err != nil {
				t.Fatal(err)
			}
			dir := folder(t, name)
			files, err := Write(dir, run, nil)
			if err != nil {
				t.Fatal(err)
			}
			kinds := 2
			if review.Maps(run)[0] != nil {
				kinds = 3
			}
			if len(files) != 2*kinds {
				t.Fatalf("%d files, want %d kinds in 2 formats", len(files), kinds)
			}
			for _, f := range files {
				check(t, dir, f)
			}
		})
	}
}

func TestACrossoverIsMarkedOnlyWhereItCanBePlaced(t *testing.T) {
	for _, c := range []struct {
		name, want string
		marks      int // labels "… from ≈…", of p50 and p99
	}{
		{"sweep crossing", "Long-poll: falls below at ≈", 2},
		{"sweep no crossing", "no crossover, higher throughout", 0},
		{"sweep invalid", "falls below somewhere between 160/s and 640/s", 0},
		{"sweep few", "no crossover can be told (undecided at every value)", 0},
		{"sweep words", "lower at 1 and higher at 2 of 3 values", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			latency, _ := sweepTexts(t, sweepCases[c.name])
			if n := strings.Count(latency, "Long-poll lower from ≈"); n != c.marks {
				t.Errorf("%d marks, want %d:\n%s", n, c.marks, latency)
			}
			// A caption breaks between any two words.
			if !strings.Contains(strings.ReplaceAll(latency, "\n", " "), c.want) {
				t.Errorf("no %q in\n%s", c.want, latency)
			}
		})
	}
}

func TestSignsAreExplainedWhereTheyOccur(t *testing.T) {
	for name, want := range map[string]map[string]bool{
		"sweep crossing": {"Hollow:": false, "Gaps:": false, "Thin lines:": false, "Whiskers:": true, "Columns:": false},
		"sweep invalid":  {"Hollow:": true, "Gaps:": true},
		"sweep few":      {"Thin lines:": true, "Whiskers:": false},
		"sweep delays":   {"Columns: network.delay": true, "Vertical lines:": true},
		"sweep six":      {"Only the first 6 of 7 columns": true},
	} {
		latency, _ := sweepTexts(t, sweepCases[name])
		for sign, occurs := range want {
			if strings.Contains(latency, sign) != occurs {
				t.Errorf("%s: %q in the caption, want %v:\n%s", name, sign, occurs, latency)
			}
		}
	}
}

func TestEveryArmOfASweepIsNamed(t *testing.T) {
	latency, cost := sweepTexts(t, hostileSweep)
	for _, text := range []string{latency, cost} {
		for _, name := range []string{"WebSocket", "Long-poll", "Short poll"} {
			if !strings.Contains(text, name+"\n") && !strings.Contains(text, name+": n/a\n") {
				t.Errorf("%s is drawn and not named:\n%s", name, text)
			}
		}
	}
	if !strings.Contains(cost, "not measured") {
		t.Error("no word on the server's CPU time, which was not measured")
	}
}

// TestAnArmWithoutAValueSaysSo: the key of an arm that has none would stand at the axis and read as a zero.
func TestAnArmWithoutAValueSaysSo(t *testing.T) {
	run, err := sample.RateSweep(1, 400)
	if err != nil {
		t.Fatal(err)
	}
	run.Scenarios[0].Answer = []scenarios.Figure{scenarios.AnswerServerMemory}
	for i := range run.Cells {
		if run.Cells[i].Transport == scenarios.LongPoll {
			run.Cells[i].Server = nil
		}
	}
	text := chartOf(t, run, SweepAnswer)
	if !strings.Contains(text, "Long-poll: n/a") || strings.Contains(text, "WebSocket: n/a") {
		t.Error("it is not said which arm has no value")
	}
}

// TestAnArmThatTheLastPanelLacksSaysSo: its key stands beside that panel.
func TestAnArmThatTheLastPanelLacksSaysSo(t *testing.T) {
	run, err := sample.DelaySweep(1, 700)
	if err != nil {
		t.Fatal(err)
	}
	run.Scenarios[0].Answer = []scenarios.Figure{scenarios.AnswerServerMemory}
	last := run.Cells[len(run.Cells)-1].Params["network.delay"]
	for i := range run.Cells {
		if c := &run.Cells[i]; c.Transport == scenarios.LongPoll && c.Params["network.delay"] == last {
			c.Server = nil
		}
	}
	text := chartOf(t, run, SweepAnswer)
	if !strings.Contains(text, "Long-poll: n/a") || strings.Contains(text, "WebSocket: n/a") {
		t.Errorf("it is not said which arm has no value at a delay of %s", last)
	}
}

// TestWhatIsComparedIsDrawn: where there are too many answers for a slide, it is medians that are not drawn.
func TestWhatIsComparedIsDrawn(t *testing.T) {
	var names []string
	s := scenarios.Default()
	s.Answer = []scenarios.Figure{scenarios.AnswerOpening, scenarios.AnswerConnect}
	for _, m := range further(sweep.Answers(&s), nil) {
		names = append(names, m.Name)
	}
	if len(names) != mostMeasures || names[3] != "p99 of connecting" {
		t.Errorf("%q", names)
	}
}
