package finding

import (
	"bytes"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pushbench/report"
	"pushbench/report/chart"
	"pushbench/report/internal/sample"
	"pushbench/report/review"
	"pushbench/results"
	"pushbench/scenarios"
)

// quantityText is a number with its unit, as sentences write it. What follows "±" is no reading.
var quantityText = regexp.MustCompile(`(± )?~?([0-9][0-9,]*(?:\.[0-9]+)?) (ns|µs|ms|s|B|kB|MB|times as much|connections)\b( more| less)?`)

// interval is one that does not lie around its difference.
var interval = regexp.MustCompile(`, 95 % between \S+ and [0-9.]+`)

var unitSizes = map[string]float64{"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9, "B": 1, "kB": 1e3, "MB": 1e6, "times as much": 1, "connections": 1}

// TestFindingsAgreeWithTheTable finds every number of the sentences among those of the terminal's tables, to the digit; a difference among the differences
// of two of them.
func TestFindingsAgreeWithTheTable(t *testing.T) {
	checked := 0
	for _, figures := range [][]scenarios.Figure{
		{scenarios.AnswerLatency, scenarios.AnswerOverhead}, {scenarios.AnswerServerCPU, scenarios.AnswerServerMemory}, {scenarios.AnswerConnections},
	} {
		for _, n := range []int{1000, 20} {
			run, _, err := sample.Run(7, n, sample.Default...)
			if err != nil {
				t.Fatal(err)
			}
			run.Scenarios[0].Answer = figures
			checked += agree(t, run)
		}
	}
	swept, err := sample.RateSweep(1, 400)
	if err != nil {
		t.Fatal(err)
	}
	swept.Scenarios[0].Answer = []scenarios.Figure{scenarios.AnswerLatency, scenarios.AnswerServerCPU}
	checked += agree(t, swept)
	if checked < 50 {
		t.Errorf("only %d numbers were compared", checked)
	}
}

func agree(t *testing.T, run *results.Run) (checked int) {
	t.Helper()
	table := map[string]bool{}
	var values []float64
	for _, b := range report.Blocks(run) {
		for _, s := range b.Sheets {
			for _, row := range s.Rows {
				for _, v := range row.Values {
					if v.Known {
						table[digits(v.Text)] = true
						values = append(values, v.Number)
					}
				}
			}
		}
	}
	for _, f := range Of(run) {
		for _, m := range quantityText.FindAllStringSubmatch(interval.ReplaceAllString(f.Sentence, ""), -1) {
			v, err := strconv.ParseFloat(strings.ReplaceAll(m[2], ",", ""), 64)
			if err != nil {
				t.Fatal(err)
			}
			v *= unitSizes[m[3]]
			switch {
			case m[1] != "" || m[2] == "128" && m[3] == "B": // a tolerance; the payload
			case m[4] != "":
				checked++
				if !isDifference(v, values) {
					t.Errorf("%s is no difference of the table's, in: %s", m[0], f.Sentence)
				}
			default:
				checked++
				if !table[digits(m[2])] {
					t.Errorf("%s is not in the table, in: %s", m[0], f.Sentence)
				}
			}
		}
	}
	return checked
}

// digits are those that are shown, whatever the unit.
func digits(text string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text), "0")
}

func isDifference(v float64, values []float64) bool {
	for _, a := range values {
		for _, b := range values {
			if math.Abs(math.Abs(a-b)-v) <= 0.0051*v {
				return true
			}
		}
	}
	return false
}

// TestEveryFigureIsSaid: whatever a scenario may answer with has words, numbers and a chart that is written.
func TestEveryFigureIsSaid(t *testing.T) {
	kinds := map[string]bool{}
	for _, k := range []chart.Kind{chart.Percentiles, chart.Latency, chart.Overhead, chart.Cost, chart.OverTime, chart.Rounds, chart.ClientCost, chart.Responses, chart.Answer, chart.Sweep, chart.SweepCost, chart.SweepAnswer} {
		kinds[string(k)] = true
	}
	for _, f := range scenarios.Figures {
		said, ok := figures[f]
		if !ok || said.noun == "" || !kinds[said.chart] || !kinds[said.sweepChart] {
			t.Errorf("%s: %+v", f, said)
			continue
		}
		for _, p := range scenarios.Patterns {
			s := scenarios.Default()
			s.Pattern = p
			if said.subject(s) == "" || said.object == nil {
				t.Errorf("%s has no words in %s", f, p)
			}
		}
	}
	for f := range figures {
		if got := Of(runOf([]scenarios.Figure{f}, golden()...))[0]; strings.Contains(got.Sentence, "%!") || !strings.HasSuffix(got.Sentence, ".") {
			t.Errorf("%s: %s", f, got.Sentence)
		}
	}
}

// TestRenderersShowTheSentence: the terminal at every width, Markdown, the review with its CSV.
func TestRenderersShowTheSentence(t *testing.T) {
	run := runOf([]scenarios.Figure{scenarios.AnswerLatency, scenarios.AnswerOverhead}, golden()...)
	f := Of(run)[0]
	for _, width := range []int{40, 80, 120} {
		var b bytes.Buffer
		if err := report.Table(&b, run, report.Style{Width: width}, f); err != nil {
			t.Fatal(err)
		}
		text := strings.Join(strings.Fields(b.String()), " ")
		if !strings.Contains(text, "answer: "+f.Sentence) || !strings.Contains(text, "caveat: "+f.Caveat) {
			t.Errorf("%d columns: no answer in\n%s", width, b.String())
		}
	}
	var b bytes.Buffer
	if err := report.Markdown(&b, run, f); err != nil || !strings.Contains(b.String(), "**Over a WebSocket a message reached a user 20 ms away after 20.3 ms") {
		t.Errorf("%v\n%s", err, b.String())
	}
	said, err := review.Of(run, nil)
	if err != nil {
		t.Fatal(err)
	}
	said.Answer(Of(run))
	b.Reset()
	if err := review.Markdown(&b, run, said); err != nil || !strings.Contains(b.String(), "It says nothing of Tuesdays.") {
		t.Errorf("%v\n%s", err, b.String())
	}
	table := said.Tables[len(said.Tables)-1]
	b.Reset()
	if err := table.WriteCSV(&b); err != nil || table.Name != review.TableFindings || !strings.Contains(b.String(), f.Sentence) || said.Sections[0].Finding != f {
		t.Errorf("%v, %s:\n%s", err, table.Name, b.String())
	}
}
