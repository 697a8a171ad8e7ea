// Package longpoll is a long-polling protocol: its specification, its wire
// format, an [http.Handler] for servers and a [Client].
//
// A client asks for the messages after a cursor; the server answers as soon as
// there are any, or when the hold time has passed. The style follows RFC 6202,
// "Known Issues and Best Practices for the Use of Long Polling and Streaming in
// Bidirectional HTTP". One message travels like this:
//
//	Source (the server's log) → Batch (netstrings) → one HTTP response → Client → DecodeNext
//
// # Request
//
//		GET <path>?topic=T[&cursor=C[&skip=N]][&hold=25s][&max=N]
//
//	  - topic names the stream. Required.
//	  - cursor is the Push-Cursor of the answer before. It is opaque: a client
//	    stores it and sends it back, nothing else. Absent means "from now".
//	  - skip is how many messages after the cursor the client has already: for one
//	    that followed the log over another transport, where not every message
//	    came with a cursor, and goes on here. Only beside a cursor.
//	  - hold is how long the server may wait for a first message, a Go duration.
//	    The server caps it. 0s means "answer at once", which is short polling.
//	    Absent means the server's default.
//	  - max is the most messages one answer may carry. 1 switches batching off;
//	    0 or absent means the server's limit.
//
// A parameter may appear once. Unknown parameters are ignored, so that a client
// may carry its own. A poll has no body.
//
// # Answers, and what a client does next
//
//	200  Messages. Push-Cursor is where to go on. The body is one or more
//	     netstrings ("<decimal length>:<bytes>,", D. J. Bernstein 1997) of type
//	     application/netstrings, with Content-Length.
//	     → Take the messages, store the cursor, poll again at once (a short
//	       poller: after its interval).
//	204  No message. Sent at once for a request without a cursor, else when the
//	     hold has passed. Push-Cursor is where to go on.
//	     → Store the cursor, poll again at once (a short poller: after its interval).
//	400  A parameter is malformed; the body is one line that says which.
//	     → Do not repeat the request: it is a fault in the client.
//	405  The method is not GET.
//	     → As for 400.
//	410  The cursor belongs to another epoch of the log: the server was
//	     restarted and the messages between are gone, uncounted. Push-Reset is 1
//	     and Push-Cursor is the beginning of the new log.
//	     → Tell the application, store the cursor, poll again at once.
//	503  The server is shutting down. Retry-After says in how many seconds to
//	     come back.
//	     → Wait that long, poll again with the same cursor.
//	other, or a broken connection
//	     → 4xx: as for 400. Otherwise wait (doubling, with jitter), then poll
//	       again with the same cursor. Nothing is lost by that: the server's log
//	       does not forget what it has sent.
//
// Push-Missed: n stands on a 200 or 204 when n messages after the request's
// cursor had already fallen out of the server's bounded log. The messages of the
// answer come after those. It is absent when nothing was missed. Every answer is
// sent with Cache-Control: no-store.
//
// # Nothing is lost between polls
//
// The cursor is a position in the server's log, not a connection's state. The
// answer to the first request, the one without a cursor, names the position
// "now", so a message published before the first real poll is found by it. A
// message published between two polls is found by the second. An answer that
// breaks on its way is repeated by polling again with the old cursor.
//
// After a reset the cursor names the *first* message of the new log and not its
// end, so that what was published since the restart is delivered; if some of it
// has already fallen out, Push-Missed says how much.
//
// # Designs not taken
//
//   - Messages as JSON: binary payloads would need base64 and every byte would
//     be looked at twice. A netstring costs 4–9 bytes and no escaping.
//   - A session identifier with a queue per client, as Bayeux or Engine.IO have:
//     an idle client would cost a queue, and a lost answer would need
//     acknowledgements. A log read by position needs neither.
//   - Chunked answers that stay open: that is streaming (Server-Sent Events),
//     another transport with other costs.
//   - 200 with an empty body when the hold has passed: 204 needs no
//     Content-Length and cannot be mistaken for a message of no bytes.
package longpoll
