package target

import (
	"sync/atomic"

	"pushbench/loadgen"
)

// counts are what a session counts beside its bytes. One goroutine counts, and any may read meanwhile.
type counts struct{ requests, responses, empty atomic.Int64 }

// reset begins anew: what came before opened the session.
func (c *counts) reset() {
	c.requests.Store(0)
	c.responses.Store(0)
	c.empty.Store(0)
}

// in returns the traffic with the counts entered.
func (c *counts) in(t loadgen.Traffic) loadgen.Traffic {
	t.Requests, t.Responses, t.Empty = c.requests.Load(), c.responses.Load(), c.empty.Load()
	return t
}

// totals are a session's bytes, connections and counts so far, with those of its sending half if that is apart.
func totals(l *ledger, c *counts, sending *sendingHalf) loadgen.Traffic {
	t := c.in(l.traffic())
	if sending == nil {
		return t
	}
	s := sending.counts.in(sending.ledger.traffic())
	t.Sent += s.Sent
	t.Received += s.Received
	t.Connections += s.Connections
	t.Requests += s.Requests
	t.Responses += s.Responses
	return t
}

// sendingHalf is what posting beside a parked poll or a stream has passed.
type sendingHalf struct {
	ledger ledger
	counts counts
}

// count counts a post and, unless it failed, its answer.
func (s *sendingHalf) count(err error) {
	s.counts.requests.Add(1)
	if err == nil {
		s.counts.responses.Add(1)
	}
}
