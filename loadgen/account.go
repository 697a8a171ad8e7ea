package loadgen

import "pushbench/results"

// account is one client's books of the bytes and requests behind its deliveries. See [results.Wire] for the sum that must come out.
type account struct {
	// past is what the sessions took that have ended, and the attempts to open one that failed; openings counts both.
	past     Traffic
	openings int64
	// seen is the traffic that earlier deliveries were charged with.
	seen Traffic
	// debt is what the payload exceeded the bytes read by, when a client's library had read ahead: it is charged to the next delivery.
	debt int64

	split
	warmup, payload, overhead int64
	// unpacked is what the payload measures where it came compressed; else as much.
	unpacked                             int64
	requests, responses, empty, messages int64
	delivered, duplicated, reordered     int64
	announced, foreign                   int64
	// sends counts the messages that the client sent on a WebSocket: writes that are no requests.
	sends int64
}

// charge takes the traffic since the previous delivery and returns what of it is overhead, given the payload that was delivered with it.
func (a *account) charge(now Traffic, payload int64) (overhead int64) {
	overhead = now.spent() - a.seen.spent() - payload - a.debt
	a.debt = 0
	if overhead < 0 {
		a.debt, overhead = -overhead, 0
	}
	return overhead
}

// settle counts the requests since the previous delivery for a batch that belongs to the steady phase.
func (a *account) settle(now Traffic) {
	a.requests += now.Requests - a.seen.Requests
	a.responses += now.Responses - a.seen.Responses
	a.empty += now.Empty - a.seen.Empty
}

// end takes a session's final traffic. What it took since its last delivery stays in the tail, and no debt of a library that read ahead outlives it.
func (a *account) end(final Traffic) {
	a.past.add(final)
	a.openings++
	a.seen, a.debt, a.assigned = Traffic{}, 0, Parts{}
}

// attempted takes what an attempt to open a session took that failed.
func (a *account) attempted(took Traffic) {
	a.past.add(took)
	a.openings++
}

// addTo adds the client's books to the round's, given the final traffic of all its sessions.
func (a *account) addTo(d *results.Delivery, w *results.Wire, final Traffic) {
	d.Delivered += a.delivered
	d.Duplicated += a.duplicated
	d.Reordered += a.reordered
	d.Announced += a.announced
	d.Foreign += a.foreign

	w.SentBytes += final.Sent
	w.ReceivedBytes += final.Received
	w.HandshakeBytes += final.Handshake
	w.WarmupBytes += a.warmup
	w.PayloadBytes += a.payload
	w.OverheadBytes += a.overhead
	w.TailBytes += final.Sent + final.Received - final.Handshake - a.warmup - a.payload - a.overhead

	w.Connections += final.Connections
	w.Requests += final.Requests
	w.Responses += final.Responses
	w.EmptyResponses += final.Empty
	w.SteadyRequests += a.requests
	w.SteadyResponses += a.responses
	w.SteadyEmpty += a.empty
	w.SteadyMessages += a.messages
}
