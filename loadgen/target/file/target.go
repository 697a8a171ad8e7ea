package file

import (
	"time"

	"pushbench/loadgen/target/pointer"
	"pushbench/scenarios"
	"pushbench/scenarios/document"
)

// Target is a server as its file describes it.
type Target struct {
	// Name is the file's, without folder and extension.
	Name    string
	URL     URL
	Users   *Users
	Headers []Header
	TLS     TLS
	Publish Publish
	// What is nil is not described.
	WebSocket *WebSocket
	SSE       *Events
	LongPoll  *Poll
	ShortPoll *Poll
	Limits    Limits

	users   usersAt
	origins map[string]document.Origin
	secrets []string
}

// URL is where a server listens. The zero URL is the file's own.
type URL struct {
	// Host is host:port.
	Host string
	// Base is a path before all others, without a slash at its end.
	Base   string
	Secure bool
}

// Header is a header field of requests.
type Header struct {
	Name  string
	Value Template
}

// TLS is how the server's certificate is checked.
type TLS struct {
	// Insecure accepts any.
	Insecure bool
	// CA is a file of PEM certificates, the only roots; empty are the system's.
	CA string
	// ServerName is the name the certificate must have; empty is the URL's host.
	ServerName string
}

// Request is one HTTP request. Method is empty if there is none.
type Request struct {
	Method  string
	Path    Template
	Headers []Header
	Body    Template
	// Status are the statuses that mean success; none are all from 200 to 299.
	Status []int
	URL    URL
}

// Publish is how the application beside the server publishes: by requests, or on a stream.
type Publish struct {
	Post Request
	// Connections is how many of them one stream of publishes may keep busy.
	Connections int
	Stream      *WebSocket
}

// Described says whether the file says how to publish.
func (p Publish) Described() bool { return p.Post.Method != "" || p.Stream != nil }

// WebSocket is a session over a WebSocket.
type WebSocket struct {
	URL         URL
	Path        Template
	Subprotocol string
	Headers     []Header
	Open        []Step
	// Send is the frame of a message that a client sends; absent if clients cannot.
	Send      Template
	Binary    bool
	Heartbeat Heartbeat
	Split     Split
	// Missed is where a frame says how many messages are gone; nil for nowhere.
	Missed *Selector
	// Sync asks how many messages a stream of publishes has brought.
	Sync Sync
}

// Poll is a polling session.
type Poll struct {
	URL     URL
	Open    []Step
	Get     Request
	Headers []Header
	// First is the {cursor} of the first poll, FirstFields are the header fields of a cursor that is copied.
	First       string
	FirstFields []FirstField
	Cursor      Cursor
	// Empty are the statuses that mean that there is nothing.
	Empty  []int
	Split  Split
	Missed *Selector
	// Single stands for {single} where the scenario wants one message for each response.
	Single string
	// Send posts a message that a client sends; without it that is Publish.Post. Heartbeat's answers go the same way; it has no more than those.
	Send      Request
	Heartbeat Heartbeat
}

// Events is a session of server-sent events.
type Events struct {
	URL     URL
	Open    []Step
	Get     Request
	Headers []Header
	// Expect is what an event contains that opens the session; absent if the answer's head does.
	Expect Template
	Split  Split
	// Missed is where an event says how many messages are gone; nil for nowhere.
	Missed *Selector
	// Send posts a message that a client sends; without it that is Publish.Post.
	Send Request
}

// FirstField is a header field of a session's first poll.
type FirstField struct{ Name, Value string }

// Step is one exchange that opens a session: a request and its answer, or frames.
type Step struct {
	// Request is sent over HTTP, before a WebSocket's upgrade.
	Request Request
	// Send is a frame; absent to only wait for one.
	Send   Template
	Binary bool
	// Expect is what the answer's body, or a frame, must contain; frames without it are passed over.
	Expect  Template
	Capture []Capture
	Origin  document.Origin
}

// IsRequest says whether the step is a request.
func (s Step) IsRequest() bool { return s.Request.Method != "" }

// Capture gives a name to a part of an answer. The name cursor sets the first cursor of a poller.
type Capture struct {
	Name string
	Selector
}

// Heartbeat keeps a session alive.
type Heartbeat struct {
	Every time.Duration
	Send  Template
	// Answers are what is sent back for a frame that is exactly this text.
	Answers []Answer
}

// Answer is a text that is answered.
type Answer struct{ Text, Reply string }

// Sync is a text frame that asks for a count, and where the answer says it.
type Sync struct {
	Send  Template
	Count *Selector
}

// Cursor is where an answer says at which place the next poll goes on. The zero Cursor is that there is none.
type Cursor struct {
	// Source is of the text that {cursor} stands for.
	Source *Selector
	// Headers copies header fields of an answer into the next poll's.
	Headers []HeaderPair
}

// None says that nothing is read of an answer.
func (c Cursor) None() bool { return c.Source == nil && len(c.Headers) == 0 }

// HeaderPair is a field of an answer and that of the next request with its value.
type HeaderPair struct{ Response, Request string }

// Part says which part of an answer is meant.
type Part string

// The parts of an answer.
const (
	JSON   Part = "json"   // a value within the body
	Field  Part = "header" // a header field
	Cookie Part = "cookie" // a cookie that the answer sets
	Whole  Part = "body"   // all of the body
)

// Selector is where a value stands in an answer.
type Selector struct {
	Part Part
	// Name is the header field's or the cookie's.
	Name    string
	Pointer pointer.Pointer
	Origin  document.Origin
}

// SplitBy says how a body or frame carries several messages.
type SplitBy string

// The ways to split. By default messages are found by their stamps alone.
const (
	SplitJSON      SplitBy = "json"
	SplitSeparator SplitBy = "separator"
	SplitNetstring SplitBy = "netstrings"
)

// Split is how a body or frame carries several messages.
type Split struct {
	By        SplitBy
	Pointer   pointer.Pointer
	Separator string
	Origin    document.Origin
}

// Encoding is how a payload is put into a body or frame.
type Encoding string

// The encodings.
const (
	EncodeJSON   Encoding = "json"
	EncodeBase64 Encoding = "base64"
	EncodeRaw    Encoding = "raw"
)

// Encodings lists every encoding.
var Encodings = []Encoding{EncodeJSON, EncodeBase64, EncodeRaw}

// Limits are what bodies and frames can hold.
type Limits struct {
	Bodies Encoding
	// Body is the largest answer accepted, in bytes; 0 is for the target to choose.
	Body scenarios.Size
}

// Origin is where the file says a key, such as websocket.path; ok is false if it does not.
func (t *Target) Origin(key string) (at document.Origin, ok bool) {
	at, ok = t.origins[key]
	return at, ok
}

// Poll returns how a transport's sessions poll; nil if that is not described, as for a WebSocket. Polls on new connections are long polls. Short polls are
// described by themselves, or by a long poll that says {hold}.
func (t *Target) Poll(transport scenarios.Transport) *Poll {
	switch transport {
	case scenarios.LongPoll, scenarios.LongPollNewConn:
		return t.LongPoll
	case scenarios.ShortPoll:
		if t.ShortPoll == nil && t.LongPoll != nil && t.LongPoll.Get.Has(VarHold, VarHoldSeconds, VarHoldMillis) {
			return t.LongPoll
		}
		return t.ShortPoll
	}
	return nil
}

// At is the address of a transport's sessions.
func (t *Target) At(transport scenarios.Transport) URL {
	u := URL{}
	switch p := t.Poll(transport); {
	case p != nil:
		u = p.URL
	case transport == scenarios.SSE && t.SSE != nil:
		u = t.SSE.URL
	case t.WebSocket != nil:
		u = t.WebSocket.URL
	}
	if u.Zero() {
		return t.URL
	}
	return u
}

// Sends says whether the file says how a client sends over a transport, or how the application publishes, which is how a client without a WebSocket then sends.
func (t *Target) Sends(transport scenarios.Transport) bool {
	switch p := t.Poll(transport); {
	case transport == scenarios.WebSocket:
		return t.WebSocket != nil && t.WebSocket.Send.Present()
	case p != nil && p.Send.Method != "", transport == scenarios.SSE && t.SSE != nil && t.SSE.Send.Method != "":
		return true
	}
	return t.Publish.Post.Method != ""
}

// Describes says whether the file describes a transport.
func (t *Target) Describes(transport scenarios.Transport) bool {
	return transport == scenarios.WebSocket && t.WebSocket != nil || transport == scenarios.SSE && t.SSE != nil || t.Poll(transport) != nil
}

// Has says whether any part of the request uses one of the variables.
func (r *Request) Has(names ...string) bool {
	if r.Path.Has(names...) || r.Body.Has(names...) {
		return true
	}
	for _, h := range r.Headers {
		if h.Value.Has(names...) {
			return true
		}
	}
	return false
}
