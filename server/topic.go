package server

import (
	"sync"
	"time"
)

// topic is the bounded log of one topic, with the readers that wait for it to
// grow.
//
// Position p is the p-th message ever appended, counted from 0. The log holds the
// positions [next-count, next); what is older has fallen out. A reader owns
// nothing but its position, so an idle one costs the log the eight bytes of its
// place in parked.
type topic struct {
	limits *logLimits

	mu    sync.Mutex
	ring  [][]byte // a power of two long; position p is at p % len
	next  uint64   // positions given out so far
	count int      // messages held
	bytes int64    // payload bytes held

	parked []*waiter // readers to be woken by the next append
	spare  []*waiter // the other half of a double buffer, empty
}

// firstRing is the room a log starts with. Logs are many and mostly short: with
// 10,000 topics each slot costs 240 KB.
const firstRing = 4

// waiter is a reader's place among the parked. It is part of the reader, so that
// parking allocates nothing.
type waiter struct {
	reader wakeable
	slot   int // place in topic.parked, from 1; 0 = not parked. Guarded by topic.mu.
}

// wakeable is told, at most once for each time it parked, that the topic grew. It
// must not block: thousands may be woken in a row.
type wakeable interface{ wake() }

// batch is what one read found.
type batch struct {
	messages [][]byte // shared and immutable
	start    uint64   // position of the first
	next     uint64   // position behind the last
	missed   uint64   // messages between the position asked for and the first

	// Of injection only:
	faults tally       // made on the way
	due    []time.Time // when each message may leave
	behind []uint64    // the position behind each message
}

// after returns the position behind message i.
func (b *batch) after(i int) uint64 {
	if len(b.behind) > 0 {
		return b.behind[i]
	}
	return b.start + uint64(i) + 1
}

// reset empties b and forgets the payloads, so that a pooled batch keeps none of
// them alive.
func (b *batch) reset() {
	clear(b.messages)
	*b = batch{messages: b.messages[:0], due: b.due[:0], behind: b.behind[:0]}
}

// append adds a copy of payload to the log and wakes the parked readers.
func (t *topic) append(payload []byte) error {
	if len(payload) > t.limits.payload {
		return errPayload
	}
	own := make([]byte, len(payload))
	copy(own, payload)
	t.mu.Lock()
	t.push(own)
	woken := t.parked
	t.parked, t.spare = t.spare, nil
	t.mu.Unlock()
	if len(woken) > 0 {
		t.wake(woken)
	}
	return nil
}

// wake tells the readers outside the lock, because each of them takes it at once
// to read, and then hands the list back for the next append but one.
func (t *topic) wake(list []*waiter) {
	for i, w := range list {
		list[i] = nil
		w.reader.wake()
	}
	t.mu.Lock()
	if cap(t.spare) < cap(list) {
		t.spare = list[:0]
	}
	t.mu.Unlock()
}

// push appends to the ring and drops what is over the limits, oldest first.
func (t *topic) push(payload []byte) {
	for t.count > 0 && (t.count == t.limits.messages || t.bytes+int64(len(payload)) > t.limits.bytes) {
		t.drop()
	}
	if t.count == len(t.ring) {
		t.grow()
	}
	*t.at(t.next) = payload
	t.next++
	t.count++
	t.bytes += int64(len(payload))
}

func (t *topic) drop() {
	oldest := t.at(t.first())
	t.bytes -= int64(len(*oldest))
	*oldest = nil
	t.count--
}

// grow doubles the ring. It is called when the ring is full.
func (t *topic) grow() {
	old := t.ring
	t.ring = make([][]byte, max(firstRing, 2*len(old)))
	for p := t.first(); p != t.next; p++ {
		*t.at(p) = old[p&uint64(len(old)-1)]
	}
}

func (t *topic) at(p uint64) *[]byte { return &t.ring[p&uint64(len(t.ring)-1)] }

// first is the position of the oldest message held.
func (t *topic) first() uint64 { return t.next - uint64(t.count) }

// end returns the position behind the newest message.
func (t *topic) end() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.next
}

// resume is the position skip messages behind p, which this topic must have given out.
func (t *topic) resume(p, skip uint64) (uint64, error) {
	if at := p + skip; at >= skip && at <= t.end() {
		return at, nil
	}
	return 0, errAhead
}

// readLimit bounds one read. The first message is always read.
type readLimit struct {
	messages int
	bytes    int // no further message once they reach this many payload bytes
}

// read adds the messages from position p on to b. A position that has fallen out
// reads what is left; b.missed grows by what is not.
func (t *topic) read(p uint64, limit readLimit, b *batch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if first := t.first(); p < first {
		b.missed += first - p
		p = first
	}
	b.start = p
	size := 0
	for n := 0; p < t.next && n < limit.messages && (n == 0 || size < limit.bytes); n++ {
		m := *t.at(p)
		b.messages = append(b.messages, m)
		size += len(m)
		p++
	}
	b.next = p
}

// park has w woken by the next append, unless position p is there already: then
// it returns false, and the reader reads. Look and park are one step, so no
// append can slip between them.
func (t *topic) park(w *waiter, p uint64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p < t.next {
		return false
	}
	t.parked = append(t.parked, w)
	w.slot = len(t.parked)
	return true
}

// unpark takes w back. It returns false if an append has taken w already: then w
// is being woken, now or soon.
func (t *topic) unpark(w *waiter) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := w.slot - 1
	if i < 0 || i >= len(t.parked) || t.parked[i] != w {
		return false
	}
	last := len(t.parked) - 1
	t.parked[i] = t.parked[last]
	t.parked[i].slot = i + 1
	t.parked[last] = nil
	t.parked = t.parked[:last]
	w.slot = 0
	return true
}
