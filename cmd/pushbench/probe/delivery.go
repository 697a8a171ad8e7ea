package probe

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"pushbench/report/format"
)

// checkDelivery is a check that others refer to; its findings have the transport's name behind it.
const checkDelivery = "delivery"

// deliveryWait is how long a message may take before it counts as held back.
const deliveryWait = 3 * time.Second

// delivered is what became of one message on a transport.
type delivered struct {
	Transport Transport
	// Unable says why there was no session; OnlyOpen that nothing could be published, so that only the opening was seen.
	Unable   string
	Failed   string // an open that failed for another reason
	OnlyOpen string
	Arrived  bool
	After    time.Duration // from sending it to the server
	Lost     string        // how the wait ended, if it did not arrive
}

var delivery = checkOf(plan{name: checkDelivery, bears: Transports, tried: "published a message and waited for it"}, lookDelivery, judgeDelivery)

// lookDelivery publishes one message and awaits it on every session at once.
func lookDelivery(ctx context.Context, p *Path) ([]delivered, error) {
	all := make([]delivered, len(Transports))
	for i, t := range Transports {
		all[i] = delivered{Transport: t}
		all[i].opened(p.opened[t])
	}
	err := p.service.publishes()
	if err == nil {
		err = p.deliver(ctx, all)
	}
	for i := range all {
		if err != nil {
			all[i].OnlyOpen = reasonOf(err)
		}
	}
	p.firstMessage = all
	return all, nil
}

// delivered is what became of the first message on a transport; ok is false if there was none.
func (p *Path) delivered(t Transport) (d delivered, ok bool) {
	for _, d := range p.firstMessage {
		if d.Transport == t {
			return d, d.Unable+d.Failed+d.OnlyOpen == ""
		}
	}
	return delivered{}, false
}

// deliver publishes one message and waits until it has come everywhere, or the time is up.
func (p *Path) deliver(ctx context.Context, all []delivered) error {
	token, sent := newToken(), time.Now()
	var waiting sync.WaitGroup
	for i := range all {
		d, o := &all[i], p.opened[all[i].Transport]
		if o.Err != nil {
			continue
		}
		waiting.Go(func() {
			at, lost := await(o.session, token, sent.Add(deliveryWait))
			d.Arrived, d.After, d.Lost = lost == "", at.Sub(sent), lost
		})
	}
	err := p.publish(ctx, []byte(token))
	waiting.Wait()
	return err
}

// publish sends a message to the server, and counts it.
func (p *Path) publish(ctx context.Context, payload []byte) error {
	err := p.service.publish(ctx, p, payload)
	if err == nil {
		p.mu.Lock()
		p.published++
		p.mu.Unlock()
	}
	return err
}

// opened says why there is no session, if there is none.
func (d *delivered) opened(o *opening) {
	var why *untriedError
	switch {
	case errors.As(o.Err, &why):
		d.Unable = why.why
	case o.Err != nil:
		d.Failed = endingOf(o.Err).How
	}
}

// reasonOf says why something did not work out, in words for a report.
func reasonOf(err error) string {
	var why *untriedError
	if errors.As(err, &why) {
		return why.why
	}
	return endingOf(err).How
}

// await waits for a message on a session.
func await(s session, token string, deadline time.Time) (at time.Time, lost string) {
	for {
		a, err := s.next(deadline)
		if err != nil {
			return time.Time{}, endingOf(err).How
		}
		if a.carries(token) {
			return a.at, ""
		}
	}
}

// quickest is how soon the first message came over the quickest transport but one; ok is false if it came over none.
func (p *Path) quickest(but Transport) (least time.Duration, ok bool) {
	for _, d := range p.firstMessage {
		if d.Arrived && d.Transport != but && (!ok || d.After < least) {
			least, ok = d.After, true
		}
	}
	return least, ok
}

func judgeDelivery(all []delivered) []Finding {
	var findings []Finding
	for _, d := range all {
		f := d.finding()
		f.Check, f.Transports = checkDelivery+"-"+string(d.Transport), []Transport{d.Transport}
		findings = append(findings, f)
	}
	return findings
}

func (d delivered) finding() Finding {
	const opened = "opened a session"
	f := Finding{Verdict: Untried, Tried: "published a message and waited for it", Happened: d.Unable}
	switch {
	case d.Unable != "":
		f.Tried = opened
	case d.Failed != "":
		f.Tried, f.Happened = opened, d.Failed
		f.Verdict, f.Means = Broken, "Clients cannot use "+transportName(d.Transport)+" over this path."
		if d.Transport == WebSocket {
			f.Verdict, f.Means = Untried, "See "+checkUpgrade+"."
		}
	case d.OnlyOpen != "":
		f.Tried, f.Happened = opened, "it was opened; no message was published, for "+d.OnlyOpen
		f.Verdict, f.Means = Fine, "It can be opened. Whether messages arrive was not tried."
	case !d.Arrived:
		f.Happened = fmt.Sprintf("nothing of it arrived within %s (%s)", format.Setting(deliveryWait), d.Lost)
		f.Verdict, f.Means = Broken, "Messages do not arrive, or far too late."
		if d.Transport == SSE {
			f.Means += " See buffering."
		}
	default:
		f.Happened = "it arrived after " + format.Nanoseconds(float64(d.After))
		f.Verdict, f.Means = Fine, "Messages arrive."
		f.Measured = map[string]float64{"arrived_seconds": seconds(d.After)}
	}
	return f
}

// transportName is a transport in prose.
func transportName(t Transport) string {
	switch t {
	case WebSocket:
		return "WebSocket"
	case LongPoll:
		return "long-poll"
	}
	return "server-sent events"
}
