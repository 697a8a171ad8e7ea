package server

import (
	"sync"
	"time"
)

// keeper comes by idle sessions again and again, so that something can be written to them: one goroutine and one timer for all. Sessions come up in as many
// groups as there are turns, in which they are by when they came: what is written is spread over time, as timers of their own would have it.
type keeper struct {
	// visit is called for each session of the group whose turn it is.
	visit func(*session)

	mu     sync.Mutex
	groups [turns]map[*session]struct{}
	next   int // the group whose turn comes
	stop   chan struct{}
	ended  chan struct{}
}

// turns is how many groups there are.
const turns = 64

// minRound is the shortest time in which a keeper can come by everybody: a turn is a tick of a millisecond at least.
const minRound = turns * time.Millisecond

// start begins to come by every session once in a round.
func (k *keeper) start(round time.Duration, visit func(*session)) {
	k.visit, k.stop, k.ended = visit, make(chan struct{}), make(chan struct{})
	go k.run(max(round, minRound) / turns)
}

func (k *keeper) run(every time.Duration) {
	defer close(k.ended)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			k.turn()
		case <-k.stop:
			return
		}
	}
}

// close ends keeping, if it was started, and waits for it.
func (k *keeper) close() {
	if k.stop == nil {
		return
	}
	close(k.stop)
	<-k.ended
}

// add puts a session into the group whose turn is last. A keeper that was not started keeps nobody.
func (k *keeper) add(ss *session) {
	if k.visit == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	ss.turn = (k.next + turns - 1) % turns
	if k.groups[ss.turn] == nil {
		k.groups[ss.turn] = make(map[*session]struct{})
	}
	k.groups[ss.turn][ss] = struct{}{}
}

func (k *keeper) remove(ss *session) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.groups[ss.turn], ss)
}

func (k *keeper) turn() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for ss := range k.groups[k.next] {
		k.visit(ss)
	}
	k.next = (k.next + 1) % turns
}

// remind has the session's reminder written, a comment or a ping. It takes the session out of its topic, as an append does, so that nobody else wakes it.
// One that is not there has something else coming.
func (ss *session) remind() {
	if ss.topic.unpark(&ss.waiter) {
		ss.reminded = true
		ss.wake()
	}
}

// reminder is what keeps a session of its kind alive.
func (ss *session) reminder() []byte {
	if ss.kind == eventStream {
		return comment.of(ss.chunked)
	}
	ss.server.counts.pings.add(1)
	return pingFrame
}

// pingFrame is a ping without a payload (RFC 6455, section 5.5.2).
var pingFrame = []byte{0x89, 0}
