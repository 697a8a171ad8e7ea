package server

import "time"

// parker lets a goroutine wait for a topic to grow. It can be used again after
// every wait, by one goroutine at a time.
type parker struct {
	waiter waiter
	woken  chan struct{}
	timer  *time.Timer // one for all waits: cheaper than a context with a deadline for each
}

func newParker() *parker {
	p := &parker{woken: make(chan struct{}, 1), timer: time.NewTimer(time.Hour)}
	p.timer.Stop()
	p.waiter.reader = p
	return p
}

// wake is called at most once for each time the waiter parked, and wait always
// takes it, so the send cannot block.
func (p *parker) wake() { p.woken <- struct{}{} }

// outcome is how a wait ended.
type outcome int

const (
	grew    outcome = iota // there is something to read
	expired                // the time is over
	stopped                // the reader was told to stop
)

// wait returns when t has grown beyond pos, when d has passed, or when stop says so.
func (p *parker) wait(t *topic, pos uint64, d time.Duration, stop stopper) outcome {
	if !t.park(&p.waiter, pos) {
		return grew
	}
	if d <= 0 {
		return p.leave(t, expired)
	}
	p.timer.Reset(d)
	defer p.timer.Stop()
	select {
	case <-p.woken:
		return grew
	case <-p.timer.C:
		return p.leave(t, expired)
	case <-stop.gone:
	case <-stop.closing:
	}
	return p.leave(t, stopped)
}

// leave takes the waiter out of the topic. If an append was faster its wake is
// received, or it would end the next wait.
func (p *parker) leave(t *topic, why outcome) outcome {
	if t.unpark(&p.waiter) {
		return why
	}
	<-p.woken
	if why == expired {
		return grew
	}
	return why
}

// stopper ends waits early. A nil channel never does.
type stopper struct {
	gone    <-chan struct{} // the client has gone
	closing <-chan struct{} // the server shuts down
}

// sleep waits for d and returns false if stopped first.
func (s stopper) sleep(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.gone:
	case <-s.closing:
	}
	return false
}
