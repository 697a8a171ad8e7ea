package loadgen

import (
	"context"
	"sync"
	"time"

	"pushbench/loadgen/schedule"
	"pushbench/results"
)

// A client's life: it opens a session, receives until the session is lost, waits, and opens another, which goes on where the last one stood. One
// goroutine at a time carries it, and each is left for the next: what opens a session grows a stack that thousands of receivers must not keep.

// presence is a client's session for those who do not receive from it: who closes it, and the client's own sender.
type presence struct {
	mu   sync.Mutex
	conn Conn // nil without a session
	// closed says that conn was closed, over that there will be no other.
	closed, over bool
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

// finish takes the session away, closed, from its receiver.
func (p *presence) finish() Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.close()
	conn := p.conn
	p.conn = nil
	return conn
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
	conn := c.finish()
	c.end(conn.Traffic())
	r.connected.Add(-1)
	if c.spec.Slow && !r.closing.Load() {
		r.cutOff.Add(1)
	}
	switch {
	case r.closing.Load():
	case !r.plan.comesBack():
		c.stop()
		r.lost(err)
	default:
		r.errors.add(err)
		r.lives.count(func(s *results.Sessions) { s.Lost++ })
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
	conn, err := r.target.Open(ctx, c.spec)
	if err != nil {
		c.attempted(err)
		if !r.closing.Load() {
			r.lives.failed.add(err)
		}
		return err
	}
	if !c.begin(conn) {
		_ = conn.Close()
		c.end(conn.Traffic())
		return errRoundOver
	}
	r.connected.Add(1)
	r.receiving.Go(c.receive)
	return nil
}

// pause waits, and says whether the round still goes on.
func (r *round) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.living.Done():
		return false
	}
}

// sessions is what the round's result says of sessions beyond each client's first; nil if there is nothing to say.
func (r *round) sessions() *results.Sessions {
	s := r.lives.counts
	s.Resets = r.resets.Load()
	if !r.plan.comesBack() && s.Resets == 0 {
		return nil
	}
	s.FailedOpens, _ = r.lives.failed.snapshot()
	return &s
}
