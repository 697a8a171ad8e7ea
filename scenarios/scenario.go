package scenarios

import "time"

// Transport is how a client receives: one of the keys below. The keys are stable for ever; files and CI rules carry them.
type Transport string

// The transports a scenario can compare.
const (
	WebSocket       Transport = "websocket"        // one upgraded connection, the server pushes
	SSE             Transport = "sse"              // one response that goes on: server-sent events
	LongPoll        Transport = "longpoll"         // parked GETs on one kept-alive connection
	LongPollNewConn Transport = "longpoll-newconn" // parked GETs, a new TCP connection for each
	ShortPoll       Transport = "shortpoll"        // a GET every interval, answered at once
)

// Transports lists every transport in the order reports show them.
var Transports = []Transport{WebSocket, SSE, LongPoll, LongPollNewConn, ShortPoll}

// Pattern is who publishes to whom.
type Pattern string

// The patterns a scenario can have.
const (
	Broadcast Pattern = "broadcast" // one topic, every client receives every message
	Direct    Pattern = "direct"    // one topic per client, each message has one receiver
	Echo      Pattern = "echo"      // each client sends on its own transport and awaits its own message
	Rooms     Pattern = "rooms"     // clients in groups: each sends on its own transport, everyone of its group receives
	Duplex    Pattern = "duplex"    // as direct, while each client sends to the application beside the server
)

// Patterns lists every pattern.
var Patterns = []Pattern{Broadcast, Direct, Echo, Rooms, Duplex}

// ClientsSpeak reports whether what clients receive was sent by clients.
func (p Pattern) ClientsSpeak() bool { return p == Echo || p == Rooms }

// ClientsSend reports whether clients send on their own transports, to each other or to the application.
func (p Pattern) ClientsSend() bool { return p.ClientsSpeak() || p == Duplex }

// Arrivals is the process by which publishes fall due.
type Arrivals string

// The arrival processes.
const (
	Poisson  Arrivals = "poisson"  // uniform order statistics: Poisson given its count, so counts repeat
	Constant Arrivals = "constant" // evenly spaced
	Burst    Arrivals = "burst"    // many at one instant, then silence: evenly spaced bursts
)

// ArrivalProcesses lists every arrival process.
var ArrivalProcesses = []Arrivals{Poisson, Constant, Burst}

// PollSchedule is what a short poller waits for between two polls.
type PollSchedule string

// The schedules of a short poller.
const (
	PollFixed PollSchedule = "fixed" // at phase + k × interval, whatever the responses do
	PollSleep PollSchedule = "sleep" // interval after the previous response
)

// PollSchedules lists every schedule of a short poller.
var PollSchedules = []PollSchedule{PollFixed, PollSleep}

// ClientKind says whose protocol code the simulated clients run.
type ClientKind string

// The kinds of client.
const (
	Lean    ClientKind = "lean"    // our codecs over net.Conn
	Library ClientKind = "library" // coder/websocket and net/http
)

// ClientKinds lists every kind of client.
var ClientKinds = []ClientKind{Lean, Library}

// Content is what messages are filled with behind their stamp.
type Content string

// The contents a message can have.
const (
	Letters Content = "letters" // the alphabet, again and again, which compresses to almost nothing
	Text    Content = "text"    // English words at random, of the message's own seed
)

// Contents lists every content.
var Contents = []Content{Letters, Text}

// Compression is what the reference server does to what it sends.
type Compression string

// The compressions. Deflate is the same algorithm, level and threshold on every transport, each message or answer by itself: permessage-deflate without context
// takeover (RFC 7692) on WebSockets, gzip (RFC 1952) on answers to polls.
const (
	CompressionOff Compression = "off"
	Deflate        Compression = "deflate"
)

// Compressions lists every compression.
var Compressions = []Compression{CompressionOff, Deflate}

// HTTPVersion is what polls speak, by its name in a TLS handshake (RFC 7301).
type HTTPVersion string

// The versions of HTTP. With HTTP2 all requests of a client share one connection, in clear with prior knowledge (h2c) or over TLS.
const (
	HTTP1 HTTPVersion = "http/1.1"
	HTTP2 HTTPVersion = "h2"
)

// HTTPVersions lists every version.
var HTTPVersions = []HTTPVersion{HTTP1, HTTP2}

// TLSVersion is what the connections are encrypted with.
type TLSVersion string

// The TLS versions. A new connection costs one round trip more with TLS 1.3, two with 1.2.
const (
	TLSOff TLSVersion = "off"
	TLS12  TLSVersion = "tls1.2"
	TLS13  TLSVersion = "tls1.3"
)

// TLSVersions lists every version.
var TLSVersions = []TLSVersion{TLSOff, TLS12, TLS13}

// Scenario is one workload, resolved: every field has its value, whether from the file, a flag or the default.
// It is what a run file stores, so its JSON keys carry units.
type Scenario struct {
	Name     string `yaml:"name" json:"name"`
	Title    string `yaml:"title" json:"title,omitempty"`
	Question string `yaml:"question" json:"question,omitempty"`
	// Answer names the figures that answer the question; Answers has what stands for none. Caveat is what the answer does not say.
	Answer []Figure `yaml:"answer" json:"answer,omitempty"`
	Caveat string   `yaml:"caveat" json:"caveat,omitempty"`

	Pattern Pattern `yaml:"pattern" json:"pattern"`
	// RoomSize is how many clients share a room, the last of which may hold fewer. Only with Rooms.
	RoomSize int `yaml:"room_size" json:"room_size,omitempty"`
	// Clients is the number of simulated users of each arm.
	Clients int `yaml:"clients" json:"clients"`
	// Rate is publishes per second in all; RatePerClient, if set, stands for Rate ÷ Clients. Exactly one is in force: Resolve fills Rate.
	// Setting Clients through Set keeps the rate that was said: RatePerClient rescales Rate.
	Rate          Rate `yaml:"rate" json:"rate_per_second"`
	RatePerClient Rate `yaml:"rate_per_client" json:"rate_per_client_per_second,omitempty"`
	// UpRate is messages per second in all that clients send to the application; 0 is as many as they receive. Only with Duplex.
	UpRate   Rate     `yaml:"up_rate" json:"up_rate_per_second,omitempty"`
	Arrivals Arrivals `yaml:"arrivals" json:"arrivals"`
	// Burst is how many publishes fall due at one instant; the mean rate stays Rate. Only with Arrivals Burst.
	Burst   int  `yaml:"burst" json:"burst,omitempty"`
	Payload Size `yaml:"payload" json:"payload_bytes"`
	// PayloadMax, if set, draws each message's size between Payload and it, evenly over the logarithm of the size.
	PayloadMax Size `yaml:"payload_max" json:"payload_max_bytes,omitempty"`
	// PayloadMix are sizes with their exact shares, in place of Payload.
	PayloadMix []SizeShare `yaml:"payload_mix" json:"payload_mix,omitempty"`
	// PayloadFile holds real messages, sent in place of made ones, with the stamp in PayloadField; see ReadSamples. PayloadSamples is what was read of it.
	PayloadFile    string       `yaml:"payload_file" json:"payload_file,omitempty"`
	PayloadField   string       `yaml:"payload_field" json:"payload_field,omitempty"`
	PayloadSamples *SampleStats `yaml:"-" json:"payload_samples,omitempty"`
	// Content is what messages are filled with behind their stamp.
	Content Content       `yaml:"content" json:"content,omitempty"`
	Warmup  time.Duration `yaml:"warmup" json:"warmup_ns"`
	// Duration is the steady phase: what is measured.
	Duration time.Duration `yaml:"duration" json:"duration_ns"`
	// TimeScale is how many times as fast as for real everything periodic goes: rates, pings, holds and polls. What a client takes in an hour is told for an hour of
	// theirs. Empty, as in files made before a scenario said it, is 1.
	TimeScale int `yaml:"time_scale" json:"time_scale,omitempty"`
	// Stages are how the load changes in the steady phase; without any it does not.
	Stages     Stages      `yaml:"stages" json:"stages,omitempty"`
	Rounds     int         `yaml:"rounds" json:"rounds"`
	Transports []Transport `yaml:"transports" json:"transports"`
	// Mix is which transports the clients of transport [Mix] use, each a share of them.
	Mix []TransportShare `yaml:"mix" json:"mix,omitempty"`
	// Client is whose protocol code the clients run. Empty, as in files made before a scenario said it, is what the generator says of itself.
	Client ClientKind `yaml:"client" json:"client,omitempty"`

	// Slow makes a share of the clients read slowly.
	Slow Slow `yaml:"slow" json:"slow"`

	// Server is how the reference server is set up.
	Server Server `yaml:"server" json:"server"`

	Network Network `yaml:"network" json:"network"`
	// TLS is the version that clients and server speak; TLSResumption lets a client that reconnects resume its last session.
	TLS           TLSVersion `yaml:"tls" json:"tls"`
	TLSResumption bool       `yaml:"tls_resumption" json:"tls_resumption"`

	// HTTP is what polls speak.
	HTTP HTTPVersion `yaml:"http" json:"http,omitempty"`
	// Compression is of what the server sends; what clients send is as it is, as browsers send it.
	Compression Compression `yaml:"compression" json:"compression,omitempty"`

	Headers   Headers      `yaml:"headers" json:"headers"`
	SSE       EventStream  `yaml:"sse" json:"sse"`
	WebSocket WebSocketing `yaml:"websocket" json:"websocket"`
	LongPoll  LongPolling  `yaml:"longpoll" json:"longpoll"`
	ShortPoll ShortPolling `yaml:"shortpoll" json:"shortpoll"`

	// Fallback is how many of the clients of a WebSocket arm are behind a proxy that lets no Upgrade through, and fall back to long-polling.
	Fallback Fraction `yaml:"fallback" json:"fallback,omitempty"`
	// Reconnect is how a client that lost its session comes back.
	Reconnect Reconnecting `yaml:"reconnect" json:"reconnect"`
	// Outage is a failure in the steady phase.
	Outage Outage `yaml:"outage" json:"outage"`
	// Churn is how clients leave and come.
	Churn Churn `yaml:"churn" json:"churn"`

	// Thresholds are rules such as `websocket: p(99)<50ms`, which ParseThreshold reads; a run file holds what became of them.
	Thresholds []string `yaml:"thresholds" json:"thresholds,omitempty"`

	// Gate is how a candidate is judged against a baseline.
	Gate Gate `yaml:"gate" json:"gate"`

	// Sweep are the parameters varied within the run: every combination of their values is an arm of its own.
	Sweep Sweep `yaml:"sweep" json:"sweep,omitempty"`
}

// Server parametrises the reference server. Servers of others do not know it.
type Server struct {
	// Procs is on how many processors at once the server's Go code runs, its GOMAXPROCS; 0 is all it may use.
	Procs int `yaml:"procs" json:"procs,omitempty"`
	// LogMessages is how many messages of each topic the server keeps.
	LogMessages int `yaml:"log_messages" json:"log_messages,omitempty"`
	// SendBuffer is the kernel's send buffer for each connection; 0 leaves it to the kernel, which on loopback grows it to megabytes, as no real path has it do.
	SendBuffer Size `yaml:"send_buffer" json:"send_buffer_bytes,omitempty"`
	// WriteTimeout is how long a client may take nothing before the server cuts it off.
	WriteTimeout time.Duration `yaml:"write_timeout" json:"write_timeout_ns,omitempty"`
}

// Slow is clients that read slowly.
type Slow struct {
	// Share of the clients that do; 0 is none.
	Share Fraction `yaml:"share" json:"share,omitempty"`
	// Rate is what each of them reads.
	Rate Bandwidth `yaml:"rate" json:"rate_bytes_per_second,omitempty"`
}

// Network is the emulated network between the clients and the server; the zero value emulates nothing.
type Network struct {
	// Delay is one way, on every byte in each direction.
	Delay time.Duration `yaml:"delay" json:"delay_ns"`
	// Jitter is the largest addition to Delay, uniform, never reordering a connection.
	Jitter time.Duration `yaml:"jitter" json:"jitter_ns,omitempty"`
	// Bandwidth is bytes per second for each connection and direction; 0 is unlimited.
	Bandwidth Bandwidth `yaml:"bandwidth" json:"bandwidth_bytes_per_second,omitempty"`
	// Nagle leaves Nagle's algorithm on, at both ends; off (TCP_NODELAY) is what browsers and Go servers do.
	Nagle bool `yaml:"nagle" json:"nagle,omitempty"`
}

// WebSocketing parametrises WebSockets.
type WebSocketing struct {
	// Ping is the time between two pings that the server sends to each client, which answers; 0 is none. Socket.IO pings every 25 s, SignalR after 15 s of
	// silence, the ws library for Node where its README's example is followed every 30 s; many servers never do, and leave it to proxies to cut what idles.
	Ping time.Duration `yaml:"ping" json:"ping_ns,omitempty"`
}

// MinPing is the shortest time between two pings.
const MinPing = 100 * time.Millisecond

// EventStream parametrises server-sent events.
type EventStream struct {
	// KeepAlive is the longest that a stream stays silent: then the server sends a comment.
	KeepAlive time.Duration `yaml:"keepalive" json:"keepalive_ns,omitempty"`
}

// LongPolling parametrises the long-polling client.
type LongPolling struct {
	// Hold is how long the server may keep a poll open before it answers that there is nothing.
	Hold time.Duration `yaml:"hold" json:"hold_ns"`
	// Batch lets one response carry every message that is due; without it each response carries one.
	Batch bool `yaml:"batch" json:"batch"`
	// Turnaround is what a client does between a response read and the next poll written.
	Turnaround time.Duration `yaml:"turnaround" json:"turnaround_ns"`
}

// ShortPolling parametrises the plain polling client.
type ShortPolling struct {
	Interval time.Duration `yaml:"interval" json:"interval_ns"`
	Schedule PollSchedule  `yaml:"schedule" json:"schedule"`
}

// HeaderPreset names a recorded set of request headers.
type HeaderPreset string

// The header presets.
const (
	HeadersBrowser HeaderPreset = "browser" // what a current browser sends with such a request
	HeadersNone    HeaderPreset = "none"    // only what the protocol requires
	HeadersSized   HeaderPreset = "sized"   // explicit sizes
)

// Headers says what the requests and responses carry beyond what the protocol requires.
// In a file it is `browser`, `none`, explicit sizes `{request: 400B, cookie: 200B, response: 100B}`,
// or a preset whose cookie or response is resized: `{preset: browser, cookie: 4KiB}`.
type Headers struct {
	Preset HeaderPreset `yaml:"preset" json:"preset"`
	// Request is the bytes of header lines added to each request, the cookie not counted. Only with HeadersSized.
	Request Size `yaml:"request" json:"request_bytes,omitempty"`
	// Cookie is the bytes of the Cookie header line. Not with HeadersNone.
	Cookie Size `yaml:"cookie" json:"cookie_bytes,omitempty"`
	// Response is the bytes of header lines the server adds to each response. Not with HeadersNone.
	Response Size `yaml:"response" json:"response_bytes,omitempty"`
}

// Default returns the values that a scenario file leaves out.
func Default() Scenario {
	return Scenario{
		RoomSize:    10,
		Clients:     1000,
		Rate:        2,
		Arrivals:    Poisson,
		Burst:       100,
		Payload:     128,
		Content:     Letters,
		Warmup:      time.Second,
		Duration:    5 * time.Second,
		TimeScale:   1,
		Rounds:      3,
		Transports:  []Transport{WebSocket, LongPoll, LongPollNewConn, ShortPoll},
		Client:      Lean,
		Slow:        Slow{Rate: 10_000},
		Server:      Server{LogMessages: 16384, WriteTimeout: 30 * time.Second},
		TLS:         TLSOff,
		HTTP:        HTTP1,
		Compression: CompressionOff,
		Headers:     Headers{Preset: HeadersBrowser, Cookie: DefaultCookie},
		SSE:         EventStream{KeepAlive: 15 * time.Second},
		LongPoll:    LongPolling{Hold: 25 * time.Second, Batch: true},
		ShortPoll:   ShortPolling{Interval: time.Second, Schedule: PollFixed},
		Reconnect:   Reconnecting{Max: 5 * time.Second, Jitter: FullJitter, Resume: true},
		Churn:       Churn{Away: time.Second},
		Gate:        DefaultGate(),
	}
}

// DefaultCookie is the length in bytes of the Cookie line that goes with `headers: browser`.
const DefaultCookie Size = 200

// MinPayload is the smallest payload that still holds the stamp a message carries: run, topic, sequence and intended time.
const MinPayload Size = 48
