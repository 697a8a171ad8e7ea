package loadgen

import "pushbench/results"

// totals is all that has passed the clients' sockets so far. Clients are read one after the other, which takes a millisecond for thousands.
func (r *round) totals() *Traffic {
	var sum Traffic
	for _, c := range r.clients {
		sum.add(c.totals())
	}
	return &sum
}

// upkeep is what keeping the sessions took in the steady phase, given the costs of both processes; nil if the phase was cut short.
func (r *round) upkeep(m results.Measured) *results.Upkeep {
	if r.atBegin == nil || r.atEnd == nil {
		return nil
	}
	from, to := r.atBegin, r.atEnd
	u := &results.Upkeep{
		ClientHours: r.meters.elapsed().Hours() * float64(len(r.clients)*max(1, r.plan.Scenario.TimeScale)),
		SentBytes:   to.Sent - from.Sent, ReceivedBytes: to.Received - from.Received, Connections: to.Connections - from.Connections,
		Requests: to.Requests - from.Requests, Responses: to.Responses - from.Responses, EmptyResponses: to.Empty - from.Empty,
	}
	u.SetHourly(m.Server, m.Generator)
	return u
}
