// Package wire has the load generator's lean client codecs: WebSocket (RFC 6455), and HTTP/1.1 (RFC 9112) as far as a poll
// and a stream of server-sent events (WHATWG HTML, section 9.2) need it. They turn the bytes of a net.Conn into messages and responses and back, and know nothing of what is in
// them.
//
// They exist because a generator that simulates thousands of clients must not decide the comparison it makes. General
// clients spend more on a message than the server does, and unequally: an HTTP client with its transport goroutines
// far more than a WebSocket client. Here all transports share one reading half, and none allocates in steady state.
//
// # The way of the bytes
//
// Each simulated client is one goroutine, in Receive most of the time:
//
//	socket readable → Lender borrows a buffer from the Pool and reads once → all complete frames or the response are
//	decoded in place → Batch, EventBatch or Response, slices of that buffer → the caller uses them and calls Receive again →
//	the buffer goes back, or stays while it holds a part of a message
//
// So a client that waits owns no buffer, and there are about as many buffers as clients being read at the moment. The
// instant of reception is taken once per read, right after it returned, and is the same for all messages it brought.
//
// A connection lends if it implements Lender; NewRawLender makes that of a socket. Any other net.Conn works, but holds
// its buffer (16 KiB unless the Pool says otherwise) while it waits: a *tls.Conn must be given a buffer to wait in, and
// so must a net.Pipe.
//
// # What an idle client costs
//
// Measured on linux/amd64 with 2,000 clients (BenchmarkIdleClient), beyond the *net.TCPConn, after traffic:
//
//	WebSocket client that only receives      2.4 KiB   2 of it stack, the rest heap with its lender
//	client that sends where it receives      4.5 KiB   4 of it stack: a poll, or a WebSocket client that writes
//	client with a read buffer of 4 KiB       6 KiB
//
// A goroutine begins with 2 KiB of stack, of which about 1,100 bytes can be used, and a read through the standard
// library takes most of that. Receive therefore has few and small frames above it: no array is local to it, and errors
// are made in functions of their own. About 160 bytes are left, for a Lender that wraps RawLender and for the caller. A
// write through a net.Conn does not fit beside any frames of ours. Dialling and upgrading need still more, and a stack
// that has grown does not shrink while its goroutine waits, so do both on another goroutine, for example one that
// connects all clients of a shard, and start the receiving goroutine with the finished WebSocketConn or HTTPConn.
//
// # Decisions
//
//   - The standard library's bufio.Reader would be simpler and costs every idle client its buffer.
//   - An event loop over epoll saves the goroutines, but gained under a fifth of the CPU; not worth a second runtime.
//   - Skipping the read that mostly fails before waiting would lose wake-ups: see RawLender.ReadLent.
//   - Fragments, chunks and the lines of an event are joined in place in the buffer they came in: there is no second buffer to size or pool.
//   - No extension is offered: compression would make bytes a property of the payload's content.
//   - Text messages are not checked to be UTF-8. Payloads are opaque here, and the check would be charged to the
//     generator. Close reasons are checked; they end up in error texts.
//   - HTTP is strict where recipients differ: folded fields, bare LF, two framings at once, two lengths, or transfer
//     codings but chunked are errors. A benchmark that guesses what a response meant has measured nothing. Only HTTP/1.0
//     and 1.1 are spoken, without pipelining, HEAD, or upgrades in mid-connection.
package wire
