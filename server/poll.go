package server

import (
	"context"
	"sync"
	"time"

	"pushbench/longpoll"
)

// pollSource is the log as the long-poll handler reads it.
type pollSource struct {
	server  *Server
	parkers sync.Pool // *parker
}

// Now implements [longpoll.Source].
func (p *pollSource) Now(name string) (longpoll.Cursor, error) {
	t, err := p.topic(name)
	if err != nil {
		return longpoll.Cursor{}, err
	}
	if p.server.isClosing() {
		return longpoll.Cursor{}, longpoll.ErrClosing
	}
	return longpoll.Cursor{Epoch: p.server.hub.epoch, Position: t.end()}, nil
}

func (p *pollSource) topic(name string) (*topic, error) {
	t, err := p.server.hub.topic(name)
	if err != nil {
		return nil, &longpoll.ParamError{Param: longpoll.ParamTopic, Reason: err.Error()}
	}
	return t, nil
}

// Read implements [longpoll.Source].
func (p *pollSource) Read(ctx context.Context, q longpoll.Query, out *longpoll.Batch) error {
	epoch := p.server.hub.epoch
	if q.Cursor.Epoch != epoch {
		return &longpoll.ResetError{Start: longpoll.Cursor{Epoch: epoch}}
	}
	t, err := p.topic(q.Topic)
	if err != nil {
		return err
	}
	pos, err := t.resume(q.Cursor.Position, q.Skip)
	if err != nil {
		return &longpoll.ParamError{Param: longpoll.ParamCursor, Reason: err.Error()}
	}
	pr := pollRead{
		server: p.server,
		at:     readAt{topic: t, pos: pos, limit: readLimit{q.Max, out.Room()}},
		faults: p.server.inject.stream(),
		stop:   stopper{gone: ctx.Done(), closing: p.server.closing},
		out:    out,
	}
	return p.hold(ctx, &pr, q.Hold)
}

// hold reads until there is something to answer with or d has passed. Only
// injected drops make it read more than twice.
func (p *pollSource) hold(ctx context.Context, pr *pollRead, d time.Duration) error {
	var until time.Time
	for {
		if done, err := pr.read(ctx); done || err != nil {
			return err
		}
		if d > 0 && until.IsZero() {
			until = time.Now().Add(d)
		} else if d > 0 {
			d = max(0, time.Until(until))
		}
		switch p.wait(pr, d) {
		case expired:
			return nil
		case stopped:
			return pr.stopError(ctx)
		}
	}
}

func (p *pollSource) wait(pr *pollRead, d time.Duration) outcome {
	pk, ok := p.parkers.Get().(*parker)
	if !ok {
		pk = newParker()
	}
	defer p.parkers.Put(pk)
	return pk.wait(pr.at.topic, pr.at.pos, d, pr.stop)
}

// pollRead is one poll reading from the log.
type pollRead struct {
	server *Server
	at     readAt
	faults *faultStream // nil without injection
	stop   stopper
	out    *longpoll.Batch
}

// read adds what the log holds to the answer and reports whether it may leave.
// The batch is borrowed for this only, so that a parked poll holds none.
func (pr *pollRead) read(ctx context.Context) (bool, error) {
	b := pr.server.getBatch()
	defer pr.server.putBatch(b)
	if pr.faults == nil {
		pr.at.topic.read(pr.at.pos, pr.at.limit, b)
	} else if !pr.faults.read(pr.at, b, pr.stop) {
		return false, pr.stopError(ctx)
	}
	if err := pr.add(ctx, b); err != nil {
		return false, err
	}
	pr.at.pos = b.next
	pr.out.Next = longpoll.Cursor{Epoch: pr.server.hub.epoch, Position: b.next}
	pr.out.Missed += b.missed
	pr.count(b)
	return len(b.messages) > 0, nil
}

// add encodes the messages into the answer, when injected faults let them go.
func (pr *pollRead) add(ctx context.Context, b *batch) error {
	for i, m := range b.messages {
		if pr.faults != nil && !pr.faults.before(b, i, pr.stop) {
			return pr.stopError(ctx)
		}
		pr.out.Add(m)
	}
	return nil
}

func (pr *pollRead) count(b *batch) {
	if pr.faults != nil {
		pr.faults.in.commit(b.faults)
	}
	if b.missed > 0 {
		pr.server.counts.missed.add(b.missed)
	}
	if n := uint64(len(b.messages)); n > 0 {
		pr.server.counts.longpoll.add(n)
	}
}

// stopError says why a wait was stopped.
func (pr *pollRead) stopError(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return longpoll.ErrClosing
}
