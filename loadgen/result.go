package loadgen

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"pushbench/loadgen/pace"
	"pushbench/loadgen/record"
	"pushbench/results"
	"pushbench/scenarios"
)

// result puts together what the round measured, once every goroutine has ended. runErr is why it ended early, if it did.
func (r *round) result(phases []results.Phase, runErr error) (RoundResult, error) {
	attendance := r.attendanceResult()
	r.timeOut(phases[len(phases)-1].End)
	recovery := r.recovery()
	histograms, counts, unrecorded, err := r.collector.Finish()
	if err != nil {
		return RoundResult{}, fmt.Errorf("finish the histograms: %w", err)
	}
	m := results.Measured{
		Opening: r.opened(), Delivery: r.deliveries(counts), Sessions: r.sessions(), Recovery: recovery, Attendance: attendance, Uplink: r.settleUplink(counts),
	}
	extra := r.settleClients(&m)
	m.Server = r.meters.serverCost(m.Arrived(), r.holding())
	m.Generator = r.generator(m.Arrived(), counts, unrecorded)
	m.Upkeep = r.upkeep(m)
	if err := r.summarise(&m, histograms); err != nil {
		return RoundResult{}, err
	}
	if m.Stages, err = r.stages(histograms); err != nil {
		return RoundResult{}, fmt.Errorf("results by stage: %w", err)
	}
	finishWire(&m.Wire, m.Received(), extra)

	warnings := append(judge(m, runErr == nil), r.events(runErr)...)
	if runErr == nil {
		warnings = append(warnings, r.steadiness(m, histograms)...)
	}
	warnings = append(warnings, r.inspected.addTo(m.Server)...)
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

// timeOut enters the messages that were still awaited when the round ended into the latency, with the time they had been waited for by then.
func (r *round) timeOut(end time.Duration) {
	firstSteady := r.firstSteady()
	for _, c := range r.clients {
		for i := range c.heard {
			r.timeOutFlow(awaiting{&c.heard[i], c.first + uint32(i), c.excusedOf(i), record.Receiver{Slow: c.spec.Slow, Part: c.part}}, firstSteady, end)
		}
	}
	for i := range r.uplink.heard {
		r.timeOutFlow(awaiting{heard: &r.uplink.heard[i], flow: r.layout.ownFlow(i)}, firstSteady, end)
	}
}

// awaiting is a receiver of a flow: its books, where it was away by plan, and who it is to the recorder.
type awaiting struct {
	heard *tracker
	flow  uint32
	away  []span
	by    record.Receiver
}

// timeOutFlow leaves out what was sent to a client that was away by plan.
func (r *round) timeOutFlow(a awaiting, firstSteady []uint32, end time.Duration) {
	for seq := max(a.heard.next, firstSteady[a.flow]); seq < r.sent[a.flow].Load(); seq++ {
		if !slices.ContainsFunc(a.away, func(s span) bool { return seq >= s.lo && seq < s.hi }) {
			r.collector.TimedOut(r.index[a.flow][seq], end, a.by)
		}
	}
}

// firstSteady is, for each flow, the sequence number of its first message of the steady phase.
func (r *round) firstSteady() []uint32 {
	first := make([]uint32, len(r.sent))
	for _, e := range r.schedule.Events[:r.schedule.Steady] {
		first[e.Flow]++
	}
	return first
}

// deliveries counts what the schedule and the publishers did.
func (r *round) deliveries(counts record.Counts) results.Delivery {
	d := results.Delivery{Published: counts.Sent}
	d.Offered, _ = r.offered()
	d.Errors, _ = r.errors.snapshot()
	return d
}

// offered is how many messages of the steady phase the schedule holds for the clients, and for the application.
func (r *round) offered() (down, up int64) {
	for _, e := range r.schedule.Events[r.schedule.Steady:] {
		if r.schedule.GoesUp(e) {
			up++
		} else {
			down++
		}
	}
	return down, up
}

// uncounted is what the ratios and the model need of the clients' books beyond [results.Wire].
type uncounted struct {
	// posts are, of the steady responses, those to a client's own sends: they carry no message.
	posts int64
	// writes and reads are how often something was written to and read from the clients' connections, as the model of IP bytes sees it: a request, an answer,
	// a message sent on a WebSocket, a read from one, and the two halves of each handshake.
	writes, reads int64
}

func (u *uncounted) add(o uncounted) {
	u.posts += o.posts
	u.writes += o.writes
	u.reads += o.reads
}

// settleClients adds up the clients' books.
func (r *round) settleClients(m *results.Measured) (extra uncounted) {
	firstSteady := r.firstSteady()
	var parts results.OverheadParts
	told := true
	var slow results.Delivery
	ofTransports := r.newParts()
	var unpacked int64
	for _, c := range r.clients {
		books := &m.Delivery
		if c.spec.Slow {
			books = &slow
		}
		for i := range c.heard {
			flow := c.first + uint32(i)
			c.heard[i].addTo(books, firstSteady[flow], r.sent[flow].Load())
			if m.Attendance != nil {
				m.Attendance.Away += c.heard[i].excuse(books, firstSteady[flow], c.excused[i])
			}
		}
		if m.Recovery != nil {
			m.Recovery.Missed += c.lostAway(firstSteady)
		}
		final := c.past
		told = told && final.Parts.Known && !c.posted.untold
		var own uncounted
		if c.outbox != nil {
			own.posts = r.chargeSending(c, m.Uplink)
			final.add(c.sending)
		}
		own.writes, own.reads = c.openings+final.Requests, c.openings+final.Responses
		if c.over() == scenarios.WebSocket {
			own.writes += c.sends
		}
		extra.add(own)
		c.addTo(books, &m.Wire, final)
		parts = parts.Add(c.spentOn)
		unpacked += c.unpacked
		if ofTransports != nil {
			ofTransports[c.part].take(c, final, own, firstSteady)
		}
	}
	if told {
		m.Wire.OverheadParts = &parts
	}
	if r.plan.Scenario.Compression == scenarios.Deflate {
		m.Wire.Unpacked = &unpacked
	}
	m.Slow = r.slowReaders(slow)
	m.ByTransport = byTransport(ofTransports, told)
	return extra
}

// slowReaders are the books of the clients that read slowly; nil if there are none.
func (r *round) slowReaders(d results.Delivery) *results.SlowReaders {
	n := r.plan.Scenario.SlowClients()
	if n == 0 {
		return nil
	}
	return &results.SlowReaders{
		Clients: int64(n), Expected: d.Expected, Delivered: d.Delivered, Missed: d.Missed, Undelivered: d.Undelivered, Duplicated: d.Duplicated,
		Announced: d.Announced, CutOff: r.cutOff.Load(),
	}
}

// chargeSending adds what a client's own sends took to its messages, and returns how many answers to posts are among those of the steady phase. Sending
// belongs to the message's delivery to its sender, or to the application if it goes up there: of one that did not arrive it stays in the tail.
func (r *round) chargeSending(c *client, up *results.Uplink) (posts int64) {
	var overhead, payload int64
	own := r.ownBooks(c)
	for _, event := range r.index[r.layout.ownFlow(c.spec.ID)] {
		beyond, known := r.collector.SendCostOf(event)
		e := r.schedule.Events[event]
		if !known || !own.has(e.Seq) {
			continue
		}
		if int(event) < r.schedule.Steady {
			c.warmup += int64(e.Size) + beyond
			continue
		}
		payload += int64(e.Size)
		overhead += beyond
		if c.over() != scenarios.WebSocket {
			posts++
		}
	}
	c.payload += payload
	c.unpacked += payload
	c.overhead += overhead
	c.chargePosted(c.posted, overhead)
	if up != nil {
		up.PayloadBytes += payload
		up.OverheadBytes += overhead
		up.SteadyRequests += posts
		return 0
	}
	c.requests += posts
	c.responses += posts
	return posts
}

// ownBooks are those of a client's own flow, as the client hears it, or the application.
func (r *round) ownBooks(c *client) *tracker {
	if r.layout.up {
		return &r.uplink.heard[c.spec.ID]
	}
	return &c.heard[r.layout.ownFlow(c.spec.ID)-c.first]
}

// holding is how many clients the memory at the end of the steady phase was for: where they leave and come by plan, those that were there.
func (r *round) holding() int {
	if r.attends() {
		return r.there
	}
	return len(r.clients)
}

// generator is this process's cost and whether it kept its schedule.
func (r *round) generator(arrived int64, counts record.Counts, unrecorded int64) results.Generator {
	g := r.meters.generatorCost(arrived, r.holding())
	g.Client, g.Pacer, g.Unrecorded = string(r.plan.Client), pace.Name(), unrecorded
	if r.late != nil {
		g.NetworkLateP50, g.NetworkLateP99, g.NetworkLateMax = new(int64(r.late.P50)), new(int64(r.late.P99)), new(int64(r.late.Max))
	}
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
		summary, err := histograms.Summarise(metric, r.independent(metric, m))
		*field = summary
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// independent is how many observations of a metric are independent of each other: the deliveries of one message to many are not, nor are the messages of a
// burst.
func (r *round) independent(metric results.Metric, m *results.Measured) int64 {
	for i := range m.ByTransport {
		if metric == results.PartMetric(results.Connect, m.ByTransport[i].Transport) {
			return m.ByTransport[i].Clients
		}
	}
	switch metric {
	case results.Connect:
		return int64(len(r.clients))
	case results.Join:
		return int64(len(r.attended.joins))
	case results.Reconnect, results.Replay, results.RecoveryTotal:
		return int64(len(r.outage.returns))
	}
	n := r.messages(metric, m)
	if r.plan.Scenario.Arrivals == scenarios.Burst {
		n = min(n, r.schedule.Instants())
	}
	return n
}

// messages is how many messages a metric of the steady phase was measured on.
func (r *round) messages(metric results.Metric, m *results.Measured) int64 {
	if p := partOf(metric, m.ByTransport); p != nil && r.layout.share == 1 {
		return p.Delivered
	}
	switch metric {
	case results.Lag, results.SendDelay:
		return m.Published()
	case results.First, results.Last, results.Skew:
		return m.Delivery.Published
	case results.UplinkLatency, results.UplinkOverhead:
		return m.Uplink.Delivery.Delivered
	case results.SlowLatency:
		if r.layout.share > 1 {
			return m.Delivery.Published
		}
		return m.Slow.Delivered
	}
	if r.layout.share > 1 {
		return m.Delivery.Published
	}
	return m.Delivery.Delivered
}

// finishWire computes the ratios, and models what the bytes would be on a network.
func finishWire(w *results.Wire, delivered int64, extra uncounted) {
	w.ModelledIP = new(modelledIP(flow{w.SentBytes, extra.writes}, flow{w.ReceivedBytes, extra.reads}, w.Connections))
	if delivered == 0 {
		return
	}
	if carrying := w.SteadyResponses - w.SteadyEmpty - extra.posts; carrying > 0 {
		w.MessagesPerResponse = new(float64(w.SteadyMessages) / float64(carrying))
	}
	w.RequestsPerMessage = new(float64(w.SteadyRequests) / float64(delivered))
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
		all = append(all, results.Warning{Code: "client_errors", Text: fmt.Sprintf("%d failures of clients or streams; the first: %v", total(counts), example)})
	}
	if s := r.plan.Server; s.Procs > s.Cores && s.Cores > 0 {
		all = append(all, results.Warning{Code: "procs", Text: fmt.Sprintf(
			"the server runs on %d processors at once, but may use %d: its threads take turns; use a machine with more, or --pin off", s.Procs, s.Cores)})
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
