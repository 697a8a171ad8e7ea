package probe

import (
	"context"
	"fmt"
	"time"

	"pushbench/report/format"
)

// silence is what became of a session that was left alone.
type silence struct {
	Transport Transport
	Bound     time.Duration
	// Ended says that it ended within the bound: After so much silence, Alive so long in all.
	Ended        bool
	After, Alive time.Duration
	Ending       ending
	// Answered says that a parked poll was answered by the server, after Hold.
	Answered bool
	Hold     time.Duration
	// Signs is how often the server sent something by itself.
	Signs int
	// Every is how often the probe sent a ping, 0 for never; Pings and Pongs how many went out and came back.
	Every        time.Duration
	Pings, Pongs int
	Took         []time.Duration // of the pongs
	// Holds says that the server holds polls for as long as it is asked to.
	Holds bool
	// Heartbeat is how often the session's own heartbeats go out, 0 for never.
	Heartbeat time.Duration
}

// idleOf makes the check of a silent session.
func idleOf(t Transport) Check {
	return checkOf(plan{name: "idle-" + string(t), bears: []Transport{t}, long: true}, func(ctx context.Context, p *Path) (silence, error) {
		o := p.opened[t]
		if o.Err != nil {
			return silence{}, p.noSession(t)
		}
		settle(o.session)
		s := silence{Transport: t, Bound: p.idle, Holds: p.service.holds(), Heartbeat: p.service.heartbeat(t)}
		s.watch(o)
		return s, ctx.Err()
	}, judgeSilence)
}

var idleWebSocket, idleLongPoll, idleSSE = idleOf(WebSocket), idleOf(LongPoll), idleOf(SSE)

// noSession is for what needs a session that could not be opened.
func (p *Path) noSession(t Transport) error {
	if d, ok := p.service.(*described); ok && !d.knows(t) {
		return d.lacks(t)
	}
	return untried("no session could be opened: see %s-%s", checkDelivery, t)
}

// settling bounds what is still on its way from the checks before.
const settling = 20

// settle takes what is still on its way, so that it does not count as a sign of life; a poller is parked anew by it.
func settle(s session) {
	for range settling {
		if _, err := s.next(time.Now().Add(pause)); err != nil {
			return
		}
	}
}

// watch waits until the session ends or the bound has passed.
func (s *silence) watch(o *opening) {
	began := time.Now()
	for {
		a, err := o.session.next(began.Add(s.Bound))
		switch {
		case err == nil && s.Transport == LongPoll:
			s.Answered, s.Hold = true, a.took
			return
		case err == nil:
			s.Signs++
			continue
		case !timedOut(err):
			s.Ended, s.Ending = true, endingOf(err)
			s.After, s.Alive = a.quiet, time.Since(o.At)
		}
		return
	}
}

// pingsPerBound is how many pings go out within the bound: often enough to come before any usual limit.
const pingsPerBound = 20

var idlePinged = checkOf(plan{name: "idle-websocket-pings", bears: []Transport{WebSocket}, long: true}, lookPinged, judgeSilence)

// lookPinged keeps a WebSocket of its own alive with pings.
func lookPinged(ctx context.Context, p *Path) (silence, error) {
	if o := p.opened[WebSocket]; o.Err != nil {
		return silence{}, p.noSession(WebSocket)
	}
	o := p.service.open(ctx, p, WebSocket)
	if o.Err != nil {
		return silence{}, o.Err
	}
	socket, ok := o.session.(*webSocketSession)
	defer o.session.close()
	if !ok {
		return silence{}, untried("sessions of a target file send the heartbeats that it describes, and no others")
	}
	s := silence{Transport: WebSocket, Bound: p.idle, Every: p.idle / pingsPerBound}
	s.ping(ctx, socket)
	p.mu.Lock()
	p.pings = s.Took
	p.mu.Unlock()
	return s, ctx.Err()
}

// ping sends a ping every so often until the session ends or the bound has passed.
func (s *silence) ping(ctx context.Context, to *webSocketSession) {
	began := time.Now()
	for n := 1; n <= pingsPerBound && ctx.Err() == nil; n++ {
		a, err := to.next(began.Add(time.Duration(n) * s.Every))
		if err == nil {
			s.Signs++
		}
		if err == nil || timedOut(err) {
			s.Pings++
			var took time.Duration
			if took, err = to.ping(s.Every); err == nil {
				s.Pongs++
				s.Took = append(s.Took, took)
			}
		}
		if err != nil && !timedOut(err) {
			s.Ended, s.Ending = true, endingOf(err)
			s.After, s.Alive = a.quiet, time.Since(began)
			return
		}
	}
}

// usualHold is for how long polls are held by default here, and by most servers of the kind for something between 20 and 30 s.
const usualHold = 25 * time.Second

func judgeSilence(s silence) []Finding {
	switch {
	case s.Transport == LongPoll:
		return []Finding{s.poll()}
	case s.Transport == SSE:
		return []Finding{s.stream()}
	case s.Every > 0:
		return []Finding{s.pinged()}
	}
	return []Finding{s.socket()}
}

// measured are the numbers of a session that ended.
func (s silence) measured() map[string]float64 {
	m := map[string]float64{"bound_seconds": seconds(s.Bound)}
	if s.Ended {
		m["cut_after_seconds"], m["alive_seconds"] = seconds(s.After), seconds(s.Alive)
	}
	if s.Answered {
		m["answered_after_seconds"] = seconds(s.Hold)
	}
	if s.Every > 0 {
		m["ping_every_seconds"], m["pings"], m["pongs"] = seconds(s.Every), float64(s.Pings), float64(s.Pongs)
	}
	return m
}

// about writes a time that was measured, as a limit would be set.
func about(d time.Duration) string { return format.Nanoseconds(float64(d)) }

// beyond says that the bound was reached.
func (s silence) beyond() string {
	return fmt.Sprintf("it was still open after %s, the bound of this probe (--idle)", format.Setting(s.Bound))
}

func (s silence) socket() Finding {
	f := Finding{Verdict: Fine, Tried: "left a WebSocket alone", Happened: s.beyond(), Measured: s.measured()}
	f.Means = "No heartbeat is needed within that time."
	if s.Ended {
		f.Verdict, f.Change = Impaired, changes(adviceIdleWebSocket)
		f.Happened = fmt.Sprintf("%s after %s without traffic", s.Ending.How, about(s.After))
		f.Means = fmt.Sprintf("A client that hears nothing for so long is disconnected, and all that connected together come back together. A heartbeat has to be more frequent than %s; whether one helps, see %s.",
			about(s.After), "idle-websocket-pings")
	}
	if s.Signs > 0 {
		f.Happened += fmt.Sprintf("; the server sent %d messages by itself meanwhile", s.Signs)
	}
	if s.Heartbeat > 0 {
		f.Tried += fmt.Sprintf(" but for its heartbeats, every %s", format.Setting(s.Heartbeat))
		f.Means = "The heartbeats keep it open, or nothing would cut it."
	}
	if s.Heartbeat > 0 && s.Ended {
		f.Verdict, f.Happened = Broken, fmt.Sprintf("%s after %s", s.Ending.How, about(s.Alive))
		f.Means = "The heartbeats do not help, or are too few: clients as the file describes them are disconnected."
	}
	return f
}

func (s silence) pinged() Finding {
	f := Finding{Verdict: Fine, Tried: fmt.Sprintf("sent a ping every %s over a WebSocket", format.Setting(s.Every)), Measured: s.measured()}
	answers := fmt.Sprintf("%d of %d pings were answered", s.Pongs, s.Pings)
	f.Happened, f.Means = s.beyond()+"; "+answers, "Pings keep a WebSocket open."
	switch {
	case s.Ended:
		f.Verdict, f.Change = Broken, changes(adviceIdleWebSocket)
		f.Happened = fmt.Sprintf("%s after %s; %s", s.Ending.How, about(s.Alive), answers)
		f.Means = fmt.Sprintf("Heartbeats do not help: every WebSocket ends after %s, and clients have to reconnect.", about(s.Alive))
	case s.Pongs == 0:
		f.Verdict, f.Means = Impaired, "Nobody answers pings, so a client cannot tell a dead connection by them."
		f.Change = []Change{{own, "answer pings (RFC 6455, section 5.5.2), or have heartbeats in messages"}}
	}
	return f
}

func (s silence) poll() Finding {
	f := Finding{Verdict: Fine, Tried: "parked a poll for " + format.Setting(s.Bound), Happened: s.beyond(), Measured: s.measured()}
	f.Means = "Polls may be held as long as that."
	switch {
	case s.Answered:
		f.Happened = "the server answered it after " + about(s.Hold)
		f.Means = "The path leaves a parked poll alone for as long as this server holds it."
	case s.Ended:
		f.Verdict, f.Change = Impaired, changes(adviceIdlePoll)
		f.Happened = fmt.Sprintf("%s after %s", s.Ending.How, about(s.After))
		f.Means = fmt.Sprintf("A hold has to be shorter than %s. ", about(s.After))
		if s.After < usualHold || !s.Holds {
			f.Verdict = Broken
			f.Means += fmt.Sprintf("Holds of %s, as here by default, end in errors instead of empty answers: clients back off and miss what comes meanwhile.", format.Setting(usualHold))
		}
	}
	return f
}

func (s silence) stream() Finding {
	f := Finding{Verdict: Fine, Tried: "left a stream of events alone", Happened: s.beyond(), Measured: s.measured()}
	f.Means = "It needs nothing to stay open within that time."
	if s.Signs > 0 {
		f.Measured["signs"] = float64(s.Signs)
		f.Happened += fmt.Sprintf("; the server sent something %d times", s.Signs)
		f.Means = "The server's own comments keep it open, or nothing would cut it."
	}
	if !s.Ended {
		return f
	}
	f.Verdict, f.Change = Impaired, changes(adviceIdleSSE)
	f.Happened = fmt.Sprintf("%s after %s of silence, %s in all", s.Ending.How, about(s.After), about(s.Alive))
	f.Means = fmt.Sprintf("A stream needs a comment more often than every %s. Without, every client reconnects that often.", about(s.After))
	if s.Signs > 0 {
		f.Means = "It was cut although the server sent something now and then: either not often enough, or there is a limit for the whole answer. Clients reconnect that often."
	}
	return f
}
