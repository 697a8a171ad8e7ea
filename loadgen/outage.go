package loadgen

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pushbench/results"
)

// Cutter is a Target whose clients' network can fail.
type Cutter interface {
	// Cut breaks the connections of all clients at once and refuses new ones for a while. Sessions opened before it end, those opened after it do not. It returns
	// how many connections it broke.
	Cut(refuse time.Duration) int
}

// outage is the failure that a round's plan has in store, and the way back from it. The zero value is one that never comes.
type outage struct {
	// cut is when it came, counted like the schedule's instants, +1; 0 before.
	cut atomic.Int64
	// away is how many clients are not back yet; over is closed when there are none.
	away atomic.Int64
	over chan struct{}
	// before and after are the costs at the cut and when the last client was back; nil if it did not come to that.
	before, after *readings
	// clients is how many had to come back.
	clients int64
	// restarted is closed when another server has taken the place of one that was killed, after down.
	restarted chan struct{}
	down      time.Duration

	mu      sync.Mutex
	returns []comeback
	failed  int64
}

// comeback is a client's: when it had a session again, and when it had received what was published while it was away.
type comeback struct{ opened, caughtUp time.Duration }

// returning is what a client that is back has yet to receive of what was published while it was away.
type returning struct {
	opened time.Duration
	// upTo is, for each flow that the client hears, how many messages there were when its session was open again.
	upTo []uint32
}

// begun says when the outage came, if it has.
func (o *outage) begun() (at time.Duration, ok bool) {
	cut := o.cut.Load()
	return time.Duration(cut - 1), cut > 0
}

// running says whether clients are on their way back: then lost sessions and refused attempts are what was asked for.
func (o *outage) running() bool {
	_, begun := o.begun()
	return begun && o.away.Load() > 0
}

// begin begins the outage at an instant for so many clients.
func (o *outage) begin(at time.Duration, clients int64) {
	o.clients = clients
	o.over, o.restarted = make(chan struct{}), make(chan struct{})
	o.away.Store(clients)
	o.cut.Store(int64(at) + 1)
}

// back notes that a client is.
func (o *outage) back(c comeback) {
	o.mu.Lock()
	o.returns = append(o.returns, c)
	o.mu.Unlock()
	if o.away.Add(-1) == 0 {
		close(o.over)
	}
}

// fail notes an attempt to come back that failed.
func (o *outage) fail() {
	o.mu.Lock()
	o.failed++
	o.mu.Unlock()
}

// checkOutage says what the plan's outage needs and does not have.
func (p Plan) checkOutage(target Target, parent Parent) error {
	o := p.Scenario.Outage
	_, cuttable := target.(Cutter)
	switch {
	case o.At > 0 && o.Kill && (parent.Restart == nil || p.Server.Foreign):
		return errors.New("outage.kill needs a server that pushbench starts, and can start again: this one is somebody else's; kill it yourself, or use an outage without kill")
	case o.At > 0 && !o.Kill && !cuttable:
		return errors.New("the scenario has an outage, but the connections of this target's clients cannot be cut")
	}
	return nil
}

// strike waits for the outage's instant, lets it happen, and follows the way back, until the context ends.
func (r *round) strike(ctx context.Context) {
	o := r.plan.Scenario.Outage
	if o.At == 0 || r.sleepUntil(ctx, r.schedule.Warmup+o.At) != nil {
		return
	}
	r.outage.before = r.meters.read()
	r.outage.begin(r.now(), int64(len(r.clients)))
	if o.Kill {
		if err := r.killServer(ctx); err != nil {
			if ctx.Err() != nil {
				return // the round is over
			}
			r.abort(fmt.Errorf("%w: it was killed, and no other took its place: %w", ErrServerGone, err))
			return
		}
	} else {
		r.target.(Cutter).Cut(o.Refuse)
	}
	select {
	case <-r.outage.over:
		r.outage.after = r.meters.read()
	case <-ctx.Done():
	}
}

// killServer has the server killed and waits for the next one. What was sent so far is gone with the first, as far as it was not delivered.
func (r *round) killServer(ctx context.Context) error {
	cut, _ := r.outage.begun()
	r.meters.died(r.outage.before.serverCPU)
	next, err := r.parent.Restart(ctx, r.plan.Scenario.Outage.Refuse)
	if err != nil {
		return err
	}
	r.meters.follow(next.PIDs)
	for flow := range r.sent {
		r.outlive(uint32(flow))
	}
	r.outage.down = r.now() - cut
	close(r.outage.restarted)
	return nil
}

// killed says whether the server has been killed, or is about to be.
func (r *round) killed() bool {
	_, begun := r.outage.begun()
	return begun && r.plan.Scenario.Outage.Kill
}

// outlive notes that all that was sent of a flow by now was handed to a server that has been killed, if one has.
func (r *round) outlive(flow uint32) {
	if !r.killed() {
		return
	}
	sent, died := r.sent[flow].Load(), &r.died[flow]
	for was := died.Load(); was < sent && !died.CompareAndSwap(was, sent); was = died.Load() {
	}
}

// outlives is called when a client is told that the log is another than the one its session stood in. A poller that did not ask while the server was down
// finds the outage by that, and is back from it.
func (c *client) outlives() {
	c.round.resets.Add(1)
	cut, begun := c.round.outage.begun()
	if !begun || c.returned || c.returning != nil {
		return
	}
	c.leave()
	sent := c.sentToIt()
	c.arrive(sent)
	c.returns(cut, sent)
}

// returns is called when a client has a session again that it began to open at an instant, with what had been sent when it was open: if it began after the
// outage, it is the one to come back with.
func (c *client) returns(began time.Duration, sent []uint32) {
	cut, begun := c.round.outage.begun()
	if !begun || began < cut || c.returned {
		return
	}
	c.returning = &returning{opened: c.round.now()}
	if c.round.plan.Scenario.Reconnect.Resume {
		c.returning.upTo = sent
	}
}

// catchUp notes, once, that a client has received at an instant what was published while it was away.
func (c *client) catchUp(at time.Time) {
	for i, n := range c.returning.upTo {
		if c.heard[i].next < n && c.round.died[c.first+uint32(i)].Load() < n {
			return
		}
	}
	opened := c.returning.opened
	c.returning, c.returned = nil, true
	c.round.outage.back(comeback{opened, max(opened, at.Sub(c.round.start))})
}

// recovery is what the round's result says of its outage; nil if there was none. It notes the clients' times in the histograms, which must not be finished yet.
func (r *round) recovery() *results.Recovery {
	o := &r.outage
	cut, begun := o.begun()
	if !begun {
		return nil
	}
	var last time.Duration
	for _, c := range o.returns {
		r.collector.Returned(cut, c.opened, c.caughtUp)
		last = max(last, c.caughtUp)
	}
	recovery := &results.Recovery{Clients: o.clients, Back: int64(len(o.returns)), FailedOpens: o.failed, PeakConnects: peak(o.returns)}
	if o.down > 0 {
		recovery.Down, recovery.PublishedLate = new(int64(o.down)), r.senders.late()
	}
	if recovery.Back == recovery.Clients {
		recovery.Full = new(int64(last - cut))
	}
	if o.after != nil {
		elapsed := o.after.at.Sub(o.before.at)
		recovery.ServerCPU, _, _ = cpuCost(o.before.serverCPU, o.after.serverCPU, elapsed, 0, r.meters.server.Cores)
		recovery.GeneratorCPU, _, recovery.GeneratorCPUShare = cpuCost(o.before.selfCPU, o.after.selfCPU, elapsed, 0, r.meters.cores)
	}
	return recovery
}

// peakWindow is what the rate of connects is counted over.
const peakWindow = 100 * time.Millisecond

// peak is the most sessions that were opened within the window, a second.
func peak(returns []comeback) float64 {
	slices.SortFunc(returns, func(a, b comeback) int { return cmp.Compare(a.opened, b.opened) })
	most, first := 0, 0
	for i, c := range returns {
		for c.opened-returns[first].opened >= peakWindow {
			first++
		}
		most = max(most, i-first+1)
	}
	return float64(most) / peakWindow.Seconds()
}
