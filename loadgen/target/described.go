package target

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"pushbench/loadgen"
	"pushbench/loadgen/target/file"
	"pushbench/loadgen/wire"
	"pushbench/scenarios"
)

// Described is a server as a target file describes it.
type Described struct {
	// reach is how clients get to the file's own URL; reaches are those of all its URLs.
	*reach
	reaches map[file.URL]*reach
	file    *file.Target
	// trace is told everything that is said; nil in a measurement.
	trace *Trace
	// live says that the messages are other people's, which have no stamp.
	live bool
}

const (
	// answerTimeout bounds what comes of an answer after its first bytes, beyond what the emulated network takes for it.
	answerTimeout = 5 * time.Second
	// largestAnswer is the most bytes of an answer or frame unless the file or the scenario's payloads say more.
	largestAnswer = 1 << 20
	// unfinishedAnswers is what all answers together may hold that have begun, are larger than usual, and have not ended.
	unfinishedAnswers = 256 << 20
)

// Target is a server as simulated clients reach it. Close releases what it holds beyond its sessions, which must have been closed.
type Target interface {
	loadgen.Target
	loadgen.Emulator
	Close() error
	// Mask is a text of this target without the secrets that it was told: for whatever leaves the process that measures.
	Mask(text string) string
}

// Of returns the target of a plan: the reference server's protocol, or one that a file describes.
func Of(p loadgen.Plan) (Target, error) {
	if p.Server.Description != nil {
		return newDescribed(p)
	}
	return New(p)
}

// Traced is Of for a server that a file describes: everything that is said to it and by it is told to the trace.
func Traced(p loadgen.Plan, f *file.Target, trace *Trace) (Target, error) {
	d, err := describe(p, f)
	if err != nil {
		return nil, err
	}
	d.trace = trace
	return d, nil
}

// Mask implements Target.
func (d *Described) Mask(text string) string { return d.file.Mask().Text(text) }

// Live is Of for whoever only listens to what others publish: the body of a poll's answer that a file does not split is a message although it has no stamp.
// Frames and events without one are, to anybody.
func Live(p loadgen.Plan) (Target, error) {
	t, err := Of(p)
	if d, ok := t.(*Described); ok && err == nil {
		d.live = true
	}
	return t, err
}

// newDescribed returns the target of a plan whose server is described.
func newDescribed(p loadgen.Plan) (*Described, error) {
	f, err := file.Source{Path: p.Server.Description.Path, Text: p.Server.Description.Text}.Parse()
	if err != nil {
		return nil, err
	}
	return describe(p, f)
}

func describe(p loadgen.Plan, f *file.Target) (*Described, error) {
	if p.Server.URL != "" {
		u, err := file.ParseURL(p.Server.URL)
		if err != nil {
			return nil, fmt.Errorf("the server's address: %w", err)
		}
		f.URL = u
	}
	if err := checkDescribed(p, f); err != nil {
		return nil, err
	}
	d := &Described{file: f, reaches: map[file.URL]*reach{}}
	for _, u := range f.URLs() {
		encryption, err := encryption(p.Scenario, u, f.TLS, p.Server.Certificate)
		if err != nil {
			return nil, err
		}
		if d.reach == nil {
			d.reach = newReach(p, u, encryption)
			d.limit()
		}
		d.reaches[u] = d.elsewhere(u, encryption)
	}
	d.reach = d.reaches[f.URL]
	return d, nil
}

// checkTransport says what of a scenario a file cannot serve over a transport.
func checkTransport(s scenarios.Scenario, t scenarios.Transport, f *file.Target) error {
	switch {
	case !f.Describes(t):
		return fmt.Errorf("%s describes no %s", f.Name, t)
	case !s.LongPoll.Batch && t != scenarios.ShortPoll && f.Poll(t) != nil && f.Poll(t).Single == "":
		return fmt.Errorf("%s does not say how to ask for one message in each response (single), which longpoll.batch: false wants", f.Name)
	case s.TLS != scenarios.TLSOff && !f.At(t).Secure:
		return fmt.Errorf("the scenario asks for %s, but %s says %s over a url that is not encrypted; say --tls off, or give an https url", s.TLS, f.Name, t)
	}
	return nil
}

// checkDescribed says what of a plan a file cannot serve.
func checkDescribed(p loadgen.Plan, f *file.Target) error {
	if p.Client == loadgen.Library {
		return errors.New("--client library knows the reference server's protocol only; leave it out for a server that a file describes")
	}
	for _, t := range p.Scenario.Uses(p.Transport) {
		if err := checkTransport(p.Scenario, t, f); err != nil {
			return err
		}
	}
	return f.Users.Check(p.Scenario.Clients)
}

// limit bounds what a server that is not ours can make the clients hold and wait for.
func (d *Described) limit() {
	o, s := &d.options, d.scenario
	payload := int(max(s.Payload, s.PayloadMax))
	o.MaxBody = cmp.Or(int(d.file.Limits.Body), max(largestAnswer, 8*payload))
	o.MaxMessage = o.MaxBody
	o.Pool.Grant = max(unfinishedAnswers, 4*o.MaxBody)
	o.AnswerTimeout = answerTimeout + 4*(s.Network.Delay+s.Network.Jitter)
	if s.Network.Bandwidth > 0 {
		o.AnswerTimeout += time.Duration(float64(o.MaxBody) / float64(s.Network.Bandwidth) * float64(time.Second))
	}
}

// elsewhere is how the same clients get to another of the file's addresses.
func (d *Described) elsewhere(u file.URL, encryption *tls.Config) *reach {
	r := *d.reach
	r.host, r.hostField, r.base, r.origin, r.tls, r.foreign = u.Host, u.HostField(), u.Base, u.Origin(), encryption, true
	r.caches = &sync.Map{}
	return &r
}

// at is how clients get to an address of the file; the zero one is the file's own.
func (d *Described) at(u file.URL) *reach {
	if u.Zero() {
		return d.reach
	}
	return d.reaches[u]
}

// Open opens a client's session.
func (d *Described) Open(ctx context.Context, c loadgen.ClientSpec) (loadgen.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	switch c.Transport {
	case scenarios.WebSocket:
		return d.openWebSocket(ctx, c)
	case scenarios.SSE:
		return d.openEvents(ctx, c)
	}
	return d.openPoll(ctx, c)
}

// valuesOf are what the file's variables stand for in a client's session.
func (d *Described) valuesOf(c loadgen.ClientSpec) values {
	v := values{topic: c.Topic, client: c.ID, users: d.file.Users, hold: d.scenario.LongPoll.Hold}
	if c.Transport == scenarios.ShortPoll {
		v.hold = 0
	}
	return v
}

// refusal is the error for an answer whose status is none of those wanted. What the server said beside it is not repeated: it may be a secret it was told.
func refusal(what string, answer *wire.Response) error {
	text := fmt.Sprintf("%s was answered with status %d", what, answer.Status)
	if media := answer.Header("Content-Type"); len(media) > 0 && len(media) < 60 {
		text += fmt.Sprintf(", %q", media)
	}
	return &kindError{fmt.Sprintf("http %d", answer.Status), fmt.Errorf("%s of %d bytes", text, len(answer.Body))}
}

// readable is the error of an answer that is compressed, which it was not asked to be.
func readable(answer *wire.Response) error {
	coding := answer.Header("Content-Encoding")
	if len(coding) == 0 || bytes.EqualFold(coding, []byte("identity")) {
		return nil
	}
	return &kindError{"compressed", errors.New(`the answer is compressed, which hides the messages in it: take Accept-Encoding out of headers, or have the server compress no polls`)}
}

// loopback says whether an address is this machine's own, as far as it says so.
func loopback(host string) bool {
	name, _, _ := net.SplitHostPort(host)
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}
