package server

import (
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// injector makes the faults of an Inject. It decorates reads of the log; the log
// itself stays whole.
type injector struct {
	plan    Inject
	seed    uint64
	base    time.Time
	streams atomic.Uint64
	first   atomic.Int64 // first publish, ns after base, plus 1; 0 = none yet

	dropped, duplicated, reordered, delayed, burned atomic.Uint64
}

// tally counts the faults of one read. They are committed when the messages are
// on their way, so that an answer nobody took can be read again uncounted.
type tally struct {
	dropped, duplicated, reordered, delayed uint64
}

// reorderPatience is how long a message waits for the one to change places with.
const reorderPatience = time.Second

// newInjector returns nil if there is nothing to inject.
func newInjector(plan Inject, seed uint64) *injector {
	if !plan.active() {
		return nil
	}
	return &injector{plan: plan, seed: seed, base: time.Now()}
}

// published notes the instant of the first publish, from which stalls count.
func (in *injector) published() {
	if in.first.Load() == 0 {
		in.first.CompareAndSwap(0, int64(time.Since(in.base))+1)
	}
}

// elapsed is the time since the first publish, or -1 before it.
func (in *injector) elapsed() time.Duration {
	first := in.first.Load()
	if first == 0 {
		return -1
	}
	return time.Since(in.base) - time.Duration(first-1)
}

// stallLeft returns how long the stall now going on will last, at an instant
// elapsed after the first publish; 0 if there is none.
func (in *Inject) stallLeft(elapsed time.Duration) time.Duration {
	began := in.StallAfter
	if in.StallEvery > 0 {
		began = elapsed - elapsed%in.StallEvery
		if began == 0 {
			return 0
		}
	}
	if in.Stall == 0 || elapsed < began {
		return 0
	}
	return max(0, began+in.Stall-elapsed)
}

// stallsBegun counts the stalls begun at an instant elapsed after the first publish.
func (in *Inject) stallsBegun(elapsed time.Duration) uint64 {
	switch {
	case in.Stall == 0 || elapsed < 0:
		return 0
	case in.StallEvery > 0:
		return uint64(elapsed / in.StallEvery)
	case elapsed >= in.StallAfter:
		return 1
	}
	return 0
}

// gate waits until no stall is going on. It returns false if stopped.
func (in *injector) gate(stop stopper) bool {
	for {
		elapsed := in.elapsed()
		if elapsed < 0 {
			return true
		}
		left := in.plan.stallLeft(elapsed)
		if left == 0 {
			return true
		}
		if !stop.sleep(left) {
			return false
		}
	}
}

func (in *injector) commit(t tally) {
	in.dropped.Add(t.dropped)
	in.duplicated.Add(t.duplicated)
	in.reordered.Add(t.reordered)
	in.delayed.Add(t.delayed)
}

// faultStream is the faults of one reader: a WebSocket subscriber's for its life,
// or one poll's. The n-th reader of a server always gets the n-th stream of the
// seed.
type faultStream struct {
	in      *injector
	rng     *rand.Rand
	parker  *parker
	held    delivery // waits for the message it changes places with
	holding bool
}

// delivery is one message on its way through the faults.
type delivery struct {
	payload []byte
	behind  uint64 // the position behind it
	copies  int
	due     time.Time // zero = at once
}

// stream returns the faults of a new reader; nil if in is nil.
func (in *injector) stream() *faultStream {
	if in == nil {
		return nil
	}
	n := in.streams.Add(1)
	return &faultStream{in: in, rng: rand.New(rand.NewPCG(in.seed, n)), parker: newParker()}
}

// read is topic.read into an empty batch, with faults. It returns false if
// stopped.
func (f *faultStream) read(r readAt, b *batch, stop stopper) bool {
	if !f.in.gate(stop) {
		return false
	}
	var raw batch
	r.topic.read(r.pos, r.limit, &raw)
	b.start, b.next, b.missed = raw.start, raw.next, raw.missed
	for i, m := range raw.messages {
		f.pass(m, raw.after(i), b)
	}
	return !f.holding || f.awaitSuccessor(r.topic, b, stop)
}

// readAt says what to read: a topic from a position on.
type readAt struct {
	topic *topic
	pos   uint64
	limit readLimit
}

// pass sends one message through the faults and into b.
func (f *faultStream) pass(m []byte, behind uint64, b *batch) {
	if f.hit(f.in.plan.Drop) {
		b.faults.dropped++
		return
	}
	d := delivery{payload: m, behind: behind, copies: 1}
	if f.hit(f.in.plan.Duplicate) {
		b.faults.duplicated++
		d.copies = 2
	}
	if f.hit(f.in.plan.Delay) {
		b.faults.delayed++
		d.due = time.Now().Add(f.in.plan.DelayBy)
	}
	switch reorder := f.hit(f.in.plan.Reorder); {
	case f.holding:
		b.deliver(d)
		f.release(b)
		b.faults.reordered++
	case reorder:
		f.held, f.holding = d, true
	default:
		b.deliver(d)
	}
}

func (f *faultStream) hit(p Percent) bool { return p > 0 && f.rng.Float64()*100 < float64(p) }

func (f *faultStream) release(b *batch) {
	b.deliver(f.held)
	f.held, f.holding = delivery{}, false
}

// awaitSuccessor reads on until a message is there that the held one can change
// places with, or its patience ends. It returns false if stopped.
func (f *faultStream) awaitSuccessor(t *topic, b *batch, stop stopper) bool {
	until := time.Now().Add(reorderPatience)
	for f.holding {
		switch f.parker.wait(t, b.next, time.Until(until), stop) {
		case stopped:
			return false
		case expired:
			f.release(b)
		case grew:
			var one batch
			t.read(b.next, readLimit{messages: 1}, &one)
			b.next = one.next
			b.missed += one.missed
			f.pass(one.messages[0], one.next, b)
		}
	}
	return true
}

// before does what is due before message i of b is delivered: its delay, a stall
// that has begun meanwhile, and burning CPU. It returns false if stopped.
func (f *faultStream) before(b *batch, i int, stop stopper) bool {
	if i < len(b.due) && !stop.sleep(time.Until(b.due[i])) {
		return false
	}
	if !f.in.gate(stop) {
		return false
	}
	if f.in.plan.CPU > 0 {
		burn(f.in.plan.CPU)
		f.in.burned.Add(1)
	}
	return true
}

// deliver puts a message into b, with the instant before which it must not leave.
func (b *batch) deliver(d delivery) {
	for range d.copies {
		b.messages = append(b.messages, d.payload)
		b.due = append(b.due, d.due)
		b.behind = append(b.behind, d.behind)
	}
}
