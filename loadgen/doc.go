// Package loadgen is the engine: it executes one round of one arm and returns what it measured.
//
//	Round(ctx, Plan, Target, progress) → RoundResult
//
// A [Plan] says what to do (the resolved scenario, the transport, the seed, where the server is); a [RoundResult] holds the histograms and counts.
// Both are plain data, since a round runs in a worker process of its own: memory, garbage collector and heat of one round cannot leak into the next.
// What to run next is decided above this package, by policies that never measure.
//
// # The path of one message
//
//	schedule (intended) → pacer (released) → publisher (sent) → the server → Conn.Receive (received) → record.Shard → histograms
//
// The schedule is made before anything starts and is the same for every arm. The pacer lets each message go at its intended instant, whether or not
// earlier ones have arrived; latency counts from that instant, so a stalled server cannot hide the messages that waited for it. One process
// publishes and receives, so there is one clock and no clock error. Payloads are opaque to the server and carry a [Stamp].
//
// # Phases
//
// ramp: open every client, a bounded number at a time. warmup and steady: the schedule, of which only the steady part is measured. drain: wait, within bounds,
// for what is still on its way. See phase.go for their boundaries and round.go for the order of things.
//
// # A client's life
//
//	open → receive → lost → wait (backoff) → open, resumed → receive → …
//
// A session says where it stands ([Conn].Place), and the next one goes on there ([ClientSpec].Resume), over any transport of the target, so that nothing
// published between the two is missed. Without resuming it begins with what is published from then on, and what it lost is counted. The waits are drawn
// from the seed (schedule.Backoff), equal for every arm. A client that does not come back is lost, and what it did not receive is undelivered.
// One goroutine at a time carries a client's life (life.go): what opens a session needs a deeper stack than what waits for messages.
// All sessions of a client are in its books: what opened one, or failed to, is handshake; what a session took after its last delivery is tail.
//
// # Outages
//
// At one instant of the steady phase the clients' network may fail ([Cutter], outage.go): every session ends, none can be opened for a while, and the clients come
// back by their waits. Of each the way back is measured from the cut: to a session, and to the last message that had been sent by the time it had one.
// Sessions lost and attempts refused on the way are what was asked for, and no errors. Messages that waited for their client are latency like any other.
//
// Or the server's process is killed, and the parent starts another in its place ([Parent].Restart): its log is an empty one. The application keeps what it has
// to say until then and says it to the new server. A client that resumes is told of the new log and gets all of it. What the old server took and had
// not delivered is gone: it is in the books as missed, or as undelivered if nothing came after it, and it is not waited for at the end. The server's CPU is that
// of both processes, its memory per client that of the second.
//
// # Clients that leave and come
//
// A plan may have clients leave and come (attend.go): a share of all each second (churn), or as many as a stage wants. The plan is made from the seed
// before the round (schedule.Churn, schedule.Attendance), so every arm has the same. A client is expected to receive what is sent from the instant at which its session
// is open to the instant at which it is asked to leave, and stays until it has that; what is sent otherwise counts as delivered if it arrives, and else as sent to a client that
// was away. Both instants are told by the counts of what was sent, not by a clock, so the books are exact.
//
// Stages change the rate too: the schedule's events of the steady phase are moved to where the rate, which goes evenly from stage to stage, has as many
// before them (schedule.Part). A round's latency by stage is read from the histograms of its seconds.
//
// Clients may be barred from WebSocket (fallback.go): they try it each time, fail, and poll.
//
// # Books
//
// Every delivery is accounted for in three ways that must agree: sequence numbers per client and topic (tracker.go), bytes at the client's sockets
// (account.go, and parts.go for what they went into), and samples in histograms (package record). [results.CheckAccounting] holds them against each other at the end of each round.
//
// Clients that read slowly (slow.share) are held up at their sockets, by package netem, so that the server feels them as it would any. What they receive
// has books and a histogram of its own, and the round does not wait for it: the question is what everyone else notices.
//
// The clients of a mix ([scenarios.Mix]) use several transports in one round. Each transport's clients have books and histograms besides the whole's
// (mix.go), and those sum to the whole. What opened the sessions, before anything was published, is [results.Opening] (opening.go).
//
// The engine knows no transport: clients reach the server through [Target] and [Conn], implemented in package target.
package loadgen
