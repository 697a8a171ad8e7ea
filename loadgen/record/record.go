// Package record turns deliveries into histograms without disturbing what it measures.
//
// # The path of a sample
//
// A client notes a delivery in its shard: which event of the schedule, when, and how many overhead bytes. That is twenty-four bytes appended under
// a lock that only the clients of the shard share: no histogram, no global counter, no allocation. A few times a second the [Collector], on one
// goroutine, takes what the shards hold and keeps it. When the round is over it does the rest: latency from the event's intended instant, service time
// from the instant it was sent, the first and last receiver of a message to many, one histogram per metric and second. Not earlier, because making and
// encoding histograms takes milliseconds of a core that the pacer and the clients need; only a round too long to be kept whole ([keptChunks]) is
// worked off meanwhile.
//
// A sample belongs to the second of its *intended* instant, so a stall stays with the messages it hit. Seconds that get no more samples are kept encoded
// (about a kilobyte) and opened again if a late message arrives, so an hour costs no more memory than a minute.
//
// Rejected: a histogram per client (246 KB each), a histogram per shard and metric recorded on the clients' path (it costs more than the append,
// and it cannot tell the receivers of one publish apart).
package record

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"pushbench/loadgen/schedule"
	"pushbench/results"
	"pushbench/scenarios"
)

// Delivery is what a client notes when a message arrived.
type Delivery struct {
	// Event is the message's index in the schedule.
	Event uint32
	// Overhead is the bytes spent on it beyond its payload.
	Overhead uint32
	// Received counts from the same instant as the schedule.
	Received time.Duration
	// Own is true at the client that sent the message: what sending took belongs to this delivery.
	Own bool
	// Slow is true at a client that reads slowly: its latency stands apart.
	Slow bool
	// Part says which of [Spec.Parts] the client belongs to.
	Part uint8
}

// Shard collects the deliveries of some clients. The zero value works.
type Shard struct {
	mu            sync.Mutex
	filling, idle []Delivery
	// Shards are written by different cores; keep two from sharing a cache line.
	_ [64]byte
}

// Add notes deliveries. It does not keep ds.
func (s *Shard) Add(ds ...Delivery) {
	s.mu.Lock()
	s.filling = append(s.filling, ds...)
	s.mu.Unlock()
}

// take returns what was noted since the last call; it is valid until the next.
func (s *Shard) take() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.filling
	s.filling, s.idle = s.idle[:0], taken
	return taken
}

// Spec is what a collector needs to know of its round.
type Spec struct {
	Schedule *schedule.Schedule
	Shards   int
	// Receivers is how many clients receive a message, at most; above 1 the first and last of them are told apart.
	Receivers int
	// SendCosts is true where clients send, and their sending belongs to the overhead of their own deliveries; see Collector.SendCost.
	SendCosts bool
	// Parts are the transports of a mix, for each of which there are histograms besides; nil where all clients use the same.
	Parts []scenarios.Transport
	// Tolerance is how long after the end of the steady phase a release still counts as one in time.
	Tolerance time.Duration
}

// Collector owns the shards and the histograms of one round.
type Collector struct {
	spec   Spec
	shards []Shard
	// released and sent hold for each event the instant it happened + 1, 0 while it has not.
	released, sent []atomic.Int64
	// sendCost holds for each event the bytes of sending it beyond its payload, +1.
	sendCost []atomic.Int64
	// kept are deliveries that are not in the histograms yet, in the order they were collected.
	kept [][]Delivery
	// limit is how many chunks may be kept: keptChunks, but for tests.
	limit int
	// newest is the latest second of a delivery that is in the histograms.
	newest int64
	// awaiting are deliveries whose send cost was not known when they were collected.
	awaiting []Delivery
	spread   []receivers
	series   map[results.Metric]*series
	// unrecorded counts samples that no histogram took.
	unrecorded int64
	// delivered counts deliveries, and prompt those of them to clients that do not read slowly.
	delivered, prompt atomic.Int64
	live              live
}

// receivers are the first and last instants at which a message arrived.
type receivers struct {
	first, last time.Duration
	any         bool
}

// shardCapacity is the number of deliveries a shard takes before it grows for the first time: the growth happens in the warm-up.
const shardCapacity = 4096

// NewCollector returns a collector with empty histograms.
func NewCollector(spec Spec) *Collector {
	events := len(spec.Schedule.Events)
	c := &Collector{
		spec: spec, shards: make([]Shard, max(1, spec.Shards)),
		released: make([]atomic.Int64, events), sent: make([]atomic.Int64, events),
		series: map[results.Metric]*series{}, limit: keptChunks,
	}
	for i := range c.shards {
		c.shards[i].filling = make([]Delivery, 0, shardCapacity)
		c.shards[i].idle = make([]Delivery, 0, shardCapacity)
	}
	if spec.SendCosts {
		c.sendCost = make([]atomic.Int64, events)
	}
	if spec.Receivers > 1 {
		c.spread = make([]receivers, events)
	}
	for _, m := range results.Metrics {
		c.series[m] = &series{}
	}
	return c
}

// Shard returns the shard of a client.
func (c *Collector) Shard(client int) *Shard { return &c.shards[client%len(c.shards)] }

// Released notes when the pacer let an event go.
func (c *Collector) Released(event uint32, at time.Duration) { c.released[event].Store(int64(at) + 1) }

// Sent notes when an event's first byte was about to be written. It must be called before the write, so that every receiver finds it.
func (c *Collector) Sent(event uint32, at time.Duration) { c.sent[event].Store(int64(at) + 1) }

// SendCost notes the bytes that a client's sending of an event took beyond its payload.
func (c *Collector) SendCost(event uint32, bytes int64) { c.sendCost[event].Store(bytes + 1) }

// SendCostOf returns the bytes that sending an event took beyond its payload, if that is known.
func (c *Collector) SendCostOf(event uint32) (bytes int64, known bool) {
	noted := c.sendCost[event].Load()
	return noted - 1, noted > 0
}

// Receiver is what distinguishes one who awaits messages: see [Delivery].
type Receiver struct {
	Slow bool
	Part uint8
}

// TimedOut notes an event that a receiver was still awaiting when the round ended: its latency is at least that long.
func (c *Collector) TimedOut(event uint32, end time.Duration, by Receiver) {
	e := c.spec.Schedule.Events[event]
	metric := results.Latency
	switch {
	case c.spec.Schedule.GoesUp(e):
		metric = results.UplinkLatency
	case by.Slow:
		metric = results.SlowLatency
	}
	c.note(metric, e.Due, int64(end-e.Due))
	if metric == results.Latency {
		c.notePart(by.Part, metric, e.Due, int64(end-e.Due))
	}
}

// notePart records a value for a part, if there are any.
func (c *Collector) notePart(part uint8, m results.Metric, due time.Duration, value int64) {
	if c.spec.Parts != nil {
		c.note(results.PartMetric(m, c.spec.Parts[part]), due, value)
	}
}

// Connected notes how long a client took to open its session. Not safe for concurrent use.
func (c *Collector) Connected(took time.Duration, part uint8) {
	c.note(results.Connect, -results.SliceWidth, int64(took))
	c.notePart(part, results.Connect, -results.SliceWidth, int64(took))
}

// Returned notes how a client came back from an outage: when it was cut, had a session again, and had all that it had missed. Not safe for concurrent use.
func (c *Collector) Returned(cut, opened, caughtUp time.Duration) {
	c.note(results.Reconnect, cut, int64(opened-cut))
	c.note(results.Replay, cut, int64(caughtUp-opened))
	c.note(results.RecoveryTotal, cut, int64(caughtUp-cut))
}

// Joined notes how long a client that came at an instant took to have a session. Not safe for concurrent use.
func (c *Collector) Joined(at, took time.Duration) { c.note(results.Join, at, int64(took)) }

// ReleasedAt is when the pacer let an event go; below 0 if it has not.
func (c *Collector) ReleasedAt(event uint32) time.Duration {
	return time.Duration(c.released[event].Load() - 1)
}

// ReleasedInstants lists when the steady phase's events were released, in the schedule's order, those never released left out.
func (c *Collector) ReleasedInstants() []time.Duration {
	var all []time.Duration
	for i := c.spec.Schedule.Steady; i < len(c.released); i++ {
		if at := c.released[i].Load(); at > 0 {
			all = append(all, time.Duration(at-1))
		}
	}
	return all
}

// WasSent says whether an event was sent: what arrives before that is not of this round.
func (c *Collector) WasSent(event uint32) bool { return c.sent[event].Load() > 0 }

// Delivered is how many deliveries have been collected, of any phase, duplicates not among them. Safe at any time.
func (c *Collector) Delivered() int64 { return c.delivered.Load() }

// Prompt is how many of them were to clients that do not read slowly. Safe at any time.
func (c *Collector) Prompt() int64 { return c.prompt.Load() }

const (
	// chunk is how many deliveries are kept in one piece, 384 KB.
	chunk = 16 << 10
	// keptChunks bounds what is kept: a million deliveries, 24 MB.
	keptChunks = 64
	// patience is how many seconds a second stays open after its last sample.
	patience = 10
)

// Collect takes what the shards hold. One goroutine at a time.
func (c *Collector) Collect() {
	for i := range c.shards {
		for _, d := range c.shards[i].take() {
			c.keep(d)
		}
	}
	for len(c.kept) > c.limit {
		c.digest()
	}
}

// keep appends a delivery to those kept.
func (c *Collector) keep(d Delivery) {
	c.delivered.Add(1)
	if !d.Slow {
		c.prompt.Add(1)
	}
	if event := c.spec.Schedule.Events[d.Event]; int(d.Event) >= c.spec.Schedule.Steady && !c.spec.Schedule.GoesUp(event) && !d.Slow {
		c.live.add(int64(d.Received - event.Due))
	}
	last := len(c.kept) - 1
	if last < 0 || len(c.kept[last]) == chunk {
		c.kept = append(c.kept, make([]Delivery, 0, chunk))
		last++
	}
	c.kept[last] = append(c.kept[last], d)
}

// digest puts the oldest chunk into the histograms.
func (c *Collector) digest() {
	oldest := c.kept[0]
	c.kept = c.kept[1:]
	for _, d := range oldest {
		c.add(d)
		if sec := second(d.Received); sec > c.newest {
			c.newest = sec
			c.settleCosts()
			c.settle(patience)
		}
	}
}

// settle closes the seconds that get no more samples. One that cannot be encoded stays open, and Finish reports it.
func (c *Collector) settle(patience int) {
	for _, s := range c.series {
		_ = s.settle(patience)
	}
}

// settleCosts notes the overhead of deliveries whose send cost has become known. They must not wait for the end of the round, or every second of it
// would be opened again at once.
func (c *Collector) settleCosts() {
	waiting := c.awaiting
	c.awaiting = c.awaiting[:0]
	for _, d := range waiting {
		c.noteOverhead(d)
	}
}

func (c *Collector) add(d Delivery) {
	event := c.spec.Schedule.Events[d.Event]
	latency := d.Received - event.Due
	switch warm := int(d.Event) < c.spec.Schedule.Steady; {
	case c.spec.Schedule.GoesUp(event) && warm:
		return
	case c.spec.Schedule.GoesUp(event):
		c.note(results.UplinkLatency, event.Due, int64(latency))
		c.noteOverhead(d)
		return
	case warm && d.Slow:
		return
	case warm:
		c.note(results.WarmupLatency, event.Due, int64(latency))
		return
	case d.Slow:
		c.note(results.SlowLatency, event.Due, int64(latency))
		c.noteOverhead(d)
		return
	}
	c.note(results.Latency, event.Due, int64(latency))
	c.notePart(d.Part, results.Latency, event.Due, int64(latency))
	c.note(results.Service, event.Due, int64(d.Received)-(c.sent[d.Event].Load()-1))
	if c.spread != nil {
		c.spread[d.Event].add(d.Received)
	}
	c.noteOverhead(d)
}

// noteOverhead records what a delivery took, or keeps it until what sending it took is known.
func (c *Collector) noteOverhead(d Delivery) {
	var sending int64
	if c.sendCost != nil && d.Own {
		var known bool
		if sending, known = c.SendCostOf(d.Event); !known {
			c.awaiting = append(c.awaiting, d)
			return
		}
	}
	c.recordOverhead(d, sending)
}

func (c *Collector) recordOverhead(d Delivery, sending int64) {
	event := c.spec.Schedule.Events[d.Event]
	metric := results.Overhead
	if c.spec.Schedule.GoesUp(event) {
		metric = results.UplinkOverhead
	}
	c.note(metric, event.Due, int64(d.Overhead)+sending)
	if metric == results.Overhead {
		c.notePart(d.Part, metric, event.Due, int64(d.Overhead)+sending)
	}
}

func (r *receivers) add(at time.Duration) {
	if !r.any || at < r.first {
		r.first = at
	}
	r.last = max(r.last, at)
	r.any = true
}

// note records a value in the second of due.
func (c *Collector) note(m results.Metric, due time.Duration, value int64) {
	if c.series[m].record(due, value) != nil {
		c.unrecorded++
	}
}

// Live returns a running percentile of the steady phase's latency, for a progress display. Safe at any time; 0 before the first delivery.
func (c *Collector) Live(percentile float64) time.Duration { return c.live.percentile(percentile) }

// Counts are of the steady phase's events.
type Counts struct {
	// Sent is how many for clients were handed to a connection, SentUp how many for the application; ReleasedInTime how many the pacer let go before the
	// steady phase ended, or within the tolerance after it.
	Sent, SentUp, ReleasedInTime int64
}

// Finish collects what is left and returns the round's histograms, the counts of its events, and how many samples no histogram took.
func (c *Collector) Finish() (results.Histograms, Counts, int64, error) {
	c.Collect()
	for len(c.kept) > 0 {
		c.digest()
	}
	c.settleCosts()
	for _, d := range c.awaiting {
		c.recordOverhead(d, 0) // the sender never learnt what sending took
	}
	counts := c.finishEvents()
	histograms := results.Histograms{}
	var problems []error
	for m, s := range c.series {
		slices, err := s.slices()
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", m, err))
		}
		if len(slices) > 0 {
			histograms[m] = slices
		}
	}
	return histograms, counts, c.unrecorded, errors.Join(problems...)
}

// finishEvents records what is known per event rather than per delivery.
func (c *Collector) finishEvents() (counts Counts) {
	for i := c.spec.Schedule.Steady; i < len(c.spec.Schedule.Events); i++ {
		due := c.spec.Schedule.Events[i].Due
		released, sent := c.released[i].Load()-1, c.sent[i].Load()-1
		if released >= 0 {
			c.note(results.Lag, due, released-int64(due))
			if released < int64(c.spec.Schedule.End()+c.spec.Tolerance) {
				counts.ReleasedInTime++
			}
		}
		if sent >= 0 {
			if c.spec.Schedule.GoesUp(c.spec.Schedule.Events[i]) {
				counts.SentUp++
			} else {
				counts.Sent++
			}
			c.note(results.SendDelay, due, sent-released)
		}
		if c.spread != nil && c.spread[i].any {
			r := c.spread[i]
			c.note(results.First, due, int64(r.first-due))
			c.note(results.Last, due, int64(r.last-due))
			c.note(results.Skew, due, int64(r.last-r.first))
		}
		c.settle(0) // events come in order of time, so few seconds need to be open
	}
	return counts
}
