package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"pushbench/report/model"
)

// coordinatedOmission stops the server once and asks what the load generator says of it, and what a closed loop would have said.
var coordinatedOmission = Check{
	Name:   "coordinated-omission",
	Source: `G. Tene, "How NOT to Measure Latency" (2013): a stall S in a run of length D makes Q(q) = base + S − (1−q)·D, where (1−q)·D < S`,
	Run:    runOmission,
}

// The server stalls in the middle of the steady phase; its stall counts from the first publish, which is that of the warm-up.
const (
	stallLength   = 500 * time.Millisecond
	omissionSpan  = 3 * time.Second
	omissionRate  = 1000
	omissionFault = "stall=500ms@1500ms"
)

const omissionScenario = `
name: verify-coordinated-omission
pattern: direct
clients: 10
rate: 1000/s
arrivals: constant
warmup: 500ms
duration: 3s
rounds: 1
transports: [websocket]
headers: none
sweep: {clients: [10, 100]}
`

func runOmission(ctx context.Context, lab Lab, _ Depth) ([]Finding, error) {
	var open []Measurement
	var closed naive
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		open, err = measureValid(groupCtx, lab, omissionScenario, Options{Inject: omissionFault})
		return err
	})
	// The closed loop takes a few hundredths of a processor, so it may run meanwhile.
	group.Go(func() (err error) {
		closed, err = measureNaively(groupCtx, naivePlan{Connections: 10, Interval: 10 * omissionPause, Span: omissionSpan, Stall: stallLength})
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var found []Finding
	for _, m := range open {
		f, err := omissionFindings(m)
		if err != nil {
			return found, err
		}
		found = append(found, f...)
	}
	return append(found, naiveFindings(closed)...), nil
}

// omissionPause is the mean time between two messages of the workload.
const omissionPause = time.Second / omissionRate

// omissionFindings compares a cell with the formula. The base is the cell's own median: five messages of six meet no stall.
func omissionFindings(m Measurement) ([]Finding, error) {
	l := m.Cell.Latency
	if l == nil {
		return nil, errors.New("no message arrived")
	}
	what := fmt.Sprintf("%d connections", m.Cell.Clients)
	base := time.Duration(l.P50)
	expected := milliseconds(model.Stall{Length: stallLength, Every: omissionSpan}.Latency(base).Quantile(0.99))
	g := m.Cell.Generator
	return []Finding{
		within(what+", open loop: p99", expected, milliseconds(time.Duration(l.P99)), 0.03*expected, "ms", "3 %: the base, and what waited leaves all at once, which takes some milliseconds"),
		within(what+", open loop: offered rate", omissionRate, g.OfferedRate, 0.005*omissionRate, "messages/s", "0.5 %"),
		within(what+", open loop: released rate", omissionRate, g.AchievedRate, 0.005*omissionRate, "messages/s", "0.5 %"),
	}, nil
}

// naiveFindings say what the closed loop makes of the same stall: its p99 shows nothing of it, because it did not send what would have met it.
func naiveFindings(n naive) []Finding {
	truth := milliseconds(model.Stall{Length: stallLength, Every: omissionSpan}.Latency(n.P50).Quantile(0.99))
	unsent := float64(n.Due - n.Sent)
	lost := float64(n.Connections) * float64(stallLength/n.Interval)
	return []Finding{
		atMost(fmt.Sprintf("%d connections, closed loop: p99 (the truth is %.0f ms)", n.Connections, truth), truth/10, milliseconds(n.P99), "ms",
			"it omits the messages that the stall kept it from sending"),
		{
			What: "closed loop: messages due that it never sent", Expected: fmt.Sprintf("≥ %.0f", 0.9*lost), Measured: fmt.Sprintf("%.0f", unsent),
			Tolerance: "10 %: the one message of each connection that met the stall, and the stall's ends", Pass: unsent >= 0.9*lost,
		},
		within("closed loop: its maximum", milliseconds(stallLength), milliseconds(n.Max), 0.05*milliseconds(stallLength), "ms", "5 %: where in the stall its one message fell"),
	}
}
