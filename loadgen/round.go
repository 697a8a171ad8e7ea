package loadgen

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"pushbench/loadgen/pace"
	"pushbench/loadgen/record"
	"pushbench/loadgen/schedule"
	"pushbench/scenarios"
)

// ErrServerGone is why a round ended early when no client had a session left or nothing could be published any more.
var ErrServerGone = errors.New("the server went away")

const (
	// Connecting bounds the dials under way, so that the ramp fills no accept queue.
	Connecting = 64
	// publishers is the number of streams that stand for the application beside the server.
	publishers = 4
	// collecting is how often deliveries go from the shards to the histograms: often, so that each time is short.
	collecting = 50 * time.Millisecond
	reporting  = 200 * time.Millisecond
)

// round is one execution of a plan.
type round struct {
	plan   Plan
	layout layout
	// uses are the transports of the clients, and seats says which of them each client uses; nil where there is one.
	uses  []scenarios.Transport
	seats []int
	// apart are the transports whose clients' books are kept apart; see [Plan.apart].
	apart     []scenarios.Transport
	target    Target
	schedule  *schedule.Schedule
	index     [][]uint32
	tag       uint32
	collector *record.Collector
	parent    Parent

	// start is the instant the schedule counts from; set before the first publish. pacer lets the events go; clients, which exist before it, find it here.
	start time.Time
	pacer atomic.Pointer[pace.Pacer]
	// pacing runs the pacer: pace.Pacer.Run, but in tests whose time is not the machine's.
	pacing  func(*pace.Pacer, context.Context) error
	clients []*client
	// sent is, for each flow, how many of its messages were handed to a connection. Each flow has one goroutine that sends.
	sent []atomic.Uint32
	// died is, for each flow, how many of its messages had been handed to a server that has been killed since: what is still awaited of those will not come.
	died []atomic.Uint32
	// connected is how many clients have a session.
	connected atomic.Int64
	// living ends when clients shall not come back any more; lives counts those that did, and resets how often a server said that its log is a new one.
	living     context.Context
	stopLiving context.CancelFunc
	lives      lives
	resets     atomic.Int64
	// cutOff is how many sessions of clients that read slowly the server ended.
	cutOff atomic.Int64
	outage outage
	// absences are who shall be away by plan and when, attended what came of that.
	absences []schedule.Absence
	attended attended
	// there is how many clients had a session at the end of the steady phase.
	there int
	// stageEnds is what was read at the beginning of the first stage and at the end of each.
	stageEnds []stageEnd
	// alive is how many clients have not lost their session, those not yet open among them.
	alive  atomic.Int64
	errors errorCounts
	// closing is set when the round itself ends the sessions.
	closing atomic.Bool
	// abort ends the round early, with the reason.
	abort context.CancelCauseFunc

	senders   *senders
	uplink    uplink
	receiving sync.WaitGroup
	meters    *meters
	// unaccepted says which messages the server did not confirm; nil if it confirmed all, or could not be asked.
	unaccepted error
	// atBegin and atEnd are what had passed the clients' sockets at the ends of the steady phase; nil where it was not reached.
	atBegin, atEnd *Traffic
	// late is how late the emulated network was in the steady phase; nil if there is none, or the phase was cut short.
	late *Lateness
	// inspected is what the server said of the faults it was told to make.
	inspected inspection
}

// Parent is the process that started a round, which owns the server's. The zero value is one that does nothing.
type Parent struct {
	// Progress is told how the round goes on.
	Progress func(Progress)
	// Restart kills the server and has another started in its place, at the same address, when some time has passed. It returns when that is ready. Nil for a
	// server that the parent did not start.
	Restart func(ctx context.Context, down time.Duration) (ServerInfo, error)
}

// Round is [RoundOf] for a parent that wants to know of the progress, or nothing (nil).
func Round(ctx context.Context, plan Plan, target Target, progress func(Progress)) (RoundResult, error) {
	return RoundOf(ctx, plan, target, Parent{Progress: progress})
}

// RoundOf executes a plan against a target: opens the clients, publishes the schedule, and returns what was measured.
//
// A cancelled context or a server that went away ends the round early: the result then holds what was measured until then, and the error says why.
// The result is empty only if the round never started, for instance because the clients could not connect.
// RoundOf returns when every session and stream has been closed, so a Close that blocks blocks it.
func RoundOf(ctx context.Context, plan Plan, target Target, parent Parent) (RoundResult, error) {
	r, err := newRound(plan, target, parent)
	if err != nil {
		return RoundResult{}, err
	}
	return r.execute(ctx)
}

func (r *round) execute(ctx context.Context) (RoundResult, error) {
	ctx, r.abort = context.WithCancelCause(ctx)
	defer r.abort(nil)
	r.living, r.stopLiving = context.WithCancel(ctx)
	began := time.Now()
	if err := r.open(ctx); err != nil {
		r.close()
		return RoundResult{}, err
	}
	r.start = time.Now().Add(headStart)
	runErr := r.run(ctx)
	end := time.Since(r.start)
	r.inspected = r.inspect(ctx)
	r.close()
	result, err := r.result(r.phases(began.Sub(r.start), end), runErr)
	return result, errors.Join(runErr, err)
}

func newRound(plan Plan, target Target, parent Parent) (*round, error) {
	s, err := plan.schedule()
	if err != nil {
		return nil, err
	}
	tag, err := runTag(s.Digest(), plan.Mark)
	if err != nil {
		return nil, err
	}
	if err := plan.checkOutage(target, parent); err != nil {
		return nil, err
	}
	if parent.Progress == nil {
		parent.Progress = func(Progress) {}
	}
	l := newLayout(plan.Scenario)
	l.mark = plan.Mark
	r := &round{
		plan: plan, layout: l, target: target, pacing: (*pace.Pacer).Run, schedule: s, index: s.Index(), tag: tag, parent: parent,
		sent: make([]atomic.Uint32, l.flows()), died: make([]atomic.Uint32, l.flows()), clients: make([]*client, plan.Scenario.Clients),
	}
	r.absences = plan.absences()
	r.apart = plan.apart()
	if r.uses = plan.Scenario.Uses(plan.Transport); plan.mixes() {
		r.seats = plan.Scenario.Seats(plan.Transport)
	}
	r.alive.Store(int64(len(r.clients)))
	r.meters = newMeters(plan.Server)
	r.collector = record.NewCollector(record.Spec{
		Schedule: s, Shards: 2 * r.meters.cores, Receivers: l.share, SendCosts: l.sends(), Parts: r.apart, Tolerance: lagFloor,
	})
	return r, nil
}

// open opens the clients, and the streams on which the application listens and publishes.
func (r *round) open(ctx context.Context) error {
	if err := r.ramp(ctx); err != nil {
		return err
	}
	if err := r.openUplink(ctx); err != nil {
		return err
	}
	return r.openSenders(ctx)
}

// ramp opens every client, a bounded number at a time. Each starts to receive as soon as it is open. Without all of them there is no round.
func (r *round) ramp(ctx context.Context) error {
	r.meters.idle()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stop := r.every(ctx, reporting, func() { r.say(0) })
	defer stop()
	took, away := make([]time.Duration, len(r.clients)), r.awayAtFirst()
	r.meters.startRamp()
	var group errgroup.Group
	group.SetLimit(Connecting)
	var refused refusals
	barred := r.plan.barred()
	phase := rand.New(rand.NewPCG(r.plan.Seed, 0x7068617365))
	for id := range r.clients {
		spec := r.clientSpec(id, phase.Float64())
		spec.Barred = barred[id] && spec.Transport == scenarios.WebSocket
		group.Go(func() error {
			if ctx.Err() != nil || refused.enough() {
				return nil
			}
			began := time.Now()
			c := r.newClient(spec)
			r.clients[spec.ID] = c
			if away[spec.ID] {
				c.beginAway()
				refused.open()
				return nil
			}
			if err := c.open(ctx); err != nil {
				refused.add(fmt.Errorf("connect client %d of %d (%s): %w", spec.ID+1, len(r.clients), spec.Transport, err))
				return nil
			}
			refused.open()
			took[spec.ID] = time.Since(began)
			return nil
		})
	}
	_ = group.Wait() // what fails is counted
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := refused.err(len(r.clients)); err != nil {
		return err
	}
	r.meters.endRamp()
	for id, t := range took {
		if !away[id] {
			r.collector.Connected(t, r.clients[id].part)
		}
	}
	// Connecting leaves garbage; collecting it now keeps the collector out of the steady phase and out of the memory per client.
	debug.FreeOSMemory()
	return nil
}

// seat says which of the transports in use a client uses.
func (r *round) seat(client int) uint8 {
	if r.seats == nil {
		return 0
	}
	return uint8(r.seats[client])
}

// part is the place of a client's books among those that are kept apart.
func (r *round) part(spec ClientSpec) uint8 {
	if len(r.apart) > 0 && !r.plan.mixes() && spec.Barred {
		return 1
	}
	return r.seat(spec.ID)
}

func (r *round) clientSpec(id int, phase float64) ClientSpec {
	return r.plan.client(r.layout, id, r.uses[r.seat(id)], phase)
}

func (r *round) newClient(spec ClientSpec) *client {
	first, n := r.layout.heard(spec.ID)
	c := &client{
		round: r, spec: spec, part: r.part(spec), shard: r.collector.Shard(spec.ID), first: first, heard: make([]tracker, n), life: r.newLife(n),
	}
	if spec.Sends {
		c.changed = sync.NewCond(&c.mu)
	}
	if r.attends() {
		c.excused = make([][]span, n)
	}
	return c
}

// run publishes the schedule and waits for its deliveries.
func (r *round) run(ctx context.Context) error {
	pacer := r.newPacer()
	r.pacer.Store(pacer)
	r.senders.start()
	// What the clients recorded is collected even after an interruption.
	stopCollecting := r.every(context.WithoutCancel(ctx), collecting, r.collector.Collect)
	defer stopCollecting()
	stopReporting := r.every(ctx, reporting, func() { r.say(time.Since(r.start)) })
	defer stopReporting()
	sampled, stopSampling := context.WithCancel(ctx)
	var sampling sync.WaitGroup
	sampling.Go(func() { r.sample(sampled) })
	sampling.Go(func() { r.strike(sampled) })
	sampling.Go(func() { r.attend(sampled) })
	sampling.Go(func() { r.sampleStages(sampled) })
	defer sampling.Wait()
	defer stopSampling()

	if err := r.pacing(pacer, ctx); err != nil {
		return err
	}
	// A round whose last publish is early still lasts as long as its schedule says: rates and CPU shares are over that time.
	if err := r.sleepUntil(ctx, r.schedule.End()); err != nil {
		return err
	}
	return r.drain(ctx)
}

// newPacer returns what lets each event go at its instant.
func (r *round) newPacer() *pace.Pacer {
	return &pace.Pacer{
		Start: r.start, Count: len(r.schedule.Events),
		Due: func(i int) time.Duration { return r.schedule.Events[i].Due },
		Release: func(i int, released time.Time) {
			r.collector.Released(uint32(i), released.Sub(r.start))
			r.senders.release(uint32(i))
		},
	}
}

// drain waits, within bounds, until everything published has arrived, and then a little for what must not come: duplicates.
func (r *round) drain(ctx context.Context) error {
	r.senders.noMore()
	if err := r.awaitDeliveries(ctx); err != nil {
		return err
	}
	if r.senders.finished() {
		r.unaccepted = r.senders.sync(ctx)
	}
	return r.sleepUntil(ctx, time.Since(r.start)+r.plan.grace())
}

// awaitDeliveries waits until all that was published has arrived, or for as long as the plan allows.
func (r *round) awaitDeliveries(ctx context.Context) error {
	ticker := time.NewTicker(collecting / 2)
	defer ticker.Stop()
	for limit := r.schedule.End() + r.plan.drain(); time.Since(r.start) < limit && !r.complete(); {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// complete says whether all that was published has been delivered to everyone who does not read slowly: those who do may never have done.
func (r *round) complete() bool {
	if !r.senders.finished() {
		return false
	}
	if r.plan.comesBack() || r.attends() {
		return r.everyoneIsUpToDate()
	}
	var expected int64
	for flow := range r.sent {
		expected += int64(r.sent[flow].Load()) * int64(r.layout.receivers(uint32(flow)))
	}
	for _, c := range r.clients {
		for i := range c.heard {
			if c.spec.Slow {
				expected -= int64(r.sent[c.first+uint32(i)].Load())
			}
		}
	}
	return r.collector.Prompt() >= expected
}

// everyoneIsUpToDate says whether every client has received or passed over all that was published, and none is on its way back. What a client passed over
// while it was away will not come any more, so it is not waited for.
func (r *round) everyoneIsUpToDate() bool {
	if r.outage.running() {
		return false
	}
	for _, c := range r.clients {
		if !c.spec.Slow && !c.upToDate() { // who reads slowly is not waited for
			return false
		}
	}
	var up int64
	for i := range r.uplink.heard {
		up += int64(r.sent[r.layout.ownFlow(i)].Load())
	}
	return r.uplink.arrived.Load() >= up
}

// now is the present instant, counted like the schedule's; below 0 before it starts.
func (r *round) now() time.Duration {
	if r.pacer.Load() == nil {
		return -1
	}
	return time.Since(r.start)
}

// every calls f regularly on a goroutine of its own until the returned function is called, which waits for it.
func (r *round) every(ctx context.Context, interval time.Duration, f func()) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var owner sync.WaitGroup
	owner.Go(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				f()
			case <-ctx.Done():
				return
			}
		}
	})
	return func() { cancel(); owner.Wait() }
}

// sample reads what the round costs at both ends of the steady phase.
func (r *round) sample(ctx context.Context) {
	if r.sleepUntil(ctx, r.schedule.Warmup) != nil {
		return
	}
	r.meters.begin()
	r.atBegin = r.totals()
	r.resetEmulation()
	if r.sleepUntil(ctx, r.schedule.End()) != nil {
		return
	}
	r.meters.end(r.schedule.Duration)
	r.there = int(r.connected.Load())
	r.atEnd = r.totals()
	r.readEmulation()
}

func (r *round) say(at time.Duration) {
	phase, left := r.phaseAt(at)
	r.parent.Progress(Progress{
		Phase: phase, Elapsed: at, Remaining: left, Connected: int(r.connected.Load()), Clients: len(r.clients),
		Delivered: r.collector.Delivered(), P99: r.collector.Live(99),
	})
}

// lost is called when a client's session broke. A round without clients has nothing left to measure.
func (r *round) lost(err error) {
	r.errors.add(err)
	if r.alive.Add(-1) == 0 {
		r.abort(fmt.Errorf("%w: every client lost its connection (the last: %w)", ErrServerGone, err))
	}
}

// failed counts an error of a connection, unless the round itself has closed it, and says whether it did count.
func (r *round) failed(err error) bool {
	if r.closing.Load() {
		return false
	}
	r.errors.add(err)
	return true
}

// knows says whether a stamp is of a message that this round has sent. Equal schedules have equal stamps, so a server that kept the messages of an earlier
// round may deliver what this one has yet to send.
func (r *round) knows(s Stamp) bool {
	if s.Run != r.tag || int(s.Flow) >= len(r.index) || int(s.Seq) >= len(r.index[s.Flow]) {
		return false
	}
	event := r.index[s.Flow][s.Seq]
	return r.schedule.Events[event].Due == s.Due && r.collector.WasSent(event)
}

// payload appends an event's payload to b.
func (r *round) payload(b []byte, event uint32) []byte {
	e := r.schedule.Events[event]
	stamp := Stamp{Run: r.tag, Flow: e.Flow, Seq: e.Seq, Due: e.Due}
	if r.plan.Samples == nil {
		return stamp.Filled(b, int(e.Size), r.plan.Scenario.Content)
	}
	body := r.plan.Samples.Bodies[r.schedule.Picks[event]]
	return append(stamp.Filled(append(b, body.Head...), StampSize, r.plan.Scenario.Content), body.Tail...)
}

// sending notes that an event is about to be handed to a connection. One goroutine for each flow. From here on it is expected to arrive: a write that
// fails may have reached the server all the same.
func (r *round) sending(event uint32) {
	r.collector.Sent(event, time.Since(r.start))
	e := r.schedule.Events[event]
	r.sent[e.Flow].Store(e.Seq + 1)
}

// close ends every session and stream and waits for their goroutines.
func (r *round) close() {
	r.closing.Store(true)
	r.stopLiving()
	r.senders.close()
	group := errgroup.Group{}
	group.SetLimit(Connecting)
	for _, c := range r.clients {
		if c != nil {
			group.Go(func() error { c.stop(); return nil })
		}
	}
	_ = group.Wait() // nothing fails
	r.receiving.Wait()
	r.uplink.close()
	r.senders.wait()
}
