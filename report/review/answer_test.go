package review

import (
	"strings"
	"testing"

	"pushbench/report/format"
	"pushbench/report/sweep"
	"pushbench/results"
	"pushbench/scenarios"
)

// everyBlock is a run whose cells have every block that a figure may be read from, each number another.
func everyBlock(t *testing.T) *results.Run {
	run := both(t)
	for i := range run.Cells {
		c := &run.Cells[i]
		summary := func(k int64) *results.Summary {
			s := *c.Latency
			s.P50, s.P99, s.CI = s.P50+k, s.P99+2*k, nil
			return &s
		}
		c.Last, c.Connect = summary(1e6), summary(2e6)
		c.Uplink = &results.Uplink{Latency: summary(3e6)}
		c.Recovery = &results.Recovery{Clients: 1000, Back: 1000, Total: summary(4e6), Full: new(int64(7e9)), ServerCPU: new(int64(6e8))}
		c.Attendance = &results.Attendance{Join: summary(5e6)}
		c.Stages = []results.Stage{{Clients: 10, Rate: 3, Latency: summary(6e6)}, {Clients: 20, Rate: 2, Latency: summary(7e6)}}
		cpu := float64(9e6)
		c.Upkeep = &results.Upkeep{ClientHours: 1, Hourly: &results.Hourly{Bytes: 36e3, Requests: 144, EmptyResponses: 140, ServerCPU: &cpu}}
		c.Opening = &results.Opening{PerSession: &results.OpeningCost{Bytes: 700, Connections: 1, ServerCPU: &cpu}, PerSecond: &cpu}
		c.Delivery.Missed = int64(5 + i)
	}
	return run
}

// TestAnswersAreOneNumber: what a figure is in a sentence, in the table of answers, and over a sweep is one number, and none is missing.
func TestAnswersAreOneNumber(t *testing.T) {
	run := everyBlock(t)
	for _, f := range scenarios.Figures {
		run.Scenarios[0].Answer = []scenarios.Figure{f}
		g := format.Groups(run)[0]
		table := AnswerTable(g)
		readings := Readings(g, f)
		for i, r := range readings {
			row := table.Rows[i]
			if len(r.Parts) == 0 || len(row.Cells) != len(r.Parts)+1 || row.Arm != r.Arm.Cell {
				t.Fatalf("%s: %d numbers in the table, %d in the sentence", f, len(row.Cells)-1, len(r.Parts))
			}
			for j, p := range r.Parts {
				if v := row.Cells[j+1]; !v.Known || v.Number != p.Value.Number || table.Columns[j+1].Title == "" {
					t.Errorf("%s: %v in the table, %v in the sentence", f, v, p.Value)
				}
			}
			m, ok := sweep.MetricOf(f)
			if f == scenarios.AnswerLost {
				continue
			}
			if v, measured := m.Of(&run.Cells[r.Arm.Cell]); !ok || !measured || v != r.Parts[len(r.Parts)-1].Value.Number || m.Title == "" || m.Write(v) == format.NA {
				t.Errorf("%s over a sweep is %v (%v, %v), in the sentence %v", f, v, ok, measured, r.Parts)
			}
		}
	}
}

// TestEveryScenarioHasItsAnswer: a built-in scenario's table of answers has numbers and units, and says the question and what the numbers do not say.
func TestEveryScenarioHasItsAnswer(t *testing.T) {
	for _, s := range scenarios.List() {
		run := everyBlock(t)
		run.Scenarios[0] = *s
		for i := range run.Cells {
			run.Cells[i].Scenario = s.Name
		}
		table := AnswerTable(format.Groups(run)[0])
		if len(table.Columns) < 2 || table.Shows != "The numbers that answer: "+format.Clean(s.Question) || table.ShowsNot != format.Clean(s.Caveat) {
			t.Errorf("%s: %d columns, %q, %q", s.Name, len(table.Columns), table.Shows, table.ShowsNot)
		}
		for _, c := range reviewed(t, run, nil).Tables {
			if c.Name == TableAnswer && len(c.Rows) != 2 {
				t.Errorf("%s: %d rows", s.Name, len(c.Rows))
			}
		}
		for _, row := range table.Rows {
			for j, v := range row.Cells[1:] {
				if !v.Known || strings.Contains(v.Text, format.NA) {
					t.Errorf("%s has no number for %s", s.Name, table.Columns[j+1].Title)
				}
			}
		}
	}
}
