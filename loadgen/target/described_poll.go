package target

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"pushbench/loadgen"
	"pushbench/loadgen/target/file"
	"pushbench/loadgen/wire"
	"pushbench/scenarios"
)

// openPoll performs the steps that open a session, and then sees to it that nothing published is lost: it begins at a place that the steps or an earlier session
// told, or has a poll answered or parked at the server.
func (d *Described) openPoll(ctx context.Context, c loadgen.ClientSpec) (loadgen.Conn, error) {
	section := d.file.Poll(c.Transport)
	polls := &describedPolls{d: d, section: section, splitter: splitter{section.Split, d.file.Limits.Bodies == file.EncodeBase64, d.live}}
	p := d.at(section.URL).newPoll(c, polls)
	stop := context.AfterFunc(ctx, func() { _ = p.live.close() })
	err := d.beginPolls(ctx, p, polls)
	if !stop() {
		err = interrupted(ctx, err)
	}
	if err != nil {
		_ = p.Close()
		return nil, p.ledger.failed(p.reach.named(err))
	}
	return p, nil
}

func (d *Described) beginPolls(ctx context.Context, p *poll, polls *describedPolls) error {
	section := polls.section
	s := saying{use: forPoll, transport: p.spec.Transport, known: d.valuesOf(p.spec), headers: d.file.Headers}
	if !d.scenario.LongPoll.Batch && p.spec.Transport != scenarios.ShortPoll {
		s.known.single = section.Single
	}
	steps := requester{d: d, at: p.reach, connect: func(ctx context.Context) (*wire.HTTPConn, error) {
		err := p.connect(ctx)
		return p.http, err
	}}
	known, err := steps.run(ctx, section.Open, s)
	if err != nil {
		return err
	}
	s.known, s.headers = known, slices.Concat(d.file.Headers, section.Headers)
	if polls.request, err = d.compile(p.reach, section.Get, s); err != nil {
		return err
	}
	if err := d.openSending(ctx, p, polls, s); err != nil {
		return err
	}
	polls.begin(known, p.spec.Resume)
	return p.start(ctx, polls)
}

// start sees to it that nothing published from now on is lost.
func (p *poll) start(ctx context.Context, polls *describedPolls) error {
	short := p.spec.Transport == scenarios.ShortPoll
	switch {
	case polls.placed, short && polls.section.Cursor.None():
		p.opened()
		return nil
	case short: // answered at once, it says where to begin
		return p.subscribe(ctx, polls)
	}
	// The server answers when there is something: it has the poll before anything is published.
	if !p.usable() {
		if err := p.connect(ctx); err != nil {
			return err
		}
	}
	p.opened()
	p.asked = true
	return p.send(polls)
}

// openSending gives a session what it posts with, if it sends or has pings to answer.
func (d *Described) openSending(ctx context.Context, p *poll, polls *describedPolls, s saying) error {
	if !p.spec.Sends && len(polls.section.Heartbeat.Answers) == 0 {
		return nil
	}
	send, at, err := d.sending(polls.section.Send, p.reach, p.spec)
	if err != nil {
		return err
	}
	s.use, s.known.topic = forPost, p.spec.Destination()
	request, err := d.compile(at, send, s)
	if err != nil {
		return err
	}
	for _, a := range polls.section.Heartbeat.Answers {
		send.Body = file.Literal(a.Reply)
		reply, err := d.compile(at, send, s)
		if err != nil {
			return err
		}
		polls.pings = append(polls.pings, pollPing{a.Text, pingReply{d, reply}})
	}
	p.post, err = at.openPost(ctx, p.spec, p.tls, &describedPost{d: d, request: request, status: send.Status})
	return err
}

// pollPing is a text among a poll's messages that is answered with a post.
type pollPing struct {
	text  string
	reply pingReply
}

type pingReply struct {
	d       *Described
	request *request
}

func (r pingReply) ask(b []byte) []byte {
	b = r.request.append(b, nil, nil, nil)
	r.d.trace.sent("request", b)
	return b
}

// describedPolls are one session's polls as a file describes them.
type describedPolls struct {
	d        *Described
	section  *file.Poll
	request  *request
	splitter splitter
	// cursor is where the next poll goes on, and spare the room for the one after it.
	cursor, spare []byte
	copied        []copiedField
	// placed says that the session has begun at a place that was told.
	placed bool
	pings  []pollPing
	// due is the answer to a ping that came with the last messages.
	due asking
}

// begin sets the first cursor: an earlier session's place, what the steps captured, or what the file says.
func (r *describedPolls) begin(known values, resume loadgen.Place) {
	r.cursor = append(r.cursor, r.section.First...)
	for _, pair := range r.section.Cursor.Headers {
		r.copied = append(r.copied, copiedField{response: pair.Response, request: pair.Request})
	}
	for i := range r.copied {
		for _, f := range r.section.FirstFields {
			if strings.EqualFold(f.Name, r.copied[i].request) {
				r.copied[i].value = []byte(f.Value)
			}
		}
	}
	if captured, ok := known.captured[file.VarCursor]; ok {
		r.cursor, r.placed = append(r.cursor[:0], captured...), true
	}
	if resume != "" {
		r.placed = r.resume(resume)
	}
}

// placeText is a place in words that a session of any transport of this file understands.
type placeText struct {
	Cursor string   `json:"cursor,omitempty"`
	Copied []string `json:"copied,omitempty"`
}

func (r *describedPolls) place() loadgen.Place {
	p := placeText{Cursor: string(r.cursor)}
	for _, f := range r.copied {
		p.Copied = append(p.Copied, string(f.value))
	}
	text, _ := json.Marshal(p) // texts always marshal
	return loadgen.Place(text)
}

func (r *describedPolls) resume(at loadgen.Place) bool {
	var p placeText
	if json.Unmarshal([]byte(at), &p) != nil || len(p.Copied) != len(r.copied) {
		return false // another transport's
	}
	r.cursor = append(r.cursor[:0], p.Cursor...)
	for i := range r.copied {
		r.copied[i].value = []byte(p.Copied[i])
	}
	return true
}

func (r *describedPolls) ask(b []byte) []byte {
	b = r.request.append(b, r.cursor, nil, r.copied)
	r.d.trace.sent("request", b)
	return b
}

func (r *describedPolls) take(answer *wire.Response) error {
	r.d.trace.answer(answer)
	if r.isEmpty(answer) {
		return r.follow(answer, false)
	}
	if answer.Status < 200 || answer.Status > 299 {
		return refusal("a poll", answer)
	}
	if err := readable(answer); err != nil {
		return err
	}
	return r.follow(answer, true)
}

// isEmpty says whether the answer's status means that there is nothing.
func (r *describedPolls) isEmpty(answer *wire.Response) bool {
	return slices.Contains(r.section.Empty, answer.Status)
}

// follow takes where the next poll goes on. An answer without messages need not say it: then it is where this one did.
func (r *describedPolls) follow(answer *wire.Response, must bool) error {
	for i := range r.copied {
		f := &r.copied[i]
		if value := answer.Header(f.response); len(value) > 0 {
			f.value = append(f.value[:0], value...)
		} else if must {
			return noPlace(&file.Selector{Part: file.Field, Name: f.response})
		}
	}
	source := r.section.Cursor.Source
	if source == nil {
		return nil
	}
	text, ok := pick(r.spare[:0], source, answer, answer.Body)
	r.spare = text
	switch {
	case ok && bytes.ContainsFunc(text, isControl):
		return &kindError{"protocol", errors.New("the cursor of a poll's answer has a control character")}
	case ok:
		r.cursor, r.spare = text, r.cursor
		r.d.trace.cursor(r.cursor)
	case must:
		return noPlace(source)
	}
	return nil
}

func noPlace(s *file.Selector) error {
	return &kindError{"protocol", fmt.Errorf("a poll's answer does not say where to go on: it has no %s%s", s, placeOf(s))}
}

// placeOf says where a file says a selector, for an error.
func placeOf(s *file.Selector) string {
	if s.Origin.Line == 0 {
		return ""
	}
	return " (" + s.Origin.String() + ")"
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func (r *describedPolls) tells(answer *wire.Response) bool {
	if r.isEmpty(answer) {
		return false
	}
	return loadgen.IndexStamp(answer.Body) >= 0 || r.splitter.encoded && bytes.Contains(answer.Body, encodedMagic)
}

func (r *describedPolls) deliver(answer *wire.Response, b *loadgen.Batch) (empty bool, err error) {
	if s := r.section.Missed; s != nil {
		text, ok := pick(r.spare[:0], s, answer, answer.Body)
		r.spare = text
		if n, counted := count(text); ok && counted {
			b.Missed = n
		}
	}
	if r.isEmpty(answer) || len(answer.Body) == 0 {
		return true, nil
	}
	found, err := r.splitter.split(answer.Body, b)
	r.d.trace.found(answer.Body, b)
	if len(r.pings) > 0 {
		r.hearPings(answer.Body, b)
		found = len(b.Messages) > 0
	}
	return !found, err
}

// hearPings takes pings out of the messages and notes what answers them.
func (r *describedPolls) hearPings(body []byte, b *loadgen.Batch) {
	for i := range r.pings {
		p := &r.pings[i]
		ping := func(m []byte) bool { return string(m) == p.text }
		if ping(body) || slices.ContainsFunc(b.Messages, ping) {
			r.due = p.reply
			b.Messages = slices.DeleteFunc(b.Messages, ping)
		}
	}
}

func (r *describedPolls) reply() (due asking) {
	due, r.due = r.due, nil
	return due
}

// describedPost is how a client posts its messages.
type describedPost struct {
	d       *Described
	request *request
	status  []int
}

func (r *describedPost) post(b, payload []byte) []byte {
	b = r.request.append(b, nil, payload, nil)
	r.d.trace.sent("request", b)
	return b
}

func (r *describedPost) accepted(answer *wire.Response) error {
	r.d.trace.answer(answer)
	if !accepts(r.status, answer.Status) {
		return refusal("a message", answer)
	}
	return nil
}
