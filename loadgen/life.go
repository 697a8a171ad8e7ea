package loadgen

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"pushbench/loadgen/pace"
	"pushbench/loadgen/schedule"
	"pushbench/results"
)

// A client's life: it opens a session, receives until the session is lost, waits, and opens another, which goes on where the last one stood. One
// goroutine at a time carries it, and each is left for the next: what opens a session grows a stack that thousands of receivers must not keep.

// presence is a client's session for those who do not receive from it: who closes it, and the client's own sender.
type presence struct {
	mu   sync.Mutex
	conn Conn // nil without a session
	// gone are the totals of the sessions that ended, and of attempts to open one that failed.
	gone Traffic
	// closed says that conn was closed, over that there will be no other.
	closed, over bool
	// absence is set when conn was closed because the client shall be away.
	absence *absence
	// changed wakes a sender that waits for a session; nil where clients do not send.
	changed *sync.Cond
}

// begin makes conn the session, unless there shall be none any more.
func (p *presence) begin(conn Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return false
	}
	p.conn, p.closed = conn, false
	p.notify()
	return true
}

// close closes the session, which stays there until its receiver has found that out. The lock is held, so whoever calls it second waits for the first.
func (p *presence) close() {
	if p.conn != nil && !p.closed {
		p.closed = true
		// A session that cannot be closed cleanly was measured all the same.
		_ = p.conn.Close()
	}
}

// stop closes the session for good.
func (p *presence) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	p.close()
	p.notify()
}

// quit closes the session because the client shall be away, and says whether there was one.
func (p *presence) quit(a *absence) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.conn == nil || p.closed {
		return false
	}
	p.absence = a
	p.close()
	return true
}

// finish takes the session away, closed, from its receiver, and the absence that it ended for, if one.
func (p *presence) finish() (Conn, *absence) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.close()
	conn, absence := p.conn, p.absence
	p.conn, p.absence = nil, nil
	p.gone.add(conn.Totals())
	return conn, absence
}

// failed adds what an attempt to open a session took.
func (p *presence) failed(took Traffic) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone.add(took)
}

// totals are all that has passed the client's sockets so far.
func (p *presence) totals() Traffic {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.gone
	if p.conn != nil {
		t.add(p.conn.Totals())
	}
	return t
}

// await waits for a session and returns it, or nil if there will be none.
func (p *presence) await() Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.conn == nil && !p.over {
		p.changed.Wait()
	}
	if p.over {
		return nil
	}
	return p.conn
}

func (p *presence) notify() {
	if p.changed != nil {
		p.changed.Broadcast()
	}
}

// life is what a client that comes back remembers between its sessions.
type life struct {
	// gaps are, for each flow that it hears, the messages that were sent between two of its sessions, of which it then may have received some all the same.
	// They are kept where clients come back; leaving is where the next of them begin.
	gaps    [][]span
	leaving []uint32
	// returning is what it has to catch up on after the outage; nil before, and when it has. returned is true from then on.
	returning *returning
	returned  bool
	// forgone is, for each flow, how many messages had been sent when it began to open a session that resumes nothing: none of those will come any more.
	forgone []uint32
	// progress is, for each flow, how many messages it has received, passed over or forgone: what others may read.
	progress []atomic.Uint32
}

// newLife is what a client that hears so many flows begins with, if it comes back.
func (r *round) newLife(flows int) life {
	if !r.plan.comesBack() && !r.attends() {
		return life{}
	}
	return life{gaps: make([][]span, flows), progress: make([]atomic.Uint32, flows)}
}

// follow notes how far a client that comes back has got at an instant.
func (c *client) follow(at time.Time) {
	for i := range c.progress {
		next := c.heard[i].next
		if c.forgone != nil {
			next = max(next, c.forgone[i])
		}
		c.progress[i].Store(next)
	}
	if c.returning != nil {
		c.catchUp(at)
	}
}

// upToDate says whether a client that comes back has received, passed over or forgone all that was sent, or is away by plan.
func (c *client) upToDate() bool {
	if c.away.Load() {
		return true
	}
	for i := range c.progress {
		flow := c.first + uint32(i)
		if got := max(c.progress[i].Load(), c.round.died[flow].Load()); got < c.round.sent[flow].Load() {
			return false
		}
	}
	return true
}

// leave notes where a session ended.
func (c *client) leave() {
	c.leaving = c.leaving[:0]
	for i := range c.heard {
		c.leaving = append(c.leaving, c.heard[i].next)
	}
}

// arrive notes that there is a session again, with what was sent by now: what lies between may have been missed.
func (c *client) arrive(sent []uint32) {
	for i, from := range c.leaving {
		last := len(c.gaps[i]) - 1
		switch {
		case from >= sent[i]:
		case last >= 0 && c.gaps[i][last].hi >= from: // it left again before it had all of the last one
			c.gaps[i][last].hi = sent[i]
		default:
			c.gaps[i] = append(c.gaps[i], span{from, sent[i]})
		}
	}
	c.leaving = c.leaving[:0]
}

// lostAway counts the messages of the steady phase that were sent between the client's sessions and never came; of one that is away, those sent since.
func (c *client) lostAway(firstSteady []uint32) (n int64) {
	if len(c.leaving) > 0 {
		c.arrive(c.sentToIt())
	}
	for i, gaps := range c.gaps {
		first := firstSteady[c.first+uint32(i)]
		for _, g := range gaps {
			missed, undelivered := c.heard[i].lost(max(g.lo, first), g.hi)
			n += missed + undelivered
		}
	}
	return n
}

// sentToIt is, for each flow that a client hears, how many messages were sent by now.
func (c *client) sentToIt() []uint32 {
	sent := make([]uint32, len(c.heard))
	for i := range c.heard {
		sent[i] = c.round.sent[c.first+uint32(i)].Load()
	}
	return sent
}

// lives counts what happened to sessions of clients that come back.
type lives struct {
	mu     sync.Mutex
	counts results.Sessions
	// failed are the attempts to open a session that failed, by kind.
	failed errorCounts
}

func (l *lives) count(change func(*results.Sessions)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.counts)
}

// backoff is how the plan's clients wait before they come back.
func (p Plan) backoff() schedule.Backoff {
	r := p.Scenario.Reconnect
	return schedule.Backoff{Seed: p.Seed, First: r.Backoff, Most: r.Max, Jitter: r.Jitter}
}

// comesBack says whether the plan's clients do.
func (p Plan) comesBack() bool { return p.Scenario.Reconnect.Backoff > 0 }

// ended takes a session that ended into the books, and has the client come back if it does.
func (c *client) ended(err error) {
	r := c.round
	conn, absence := c.finish()
	c.end(conn.Traffic())
	r.connected.Add(-1)
	if c.spec.Slow && absence == nil && !r.closing.Load() {
		r.cutOff.Add(1)
	}
	switch {
	case absence != nil:
		c.beAway(absence)
	case r.closing.Load():
	case !r.plan.comesBack():
		c.stop()
		r.lost(err)
	default:
		if !r.outage.running() {
			r.errors.add(err)
		}
		r.lives.count(func(s *results.Sessions) { s.Lost++ })
		c.leave()
		if r.plan.Scenario.Reconnect.Resume {
			c.spec.Resume = conn.Place()
		}
		r.receiving.Go(c.comeBack)
	}
}

// comeBack waits and opens a session again, however many attempts that takes.
func (c *client) comeBack() {
	backoff := c.round.plan.backoff()
	for attempt := 0; c.round.pause(backoff.Wait(c.spec.ID, attempt)); attempt++ {
		if c.open(c.round.living) == nil {
			c.round.lives.count(func(s *results.Sessions) { s.Reopened++ })
			return
		}
	}
}

// open opens a session and has it received from.
func (c *client) open(ctx context.Context) error {
	r := c.round
	began := r.now()
	if len(c.leaving) > 0 && c.spec.Resume == "" {
		c.forgone = c.sentToIt()
	}
	conn, err := c.connect(ctx)
	if err != nil {
		c.tried(err)
		if !r.closing.Load() && ctx.Err() == nil {
			r.failedOpen(err)
		}
		return err
	}
	c.opening.note(conn.Totals())
	if len(c.absentFrom) > 0 {
		c.isThere()
	}
	if len(c.leaving) > 0 {
		sent := c.sentToIt()
		c.arrive(sent)
		c.returns(began, sent)
		if r.layout.sends() { // what it wrote before it found out that the server had been killed is gone
			r.outlive(r.layout.ownFlow(c.spec.ID))
		}
	}
	if !c.begin(conn) {
		_ = conn.Close()
		c.end(conn.Traffic())
		c.failed(conn.Totals())
		return errRoundOver
	}
	r.connected.Add(1)
	r.receiving.Go(c.receive)
	return nil
}

// tried takes what an attempt to open a session took that failed.
func (c *client) tried(err error) {
	if e, ok := errors.AsType[*OpenError](err); ok {
		c.attempted(e.Took)
		c.failed(e.Took)
	}
}

// failedOpen counts an attempt to open a session that failed.
func (r *round) failedOpen(err error) {
	r.lives.failed.add(err)
	if r.outage.running() {
		r.outage.fail()
	}
}

// pause waits, and says whether the round still goes on.
func (r *round) pause(d time.Duration) bool { return pace.Pause(r.living, d) }

// sessions is what the round's result says of sessions beyond each client's first; nil if there is nothing to say.
func (r *round) sessions() *results.Sessions {
	s := r.lives.counts
	s.Resets = r.resets.Load()
	if !r.plan.comesBack() && !r.attends() && s.Resets+s.FellBack == 0 {
		return nil
	}
	s.FailedOpens, _ = r.lives.failed.snapshot()
	return &s
}
