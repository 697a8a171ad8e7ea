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

// omission is a workload on a server that stalls.
type omission struct {
	scenario, fault string
	stall           model.Stall
	// rate is in messages a second.
	rate float64
}

// The server stalls once, in the middle of the steady phase; its stall counts from the first publish, which is that of the warm-up.
const (
	stallLength   = 500 * time.Millisecond
	omissionSpan  = 3 * time.Second
	omissionPause = time.Millisecond // the mean time between two messages
)

var omissionOnce = omission{
	scenario: `
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
`,
	fault: "stall=500ms@1500ms", stall: model.Stall{Length: stallLength, Every: omissionSpan}, rate: 1000,
}

// Again and again, at twice the rate: what a collector or a disk does to a server.
var omissionEverySecond = omission{
	scenario: `
name: verify-coordinated-omission-repeated
pattern: direct
clients: 10
rate: 2000/s
arrivals: constant
warmup: 500ms
duration: 4s
rounds: 1
transports: [websocket]
headers: none
sweep: {clients: [10, 100]}
`,
	fault: "stall=100ms/1s", stall: model.Stall{Length: 100 * time.Millisecond, Every: time.Second}, rate: 2000,
}

func runOmission(ctx context.Context, lab Lab, _ Depth) ([]Finding, error) {
	var found []Finding
	var closed naive
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		found, err = measureOmission(groupCtx, lab, omissionOnce)
		return err
	})
	// The closed loop takes a few hundredths of a processor, so it may run meanwhile.
	group.Go(func() (err error) {
		closed, err = measureNaively(groupCtx, naivePlan{Connections: 10, Interval: 10 * omissionPause, Span: omissionSpan, Stall: stallLength})
		return err
	})
	if err := group.Wait(); err != nil {
		return found, err
	}
	repeated, err := measureOmission(ctx, lab, omissionEverySecond)
	return append(append(found, repeated...), naiveFindings(closed)...), err
}

func measureOmission(ctx context.Context, lab Lab, o omission) (found []Finding, err error) {
	all, err := measureValid(ctx, lab, o.scenario, Options{Inject: o.fault})
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		f, err := o.findings(m)
		if err != nil {
			return found, err
		}
		found = append(found, f...)
	}
	return found, nil
}

// findings compares a cell with the formula. The base is the cell's own median: five messages of six, or nine of ten, meet no stall.
func (o omission) findings(m Measurement) ([]Finding, error) {
	l := m.Cell.Latency
	if l == nil {
		return nil, errors.New("no message arrived")
	}
	what := fmt.Sprintf("%d connections, %s", m.Cell.Clients, o.fault)
	base := time.Duration(l.P50)
	expected := milliseconds(o.stall.Latency(base).Quantile(0.99))
	g := m.Cell.Generator
	return []Finding{
		within(what+", open loop: p99", expected, milliseconds(time.Duration(l.P99)), 0.03*expected, "ms", "3 %: the base, and what waited leaves all at once, which takes some milliseconds"),
		within(what+", open loop: offered rate", o.rate, g.OfferedRate, 0.005*o.rate, "messages/s", "0.5 %"),
		within(what+", open loop: released rate", o.rate, g.AchievedRate, 0.005*o.rate, "messages/s", "0.5 %"),
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
