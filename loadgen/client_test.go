package loadgen

import (
	"slices"
	"testing"
	"time"

	"pushbench/scenarios"
)

// busyClient returns a client of a started round, and batches of its messages in order.
func busyClient(t testing.TB, batches, each int) (*client, []*Batch) {
	plan := testPlan(scenarios.Broadcast, scenarios.WebSocket)
	plan.Scenario.Warmup, plan.Scenario.Rate = 0, scenarios.Rate(float64(batches*each)/plan.Scenario.Duration.Seconds())
	r, err := newRound(plan, nil, Parent{})
	if err != nil {
		t.Fatal(err)
	}
	r.start = time.Now()
	c := &client{round: r, presence: presence{conn: &fakeConn{}}, shard: r.collector.Shard(0), heard: make([]tracker, 1)}
	var all []*Batch
	for i := range r.schedule.Events {
		r.sending(uint32(i))
		if i%each == 0 {
			all = append(all, &Batch{Received: r.start.Add(r.schedule.End())})
		}
		b := all[len(all)-1]
		b.Messages = append(b.Messages, r.payload(nil, uint32(i)))
	}
	return c, all
}

// What every delivery passes through must not make garbage: with thousands of clients the collector would be measured.
func TestTakeDoesNotAllocate(t *testing.T) {
	const batches, each = 200, 4
	c, all := busyClient(t, batches, each)
	events := make([]identified, 0, each) // as a pooled batch has it
	next := 0
	allocs := testing.AllocsPerRun(batches-2, func() {
		b := all[next]
		b.events = events
		c.take(b, c.round.start)
		next++
	})
	if allocs != 0 {
		t.Errorf("a batch of %d messages allocates %v times", each, allocs)
	}
	if c.delivered != int64(next*each) || c.foreign != 0 {
		t.Errorf("%d delivered, %d foreign; want %d and none", c.delivered, c.foreign, next*each)
	}
}

func BenchmarkTake(b *testing.B) {
	c, all := busyClient(b, 1000, 1)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%len(all) == 0 {
			c.heard[0] = tracker{}
			c.round.collector.Collect()
		}
		c.take(all[i%len(all)], c.round.start)
	}
}

// The shares of a batch are whole bytes and sum to what it cost, whatever the division leaves.
func TestSharesOfABatchSumExactly(t *testing.T) {
	c, all := busyClient(t, 10, 7)
	conn := c.conn.(*fakeConn)
	var overhead int64
	for i, b := range all {
		cost := int64(100 + 13*i)
		overhead += cost
		conn.traffic.Received += cost
		for _, m := range b.Messages {
			conn.traffic.Received += int64(len(m))
		}
		c.take(b, c.round.start)
	}
	if c.overhead != overhead || c.messages != 70 {
		t.Errorf("charged %d bytes to %d messages, want %d to 70", c.overhead, c.messages, overhead)
	}
}

// A library that reads ahead has the bytes of two messages counted with the first. The second then owes its payload, and the books balance in the end.
func TestChargeOfALibraryThatReadsAhead(t *testing.T) {
	var a account
	read := []int64{204, 204, 306} // two frames of 102 bytes, then nothing new, then the third
	var overhead int64
	for _, received := range read {
		now := Traffic{Received: received}
		overhead += a.charge(now, 100)
		a.seen = now
	}
	// 104 with the first, nothing and a debt of 100 with the second; the third's 2 bytes pay part of it.
	if overhead != 104 || a.debt != 98 {
		t.Errorf("overhead %d, debt %d; want 104 and 98", overhead, a.debt)
	}
	if got := overhead - a.debt; got != 306-300 {
		t.Errorf("overhead less debt is %d, want the 6 bytes of three headers", got)
	}
}

// Bytes that were read but belong to a message still incomplete are charged with that message.
func TestBufferedBytesAreChargedLater(t *testing.T) {
	var a account
	first := Traffic{Received: 150, Buffered: 48, Handshake: 0}
	if got := a.charge(first, 100); got != 2 {
		t.Errorf("the first message's overhead is %d, want 2", got)
	}
	a.seen = first
	if got := a.charge(Traffic{Received: 204}, 100); got != 2 {
		t.Errorf("the second message's overhead is %d, want 2", got)
	}
}

func TestPayloadFindsItsEvent(t *testing.T) {
	plan := testPlan(scenarios.Direct, scenarios.WebSocket)
	plan.Scenario.PayloadMax = 300
	r, err := newRound(plan, nil, Parent{})
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range r.schedule.Events {
		p := r.payload([]byte("kept"), uint32(i))[4:]
		s, err := FindStamp(p)
		if want := (Stamp{r.tag, e.Flow, e.Seq, e.Due}); err != nil || s != want || len(p) != int(e.Size) {
			t.Fatalf("event %d: payload of %d bytes with %+v, %v; want %d with %+v", i, len(p), s, err, e.Size, want)
		}
	}
}

// Messages that came compressed are in the books with what they took, and with what they measure beside it.
func TestCompressedBatch(t *testing.T) {
	c, all := busyClient(t, 10, 3)
	conn := c.conn.(*fakeConn)
	const took, overhead = 100, 17
	for _, b := range all {
		b.Carry(0, took)
		conn.traffic.Received += took + overhead
		c.take(b, c.round.start)
	}
	size := int64(c.round.schedule.Events[0].Size)
	if c.payload != 10*took || c.overhead != 10*overhead || c.unpacked != 30*size {
		t.Errorf("payload %d, overhead %d, unpacked %d; want %d, %d and %d", c.payload, c.overhead, c.unpacked, 10*took, 10*overhead, 30*size)
	}
}

// Shares are whole bytes by the messages' lengths, and sum to what there is.
func TestCarry(t *testing.T) {
	b := &Batch{Messages: [][]byte{make([]byte, 5), nil, make([]byte, 1), make([]byte, 1)}, Carried: []int64{5}}
	b.Carry(1, 3)
	if got, want := b.Carried, []int64{5, 0, 1, 2}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	b = &Batch{Messages: [][]byte{nil}}
	if b.Carry(0, 3); b.Carried[0] != 0 {
		t.Errorf("an empty message took %d", b.Carried[0])
	}
}
