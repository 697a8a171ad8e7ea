package loadgen

import "pushbench/results"

// split is one client's books of what its overhead went into. What a session says of itself counts up over its life, as its bytes do; a delivery is charged
// with what has come since the one before, and never with more than its overhead: framing is the rest.
type split struct {
	// assigned is how much of the session's parts earlier deliveries were charged with.
	assigned Parts
	// spentOn is what the overhead of the steady phase went into.
	spentOn results.OverheadParts
}

// divide splits the overhead of one charge by what the session's parts have grown by. A part that exceeds what is left, because a library had read ahead,
// waits for the next charge.
func (s *split) divide(now Parts, overhead int64) (p results.OverheadParts) {
	rest := overhead
	take := func(now int64, assigned *int64) int64 {
		n := max(0, min(now-*assigned, rest))
		*assigned += n
		rest -= n
		return n
	}
	p.EmptyPolls = take(now.EmptyPolls, &s.assigned.EmptyPolls)
	p.Headers = take(now.Headers, &s.assigned.Headers)
	p.TLS = take(now.TLS, &s.assigned.TLS)
	p.Framing = rest
	return p
}

// enter adds to the steady phase its share of a charge: overhead bytes of it, of so many in all.
func (s *split) enter(charged results.OverheadParts, overhead, of int64) {
	if of > 0 {
		s.spentOn = s.spentOn.Add(portion(charged, overhead, of))
	}
}

// portion is the share of the parts that part ÷ of of their sum stands for, in whole bytes that sum exactly to part; of must be above 0 and no less than part.
func portion(p results.OverheadParts, part, of int64) results.OverheadParts {
	out := results.OverheadParts{Headers: p.Headers * part / of, TLS: p.TLS * part / of, EmptyPolls: p.EmptyPolls * part / of}
	out.Framing = part - out.Sum()
	return out
}

// posted is what a client's own sends of the steady phase took beyond their payload. Its zero value is of no sends.
type posted struct {
	overhead int64
	parts    Parts
	// untold is set when a target did not say what a send took.
	untold bool
}

func (p *posted) add(cost Traffic, payload int64) {
	p.overhead += cost.Sent + cost.Received - payload
	p.parts = p.parts.add(cost.Parts)
	p.untold = p.untold || !cost.Parts.Known
}

// chargePosted adds the part of the sends that came back: so many bytes of what all sends took.
func (s *split) chargePosted(all posted, overhead int64) {
	if overhead <= 0 || all.overhead <= 0 {
		return
	}
	var whole split
	s.enter(whole.divide(all.parts, all.overhead), overhead, all.overhead)
}
