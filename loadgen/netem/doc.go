// Package netem dials TCP connections that count their bytes and, on request, behave as if the peer were
// far away: every byte takes a one-way delay in each direction, dialling takes a round trip.
//
//	d := &netem.Dialer{Network: netem.Network{Delay: 50 * time.Millisecond}}
//	defer d.Close()
//	var m netem.Meter
//	conn, err := d.Dial(ctx, "tcp", "127.0.0.1:8080", &m)
//
// The zero [Network] emulates nothing: Dial then returns a [Conn], a thin wrapper that only meters. TLS
// wraps outside either kind (tls.Client(conn, …)), so metered bytes are socket bytes, records included.
// Both kinds implement wire.Lender: an idle reader holds no buffer.
//
// # How a byte goes through an emulated connection
//
//	Write  → copied, dated now+Delay → delay line → real socket, one Delay later      (metered here)
//	real socket → read as it arrives (metered here), dated now+Delay → delay line → Read
//
// Write returns at once, as a socket with room in its buffer does. Arrivals are dated when they arrive, not
// when the client next calls Read, so messages the server sent 10 ms apart are received 10 ms apart however
// long the delay. The end of the stream, errors of the socket, CloseWrite and Close travel with the data and as
// late. Per direction, order is kept: jitter can lengthen the delay of a byte, and then of all behind it.
// With a bandwidth, a chunk departs at max(now, departure of the last) + size/bandwidth, and is due when its
// last byte is: no token bucket, hence no initial burst.
//
// # Who waits
//
// All connections of a [Dialer] share two goroutines, started by its first emulated Dial. The delay line keeps a
// heap with one entry per direction that has bytes in flight, sleeps to the next instant with a pace.Waker,
// writes what departs to the sockets and wakes the readers of what arrives. The poller owns an epoll instance,
// watched through Go's netpoller, and reads and dates whatever arrives on any of the sockets. Thousands of
// connections therefore cost no goroutine and no timer each; memory is what is in flight, at most 4 MiB per
// direction of a connection (above it Write blocks, and arriving bytes stay in the kernel, which closes the
// TCP window on the peer).
//
// Rejected designs:
//   - Sleeping in Read and Write, as simple wrappers do: Write must not take the delay (the sender would be
//     throttled to one write a round trip), and a Read that sleeps after the raw read delays the next arrival too.
//   - The client's own goroutine reads, dates and then waits: right for one message, wrong for the next, which
//     arrives during that wait and would be dated at its end.
//   - A goroutine per connection that reads eagerly: correct, but it costs a stack and a held buffer per
//     connection, which at thousands of connections is the memory the load generator itself should need. It is what
//     platforms without epoll get (two goroutines per connection there).
//   - A timer per connection or chunk: Go's timers wake with 1 ms granularity; see package pace.
//   - A proxy between the two: it cannot delay the TCP handshake, which flatters clients that reconnect.
//
// A program that reads slowly ([Network.ReadRate]) is a slow path towards it that holds next to nothing: the poller leaves the rest
// in the kernel, whose window closes, as for any program that does not read.
//
// # Outages
//
// [Dialer.Cut] is the failure of whatever stands before the server: every connection ends with a reset at the server and, one delay later and behind what
// was on its way, with [ErrCut] at the client; for a while new ones are refused, which takes a round trip. The server lives on. It is done here, and
// not by a proxy, so that it works with any server and transport and costs nothing while nothing fails. A connection that was just being made is cut
// like the others: what counts is whether it was made before the outage.
//
// # What it does not do
//
// Loss, reordering of packets, congestion control and slow start are not emulated, and the delay does not
// enter the kernel's view of the connection (TCP_INFO shows the real path). [Dialer.Lateness] says how late
// the emulation itself was, which bounds its error.
//
// Where the kernel has netem it does more, for every program, at the price of root. Between two network
// namespaces joined by a veth pair, on each end:
//
//	tc qdisc add dev veth0 root netem delay 50ms 5ms rate 100mbit limit 100000
//
// The limit counts packets in flight; its default of 1,000 drops packets at load. On the loopback device
// (dev lo) one such line delays both directions, of all local traffic, the publisher's included. Then leave
// Network zero: metering works the same.
package netem
