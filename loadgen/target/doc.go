// Package target implements loadgen.Target: how simulated clients reach a server.
//
//	reference*.go  the reference server's protocols
//	described*.go  a server that a target file describes (package file), in the same sessions: steps.go opens them, compile.go and render.go say what the
//	               file says, split.go and stamps.go find the messages
//	websocket.go   a lean WebSocket session over package wire
//	events.go      a lean session of server-sent events
//	poll.go        a lean polling session: long or short, kept alive or a connection for each poll
//	reach.go       how clients get to a server, whatever it speaks
//	dial.go        connections, and the ledger that counts their bytes
//	tls.go         what connections are encrypted with
//	secure.go      TLS that counts record by record and waits without a buffer
//	place.go       where a session stands, and how the next one goes on there
//	kinds.go       the names under which errors are counted
//	trace.go       everything that is said, for whoever writes a target file
//	live.go        what lets Close, or a cancelled context, end a session wherever it waits
//	library*.go    the same sessions with coder/websocket and net/http, for comparison
//	post.go        what a poller sends beside its polls, or a client with a stream of events beside that
//	publish.go     the persistent stream on which the application beside the server publishes
//	listen.go      and the one on which it listens
//	inspect.go     what the server says of the faults it made
//	hostile/       servers that misbehave, for tests
//	headers.go     what a browser sends with such requests
//
// The reference server has no private path: its clients use the public endpoints that package server documents, over connections that package netem
// meters, and publishers and listeners use connections of their own that are neither metered nor delayed, because they stand for the application beside the server.
package target
