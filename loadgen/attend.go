package loadgen

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"pushbench/loadgen/pace"
	"pushbench/loadgen/schedule"
	"pushbench/results"
	"pushbench/scenarios"
)

// Clients that leave and come by plan. Who leaves is a user who closes the application, and who comes is a new one: without a cursor, in the place and with the
// number of the one that left. What a client is expected to receive is all that was sent between two instants that the round knows exactly: from when its
// session was open to when it was asked to leave. It stays until it has that, so that a departure hides no loss, for at most leavingAtMost. What was sent
// meanwhile, or while it came, may arrive and is then delivered; if not, it is counted as sent to a client that was away, and not expected.

const (
	// leavingAtMost is how long a client that shall leave waits for what was sent by then; what has not come after that is lost.
	leavingAtMost = drainAtLeast
	// leavingCheck is how often it looks.
	leavingCheck = 2 * time.Millisecond
	// comingAgain is the wait after an attempt to come that failed.
	comingAgain = 500 * time.Millisecond
)

// absence is one of a client's, while it begins.
type absence struct {
	// from is, for each flow that the client hears, how many messages had been sent when it was asked to leave.
	from []uint32
	// ended is closed when the client's session has.
	ended chan struct{}
}

// attendance is a client's part of a plan by which clients leave and come; what it owns belongs to whoever carries the client's life.
type attendance struct {
	// away is true without a session by plan.
	away atomic.Bool
	// beganAway says that it was not there at the beginning.
	beganAway bool
	// absentFrom is where the present absence begins; empty without one. excused are, for each flow, those that are over: what was sent in them is not expected.
	absentFrom []uint32
	excused    [][]span
}

// attended counts what the round's plan of attendance came to, in the steady phase.
type attended struct {
	mu     sync.Mutex
	counts results.Attendance
	joins  []join
}

// join is how long a client that came took to have a session.
type join struct{ began, took time.Duration }

// absences are who shall be away and when.
func (p Plan) absences() []schedule.Absence {
	s := p.Scenario
	switch {
	case len(s.Stages) > 0:
		return schedule.Attendance(s.Clients, levels(s))
	case s.Churn.Share > 0:
		return schedule.Churn{Seed: p.Seed, Clients: s.Clients, Share: float64(s.Churn.Share), Away: s.Churn.Away}.Absences(s.Warmup + s.Duration)
	}
	return nil
}

// levels are how many clients a scenario with stages wants; its warm-up is one with the first stage's.
func levels(s scenarios.Scenario) []schedule.Level {
	at := s.Warmup
	all := []schedule.Level{{At: 0, Clients: float64(s.Stages[0].Clients)}}
	for _, stage := range s.Stages {
		at += stage.Duration
		all = append(all, schedule.Level{At: at, Clients: float64(stage.Clients)})
	}
	return all
}

// attends says whether clients leave and come by plan.
func (r *round) attends() bool { return len(r.absences) > 0 }

// attend lets clients leave and come as the plan has it, until the context ends.
func (r *round) attend(ctx context.Context) {
	var moving sync.WaitGroup
	defer moving.Wait()
	for _, a := range r.absences {
		if r.sleepUntil(ctx, max(0, a.From)) != nil {
			return
		}
		moving.Go(func() { r.clients[a.Client].stayAway(ctx, a) })
	}
}

// awayAtFirst are the clients that shall not be there at the beginning.
func (r *round) awayAtFirst() map[int]bool {
	away := map[int]bool{}
	for _, a := range r.absences {
		if a.From < 0 {
			away[a.Client] = true
		}
	}
	return away
}

// beginAway is how a client begins that shall not be there yet.
func (c *client) beginAway() {
	c.beganAway, c.absentFrom = true, make([]uint32, len(c.heard))
	c.away.Store(true)
}

// stayAway takes a client through one absence.
func (c *client) stayAway(ctx context.Context, a schedule.Absence) {
	if a.From >= 0 && !c.leaveByPlan(ctx) {
		c.round.attended.note(a.From, c.round.schedule, func(n *results.Attendance) { n.Stayed++ })
		return
	}
	if a.To < schedule.ForGood && c.round.sleepUntil(ctx, a.To) == nil {
		c.come(ctx)
	}
}

// leaveByPlan ends the client's session once it has all that was sent by now. A client that has none stays as it is.
func (c *client) leaveByPlan(ctx context.Context) bool {
	asked := c.round.now()
	a := &absence{from: c.sentToIt(), ended: make(chan struct{})}
	c.awaitWhatWasSent(ctx, a.from)
	if !c.quit(a) {
		return false
	}
	select {
	case <-a.ended:
		c.round.attended.note(asked, c.round.schedule, func(n *results.Attendance) { n.Left++ })
		return true
	case <-ctx.Done():
		return true
	}
}

func (c *client) awaitWhatWasSent(ctx context.Context, sent []uint32) {
	for limit := c.round.now() + leavingAtMost; !c.hasAll(sent) && c.round.now() < limit; {
		if !pace.Pause(ctx, leavingCheck) {
			return
		}
	}
}

// hasAll says whether the client has received, passed over or forgone so many messages of each flow.
func (c *client) hasAll(sent []uint32) bool {
	for i, n := range sent {
		if c.progress[i].Load() < n {
			return false
		}
	}
	return true
}

// beAway notes that the session of a client that shall be away has ended.
func (c *client) beAway(a *absence) {
	c.absentFrom = a.from
	c.away.Store(true)
	close(a.ended)
}

// come opens a session as a new user does, however many attempts that takes.
func (c *client) come(ctx context.Context) {
	c.spec.Resume = ""
	for {
		began := c.round.now()
		if c.open(ctx) == nil {
			c.round.attended.came(join{began, c.round.now() - began}, c.round.schedule)
			return
		}
		if !pace.Pause(ctx, comingAgain) {
			return
		}
	}
}

// isThere ends an absence: what was sent until now, when the client has a session, is not expected.
func (c *client) isThere() {
	c.forgone = c.sentToIt()
	c.excuse(c.forgone)
	c.absentFrom = nil
	c.away.Store(false)
}

// excuse notes that what was sent since the absence began, up to so many of each flow, is not expected.
func (c *client) excuse(until []uint32) {
	for i, from := range c.absentFrom {
		if from < until[i] {
			c.excused[i] = append(c.excused[i], span{from, until[i]})
		}
	}
}

// excusedOf are the spans of a flow in which the client was away.
func (c *client) excusedOf(i int) []span {
	if c.excused == nil {
		return nil
	}
	return c.excused[i]
}

// inSteady says whether an instant is one of the steady phase.
func inSteady(at time.Duration, s *schedule.Schedule) bool { return at >= s.Warmup && at < s.End() }

// note counts something that began at an instant of the steady phase.
func (a *attended) note(at time.Duration, s *schedule.Schedule, count func(*results.Attendance)) {
	if !inSteady(at, s) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	count(&a.counts)
}

func (a *attended) came(j join, s *schedule.Schedule) {
	a.note(j.began, s, func(n *results.Attendance) {
		n.Came++
		a.joins = append(a.joins, j)
	})
}

// attendanceResult is what the round's result says of clients that left and came; nil if there were none. It ends the absences of those that are away, and notes
// in the histograms how long coming took, which must not be finished yet.
func (r *round) attendanceResult() *results.Attendance {
	if !r.attends() {
		return nil
	}
	for _, c := range r.clients {
		if len(c.absentFrom) > 0 {
			c.excuse(c.sentToIt())
		}
	}
	for _, j := range r.attended.joins {
		r.collector.Joined(j.began, j.took)
	}
	counts := r.attended.counts
	return &counts
}
