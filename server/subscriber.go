package server

import (
	"context"
	"errors"
	"net"
	"os"
)

// States of a subscriber's writer. At any time it is exactly one of: parked with
// its topic (or about to be woken), with the crew, or over.
const (
	parked   int32 = iota
	draining       // queued for a writer, or being written to
	leaving        // as draining; the reader waits for it to end
	over
)

// Bounds of one read by a writer: enough that a backlog does not cost a lock per
// message, little enough that what a writer holds stays small.
var drainLimit = readLimit{messages: 64, bytes: 256 << 10}

// keepBuffer is the largest buffer that goes back to a pool.
const keepBuffer = 64 << 10

// wake hands the subscriber to the crew. It is called once for each time the waiter parked.
func (ss *session) wake() {
	if ss.state.CompareAndSwap(parked, draining) {
		ss.server.crew.add(ss)
	}
}

// startWriter parks the subscriber, or starts writing if there is something.
func (ss *session) startWriter() {
	if !ss.topic.park(&ss.waiter, ss.pos) {
		ss.wake()
	}
}

// step is what a writer does next.
type step int

const (
	more   step = iota // read on
	rested             // parked: from now on the state belongs to the next writer
	ended              // failed, or told to leave
)

// drain writes one read of the log and parks the subscriber. If there is more by then the subscriber takes its turn
// again behind the others, so that a backlog of one keeps nobody waiting for long. The session's reader waits for it in
// stopWriter.
func (ss *session) drain(w *writer) {
	if ss.faults != nil {
		w.mayWait() // for a delay or a stall
	}
	next := ss.drainOnce(w)
	for next == more && w.waiting {
		next = ss.drainOnce(w)
	}
	switch {
	case next == more:
		ss.server.crew.add(ss)
	case next == ended && !ss.state.CompareAndSwap(draining, over):
		ss.state.Store(over) // it was leaving
		close(ss.drained)
	}
}

// drainOnce writes one read of the log.
func (ss *session) drainOnce(w *writer) step {
	w.batch.reset()
	if !ss.read(&w.batch) {
		return ended
	}
	var err error
	switch {
	case ss.pos != w.batch.next:
		ss.pos = w.batch.next
		err = ss.deliver(w)
	case ss.reminded:
		err = ss.raw.send(w, ss.reminder())
	}
	ss.reminded = false
	if err != nil {
		ss.cutOff(err)
		return ended
	}
	return ss.rest()
}

// rest parks the subscriber, unless there is more to write. Once it is parked
// another writer may start at any moment, so the state says parked first.
func (ss *session) rest() step {
	if !ss.state.CompareAndSwap(draining, parked) {
		return ended
	}
	if !ss.topic.park(&ss.waiter, ss.pos) {
		if ss.state.CompareAndSwap(parked, draining) {
			return more
		}
		return rested // the reader has stopped it meanwhile, and waits for nobody
	}
	if ss.state.Load() == over { // stopped between the two steps
		ss.topic.unpark(&ss.waiter)
	}
	return rested
}

func (ss *session) read(b *batch) bool {
	if ss.faults != nil {
		return ss.faults.read(readAt{ss.topic, ss.pos, drainLimit}, b, stopper{gone: ss.done})
	}
	ss.topic.read(ss.pos, drainLimit, b)
	return true
}

// deliver writes a batch, one frame per message. Counts are made before the
// writes, so that who has received a message finds it counted.
func (ss *session) deliver(w *writer) error {
	b := &w.batch
	if ss.faults != nil {
		ss.faults.in.commit(b.faults)
	}
	if b.missed > 0 {
		ss.server.counts.missed.add(b.missed)
		frame, err := ss.missedFrame(w)
		if err = ss.send(w, frame, err); err != nil {
			return err
		}
	}
	ss.delivered().add(uint64(len(b.messages)))
	for i := range b.messages {
		if ss.faults != nil && !ss.faults.before(b, i, stopper{gone: ss.done}) {
			return context.Canceled
		}
		frame, err := ss.messageFrame(w, i)
		if err = ss.send(w, frame, err); err != nil {
			return err
		}
	}
	return nil
}

// send writes a frame, if it could be made.
func (ss *session) send(w *writer, frame []byte, err error) error {
	if err != nil {
		return err
	}
	ss.wrote.Store(true)
	return ss.raw.send(w, frame)
}

// delivered counts the messages handed to connections of the session's kind.
func (ss *session) delivered() *counter {
	if ss.kind == eventStream {
		return &ss.server.counts.events
	}
	return &ss.server.counts.websocket
}

// messageFrame is message i of the writer's batch as the session's protocol has it.
func (ss *session) messageFrame(w *writer, i int) ([]byte, error) {
	if ss.kind == eventStream {
		return w.events.message(ss.server.at(w.batch.after(i)), w.batch.messages[i]).of(ss.chunked), nil
	}
	return w.frames(ss.raw).binary(w.batch.messages[i])
}

// missedFrame says how many messages fell out of the log.
func (ss *session) missedFrame(w *writer) ([]byte, error) {
	start := ss.server.at(w.batch.start)
	text := controlText(control{Missed: w.batch.missed, Cursor: start.String()})
	if ss.kind == eventStream {
		return w.events.frame(func(b []byte) []byte { return appendEvent(b, eventMissed, start, text) }).of(ss.chunked), nil
	}
	return w.framer.text(text)
}

// cutOff ends a session whose connection does not take what is written.
func (ss *session) cutOff(err error) {
	if errors.Is(err, net.ErrClosed) {
		return // the reader is closing it, and its peer shall see why
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		ss.server.counts.slow.add(1)
		ss.server.cfg.Logger.Warn("slow subscriber cut off: its socket took nothing for WriteTimeout",
			"remote", ss.raw.RemoteAddr(), "timeout", ss.server.cfg.WriteTimeout)
	}
	ss.raw.abort()
}

// stopWriter ends the subscriber's writing for good and waits for its writer.
// The connection must be closed already, or a write could hold it up.
func (ss *session) stopWriter() {
	ss.drained = make(chan struct{})
	for {
		switch {
		case ss.state.CompareAndSwap(parked, over):
			ss.topic.unpark(&ss.waiter)
			return
		case ss.state.CompareAndSwap(draining, leaving):
			<-ss.drained
			return
		case ss.state.Load() == over:
			return
		}
	}
}
