package file

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"pushbench/scenarios/document"
)

// check looks at the file as a whole: at names, and at what contradicts or is missing.
func (d *decoder) check(t *Target) {
	d.users = t.Users
	base := append([]string{VarTopic, VarClient}, t.Users.variables()...)
	d.checkHeaders("headers", t.Headers, base)
	d.checkTLS(t)
	d.checkPublish(&t.Publish, base)
	if t.WebSocket != nil {
		d.checkWebSocket("websocket", t.WebSocket, base, base)
	}
	if t.SSE != nil {
		d.checkEvents("sse", t.SSE, base)
	}
	for path, p := range map[string]*Poll{"longpoll": t.LongPoll, "shortpoll": t.ShortPoll} {
		if p != nil {
			d.checkPoll(path, p, base)
		}
	}
	if t.WebSocket == nil && t.SSE == nil && t.LongPoll == nil && t.ShortPoll == nil {
		d.problem(d.at(""), "", "describes no transport", "websocket, sse, longpoll, shortpoll")
	}
}

func (d *decoder) checkTLS(t *Target) {
	switch {
	case t.TLS.Insecure && t.TLS.CA != "":
		d.problem(d.at("tls"), "tls", "has insecure beside ca", "one of the two")
	case t.TLS != TLS{} && !t.URL.Zero() && !t.secure():
		d.problem(d.at("tls"), "tls", "stands beside a url that is not encrypted", "https://…")
	}
}

// secure says whether any of the file's servers is reached over TLS.
func (t *Target) secure() bool {
	return slices.ContainsFunc(t.URLs(), func(u URL) bool { return u.Secure })
}

// URLs are the addresses of the file, its own first.
func (t *Target) URLs() []URL {
	all := []URL{t.URL, t.Publish.Post.URL}
	for _, w := range []*WebSocket{t.WebSocket, t.Publish.Stream} {
		if w != nil {
			all = append(all, w.URL)
		}
	}
	for _, p := range t.polls() {
		all = append(all, p.URL)
	}
	if t.SSE != nil {
		all = append(all, t.SSE.URL)
	}
	all = slices.DeleteFunc(all, URL.Zero)
	slices.SortStableFunc(all[min(1, len(all)):], func(a, b URL) int { return strings.Compare(a.Host, b.Host) })
	return slices.Compact(all)
}

func (d *decoder) checkPublish(p *Publish, base []string) {
	if p.Stream != nil {
		d.checkWebSocket("publish.websocket", p.Stream, nil, base)
		for _, key := range []string{"url", "body", "headers", "status", "connections"} {
			if _, said := d.origins["publish."+key]; said {
				d.problem(d.at("publish."+key), "publish."+key, "stands beside websocket", "post, or below websocket")
			}
		}
		return
	}
	d.checkRequest("publish", &p.Post, base)
	d.checkCarries("publish.body", p.Post.Body)
}

// checkCarries wants a message's payload in what sends it.
func (d *decoder) checkCarries(path string, t Template) {
	if t.Present() && !t.Has(VarPayload) {
		d.problem(t.origin, path, "has no {payload}, by which a receiver knows a message", "a text with {payload}")
	}
}

// checkWebSocket checks a session; opening and sending are the variables known when it opens, and when it sends.
func (d *decoder) checkWebSocket(path string, w *WebSocket, opening, sending []string) {
	captured := d.checkSteps(join(path, "open"), w.Open, opening, true)
	d.checkPath(join(path, "path"), w.Path, append(slices.Clone(opening), requested(w.Open)...))
	d.checkHeaders(join(path, "headers"), w.Headers, append(slices.Clone(opening), requested(w.Open)...))
	opening = append(slices.Clone(opening), captured...)
	sending = append(append(slices.Clone(sending), captured...), VarPayload)
	d.checkNames(join(path, "send"), w.Send, sending)
	d.checkCarries(join(path, "send"), w.Send)
	d.checkHeartbeat(join(path, "heartbeat"), w.Heartbeat, opening)
	d.checkNames(join(path, "sync.send"), w.Sync.Send, opening)
	if w.Subprotocol != "" && !fieldName.MatchString(w.Subprotocol) {
		d.problem(d.at(join(path, "subprotocol")), join(path, "subprotocol"), fmt.Sprintf("%q is not a token", w.Subprotocol), "a token such as chat.v1")
	}
	d.checkSelector(join(path, "missed"), "a frame", w.Missed)
	d.checkSelector(join(path, "sync.count"), "a frame", w.Sync.Count)
}

// checkSelector wants a selector, if there is one, to be of what has neither header fields nor cookies.
func (d *decoder) checkSelector(path, what string, s *Selector) {
	if s != nil && s.Part != JSON && s.Part != Whole {
		d.problem(s.Origin, path, what+" has no "+string(s.Part), `"json:/pointer" or "body"`)
	}
}

func (d *decoder) checkEvents(path string, e *Events, base []string) {
	known := append(slices.Clone(base), d.checkSteps(join(path, "open"), e.Open, base, false)...)
	d.checkHeaders(join(path, "headers"), e.Headers, known)
	d.checkRequest(path, &e.Get, known)
	d.checkNames(join(path, "expect"), e.Expect, known)
	d.checkRequest(join(path, "send"), &e.Send, known)
	d.checkCarries(join(path, "send.body"), e.Send.Body)
	d.checkSelector(join(path, "missed"), "an event", e.Missed)
}

func (d *decoder) checkHeartbeat(path string, h Heartbeat, known []string) {
	if (h.Every > 0) != h.Send.Present() {
		d.problem(d.at(path), path, "has one of every and send", "both of them, or answer alone")
	}
	d.checkNames(path+".send", h.Send, known)
}

// requested are the names that requests before an upgrade capture.
func requested(steps []Step) (names []string) {
	for _, s := range steps {
		if s.IsRequest() {
			names = append(names, captures(s)...)
		}
	}
	return names
}

func captures(s Step) (names []string) {
	for _, c := range s.Capture {
		names = append(names, c.Name)
	}
	return names
}

// checkSteps checks what opens a session, each step with what those before it captured, and returns all of that.
func (d *decoder) checkSteps(path string, steps []Step, base []string, frames bool) (captured []string) {
	upgraded := false
	for i := range steps {
		s, at := &steps[i], fmt.Sprintf("%s[%d]", path, i)
		s.Origin = d.at(at)
		known := append(append(slices.Clone(base), captured...), VarHold, VarHoldSeconds, VarHoldMillis)
		switch {
		case s.IsRequest() && s.Send.Present():
			d.problem(s.Origin, at, "has both a request and a frame", "get or post, or send")
		case s.IsRequest() && upgraded:
			d.problem(s.Origin, at, "is a request after a frame", "requests first: they come before the upgrade")
		case s.IsRequest():
			d.checkRequest(at, &s.Request, known)
		case !frames:
			d.problem(s.Origin, at, "has neither get nor post", "a request")
		case !s.Send.Present() && !s.Expect.Present():
			d.problem(s.Origin, at, "has nothing to do", "get, post, send or expect")
		default:
			upgraded = true
			d.checkFrameStep(at, s)
		}
		d.checkNames(at+".send", s.Send, known)
		d.checkNames(at+".expect", s.Expect, known)
		captured = append(captured, captures(*s)...)
	}
	return captured
}

// checkFrameStep checks a step of frames: its captures come from the frame it expects.
func (d *decoder) checkFrameStep(at string, s *Step) {
	if len(s.Capture) > 0 && !s.Expect.Present() {
		d.problem(s.Origin, at, "captures without saying from which frame", "expect: a text that the frame contains")
	}
	for _, c := range s.Capture {
		if c.Part != JSON && c.Part != Whole {
			d.problem(c.Origin, at+".capture."+c.Name, "a frame has no "+string(c.Part), `"json:/pointer" or "body"`)
		}
	}
	for _, key := range []string{"body", "headers", "status"} {
		if _, said := d.origins[at+"."+key]; said {
			d.problem(d.at(at+"."+key), at+"."+key, "stands beside a frame", "get or post")
		}
	}
}

func (d *decoder) checkPoll(path string, p *Poll, base []string) {
	captured := d.checkSteps(join(path, "open"), p.Open, append(slices.Clone(base), VarSingle), false)
	known := append(slices.Clone(base), captured...)
	polling := append(slices.Clone(known), VarCursor, VarHold, VarHoldSeconds, VarHoldMillis, VarSingle)
	// The client's own fields go with polls and with what it sends, so a cursor cannot stand there.
	d.checkHeaders(join(path, "headers"), p.Headers, append(slices.Clone(known), VarCursor))
	d.checkRequest(path, &p.Get, polling)
	d.checkRequest(join(path, "send"), &p.Send, known)
	d.checkCarries(join(path, "send.body"), p.Send.Body)
	d.checkCursor(path, p, captured)
	d.checkFirst(join(path, "first"), p)
	if at := join(path, "heartbeat"); len(p.Heartbeat.Answers) > 0 && p.Send.Method == "" {
		d.problem(d.at(at), at, "answers, but nothing says where that is posted", "send, with post")
	}
	if p.Single != "" && !p.Get.Has(VarSingle) {
		d.problem(d.at(join(path, "single")), join(path, "single"), "is used by no poll", "{single} in get or body")
	}
}

// checkCursor wants a cursor that is both read and used.
func (d *decoder) checkCursor(path string, p *Poll, captured []string) {
	at := join(path, "cursor")
	used := p.Get.Has(VarCursor) || slices.ContainsFunc(p.Headers, func(h Header) bool { return h.Value.Has(VarCursor) })
	switch {
	case used && p.Cursor.Source == nil && !slices.Contains(captured, VarCursor) && !d.blames(at):
		d.problem(d.at(path), at, "is missing: a poll says {cursor}, but nothing says what it is", cursorForm)
	case !used && p.Cursor.Source != nil:
		d.problem(d.at(at), at, "is read, but no poll says {cursor}", "{cursor} in get, body or headers; or none")
	case !used && p.First != "":
		d.problem(d.at(join(path, "first")), join(path, "first"), "is given, but no poll says {cursor}", "{cursor} in get, body or headers")
	}
}

// checkFirst wants the first poll to have no other fields than the polls after it.
func (d *decoder) checkFirst(path string, p *Poll) {
	var copied []string
	for _, pair := range p.Cursor.Headers {
		copied = append(copied, pair.Request)
	}
	for _, f := range p.FirstFields {
		at := join(path, f.Name)
		switch {
		case !slices.ContainsFunc(copied, func(name string) bool { return strings.EqualFold(name, f.Name) }):
			d.problem(d.at(at), at, "is no field that cursor copies", cmp.Or(strings.Join(copied, ", "), "cursor: {headers: …}"))
		case strings.ContainsFunc(f.Value, isControl):
			d.problem(d.at(at), at, "has a control character, perhaps the end of a line", "one line of text")
		}
	}
}

// blames says whether a problem of this field has been reported.
func (d *decoder) blames(field string) bool {
	return slices.ContainsFunc(d.problems, func(p document.Problem) bool { return p.Field == field })
}

// checkRequest checks one request; its body may say {payload} if its section sends messages.
func (d *decoder) checkRequest(path string, r *Request, known []string) {
	key := join(path, strings.ToLower(r.Method))
	d.checkPath(key, r.Path, known)
	if !strings.HasSuffix(path, "poll") && path != "sse" { // whose fields are checked with what they know
		d.checkHeaders(join(path, "headers"), r.Headers, known)
	}
	d.checkNames(join(path, "body"), r.Body, append(slices.Clone(known), VarPayload))
	if r.Method == "GET" && r.Body.Present() {
		d.problem(d.at(join(path, "body")), join(path, "body"), "stands beside get", "post")
	}
}

// checkPath checks a path and its query: how it begins, and that what is not a value needs no escaping.
func (d *decoder) checkPath(path string, t Template, known []string) {
	d.checkNames(path, t, known)
	if !t.Present() {
		return
	}
	if !strings.HasPrefix(t.literalPrefix(), "/") {
		d.problem(t.origin, path, "does not begin with /", requestPathForm)
	}
	for _, p := range t.parts {
		if i := strings.IndexFunc(p.text, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '#' }); p.kind == literal && i >= 0 {
			d.problem(t.origin, path, fmt.Sprintf("has %q, which a request cannot carry as it is", []rune(p.text[i:])[0]), "percent-encoding, such as %20 for a space")
			return
		}
	}
}

func (d *decoder) checkHeaders(path string, headers []Header, known []string) {
	for _, h := range headers {
		at := join(path, h.Name)
		d.checkNames(at, h.Value, known)
		for _, p := range h.Value.parts {
			if p.kind != variable && strings.ContainsFunc(p.text, isControl) {
				d.problem(h.Value.origin, at, "has a control character, perhaps the end of a line", "one line of text")
			}
		}
	}
}

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// checkNames reports the variables of a template that are not known where it is used.
func (d *decoder) checkNames(path string, t Template, known []string) {
	for _, p := range t.parts {
		if p.kind == variable && !slices.Contains(known, p.text) && !d.unreadable(p.text) {
			d.problem(p.origin, path, "{"+p.text+"} is not known here"+d.hint(p.text, known), allowedNames(known)+"; {{"+p.text+"} is the text itself")
		}
	}
}

// unreadable says whether a variable is of a users' table that the file names and that could not be read, which is told already.
func (d *decoder) unreadable(variable string) bool {
	_, named := d.origins["users"]
	_, column := UserColumn(variable)
	return named && column && d.users == nil
}

// hint is what a variable that is not known was perhaps meant to be. The columns of the users' table are not told: without a line of names they are values.
func (d *decoder) hint(variable string, known []string) string {
	column, ofUser := UserColumn(variable)
	switch {
	case !ofUser:
		return document.DidYouMean(variable, slices.DeleteFunc(slices.Clone(known), isColumn), nil)
	case d.users == nil:
		return ": the file names no users"
	case !slices.ContainsFunc(known, isColumn):
		return ": here is no client, whose row it would be of"
	}
	return fmt.Sprintf(": none of the %d columns of %s is called %s; its first line must be their names", len(d.users.columns), d.users.file, column)
}

func isColumn(variable string) bool { _, ok := UserColumn(variable); return ok }

// allowedNames lists variables, those of the users' table as one.
func allowedNames(known []string) string {
	var braced []string
	for _, k := range known {
		if isColumn(k) {
			k = userPrefix + "COLUMN"
		}
		braced = append(braced, "{"+k+"}")
	}
	if len(braced) == 0 {
		return "no values here"
	}
	return strings.Join(slices.Compact(braced), ", ")
}
