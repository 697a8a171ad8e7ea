package loadgen

import (
	"time"

	"pushbench/loadgen/record"
	"pushbench/loadgen/schedule"
)

// client is one simulated user at work. Its receiving goroutine owns everything but the presence and the fields of sending; while there is no session
// the goroutine that opens the next one does (life.go).
type client struct {
	round *round
	spec  ClientSpec
	shard *record.Shard
	// part says which of the books that are kept apart are its own.
	part uint8
	// heard are the books of the flows that the client receives, which are numbered from first on.
	first uint32
	heard []tracker
	presence
	life
	attendance
	account
	opening opening

	// outbox holds the events this client shall send, and sending, posted and sends what that took; only where clients send.
	outbox  chan uint32
	sending Traffic
	posted  posted
}

// identified says which event of the schedule a message of a batch was.
type identified struct {
	event     uint32
	delivered bool
	// size is what it took on the wire.
	size int64
}

// receive is the client's receiving goroutine: it ends when the session does.
func (c *client) receive() {
	c.follow(time.Now())
	for {
		batch, err := c.conn.Receive()
		if err != nil {
			c.ended(err)
			return
		}
		if batch.Reset {
			c.outlives()
		}
		if batch.Failed != nil {
			c.round.failed(batch.Failed)
		}
		// On a busy core the pacer's goroutine is behind a thousand clients that can run; each of them lends it a hand.
		if pacer := c.round.pacer.Load(); pacer != nil {
			pacer.Help(batch.Received)
			c.take(batch, pacer.Start)
			c.follow(batch.Received)
			continue
		}
		// Nothing was published yet: an empty answer, or what is not of this round.
		c.announced += batch.Missed
		c.foreign += int64(len(batch.Messages))
	}
}

// take accounts for a batch: first what each message was, then what the batch cost, shared over the messages it delivered.
func (c *client) take(b *Batch, start time.Time) {
	c.announced += b.Missed
	if len(b.Messages) == 0 {
		return
	}
	b.events = b.events[:0]
	var delivered, payload int64
	for i, m := range b.Messages {
		found := c.identify(m)
		if found.delivered {
			found.size = b.carried(i, c.round.schedule.Events[found.event].Size)
		}
		b.events = append(b.events, found)
		if found.delivered {
			delivered++
			payload += found.size
		}
	}
	if delivered == 0 {
		return // what it cost is charged to the next delivery
	}
	c.spend(b, start, delivered, payload)
}

// identify finds a message's event and enters it in the books of sequence numbers.
func (c *client) identify(message []byte) identified {
	stamp, err := FindStamp(message)
	// A flow before the first wraps around to one far beyond the last.
	if err != nil || !c.round.knows(stamp) || stamp.Flow-c.first >= uint32(len(c.heard)) {
		c.foreign++
		return identified{}
	}
	event := c.round.index[stamp.Flow][stamp.Seq]
	steady := int(event) >= c.round.schedule.Steady
	switch c.heard[stamp.Flow-c.first].receive(stamp.Seq) {
	case duplicate:
		if steady {
			c.duplicated++
		}
		return identified{event: event}
	case late:
		if steady {
			c.reordered++
		}
	}
	if steady {
		c.delivered++
	}
	return identified{event: event, delivered: true}
}

// spend charges the bytes since the previous delivery to the messages delivered now, and hands these to the recorder.
func (c *client) spend(b *Batch, start time.Time, delivered, payload int64) {
	traffic := c.conn.Traffic()
	overhead := c.charge(traffic, payload)
	all, charged, before := overhead, c.divide(traffic.Parts, overhead), c.overhead
	received := b.Received.Sub(start)
	steady := false
	for _, found := range b.events {
		if !found.delivered {
			continue
		}
		// The remainder goes to the first messages, so that the shares sum exactly.
		share := (overhead + delivered - 1) / delivered
		overhead, delivered = overhead-share, delivered-1
		if int(found.event) < c.round.schedule.Steady {
			c.warmup += found.size + share
		} else {
			steady = true
			c.messages++
			c.payload += found.size
			c.unpacked += int64(c.round.schedule.Events[found.event].Size)
			c.overhead += share
		}
		c.shard.Add(record.Delivery{Event: found.event, Overhead: uint32(share), Received: received, Own: c.sent(found.event), Slow: c.spec.Slow, Part: c.part})
	}
	if steady {
		c.enter(charged, c.overhead-before, all)
		c.settle(traffic)
	}
	c.seen = traffic
}

// sent says whether an event is one that this client sends.
func (c *client) sent(event uint32) bool {
	return c.round.schedule.Events[event].From == schedule.Sender(c.spec.ID)
}

// send is the goroutine of a client that sends: one message at a time, as a user does, who waits while there is no session.
func (c *client) send() {
	buffer := make([]byte, 0, 256)
	for event := range c.outbox {
		conn := c.await()
		if conn == nil || c.round.closing.Load() {
			continue // the outbox is emptied, so that the pacer can go on counting
		}
		buffer = c.round.payload(buffer[:0], event)
		c.round.sending(event)
		cost, err := conn.Send(buffer)
		c.sending.add(cost)
		if err != nil {
			if !c.round.outage.running() {
				c.round.failed(err)
			}
			c.round.outlive(c.round.layout.ownFlow(c.spec.ID))
			continue
		}
		c.sends++
		c.round.collector.SendCost(event, cost.Sent+cost.Received-int64(len(buffer)))
		if int(event) >= c.round.schedule.Steady {
			c.posted.add(cost, int64(len(buffer)))
		}
	}
}
