package report

import (
	"testing"

	"pushbench/report/internal/sample"
	"pushbench/results"
)

// stormy is a run whose second arm's clients are not all back when it ends.
func stormy(t testing.TB) *results.Run {
	run := made(t, 400, sample.Default[:2]...)
	for i := range run.Cells {
		run.Cells[i].Recovery = &results.Recovery{
			Clients: 6000, Back: 6000, FailedOpens: 7213, PeakConnects: 4820, Full: new(int64(2_412_000_000)), ServerCPU: new(int64(610e6)),
			GeneratorCPU: new(int64(730e6)), GeneratorCPUShare: new(0.31),
			Reconnect: &results.Summary{Count: 6000, Independent: 6000, P50: 791e6, P99: 1981e6, Max: 2401e6},
			Total:     &results.Summary{Count: 6000, Independent: 6000, P50: 823e6, P99: 2002e6, Max: 2412e6},
		}
	}
	late := run.Cells[1].Recovery
	late.Back, late.Full, late.ServerCPU, late.GeneratorCPU, late.GeneratorCPUShare, late.Missed = 5990, nil, nil, nil, nil, 130
	return run
}

func TestTablesOfSessions(t *testing.T) {
	golden(t, "recovery-100.txt", printed(t, stormy(t), Style{}))
	golden(t, "recovery-60.txt", printed(t, stormy(t), Style{Width: 60, ASCII: true}))
}
