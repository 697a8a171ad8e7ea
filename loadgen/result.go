package loadgen

import (
	"errors"
	"fmt"
	"math"
	"time"

	"pushbench/loadgen/pace"
	"pushbench/loadgen/record"
	"pushbench/results"
	"pushbench/scenarios"
)

// result puts together what the round measured, once every goroutine has ended. runErr is why it ended early, if it did.
func (r *round) result(began time.Time, phases []results.Phase, runErr error) (RoundResult, error) {
	histograms, counts, unrecorded, err := r.collector.Finish()
	if err != nil {
		return RoundResult{}, fmt.Errorf("finish the histograms: %w", err)
	}
	m := results.Measured{Delivery: r.deliveries(counts), Wire: results.Wire{}}
	r.settleClients(&m)
	m.Server = r.meters.serverCost(m.Delivery.Delivered, len(r.clients))
	m.Generator = r.generator(m.Delivery.Delivered, counts, unrecorded)
	if err := r.summarise(&m, histograms); err != nil {
		return RoundResult{}, err
	}
	finishWire(&m.Wire, m.Delivery.Delivered)

	warnings := append(judge(m, unrecorded), r.events(runErr)...)
	if err := results.CheckAccounting(m); err != nil {
		warnings = append(warnings, results.Warning{Code: results.WarnAccounting, Text: err.Error(), Invalidates: true})
	}
	return RoundResult{
		Round: results.Round{
			Index: r.plan.Index, Order: r.plan.Order, Started: r.start, Verdict: verdict(warnings), Warnings: warnings,
			ScheduleDigest: r.schedule.Digest(), Phases: phases, Measured: m,
		},
		Histograms: histograms,
	}, nil
}

// deliveries counts what the schedule and the publishers did.
func (r *round) deliveries(counts record.Counts) results.Delivery {
	d := results.Delivery{Offered: int64(len(r.schedule.Events) - r.schedule.Steady), Published: counts.Sent}
	d.Errors, _ = r.errors.snapshot()
	return d
}

// settleClients adds up the clients' books.
func (r *round) settleClients(m *results.Measured) {
	firstSteady := make([]uint32, len(r.accepted))
	for _, e := range r.schedule.Events[:r.schedule.Steady] {
		firstSteady[e.Topic]++
	}
	for _, c := range r.clients {
		if c == nil {
			continue
		}
		first, end := firstSteady[c.topic], r.accepted[c.topic]
		if end > first {
			m.Delivery.Expected += int64(end - first)
		}
		missed, undelivered := c.lost(first, end)
		m.Delivery.Missed += missed
		m.Delivery.Undelivered += undelivered
		final := c.conn.Traffic()
		if c.outbox != nil {
			r.chargeSending(c)
			final.add(c.sending)
		}
		c.addTo(&m.Delivery, &m.Wire, final)
	}
}

// chargeSending adds what a client's own sends took to the messages they became; those of undelivered messages stay in the tail.
func (r *round) chargeSending(c *client) {
	for _, event := range r.index[c.topic] {
		beyond, known := r.collector.SendCostOf(event)
		e := r.schedule.Events[event]
		if !known || !c.has(e.Seq) {
			continue
		}
		if int(event) < r.schedule.Steady {
			c.warmup += int64(e.Size) + beyond
			continue
		}
		c.payload += int64(e.Size)
		c.overhead += beyond
		if r.plan.Transport != scenarios.WebSocket {
			c.requests++
			c.responses++
		}
	}
}

// generator is this process's cost and whether it kept its schedule.
func (r *round) generator(delivered int64, counts record.Counts, unrecorded int64) results.Generator {
	g := r.meters.generatorCost(delivered, len(r.clients))
	g.Client, g.Pacer, g.Unrecorded = string(r.plan.Client), pace.Name(), unrecorded
	seconds := r.schedule.Duration.Seconds()
	g.OfferedRate = float64(len(r.schedule.Events)-r.schedule.Steady) / seconds
	g.AchievedRate = float64(counts.ReleasedInTime) / seconds
	return g
}

// summarise fills in the summaries from the histograms.
func (r *round) summarise(m *results.Measured, histograms results.Histograms) error {
	var problems []error
	for metric := range histograms {
		field := m.Summary(metric)
		if field == nil {
			continue // kept for charts only
		}
		summary, err := histograms.Summarise(metric, r.independent(metric, m.Delivery))
		*field = summary
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// independent is how many observations of a metric are independent of each other: the deliveries of one broadcast are not.
func (r *round) independent(metric results.Metric, d results.Delivery) int64 {
	switch metric {
	case results.Connect:
		return r.connected.Load()
	case results.Lag, results.SendDelay, results.First, results.Last, results.Skew:
		return d.Published
	}
	if r.plan.Scenario.Pattern == scenarios.Broadcast {
		return d.Published
	}
	return d.Delivered
}

// finishWire computes the ratios.
func finishWire(w *results.Wire, delivered int64) {
	if delivered == 0 {
		return
	}
	if carrying := w.SteadyResponses - w.SteadyEmpty; carrying > 0 {
		w.MessagesPerResponse = new(float64(w.SteadyMessages) / float64(carrying))
	}
	w.RequestsPerMessage = new(float64(w.SteadyRequests) / float64(delivered))
}

// Sizes behind the modelled IP bytes: IPv4 and TCP headers with timestamps, and the payload of a full segment on Ethernet.
const (
	ipHeaderBytes  = 52
	segmentPayload = 1448
)

// modelledIP is what n bytes in one direction, written in the given number of pieces, take with IP and TCP headers in segments of 1448 bytes, and an
// acknowledgement for every second segment. Loopback has neither such segments nor a network card, so this is computed and never measured.
func modelledIP(n, pieces int64) int64 {
	if n == 0 {
		return 0
	}
	pieces = max(1, pieces)
	segments := pieces * int64(math.Ceil(float64(n)/float64(pieces)/segmentPayload))
	acks := (segments + 1) / 2
	return n + (segments+acks)*ipHeaderBytes
}

// events turns what happened to a round into warnings.
func (r *round) events(runErr error) []results.Warning {
	var all []results.Warning
	if runErr != nil {
		all = append(all, results.Warning{Code: "aborted", Text: fmt.Sprintf("the round ended early: %v", runErr), Invalidates: true})
	}
	if r.unaccepted != nil {
		all = append(all, results.Warning{Code: "unaccepted", Text: fmt.Sprintf("the server did not accept all that was published: %v", r.unaccepted)})
	}
	if counts, example := r.errors.snapshot(); example != nil {
		all = append(all, results.Warning{Code: "client_errors", Text: fmt.Sprintf("%d clients or streams failed; the first: %v", total(counts), example)})
	}
	if r.plan.Server.Injected != "" {
		all = append(all, results.Warning{Code: "injected", Text: "the server was told to misbehave: " + r.plan.Server.Injected})
	}
	return all
}

func total(counts map[string]int64) (sum int64) {
	for _, n := range counts {
		sum += n
	}
	return sum
}
