package netem

import (
	"sync"
	"time"
)

// A deadline is the read or write deadline of an emulated connection. The zero value never passes.
type deadline struct {
	mu     sync.Mutex
	timer  *time.Timer
	set    uint64        // counts calls of at, so that an outdated timer can tell that it is
	passed chan struct{} // closed when the deadline passes; nil until somebody asks
}

// at sets the deadline to t, the zero Time for none. It acts on waits under way.
func (d *deadline) at(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.set++
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	if d.hasPassed() {
		d.passed = make(chan struct{})
	}
	switch left := time.Until(t); {
	case t.IsZero():
	case left <= 0:
		close(d.channel())
	default:
		set := d.set
		d.timer = time.AfterFunc(left, func() { d.pass(set) })
	}
}

func (d *deadline) pass(set uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.set == set {
		close(d.channel())
	}
}

// done is a channel that is closed when the deadline has passed.
func (d *deadline) done() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.channel()
}

func (d *deadline) channel() chan struct{} {
	if d.passed == nil {
		d.passed = make(chan struct{})
	}
	return d.passed
}

func (d *deadline) hasPassed() bool {
	select {
	case <-d.passed:
		return true
	default:
		return false
	}
}
