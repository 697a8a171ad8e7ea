package loadgen

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"pushbench/loadgen/record"
	"pushbench/results"
)

// uplink is what clients send to the application beside the server (duplex), as the application hears it: on a few subscriptions that are neither metered nor
// delayed, each of which carries many clients' messages. Books are kept for each client and number. The zero value is of a round where nothing goes up.
type uplink struct {
	// heard are the books of each client's flow; the listener that hears the client fills them.
	heard     []tracker
	listeners []*listener
	// arrived is how many messages were heard, of any phase, duplicates not among them.
	arrived atomic.Int64
	hearing sync.WaitGroup
}

// listener is one of the application's subscriptions. Its goroutine owns everything but the subscription's Close.
type listener struct {
	round        *round
	number       int
	subscription Subscription
	shard        *record.Shard

	delivered, duplicated, reordered, announced, foreign int64
}

// errNoListener is for a target on which the application cannot listen.
var errNoListener = errors.New("the clients send to the application (duplex), and this target does not say how the application listens")

// openUplink subscribes to what the clients will send.
func (r *round) openUplink(ctx context.Context) error {
	n := r.layout.collectors()
	if n == 0 {
		return nil
	}
	target, ok := r.target.(Listener)
	if !ok {
		return errNoListener
	}
	r.uplink.heard = make([]tracker, r.layout.clients)
	for i := range n {
		s, err := target.Listen(ctx, r.layout.collectorName(i))
		if err != nil {
			return fmt.Errorf("listen as the application: %w", err)
		}
		l := &listener{round: r, number: i, subscription: s, shard: r.collector.Shard(i)}
		r.uplink.listeners = append(r.uplink.listeners, l)
		r.uplink.hearing.Go(l.listen)
	}
	return nil
}

// listen is the listener's goroutine: it ends when the subscription does.
func (l *listener) listen() {
	r := l.round
	for {
		batch, err := l.subscription.Receive()
		if err != nil {
			if r.failed(err) {
				r.abort(fmt.Errorf("%w: the application's subscription ended: %w", ErrServerGone, err))
			}
			return
		}
		l.announced += batch.Missed
		pacer := r.pacer.Load()
		if pacer == nil {
			l.foreign += int64(len(batch.Messages)) // nothing was sent yet
			continue
		}
		pacer.Help(batch.Received)
		for _, m := range batch.Messages {
			l.take(m, batch.Received.Sub(pacer.Start))
		}
	}
}

// take enters a message in the books and hands it to the recorder.
func (l *listener) take(message []byte, at time.Duration) {
	r := l.round
	stamp, err := FindStamp(message)
	if err != nil || !r.knows(stamp) || !r.layout.goesUp(stamp.Flow) {
		l.foreign++
		return
	}
	client := int(stamp.Flow - r.schedule.Up)
	if r.layout.collectorOf(client) != l.number {
		l.foreign++
		return
	}
	event := r.index[stamp.Flow][stamp.Seq]
	steady := int(event) >= r.schedule.Steady
	switch r.uplink.heard[client].receive(stamp.Seq) {
	case duplicate:
		if steady {
			l.duplicated++
		}
		return
	case late:
		if steady {
			l.reordered++
		}
	}
	if steady {
		l.delivered++
	}
	r.uplink.arrived.Add(1)
	// Nothing of it passed a client's socket but what sending took.
	l.shard.Add(record.Delivery{Event: event, Received: at, Own: true})
}

// close ends the subscriptions and waits for their goroutines.
func (u *uplink) close() {
	for _, l := range u.listeners {
		// What was heard is in the books; a subscription that cannot be closed cleanly changes none.
		_ = l.subscription.Close()
	}
	u.hearing.Wait()
}

// settleUplink is the uplink's block of the round's figures, without what the clients' own books add; nil where nothing goes up.
func (r *round) settleUplink(counts record.Counts) *results.Uplink {
	if !r.layout.up {
		return nil
	}
	u := &results.Uplink{}
	d := &u.Delivery
	_, d.Offered = r.offered()
	d.Published = counts.SentUp
	firstSteady := r.firstSteady()
	for client := range r.uplink.heard {
		flow := r.layout.ownFlow(client)
		r.uplink.heard[client].addTo(d, firstSteady[flow], r.sent[flow].Load())
	}
	for _, l := range r.uplink.listeners {
		d.Delivered += l.delivered
		d.Duplicated += l.duplicated
		d.Reordered += l.reordered
		d.Announced += l.announced
		d.Foreign += l.foreign
	}
	return u
}
