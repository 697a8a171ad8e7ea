package review

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"pushbench/report"
	"pushbench/report/internal/sample"
	"pushbench/report/recorded"
	"pushbench/results"
)

// TestReviewShowsTheTerminalsNumbers finds every row of the terminal's tables among the review's, cell by cell.
func TestReviewShowsTheTerminalsNumbers(t *testing.T) {
	run, h := made(t, 1000, sample.Default...)
	var b bytes.Buffer
	if err := report.Table(&b, run, report.Style{Width: 200}); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, table := range reviewed(t, run, h).Tables {
		if !strings.HasPrefix(table.Name, TableTerminal) {
			continue
		}
		for _, row := range table.Rows {
			var texts []string
			for _, v := range row.Cells {
				texts = append(texts, v.Text)
			}
			want := strings.Join(strings.Fields(strings.Join(texts, " ")), " ")
			found := false
			for line := range strings.Lines(b.String()) {
				found = found || strings.Join(strings.Fields(line), " ") == want
			}
			if !found {
				t.Errorf("the terminal has no line %q", want)
			}
			seen++
		}
	}
	if seen != 8 {
		t.Errorf("%d rows compared, want 4 arms in 2 tables", seen)
	}
}

// TestDecisionAgreesWithTheTable: the card and the table round the same number to the same digits.
func TestDecisionAgreesWithTheTable(t *testing.T) {
	run, h := made(t, 1000, sample.Default...)
	r := reviewed(t, run, h)
	line := r.Sections[0].Decision.Pairs[0].Lines[0]
	var table []string
	for _, row := range r.Tables[0].Rows {
		table = append(table, row.Cells[3].Text+" "+r.Tables[0].Columns[3].Unit)
	}
	if got := line.From.Text + " " + line.Unit; r.Tables[0].Columns[3].Title != "p99" || got != table[1] {
		t.Errorf("the card says %s, the table (%s) %s", got, r.Tables[0].Columns[3].Title, table[1])
	}
}

// BenchmarkHour reviews a run of an hour: 3,600 seconds of each of four arms.
func BenchmarkHour(b *testing.B) {
	run, _, err := sample.Run(1, 1000, sample.Default...)
	if err != nil {
		b.Fatal(err)
	}
	h := results.NewHistogram()
	for i := range int64(2000) {
		_ = h.RecordValue(1e6 + i*5e4)
	}
	second, err := results.NewSlice(0, time.Second, h)
	if err != nil {
		b.Fatal(err)
	}
	round := results.Histograms{}
	for i := range time.Duration(3600) {
		s := second
		s.Start, s.End = i*time.Second, (i+1)*time.Second
		round[results.Latency], round[results.Overhead] = append(round[results.Latency], s), append(round[results.Overhead], s)
	}
	cells := make([][]results.Histograms, len(run.Cells))
	for i := range cells {
		cells[i] = []results.Histograms{round}
	}
	for b.Loop() {
		if _, err := Of(run, recorded.New(cells)); err != nil {
			b.Fatal(err)
		}
	}
}
