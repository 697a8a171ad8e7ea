package file

import (
	"time"

	"pushbench/scenarios"
	"pushbench/scenarios/document"
)

// The tables of a target file's keys.
var (
	targetSection = &section[Target]{
		required: []string{"url"},
		some:     []string{"websocket", "sse", "longpoll", "shortpoll"},
		fields: []field[Target]{
			urlField(func(t *Target) *URL { return &t.URL }),
			usersField(),
			headersField("Fields of every request that a client makes, beside those of the scenario.", func(t *Target) *[]Header { return &t.Headers }),
			sectionField("tls", "How the server's certificate is checked; by default against the system's roots.", tlsSection, func(t *Target) *TLS { return &t.TLS }),
			sectionField("publish", "How the application beside the server publishes.", publishSection, func(t *Target) *Publish { return &t.Publish }),
			sectionField("websocket", "A session over a WebSocket.", webSocketSection, func(t *Target) *WebSocket { t.WebSocket = &WebSocket{}; return t.WebSocket }),
			sectionField("sse", "A session of server-sent events.", eventsSection, func(t *Target) *Events { t.SSE = &Events{}; return t.SSE }),
			sectionField("longpoll", "A session of long polls.", pollSection, func(t *Target) *Poll { t.LongPoll = &Poll{}; return t.LongPoll }),
			sectionField("shortpoll", "A session of polls that are answered at once.", pollSection, func(t *Target) *Poll { t.ShortPoll = &Poll{}; return t.ShortPoll }),
			sectionField("limits", "What bodies and frames can hold.", limitsSection, func(t *Target) *Limits { return &t.Limits }),
		},
	}

	tlsSection = &section[TLS]{fields: []field[TLS]{
		boolField("insecure", "Accept any certificate.", func(t *TLS) *bool { return &t.Insecure }),
		plainField("ca", "A file of PEM certificates that are the only roots.", pathForm, func(t *TLS) *string { return &t.CA }),
		plainField("server_name", "The name that the certificate must have, if it is not the URL's host.", "a host's name", func(t *TLS) *string { return &t.ServerName }),
	}}

	publishSection = &section[Publish]{
		either: [][]string{{"post", "websocket"}},
		beside: map[string][]string{"url": {"post"}, "body": {"post"}, "headers": {"post"}, "status": {"post"}, "connections": {"post"}},
		fields: []field[Publish]{
			urlField(func(p *Publish) *URL { return &p.Post.URL }),
			methodField("post", "POST", "The path that a message is posted to.", func(p *Publish) *Request { return &p.Post }),
			carryingField("body", "The body of the post; by default the payload alone.", func(p *Publish) *Template { return &p.Post.Body }),
			headersField("Fields of the post; the clients' are not sent with it.", func(p *Publish) *[]Header { return &p.Post.Headers }),
			statusField("status", "The statuses that say that the message was accepted; by default 200 to 299.", func(p *Publish) *[]int { return &p.Post.Status }),
			countField("connections", "The most connections that each of up to four streams of posts keeps busy; with more than 1 (by default 8) the server may be done with a later message first.", 1000,
				func(p *Publish) *int { return &p.Connections }),
			sectionField("websocket", "A stream to publish on.", streamSection, func(p *Publish) *WebSocket { p.Stream = &WebSocket{}; return p.Stream }),
		},
	}

	webSocketSection = &section[WebSocket]{required: []string{"path"}, fields: webSocketFields}

	webSocketFields = []field[WebSocket]{
		urlField(func(w *WebSocket) *URL { return &w.URL }),
		templateField("path", "The path that is upgraded.", func(w *WebSocket) *Template { return &w.Path }).withSchema(patternSchema(requestPathPattern)),
		plainField("subprotocol", "The subprotocol that is asked for.", "a token such as chat.v1", func(w *WebSocket) *string { return &w.Subprotocol }),
		headersField("Fields of the upgrade, beside the target's.", func(w *WebSocket) *[]Header { return &w.Headers }),
		listField("open", "What opens a session, in order: requests before the upgrade, frames after it.", stepSection, func(w *WebSocket) *[]Step { return &w.Open }),
		carryingField("send", "The frame of a message that is sent.", func(w *WebSocket) *Template { return &w.Send }),
		boolField("binary", "Whether messages are sent in binary frames.", func(w *WebSocket) *bool { return &w.Binary }),
		sectionField("heartbeat", "What keeps the session alive, beyond the protocol's own pings.", heartbeatSection, func(w *WebSocket) *Heartbeat { return &w.Heartbeat }),
		splitField("How one frame carries several messages; without it they are found by their stamps.", func(w *WebSocket) *Split { return &w.Split }),
		sourceField("missed", "Where a frame without a message says how many are gone.", func(w *WebSocket) **Selector { return &w.Missed }),
	}

	streamSection = &section[WebSocket]{required: []string{"path", "send"}, fields: append(append([]field[WebSocket]{}, webSocketFields...),
		sectionField("sync", "How to ask how many messages of the stream were accepted.", syncSection, func(w *WebSocket) *Sync { return &w.Sync }))}

	syncSection = &section[Sync]{required: []string{"send", "count"}, fields: []field[Sync]{
		templateField("send", "The text frame that asks.", func(s *Sync) *Template { return &s.Send }),
		sourceField("count", "Where the answer says the number.", func(s *Sync) **Selector { return &s.Count }),
	}}

	heartbeatSection = &section[Heartbeat]{beside: map[string][]string{"every": {"send"}, "send": {"every"}}, fields: []field[Heartbeat]{
		durationField("every", "How often send is sent.", func(h *Heartbeat) *time.Duration { return &h.Every }),
		templateField("send", "The text frame that is sent.", func(h *Heartbeat) *Template { return &h.Send }),
		answersField(),
	}}

	stepSection = &section[Step]{some: []string{"get", "post", "send", "expect"}, fields: stepFields}

	// requestSection is that of a step where there are no frames.
	requestSection = &section[Step]{some: []string{"get", "post"}, fields: stepFields}

	stepFields = []field[Step]{
		methodField("get", "GET", "The path of a request.", func(s *Step) *Request { return &s.Request }),
		methodField("post", "POST", "The path of a request with a body.", func(s *Step) *Request { return &s.Request }),
		templateField("body", "The body of a post.", func(s *Step) *Template { return &s.Request.Body }),
		headersField("Fields of the request, beside the target's.", func(s *Step) *[]Header { return &s.Request.Headers }),
		statusField("status", "The statuses that mean success; by default 200 to 299.", func(s *Step) *[]int { return &s.Request.Status }),
		templateField("send", "A frame.", func(s *Step) *Template { return &s.Send }),
		boolField("binary", "Whether it is a binary frame.", func(s *Step) *bool { return &s.Binary }),
		templateField("expect", "What the answer, or a frame, must contain. Frames without it are passed over.", func(s *Step) *Template { return &s.Expect }),
		captureField(func(s *Step) *[]Capture { return &s.Capture }),
	}

	pollSection = &section[Poll]{
		either: [][]string{{"get", "post"}},
		beside: map[string][]string{"body": {"post"}, "heartbeat": {"send"}},
		fields: []field[Poll]{
			urlField(func(p *Poll) *URL { return &p.URL }),
			listField("open", "The requests that open a session, in order.", requestSection, func(p *Poll) *[]Step { return &p.Open }),
			methodField("get", "GET", "The path of a poll.", func(p *Poll) *Request { return &p.Get }),
			methodField("post", "POST", "The path of a poll with a body.", func(p *Poll) *Request { return &p.Get }),
			templateField("body", "The body of such a poll.", func(p *Poll) *Template { return &p.Get.Body }),
			headersField("Fields of every request after open, beside the target's.", func(p *Poll) *[]Header { return &p.Headers }),
			firstField(),
			cursorField(),
			statusField("empty", "The statuses that say that there is nothing; by default 204 and 304.", func(p *Poll) *[]int { return &p.Empty }),
			splitField("How one body carries several messages; without it they are found by their stamps.", func(p *Poll) *Split { return &p.Split }),
			sourceField("missed", "Where an answer says how many messages are gone.", func(p *Poll) **Selector { return &p.Missed }),
			textField("single", "What {single} stands for where a scenario wants one message for each response; otherwise it is nothing.", "a text", func(p *Poll, text string) error { p.Single = text; return nil }),
			sectionField("send", "How a client sends; by default as publish posts, with the client's own header fields, too.", sendSection, func(p *Poll) *Request { return &p.Send }),
			sectionField("heartbeat", "What keeps the session alive: answers are posted as send posts.", answerSection, func(p *Poll) *Heartbeat { return &p.Heartbeat }),
		},
	}

	eventsSection = &section[Events]{
		either: [][]string{{"get", "post"}},
		beside: map[string][]string{"body": {"post"}},
		fields: []field[Events]{
			urlField(func(e *Events) *URL { return &e.URL }),
			listField("open", "The requests that come before the stream, in order.", requestSection, func(e *Events) *[]Step { return &e.Open }),
			methodField("get", "GET", "The path of the stream.", func(e *Events) *Request { return &e.Get }),
			methodField("post", "POST", "The path of a stream that is asked for with a body.", func(e *Events) *Request { return &e.Get }),
			templateField("body", "The body of such a request.", func(e *Events) *Template { return &e.Get.Body }),
			headersField("Fields of every request after open, beside the target's. Accept is sent anyway, and Last-Event-ID by a client that comes back.", func(e *Events) *[]Header { return &e.Headers }),
			templateField("expect", "What an event contains that says that the client will receive; without it the answer's head says so.", func(e *Events) *Template { return &e.Expect }),
			splitField("How one event carries several messages; without it they are found by their stamps.", func(e *Events) *Split { return &e.Split }),
			sourceField("missed", "Where an event without a message says how many are gone.", func(e *Events) **Selector { return &e.Missed }),
			sectionField("send", "How a client sends; by default as publish posts, with the client's own header fields, too.", sendSection, func(e *Events) *Request { return &e.Send }),
		},
	}

	answerSection = &section[Heartbeat]{required: []string{"answer"}, fields: []field[Heartbeat]{answersField()}}

	sendSection = &section[Request]{required: []string{"post"}, fields: []field[Request]{
		methodField("post", "POST", "The path that a message is posted to.", func(r *Request) *Request { return r }),
		carryingField("body", "The body of the post; by default the payload alone.", func(r *Request) *Template { return &r.Body }),
		headersField("Fields of the post, beside the target's.", func(r *Request) *[]Header { return &r.Headers }),
		statusField("status", "The statuses that say that the message was accepted; by default 200 to 299.", func(r *Request) *[]int { return &r.Status }),
	}}

	limitsSection = &section[Limits]{fields: []field[Limits]{
		choiceField("bodies", "How a payload is put into a body or frame: escaped within JSON strings, in base64, or as it is.", Encodings, func(l *Limits) *Encoding { return &l.Bodies }),
		sizeField("body", "The largest answer or frame that is accepted.", func(l *Limits) *scenarios.Size { return &l.Body }),
	}}
)

const pathForm = "the path of a file, from the folder of this one"

// methodField is the path of a request, which the key gives its method.
func methodField[S any](key, method, doc string, at func(*S) *Request) field[S] {
	return field[S]{key: key, doc: doc, allowed: requestPathForm, schema: patternSchema(requestPathPattern), read: func(d *decoder, p place, s *S) {
		if _, ok := d.text(p, requestPathForm); ok {
			at(s).Method, at(s).Path = method, d.template(p)
		}
	}}
}

// requestPathPattern is what a path may have: all that a request can carry as it is, but what begins a fragment.
const requestPathPattern = `^/[!"$-~]*$`

const requestPathForm = "a path on the server such as /rooms/{topic}/messages"

func usersField() field[Target] {
	const doc = "A CSV file with one row for each client, whose columns are {user.COLUMN}."
	long := &section[usersAt]{required: []string{"file"}, fields: []field[usersAt]{
		plainField("file", "The CSV file.", pathForm, func(u *usersAt) *string { return &u.file }),
		boolField("repeat", "Whether rows are used again where there are more clients.", func(u *usersAt) *bool { return &u.repeat }),
	}}
	at := func(t *Target) *usersAt { return &t.users }
	return eitherField(sectionField("users", doc, long, at), plainField("users", doc, pathForm, func(t *Target) *string { return &t.users.file }), isScalar)
}

// urlPattern is an address, or what becomes one by the environment.
const urlPattern = `^[hH][tT][tT][pP][sS]?://[^/?#@{]+(/[^?#{]*)?$|^([hH][tT][tT][pP][sS]?://.*)?\$\{[A-Za-z_][A-Za-z0-9_]*\}`

// urlField is the address of a server.
func urlField[S any](at func(*S) *URL) field[S] {
	const allowed = "http://host[:port][/path] or https://…"
	return field[S]{key: "url", doc: "Where the server listens; below the top, only where it differs from there.", allowed: allowed, schema: patternSchema(urlPattern), read: func(d *decoder, p place, s *S) {
		if _, ok := d.scalar(p, allowed, document.Text); !ok {
			return
		}
		template := d.template(p)
		u, err := ParseURL(template.Render(func(string) (string, bool) { return "", false }, EscapeNone))
		switch {
		case template.hasVariables():
			d.reject(p, "has a value that changes, which an address cannot", allowed)
		case err != nil:
			d.reject(p, err.Error(), allowed)
		default:
			*at(s) = u
		}
	}}
}

func (t Template) hasVariables() bool {
	for _, p := range t.parts {
		if p.kind == variable {
			return true
		}
	}
	return false
}
