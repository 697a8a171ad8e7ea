package report

import (
	"testing"
	"time"

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

// killed is a stormy run whose server was killed.
func killed(t testing.TB) *results.Run {
	run := stormy(t)
	for i := range run.Cells {
		c := &run.Cells[i]
		c.Recovery.Down, c.Recovery.PublishedLate = new(int64(531e6)), 11
		c.Sessions = &results.Sessions{Lost: 6000, Reopened: 6000, Resets: 5991, FellBack: 1204}
	}
	d := &run.Cells[1].Delivery
	d.Missed, d.Expected, run.Cells[1].Sessions = 4130, d.Expected+4130, nil
	return run
}

// staged is a run whose load changes, and whose users come and go.
func staged(t testing.TB) *results.Run {
	run := made(t, 400, sample.Default[:2]...)
	for i := range run.Cells {
		c := &run.Cells[i]
		c.Attendance = &results.Attendance{Left: 450, Came: 1800, Away: 21344, Stayed: int64(i), Join: &results.Summary{Count: 1800, Independent: 1800, P50: 1.1e6, P99: 4.2e6}}
		for n, clients := range []int{200, 2000, 200} {
			latency := &results.Summary{Count: 4000, Independent: 4000, P50: int64(n+1) * 2e6, P99: int64(n+1) * 9e6, Max: int64(n+1) * 11e6}
			c.Stages = append(c.Stages, results.Stage{
				Start: time.Duration(4*n+1) * time.Second, End: time.Duration(4*n+5) * time.Second, Clients: clients, Rate: float64(clients) / 100, Latency: latency,
				ServerCPUShare: new(float64(n+1) / 10), ServerRSS: new(int64(n+20) << 20), GeneratorCPUShare: new(0.25),
			})
		}
	}
	run.Cells[1].Stages[2].Latency, run.Cells[1].Stages[2].ServerRSS = nil, nil
	return run
}

func TestTablesOfSessions(t *testing.T) {
	golden(t, "recovery-100.txt", printed(t, stormy(t), Style{}))
	golden(t, "recovery-60.txt", printed(t, stormy(t), Style{Width: 60, ASCII: true}))
	golden(t, "staged-100.txt", printed(t, staged(t), Style{}))
	golden(t, "killed-100.txt", printed(t, killed(t), Style{}))
}
