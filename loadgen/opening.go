package loadgen

import (
	"os"
	"time"

	"pushbench/results"
)

// opening is what passed a client's sockets until its first session was open.
type opening struct {
	known                       bool
	sent, received, connections int64
}

// note takes the first session's.
func (o *opening) note(t Traffic) {
	o.add(t)
	o.known = true
}

// add takes what an attempt took before the first session.
func (o *opening) add(t Traffic) {
	if !o.known {
		o.sent, o.received, o.connections = o.sent+t.Sent, o.received+t.Received, o.connections+t.Connections
	}
}

// startRamp and endRamp are called when the first client is about to be dialled, and when the last has its session.
func (m *meters) startRamp() { m.beforeRamp = m.clock() }
func (m *meters) endRamp()   { m.afterRamp = m.clock() }

// clock is the time and the processor time of both processes; what could not be read is nil.
func (m *meters) clock() *clocks {
	return &clocks{at: time.Now(), server: m.serverCPU(), self: cpuOf(os.Getpid())}
}

// clocks are readings of what runs all the time.
type clocks struct {
	at           time.Time
	server, self *time.Duration
}

// opened is what opening the clients' sessions took; nil if not all were.
func (r *round) opened() *results.Opening {
	from, to := r.meters.beforeRamp, r.meters.afterRamp
	if from == nil || to == nil {
		return nil
	}
	o := &results.Opening{Concurrent: min(Connecting, len(r.clients)), Elapsed: int64(to.at.Sub(from.at)), ServerCPU: used(from.server, to.server), GeneratorCPU: used(from.self, to.self)}
	for _, c := range r.clients {
		if c.beganAway {
			continue // its first session was not one of the ramp
		}
		o.Sessions++
		o.SentBytes += c.opening.sent
		o.ReceivedBytes += c.opening.received
		o.Connections += c.opening.connections
	}
	o.Divide()
	return o
}

func used(from, to *time.Duration) *int64 {
	if from == nil || to == nil {
		return nil
	}
	return new(int64(*to - *from))
}
