package model

import "time"

// Setup is what precedes an HTTP request on the wire, in round trips.
type Setup int

// The ways to have a connection. TCP's handshake takes one round trip before data may be sent (RFC 9293 §3.5), TLS 1.3 one more (RFC 8446 §2),
// a full TLS 1.2 handshake two more (RFC 5246 §7.3). Without TCP Fast Open, session resumption with early data or False Start.
const (
	KeepAlive Setup = iota
	NewTCP
	NewTLS13
	NewTLS12
)

// Path is what lies between a client and its server. The zero value is a path without delay.
type Path struct {
	// Delay is one way, the same in both directions.
	Delay time.Duration
	// Setup is paid before every poll; a WebSocket pays it once, before the measurement.
	Setup Setup
	// Turnaround is the client's own time between the end of a response and the next request.
	Turnaround time.Duration
}

// Measured is the path as a WebSocket cell shows it: its delay is the cell's median latency, and turnaround comes from the poll loop's own clock. The median,
// because the mean would take the stalls of the whole run into every poll. It holds what the message waits for inside the publisher and the
// server too; on a path whose delay is no longer than that, pass the median of the cell's service time.
func Measured(websocket Distribution, turnaround time.Duration) Path {
	return Path{Delay: websocket.Quantile(0.5), Turnaround: turnaround}
}

// RoundTrip is 2d(1+h): the connection's setup, then request and response.
func (p Path) RoundTrip() time.Duration { return 2 * p.Delay * time.Duration(1+p.Setup) }

// Gap is the blind gap τ = 2d(1+h) + c of a polling client, seen from the server: from the instant it sends a response, the response travels d, the client turns
// around in c, sets up h round trips of 2d, and the next request travels d. Nobody can take a message meanwhile.
//
// RFC 6202 §2.2 states the consequence for h = c = 0: "the maximal latency is over three network transits".
func (p Path) Gap() time.Duration { return p.RoundTrip() + p.Turnaround }

// WebSocket is the latency of a message pushed by the server: one transit, d, and nothing else, whatever the rate (RFC 6455 §1.1: one connection for both
// directions, no request to wait for).
func (p Path) WebSocket() UniformWait { return UniformWait{Base: p.Delay} }

// WebSocketSend is the latency of a message from client to server over an established WebSocket: d.
func (p Path) WebSocketSend() time.Duration { return p.Delay }

// Post is the latency of a message from client to server in a POST: h round trips of setup, then one transit, d(1+2h). On a new TCP connection it is 3d against
// the WebSocket's d: the "150 ms to 50 ms" of Ian Hickson that P. Lubbers and F. Greco quote in
// "HTML5 WebSocket: A Quantum Leap in Scalability for the Web" (Kaazing, 2010).
func (p Path) Post() time.Duration { return p.Delay * time.Duration(1+2*p.Setup) }
