package record

import (
	"testing"
	"time"

	"pushbench/loadgen/schedule"
	"pushbench/results"
)

func steady(t testing.TB, rate float64, duration time.Duration) *schedule.Schedule {
	t.Helper()
	s, err := schedule.New(schedule.Spec{Seed: 1, Flows: 1, Arrivals: "constant", Rate: rate, Duration: duration, Size: 48})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// finish ends a collector's round.
func finish(t testing.TB, c *Collector) (results.Histograms, Counts, int64) {
	t.Helper()
	h, counts, unrecorded, err := c.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return h, counts, unrecorded
}

// opened is how many seconds of all metrics are decoded.
func (c *Collector) opened() (n int) {
	for _, s := range c.series {
		n += len(s.open) + len(s.spare)
	}
	return n
}

// A long round must not hold a decoded histogram (a quarter of a megabyte) for each of its seconds, not even while it is finished.
func TestALongRoundKeepsFewHistogramsOpen(t *testing.T) {
	const seconds = 60
	s := steady(t, 2, seconds*time.Second)
	c := NewCollector(Spec{Schedule: s, Receivers: 2, SendCosts: true})
	c.limit = 0 // as if it were too long to be kept whole
	for i, e := range s.Events {
		event := uint32(i)
		c.Released(event, e.Due)
		c.Sent(event, e.Due)
		c.Shard(0).Add(Delivery{Event: event, Received: e.Due + 1000, Own: true})
		c.Collect()
		c.SendCost(event, 8) // known only when the message has come back
	}
	h, _, unrecorded := finish(t, c)
	if unrecorded != 0 || len(h[results.Overhead]) != seconds || len(h[results.Lag]) != seconds {
		t.Fatalf("%d unrecorded, %d slices of overhead, %d of lag; want 0, %d and %d", unrecorded, len(h[results.Overhead]), len(h[results.Lag]), seconds, seconds)
	}
	// Of the metrics that deliveries make, seconds stay open for as long as late messages are usual.
	const delivered = 3
	if limit := (patience+2)*delivered + (openSlices+1)*(len(results.Metrics)-delivered); c.opened() > limit {
		t.Errorf("%d histograms were open at once, want at most %d", c.opened(), limit)
	}
}

// Pollers that ask every ten seconds bring messages of ten different seconds, all the time. None of these may be encoded and decoded again for each collection.
func TestSecondsThatReceiveStayOpen(t *testing.T) {
	s := steady(t, 1, patience*time.Second)
	c := NewCollector(Spec{Schedule: s})
	c.limit = 0
	for round := range 3 * patience {
		for i, e := range s.Events {
			c.Sent(uint32(i), e.Due)
			c.Shard(0).Add(Delivery{Event: uint32(i), Received: time.Duration(patience*(round+1)) * time.Second})
		}
		c.Collect()
		if latency := c.series[results.Latency]; len(latency.closed) > 0 {
			t.Fatalf("%d of %d seconds were closed while samples of all come", len(latency.closed), len(s.Events))
		}
	}
}

// A message of a second that was closed long ago opens it again, and enters it.
func TestALateMessageReopensItsSecond(t *testing.T) {
	s := steady(t, 1, 3*patience*time.Second)
	c := NewCollector(Spec{Schedule: s})
	c.limit = 0
	for i := 1; i < len(s.Events); i++ {
		c.Sent(uint32(i), s.Events[i].Due)
		c.Shard(0).Add(Delivery{Event: uint32(i), Received: s.Events[i].Due + 5})
		c.Collect()
	}
	if _, closed := c.series[results.Latency].closed[1]; !closed {
		t.Fatal("the second to be reopened is not closed: this tests nothing")
	}
	c.Sent(0, s.Events[0].Due)
	c.Shard(0).Add(Delivery{Event: 0, Received: s.Events[0].Due + 9*time.Second})
	c.Shard(0).Add(Delivery{Event: 1, Received: s.Events[1].Due + 7*time.Second})
	h, _, _ := finish(t, c)
	for sec, want := range map[int]int64{0: 1, 1: 2, 2: 1} {
		slice := h[results.Latency][sec]
		got, err := slice.Decode()
		if err != nil {
			t.Fatal(err)
		}
		if slice.Start != time.Duration(sec)*time.Second || got.TotalCount() != want {
			t.Errorf("second %d (from %v) holds %d messages, want %d", sec, slice.Start, got.TotalCount(), want)
		}
	}
}

func TestReleasesJustAfterTheEndCountWithinTheTolerance(t *testing.T) {
	s := steady(t, 2, time.Second)
	c := NewCollector(Spec{Schedule: s, Tolerance: time.Millisecond})
	c.Released(0, s.End()+time.Millisecond-1)
	c.Released(1, s.End()+time.Millisecond)
	if _, counts, _ := finish(t, c); counts.ReleasedInTime != 1 {
		t.Errorf("%d releases in time, want 1", counts.ReleasedInTime)
	}
}

func TestConnectsStandBeforeTheSchedule(t *testing.T) {
	c := NewCollector(Spec{Schedule: steady(t, 1, time.Second)})
	c.Connected(3*time.Millisecond, 0)
	h, _, _ := finish(t, c)
	if got := h[results.Connect]; len(got) != 1 || got[0].Start != -results.SliceWidth || got[0].End != 0 {
		t.Errorf("the connects' slices are %+v, want one from %v to 0s", got, -results.SliceWidth)
	}
}

func TestLivePercentile(t *testing.T) {
	s := steady(t, 100, time.Second)
	c := NewCollector(Spec{Schedule: s})
	if got := c.Live(99); got != 0 {
		t.Errorf("p99 before the first delivery is %v, want 0", got)
	}
	for i, e := range s.Events {
		c.Sent(uint32(i), e.Due)
		c.Shard(0).Add(Delivery{Event: uint32(i), Received: e.Due + time.Duration(i+1)*time.Millisecond})
	}
	c.Collect()
	if got := c.Live(50); got < 50*time.Millisecond || got > 51*time.Millisecond {
		t.Errorf("p50 of 1…100 ms is %v", got)
	}
}

// Once a shard has grown to what arrives between two collections, noting a delivery allocates nothing.
func TestAddDoesNotAllocate(t *testing.T) {
	var shard Shard
	d := Delivery{Event: 1, Received: time.Second}
	fill := func() {
		for range 100 {
			shard.Add(d)
		}
		shard.take()
	}
	fill()
	fill()
	if allocs := testing.AllocsPerRun(100, fill); allocs != 0 {
		t.Errorf("100 deliveries and a collection allocate %v times", allocs)
	}
}

func BenchmarkShardAdd(b *testing.B) {
	var shard Shard
	d := Delivery{Event: 1, Received: time.Second}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		shard.Add(d)
		if i%4096 == 0 {
			shard.take()
		}
	}
}

// One iteration is 1,000 deliveries of a broadcast.
func BenchmarkCollect(b *testing.B) {
	s := steady(b, 100, 10*time.Second)
	c := NewCollector(Spec{Schedule: s, Shards: 4, Receivers: 1000})
	for i, e := range s.Events {
		c.Sent(uint32(i), e.Due)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		event := uint32(i % len(s.Events))
		for client := range 1000 {
			c.Shard(client).Add(Delivery{Event: event, Overhead: 2, Received: s.Events[event].Due + time.Duration(client)*time.Microsecond})
		}
		c.Collect()
	}
}

// A round of ordinary length is kept as it came: nothing is made of it until it is over, since that would take time from what is measured.
func TestAnOrdinaryRoundIsWorkedOffAfterIt(t *testing.T) {
	s := steady(t, 1000, 10*time.Second)
	c := NewCollector(Spec{Schedule: s})
	for i, e := range s.Events {
		c.Sent(uint32(i), e.Due)
		c.Shard(i).Add(Delivery{Event: uint32(i), Received: e.Due + time.Millisecond})
		if i%50 == 0 {
			c.Collect()
		}
	}
	c.Collect()
	if n := c.opened(); n != 0 || c.Delivered() != int64(len(s.Events)) {
		t.Errorf("%d histograms were opened during the round, %d deliveries counted; want none and %d", n, c.Delivered(), len(s.Events))
	}
	if h, _, unrecorded := finish(t, c); len(h[results.Latency]) != 10 || unrecorded != 0 {
		t.Errorf("%d seconds of latency, %d unrecorded; want 10 and none", len(h[results.Latency]), unrecorded)
	}
}
