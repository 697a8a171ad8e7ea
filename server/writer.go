package server

import (
	"runtime"
	"sync"
)

// crew writes to the subscribers that have something to be written: one writer a processor, each taking one subscriber
// after the other off a common queue. Writers start when there is work and end when there is none.
//
// A writer that is about to wait, because a socket's buffer is full, leaves the crew first and another takes its place.
// So one that does not read holds up nobody, and costs a goroutine only then.
type crew struct {
	mu          sync.Mutex
	first, last *session // the queue, linked by session.queued
	working     int      // writers that are not waiting for a socket
	spare       []*writer
	goroutines  sync.WaitGroup
}

// spareWriters bounds what is kept for later: after a crowd of slow subscribers there are more writers than needed.
const spareWriters = 64

// add queues a subscriber, whose state must be draining or leaving. It does not block.
func (c *crew) add(ss *session) {
	c.mu.Lock()
	if c.first == nil {
		c.first = ss
	} else {
		c.last.queued = ss
	}
	c.last = ss
	w := c.hire()
	c.mu.Unlock()
	w.start()
}

// hire returns a writer to be started, or nil if there is no work or nobody is missing. c.mu must be held.
func (c *crew) hire() *writer {
	if c.first == nil || c.working >= runtime.GOMAXPROCS(0) {
		return nil
	}
	c.working++
	c.goroutines.Add(1)
	if n := len(c.spare); n > 0 {
		w := c.spare[n-1]
		c.spare = c.spare[:n-1]
		w.waiting = false
		return w
	}
	return newWriter(c)
}

// next takes a subscriber off the queue. With nil, w's work is over.
func (c *crew) next(w *writer) *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ss := c.first; ss != nil && !w.waiting {
		c.first, ss.queued = ss.queued, nil
		return ss
	}
	if !w.waiting {
		c.working--
	}
	if w.trim(); len(c.spare) < spareWriters {
		c.spare = append(c.spare, w)
	} else {
		w.close()
	}
	return nil
}

// close waits for the writers. No session may be open any more.
func (c *crew) close() {
	c.goroutines.Wait()
	for _, w := range c.spare {
		w.close()
	}
	c.spare = nil
}

// writer is a goroutine that writes, with what it needs for that. An idle subscriber holds none of it.
type writer struct {
	crew    *crew
	waiting bool // has left the crew; ends with the subscriber it is writing to
	batch   batch
	framer  framer
	packing framer // that compresses
	events  eventFramer
	attempt attempt
}

func newWriter(c *crew) *writer {
	w := &writer{crew: c, packing: framer{deflates: true}}
	w.attempt.init()
	return w
}

func (w *writer) close() {
	w.framer.close()
	w.packing.close()
}

// frames makes a connection's frames.
func (w *writer) frames(c *frameConn) *framer {
	if c.deflates {
		return &w.packing
	}
	return &w.framer
}

func (w *writer) start() {
	if w != nil {
		go w.run()
	}
}

func (w *writer) run() {
	defer w.crew.goroutines.Done()
	for ss := w.crew.next(w); ss != nil; ss = w.crew.next(w) {
		ss.drain(w)
	}
}

// mayWait is called before anything that can block.
func (w *writer) mayWait() {
	if w.waiting {
		return
	}
	w.waiting = true
	w.crew.mu.Lock()
	w.crew.working--
	other := w.crew.hire()
	w.crew.mu.Unlock()
	other.start()
}

// trim forgets the payloads, and buffers that have grown large.
func (w *writer) trim() {
	w.batch.reset()
	w.framer.trim()
	w.packing.trim()
	w.events.trim()
	if cap(w.batch.messages) > 4096 {
		w.batch = batch{}
	}
}
