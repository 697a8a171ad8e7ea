// Package server is pushbench's reference server: it relays opaque payloads from
// publishers to subscribers over WebSocket and over long-polling, from one log.
//
//	POST /publish?topic=T      one payload, the body
//	GET  /publish  (upgrade)   a stream of publishes
//	GET  /ws?topic=T           a WebSocket subscription
//	GET  /poll?topic=T         a poll; package longpoll specifies it
//	GET  /healthz, /stats      readiness, and package api's Stats as JSON
//
// The way of one message:
//
//	publish → topic.append → (wake) ┬→ a subscriber's writer → binary frame
//	                                └→ a parked poll         → netstrings
//
// Both kinds of subscriber read the same bounded log by position (hub.go,
// topic.go), so neither can be given something the other is not, and what a
// subscriber misses is counted. The log knows no transport. A reader that has
// caught up parks a waiter of a few words with its topic; an append takes all
// waiters out of the topic and wakes them.
//
// # WebSocket protocol
//
// GET /ws?topic=T[&cursor=C[&skip=N]] subscribes from "now", or from cursor C
// plus N messages. The answer to the upgrade carries Push-Cursor, where the
// subscription starts. A message is one binary frame, payload only. A text frame
// is a control message, JSON:
//
//	{"missed":3,"cursor":"…"}    3 messages fell out of the log; the next binary frame is at cursor
//	{"reset":true,"cursor":"…"}  the cursor asked for was of another epoch; all of the new log follows
//
// The cursor is opaque, so a client that reconnects sends the last one it was
// told and, as skip, the number of binary frames it has had since. A data frame
// from the client, text or binary, is published to the topic it is subscribed to.
//
// GET /publish with an upgrade takes binary frames "topic\npayload". A text frame
// "sync" is answered by the text frame {"published":N}, the number of messages
// of this stream accepted so far. Anything else closes the stream with a reason.
//
// A subscriber whose socket takes nothing for Config.WriteTimeout is cut off. It
// gets no close frame: the frame it did not take stands before it.
//
// # Designs not taken
//
//   - A queue per subscriber: 15,000 queues hold a broadcast 15,000 times, and a
//     slow reader needs a policy of its own. Here it needs only the log's.
//   - A writer goroutine per WebSocket, parked for ever: its stack
//     (2–8 KB) would come on top of the 10 KB of an idle subscriber. A short-lived
//     one is started when there is something to write, and waking takes no
//     longer: BenchmarkWakeStyles.
//   - A fixed pool of writers: one subscriber that does not read would hold up
//     all that share its writer.
//   - Several frames per write under load. It would lower the cost of a backlog, but few
//     servers do it, and the reference should cost what readers' servers cost.
//   - Running the WebSocket's read loop in the HTTP handler: net/http keeps the
//     request, its buffers and a grown stack alive as long as the handler runs.
package server
