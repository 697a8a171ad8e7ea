package review

import (
	"strings"
	"testing"

	"pushbench/report/internal/sample"
	"pushbench/report/recorded"
	"pushbench/results"
)

// TestTheWayBackIsByPercentile: an outage has a table of its own, of the cells that had one, whose ends are the first and the last client to come back.
func TestTheWayBackIsByPercentile(t *testing.T) {
	run, rounds, err := sample.Run(1, 100, sample.Default[:2]...)
	if err != nil {
		t.Fatal(err)
	}
	h := results.NewHistogram()
	for i := range int64(1000) {
		if err := h.RecordValue((i + 1) * 1e6); err != nil {
			t.Fatal(err)
		}
	}
	slice, err := results.NewSlice(0, results.SliceWidth, h)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range reviewed(t, run, recorded.New(rounds)).Tables {
		if table.Name == TableRecovery {
			t.Error("a recovery without an outage")
		}
	}
	rounds[1][0][results.RecoveryTotal] = []results.Slice{slice}
	run.Cells[1].Recovery = &results.Recovery{Clients: 1000, Back: 1000, Total: &results.Summary{Count: 1000, Independent: 1000, P50: 500e6, P99: 990e6}}
	for _, table := range reviewed(t, run, recorded.New(rounds)).Tables {
		if table.Name != TableRecovery {
			continue
		}
		first, last := table.Rows[0], table.Rows[len(table.Rows)-1]
		if len(table.Columns) != 2 || table.Columns[1].Arm != 1 || first.Cells[1].Number > 1.001e6 || last.Cells[1].Number < 999e6 || !strings.HasPrefix(last.Cells[1].Text, "~") {
			t.Errorf("%v, from %v to %v", table.Columns, first, last)
		}
		return
	}
	t.Error("no table of the recovery")
}
