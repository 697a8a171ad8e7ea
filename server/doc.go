// Package server is pushbench's reference server: it relays opaque payloads from
// publishers to subscribers over WebSocket, over server-sent events and over long-polling, from one log.
//
//	POST /publish?topic=T      one payload, the body
//	GET  /publish  (upgrade)   a stream of publishes
//	GET  /ws?topic=T           a WebSocket subscription
//	GET  /sse?topic=T          a stream of server-sent events
//	GET  /poll?topic=T         a poll; package longpoll specifies it
//	GET  /healthz, /stats      readiness, and package api's Stats as JSON
//
// The way of one message:
//
//	publish → topic.append → (wake) ┬→ a subscriber's writer → binary frame, or event
//	                                └→ a parked poll         → netstrings
//
// All kinds of subscriber read the same bounded log by position (hub.go,
// topic.go), so none can be given something another is not, and what a
// subscriber misses is counted. The log knows no transport. A reader that has
// caught up parks a waiter of a few words with its topic; an append takes all
// waiters out of the topic and wakes them.
//
// # WebSocket protocol
//
// GET /ws?topic=T[&to=U][&cursor=C[&skip=N]] subscribes from "now", or from cursor C
// plus N messages. The answer to the upgrade carries Push-Cursor, where the
// subscription starts. A message is one binary frame, payload only. A text frame
// is a control message, JSON:
//
//	{"missed":3,"cursor":"…"}    3 messages fell out of the log; the next binary frame is at cursor
//	{"reset":true,"cursor":"…"}  the cursor asked for was of another epoch; all of the new log follows
//
// The cursor is opaque, so a client that reconnects sends the last one it was
// told and, as skip, the number of binary frames it has had since. /poll takes the
// same two, so it may also go on by polling. A data frame from the client, text or
// binary, is published to topic U, or without that to the topic it is subscribed to.
//
// GET /publish with an upgrade takes binary frames "topic\npayload". A text frame
// "sync" is answered by the text frame {"published":N}, the number of messages
// of this stream accepted so far. Anything else closes the stream with a reason.
//
// A subscriber whose socket takes nothing for Config.WriteTimeout is cut off. It
// gets no close frame: the frame it did not take stands before it.
//
// With Config.Ping each subscriber is pinged in that interval, unless a message is
// just being written to it. /stats counts pings and the answers to them; one that
// does not answer is left in peace. One goroutine and one timer serve all (keeper.go).
//
// # Server-sent events
//
// GET /sse?topic=T[&cursor=C[&skip=N]] is answered by a stream of events as the WHATWG's HTML standard has them, which
// begins where a WebSocket's would; a Last-Event-ID, as a browser sends it when it comes back, goes before the cursor. The
// stream begins with an id and no event, so that a client which loses its connection before the first message comes back
// to the right place. A message has no name, and the id behind it is the cursor after it:
//
//	id: 1z141z3-7
//	data: the payload
//
// Its lines are data fields of their own; the format has no other line end than a line feed, so CR and CR LF arrive as one.
// What /ws says in control messages, two events say, with the same JSON for data: "missed", whose id is where the next
// message begins, and "reset". A stream that was silent for Config.KeepAlive gets a comment, ":". Each event is one chunk
// of chunked coding; a client of HTTP/1.0 gets the same without chunks. A shutdown ends the body.
//
// # Compression
//
// With Config.Compress messages on WebSockets are compressed with permessage-deflate (RFC 7692) and answers to polls with gzip (RFC 1952) for clients that
// ask for it, from 512 bytes on: one algorithm, level and threshold, so that the two can be compared. A message is compressed by itself, without context takeover: so its frame is still one for all
// subscribers, and a connection does not cost the megabyte that a window and its compressor take. Answers are compressed one by one, as servers do, since no
// two need to be alike. A stream of events is not compressed: it would be one stream of gzip for each client, with a compressor of its own.
//
// # HTTP/2
//
// With Config.HTTP2 polls and posts may come over HTTP/2: over TLS when the client chooses it, in clear when it begins with it (h2c with prior knowledge).
// WebSockets over HTTP/2 (RFC 8441) are nothing that the library speaks, and a stream of events is written to the connection itself, which in HTTP/2 is not one
// handler's own: it is answered 505.
//
// # HTTP/2
//
// With Config.HTTP2 polls and posts may come over HTTP/2: over TLS when the client chooses it, in clear when it begins with it (h2c with prior knowledge).
// WebSockets over HTTP/2 (RFC 8441) are nothing that the library speaks, and a stream of events is written to the connection itself, which in HTTP/2 is not one
// handler's own: it is answered 505.
//
// # What writes, and what it costs
//
// An append hands the subscribers it wakes to a crew (writer.go): one writer a processor, each writing to one subscriber
// after the other. What the socket takes at once costs one system call; a writer that would have to wait leaves the crew,
// and another takes its place. A message is framed once for all its subscribers, by the WebSocket library (framer.go) or as
// an event (events.go); the connection of an event stream is taken over from the HTTP library as a WebSocket's is.
// The library answers pings and closes on the same connection; a lock held for a frame keeps the two apart, and no
// message follows a close frame (upgrade.go).
//
// BenchmarkBroadcast measures it beside write(2) of the same bytes in a loop on two threads, the limit of a machine. CPU
// of this process for each delivery, and p99 from append to receipt, to 5,000 subscribers in another process, server on one
// processor of two; medians of three interleaved repetitions of 15 messages (Xeon VM, Linux, Go 1.26):
//
//	                                                  µs/msg    p99
//	write(2), two threads                                6.4    31 ms
//	crew, one frame for all                              7.4    36 ms   1.2 ×
//	a goroutine started a wake, a frame a connection    10.5    50 ms   1.6 ×
//
// With the server on both processors the same three need 23, 25 and 32 ms.
// To 1,000 subscribers, on one processor, only the CPU is lower (4.9, 6.3 and 7.5 µs): p99 is 4.6, 7.2 and 6.8 ms, 1.6 and
// 1.5 ×, between repetitions from 5.5 to 7.4 ms. Why it does not follow the CPU is not known.
//
// A subscriber that only listens has one goroutine. It waits for the socket outside the library, on the 2 KB it was
// started with and without a buffer; within the library's Read that stack doubles. BenchmarkIdle finds for each of 10,000
// subscribers 2.1 KB of stack and 3.0 KB of heap, most of it the library's connection; it was 4.1 and 3.4. Resident is
// more, because the garbage of the handshakes stays until the next collection: 8.8 KB, 6.5 after one. Over TLS the
// goroutine has to wait within Read.
//
// A parked poll has 11.8 KB of stack, of net/http's two goroutines for a connection, the handler's and the one that notices a client leave, and 16.8 KB of heap, of which
// net/http's buffers are 10 KB and the header of a browser's request most of the rest: 28 to 29 KB resident, of which
// about 1 KB of heap is this package's and longpoll's. That is net/http's price for holding requests; users' servers pay it, so the reference does.
//
// # Two HTTP libraries
//
// Config.HTTP chooses what answers requests: net/http, or fasthttp to tell what of a poll's cost is long-polling's and what
// is net/http's. The log, the long-poll protocol (longpoll.Handler.Reply), what is injected and what is counted are the
// same; so are the bytes of a poll's answer. Everything but a poll goes through the net/http handlers with either (relay.go), and
// an upgraded connection is the same session afterwards.
//
// To 1,000 and 5,000 polls of another process, server on one processor of two; medians of five interleaved repetitions of
// BenchmarkBroadcast, and of three of BenchmarkIdle for memory (10,000 polls with a browser's header):
//
//	              µs/msg        p99          resident   heap     stack
//	net/http      33.4, 42.1    17, 107 ms   29.4 KB    16.9 KB  11.6 KB
//	fasthttp      17.0, 22.6     9,  57 ms   15.0 KB     6.0 KB   8.2 KB
//
// Under load more is resident, because what polls leave behind waits for a collection: 18 KB for each of 10,000.
//
// With fasthttp the server
//   - does not notice a client that leaves a parked poll. The poll stays, and counts as parked, until its hold has passed or
//     a message comes, which then counts as delivered;
//   - reads a POST's whole body before it looks at the request, so that a refusal comes after it;
//   - closes the connection after refusing an upgrade;
//   - does not survive a panic in a handler, which net/http catches.
//
// # Designs not taken
//
//   - fasthttp by default: readers' servers are net/http or like it.
//   - A queue per subscriber: 15,000 queues hold a broadcast 15,000 times, and a
//     slow reader needs a policy of its own. Here it needs only the log's.
//   - A writer goroutine per WebSocket, parked for ever: its stack (2–8 KB) would come on top of the 5 KB of an idle
//     subscriber, and waking takes as long as starting one: BenchmarkWakeStyles.
//   - A goroutine started for each wake: see the figures above.
//   - A fixed pool of writers: one subscriber that does not read would hold up
//     all that share its writer. The crew's writers are replaced when they wait.
//   - Several frames per write under load. It would lower the cost of a backlog, but few
//     servers do it, and the reference should cost what readers' servers cost.
//   - Running the WebSocket's read loop in the HTTP handler: net/http keeps the
//     request, its buffers and a grown stack alive as long as the handler runs.
package server
