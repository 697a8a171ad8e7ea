package scenarios

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
)

// The bounds that several parameters share. They are far beyond any use: they catch a slipped unit, not an ambition.
var (
	rateBounds   = bounds[Rate]{0.001 / 3600, 10e6}
	pauseBounds  = bounds[time.Duration]{0, time.Minute}
	headerBounds = bounds[Size]{0, 256 << 10}
)

// namePattern keeps names usable as a file's name, a tag and a word of a command line.
const namePattern = `^[a-z0-9][a-z0-9._-]{0,63}$`

var nameExpression = regexp.MustCompile(namePattern)

// parameters is the table behind Parameters, in the order of a scenario file.
var parameters = slices.Concat(identityParameters(), workloadParameters(), sectionParameters(), sessionParameters(), []Parameter{
	listParameter("thresholds", "Rules that fail the run, such as `websocket: p(99)<50ms`.", func(s *Scenario) *[]string { return &s.Thresholds }).
		with(func(p *Parameter) { p.Allowed = thresholdForm }),
}, gateParameters())

func identityParameters() []Parameter {
	return []Parameter{
		text("name", "What the scenario is called on the command line and in results.", 64,
			func(s *Scenario) *string { return &s.Name }).with(nameRules),
		text("title", "The workload in a few words.", 200, func(s *Scenario) *string { return &s.Title }),
		text("question", "What the scenario answers, as a person would ask it.", 1000, func(s *Scenario) *string { return &s.Question }),
		answerParameter(),
		text("caveat", "What the answer does not say.", 1000, func(s *Scenario) *string { return &s.Caveat }),
	}
}

func nameRules(p *Parameter) {
	p.Allowed = "lower-case letters, digits, '-', '_' and '.', at most 64, a letter or digit first"
	p.check = func(s *Scenario) string {
		switch {
		case s.Name == "":
			return "is missing"
		case !nameExpression.MatchString(s.Name):
			return fmt.Sprintf("%q cannot be a name", s.Name)
		}
		return ""
	}
	p.schema = func() *jsonschema.Schema { return &jsonschema.Schema{Type: "string", Pattern: namePattern} }
}

func workloadParameters() []Parameter {
	return []Parameter{
		choice("pattern", "Who publishes to whom.", Patterns, func(s *Scenario) *Pattern { return &s.Pattern }),
		number("room_size", "Clients in each room, with pattern rooms.", countCodec, func(s *Scenario) *int { return &s.RoomSize }, bounds[int]{1, 100_000}).
			with(added).with(unless(func(s *Scenario) bool { return s.RoomSize == 0 && s.Pattern != Rooms })),
		number("clients", "Simulated users of each arm.", countCodec,
			func(s *Scenario) *int { return &s.Clients }, bounds[int]{1, 1_000_000}).then((*Scenario).rescale),
		number("rate", "Publishes in all, 0/s for none; not beside rate_per_client.", rateCodec,
			func(s *Scenario) *Rate { return &s.Rate }, bounds[Rate]{0, rateBounds.most}).then(func(s *Scenario) { s.RatePerClient = 0 }),
		number("rate_per_client", "Publishes for each client; not beside rate.", rateCodec,
			func(s *Scenario) *Rate { return &s.RatePerClient }, rateBounds).then((*Scenario).rescale).
			with(unless(func(s *Scenario) bool { return s.RatePerClient == 0 })),
		number("up_rate", "Messages that clients send to the application, in all, with pattern duplex; 0/s is as many as they receive.", rateCodec,
			func(s *Scenario) *Rate { return &s.UpRate }, rateBounds).with(unless(func(s *Scenario) bool { return s.UpRate == 0 })),
		choice("arrivals", "The process by which publishes fall due.", ArrivalProcesses, func(s *Scenario) *Arrivals { return &s.Arrivals }),
		number("burst", "Publishes due at one instant, with arrivals burst.", countCodec, func(s *Scenario) *int { return &s.Burst }, bounds[int]{1, 1_000_000}).
			with(added).with(unless(func(s *Scenario) bool { return s.Burst == 0 && s.Arrivals != Burst })),
		number("payload", "Bytes of each message, its stamp included.", sizeCodec,
			func(s *Scenario) *Size { return &s.Payload }, bounds[Size]{MinPayload, maxPayload}).
			with(unless(func(s *Scenario) bool { return s.Payload == 0 && (len(s.PayloadMix) > 0 || s.PayloadFile != "") })).
			before(func(s *Scenario) { s.PayloadMix, s.PayloadFile, s.PayloadField, s.PayloadSamples = nil, "", "", nil }),
		number("payload_max", "Largest message: sizes are drawn from payload up to this, evenly over their logarithm; 0B gives all the same size.", sizeCodec,
			func(s *Scenario) *Size { return &s.PayloadMax }, bounds[Size]{0, maxPayload}),
		payloadMixParameter(),
		text("payload_file", "Real messages, a JSON object on each line, sent in random order and equally often; not beside payload. In a file the path is relative to it.", 1000,
			func(s *Scenario) *string { return &s.PayloadFile }).with(overridable).before((*Scenario).clearPayload),
		text("payload_field", "The field of such a message that a stamp of 48 bytes goes into: its name, or names with dots between.", 200,
			func(s *Scenario) *string { return &s.PayloadField }).with(overridable),
		choice("content", "What messages are filled with: letters, which compress to almost nothing, or text, English words at random.", Contents,
			func(s *Scenario) *Content { return &s.Content }).with(added),
		number("warmup", "Load before anything is measured.", durationCodec,
			func(s *Scenario) *time.Duration { return &s.Warmup }, bounds[time.Duration]{0, time.Hour}),
		number("duration", "The steady phase: what is measured.", durationCodec,
			func(s *Scenario) *time.Duration { return &s.Duration }, bounds[time.Duration]{time.Millisecond, 24 * time.Hour}),
		number("time_scale", "How many times as fast as for real rates, pings, holds and polls go here: what a client takes in an hour is told for an hour of the workload that is meant.", countCodec,
			func(s *Scenario) *int { return &s.TimeScale }, bounds[int]{1, 3600}).with(added),
		stagesParameter(),
		number("rounds", "Timed repetitions of each arm.", countCodec,
			func(s *Scenario) *int { return &s.Rounds }, bounds[int]{1, 10_000}).with(func(p *Parameter) { p.fixed = true }),
		transportsParameter(),
		mixParameter(),
		choice("client", "Whose protocol code the simulated clients run: lean, which is ours, or library, coder/websocket and net/http.", ClientKinds,
			func(s *Scenario) *ClientKind { return &s.Client }).with(added),
		number("slow.share", "Share of the clients that read slowly, evenly among the others.", fractionCodec,
			func(s *Scenario) *Fraction { return &s.Slow.Share }, bounds[Fraction]{0, 0.9}),
		number("slow.rate", "What each slow client reads, through a small buffer of the kernel's.", bandwidthCodec,
			func(s *Scenario) *Bandwidth { return &s.Slow.Rate }, bounds[Bandwidth]{100, 1e9}).with(added),
		number("server.procs", "On how many processors at once the reference server runs (GOMAXPROCS); 0 is all that it may use.", countCodec,
			func(s *Scenario) *int { return &s.Server.Procs }, bounds[int]{0, 1024}),
		number("server.log_messages", "Messages that the reference server keeps of each topic: a client further behind misses some.", countCodec,
			func(s *Scenario) *int { return &s.Server.LogMessages }, bounds[int]{1, 10_000_000}).with(added),
		number("server.send_buffer", "The kernel's send buffer for each of the reference server's connections; 0B leaves it to the kernel.", sizeCodec,
			func(s *Scenario) *Size { return &s.Server.SendBuffer }, bounds[Size]{0, 1 << 30}),
		number("server.write_timeout", "How long a client may take nothing before the reference server cuts it off.", durationCodec,
			func(s *Scenario) *time.Duration { return &s.Server.WriteTimeout }, bounds[time.Duration]{time.Millisecond, time.Hour}).with(added),
	}
}

// maxPayload is the largest message.
const maxPayload Size = 16 << 20

// overridable lets flags set a text; it is the same for all arms.
func overridable(p *Parameter) { p.identity, p.fixed = false, true }

// added marks a parameter that run files of older versions do not have: there it has the value of nothing, and its default is meant.
func added(p *Parameter) { p.added = true }

// unless leaves a value unchecked where it does not count.
func unless(idle func(*Scenario) bool) func(*Parameter) {
	return func(p *Parameter) {
		check := p.check
		p.check = func(s *Scenario) string {
			if idle(s) {
				return ""
			}
			return check(s)
		}
	}
}

// rescale keeps Rate in step with RatePerClient while that is in force.
func (s *Scenario) rescale() {
	if s.RatePerClient != 0 {
		s.Rate = s.RatePerClient * Rate(s.Clients)
	}
}

func sectionParameters() []Parameter {
	return []Parameter{
		number("network.delay", "Emulated delay, one way, in each direction.", durationCodec,
			func(s *Scenario) *time.Duration { return &s.Network.Delay }, pauseBounds),
		number("network.jitter", "Largest addition to the delay, uniform, never reordering a connection.", durationCodec,
			func(s *Scenario) *time.Duration { return &s.Network.Jitter }, pauseBounds),
		number("network.bandwidth", "Bytes per second of each connection and direction; 0B/s is unlimited.", bandwidthCodec,
			func(s *Scenario) *Bandwidth { return &s.Network.Bandwidth }, bounds[Bandwidth]{0, 1e12}),
		scalar("network.nagle", "Whether Nagle's algorithm stays on, at both ends.", boolCodec, func(s *Scenario) *bool { return &s.Network.Nagle }),
		choice("tls", "What the connections are encrypted with.", TLSVersions, func(s *Scenario) *TLSVersion { return &s.TLS }),
		scalar("tls_resumption", "Whether a client that reconnects resumes its last TLS session.", boolCodec,
			func(s *Scenario) *bool { return &s.TLSResumption }),
		choice("http", "The HTTP that polls speak: h2 takes client library, and is compared with cells of that client only.", HTTPVersions,
			func(s *Scenario) *HTTPVersion { return &s.HTTP }).with(added),
		choice("compression", "Whether the reference server compresses what it sends: deflate is permessage-deflate on WebSockets and gzip on answers to polls.", Compressions,
			func(s *Scenario) *Compression { return &s.Compression }).with(added),
		headersParameter(),
		number("headers.request", "Header bytes added to each request, without the cookie.", sizeCodec,
			func(s *Scenario) *Size { return &s.Headers.Request }, headerBounds).then(func(s *Scenario) { s.Headers.Preset = HeadersSized }),
		number("headers.cookie", "Bytes of the Cookie header line.", sizeCodec,
			func(s *Scenario) *Size { return &s.Headers.Cookie }, headerBounds).then((*Scenario).sizeHeaders),
		number("headers.response", "Header bytes the server adds to each response.", sizeCodec,
			func(s *Scenario) *Size { return &s.Headers.Response }, headerBounds).then((*Scenario).sizeHeaders),
		number("sse.keepalive", "The longest that a stream of events stays silent: then the server sends a comment.", durationCodec,
			func(s *Scenario) *time.Duration { return &s.SSE.KeepAlive }, bounds[time.Duration]{time.Millisecond, time.Hour}).with(added),
		number("websocket.ping", "The time between two pings that the server sends to each WebSocket; 0s for none.", durationCodec,
			func(s *Scenario) *time.Duration { return &s.WebSocket.Ping }, bounds[time.Duration]{MinPing, time.Hour}).
			with(unless(func(s *Scenario) bool { return s.WebSocket.Ping == 0 })),
		number("longpoll.hold", "How long the server may keep a poll open before it answers that there is nothing.", durationCodec,
			func(s *Scenario) *time.Duration { return &s.LongPoll.Hold }, bounds[time.Duration]{time.Millisecond, time.Hour}),
		scalar("longpoll.batch", "Whether one response carries every message that is due.", boolCodec,
			func(s *Scenario) *bool { return &s.LongPoll.Batch }),
		number("longpoll.turnaround", "What a client does between a response read and the next poll written.", durationCodec,
			func(s *Scenario) *time.Duration { return &s.LongPoll.Turnaround }, pauseBounds),
		number("shortpoll.interval", "The time between two polls.", durationCodec,
			func(s *Scenario) *time.Duration { return &s.ShortPoll.Interval }, bounds[time.Duration]{time.Millisecond, time.Hour}),
		choice("shortpoll.schedule", "Whether polls keep to a fixed grid or sleep after each response.", PollSchedules,
			func(s *Scenario) *PollSchedule { return &s.ShortPoll.Schedule }),
	}
}

// sizeHeaders turns absent headers into sized ones once a size is given; the browser's keep their own lines.
func (s *Scenario) sizeHeaders() {
	if s.Headers.Preset == HeadersNone {
		s.Headers.Preset = HeadersSized
	}
}

// headersParameter is the preset; choosing one also sets the sizes that go with it.
func headersParameter() Parameter {
	presets := []HeaderPreset{HeadersBrowser, HeadersNone, HeadersSized}
	p := choice("headers", "What requests and responses carry beyond what the protocol requires.", presets,
		func(s *Scenario) *HeaderPreset { return &s.Headers.Preset })
	p.Allowed = "browser, none or a map of sizes such as {request: 400B, cookie: 200B, response: 100B}"
	return p.then(func(s *Scenario) {
		s.Headers = Headers{Preset: s.Headers.Preset}
		if s.Headers.Preset == HeadersBrowser {
			s.Headers.Cookie = DefaultCookie
		}
	})
}

func transportsParameter() Parameter {
	p := listParameter("transports", "What is compared.", nil)
	p.Allowed = "a list of " + joined(Comparable)
	p.items = func(s *Scenario) []string { return textsOf(s.Transports) }
	p.setItems = func(s *Scenario, items []string) {
		s.Transports = nil
		for _, item := range items {
			s.Transports = append(s.Transports, Transport(item))
		}
	}
	p.checkItem = transportProblem
	p.check = func(s *Scenario) string {
		if len(s.Transports) == 0 {
			return "is empty"
		}
		return ""
	}
	p.schema = func() *jsonschema.Schema {
		return &jsonschema.Schema{Type: "array", MinItems: jsonschema.Ptr(1), UniqueItems: true, Items: enumSchema(Comparable)}
	}
	return p.asList()
}

func transportProblem(items []string, i int) string {
	switch known := textsOf(Comparable); {
	case !slices.Contains(known, items[i]):
		return fmt.Sprintf("%q is not a transport%s", items[i], didYouMean(items[i], known))
	case slices.Contains(items[:i], items[i]):
		return fmt.Sprintf("%s is there twice", items[i])
	}
	return ""
}

// listParameter makes the parameter for a list of texts.
func listParameter(path, doc string, at func(*Scenario) *[]string) Parameter {
	return Parameter{
		Path: path, Doc: doc, Kind: "list", Allowed: "a list of lines of printable text", tags: []string{tagString},
		items:     func(s *Scenario) []string { return *at(s) },
		setItems:  func(s *Scenario, items []string) { *at(s) = items },
		check:     func(*Scenario) string { return "" },
		checkItem: ruleProblem,
		schema:    ruleListSchema,
	}.asList()
}

// asList gives a list the texts that flags use: its items with commas between.
func (p Parameter) asList() Parameter {
	p.get = func(s *Scenario) string { return strings.Join(p.items(s), ",") }
	p.set = func(s *Scenario, v string) error { p.setItems(s, splitList(v)); return nil }
	return p
}

func ruleProblem(items []string, i int) string {
	if item := items[i]; item == "" || len(item) > 1000 || !isOneLine(item) {
		return fmt.Sprintf("%.60q is empty, too long or not one line of printable text", item)
	}
	return ""
}

// splitList cuts a flag's value at the commas; an empty value is an empty list.
func splitList(v string) []string {
	if strings.TrimSpace(v) == "" {
		return nil
	}
	items := strings.Split(v, ",")
	for i := range items {
		items[i] = strings.TrimSpace(items[i])
	}
	return items
}
