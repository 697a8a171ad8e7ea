package target

import "pushbench/loadgen"

// exchanges are a polling session's books of what its exchanges took beyond the messages: each is entered when its answer is complete, with all that has passed
// since the one before, so that a request that had to be asked again is part of the exchange that it ended in.
type exchanges struct {
	entered, opened flow
	parts           loadgen.Parts
}

// at are the parts when so much traffic had passed. Of what has come since the last exchange, TLS's share belongs to it: net/http closes a connection on a goroutine of
// its own, so its farewell may pass when the answer was entered already.
func (e *exchanges) at(t loadgen.Traffic, l *ledger) loadgen.Parts {
	parts := e.parts
	if l.secured.Load() {
		encrypted := t.Sent + t.Received - l.plainSent.Load() - l.plainReceived.Load()
		parts.TLS += encrypted - e.entered.tls - (l.opened.Load() - e.opened.tls)
	}
	return parts
}

// begin starts the books when the session is open: what came before is its handshake.
func (e *exchanges) begin(l *ledger) {
	e.entered, e.opened = l.passed(), handshakes(l)
	e.parts.Known = true
}

// handshakes are those of all the connections, TLS through and through.
func handshakes(l *ledger) flow {
	n := l.opened.Load()
	return flow{n, n}
}

// enter ends an exchange that carried so many bytes of body, both ways; without messages it was an empty poll.
func (e *exchanges) enter(l *ledger, body int, empty bool) {
	passed, opened := l.passed(), handshakes(l)
	took := passed.minus(e.entered).minus(opened.minus(e.opened))
	e.entered, e.opened = passed, opened
	if empty {
		e.parts.EmptyPolls += took.bytes
		return
	}
	e.parts.TLS += took.tls
	e.parts.Headers += took.bytes - took.tls - int64(body)
}
