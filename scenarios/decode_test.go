package scenarios

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// head is the two keys every file needs; it is two lines long.
const head = "name: x\npattern: broadcast\n"

func TestDecodeDefaults(t *testing.T) {
	got, err := Decode("x.yaml", []byte(head))
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Name, want.Pattern = "x", Broadcast
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeEveryKey(t *testing.T) {
	got, err := Decode("x.yaml", []byte(`
name: full
title: "A title"
question: >
  Does a folded
  question work?
answer: [server_cpu, latency]
caveat: It does not say all.
pattern: echo
room_size: 7
clients: 1.5k
rate_per_client: 6/min
up_rate: 5/s
arrivals: constant
burst: 50
payload: 16KiB
warmup: 0
duration: 1m30s
time_scale: 30
stages: ''
rounds: 7
transports: [shortpoll, websocket]
client: library
slow: {share: 10%, rate: 2kB/s}
server: {procs: 3, log_messages: 1k, send_buffer: 64KiB, write_timeout: 2s}
network: {delay: 40ms, jitter: 5ms, bandwidth: 10MB/s, nagle: true}
tls: tls1.3
tls_resumption: true
payload_max: 1MiB
content: text
http: h2
compression: deflate
headers: {request: 400B, cookie: 200, response: 1kB}
sse: {keepalive: 40s}
websocket: {ping: 30s}
longpoll: {hold: 20s, batch: false, turnaround: 3ms}
shortpoll: {interval: 250ms, schedule: sleep}
reconnect: {backoff: 200ms, max: 3s, jitter: none, resume: false}
outage: {at: 10s, refuse: 1s, kill: false}
churn: {share: 0, away: 3s}
fallback: 25%
thresholds:
  - websocket: p(99)<50ms
  - "longpoll: p(99)<80ms"
gate:
  tolerance: 5%
  limit: 0.2
  alpha: 2%
  min_pairs: 7
  max_pairs: 30
  metrics: [latency_p99, missed]
  transports: [longpoll]
  accept:
    - {metric: latency_p99, transport: longpoll, until: 2027-01-31, reason: the new codec}
    - {metric: missed, until: "2027-02-01", reason: known}
sweep: {rate_per_client: 1..4:x2, network.delay: 0..50ms:+25ms}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := &Scenario{
		Name: "full", Title: "A title", Question: "Does a folded question work?", Answer: []Figure{AnswerServerCPU, AnswerLatency},
		Caveat: "It does not say all.", Pattern: Echo, RoomSize: 7,
		Clients: 1500, Rate: 0.1 * 1500, RatePerClient: 0.1, UpRate: 5, Burst: 50, Arrivals: Constant, Payload: 16384,
		Duration: 90e9, TimeScale: 30, Rounds: 7, Transports: []Transport{ShortPoll, WebSocket}, Client: Library, Slow: Slow{Share: 0.1, Rate: 2000},
		Server:  Server{Procs: 3, LogMessages: 1000, SendBuffer: 64 << 10, WriteTimeout: 2e9},
		Network: Network{Delay: 40e6, Jitter: 5e6, Bandwidth: 10e6, Nagle: true},
		TLS:     TLS13, TLSResumption: true, PayloadMax: 1 << 20, Content: Text, HTTP: HTTP2, Compression: Deflate,
		Headers:    Headers{Preset: HeadersSized, Request: 400, Cookie: 200, Response: 1000},
		SSE:        EventStream{KeepAlive: 40e9},
		WebSocket:  WebSocketing{Ping: 30e9},
		LongPoll:   LongPolling{Hold: 20e9, Turnaround: 3e6},
		ShortPoll:  ShortPolling{Interval: 250e6, Schedule: PollSleep},
		Reconnect:  Reconnecting{Backoff: 200e6, Max: 3e9, Jitter: NoJitter},
		Outage:     Outage{At: 10e9, Refuse: 1e9},
		Churn:      Churn{Away: 3e9},
		Fallback:   0.25,
		Thresholds: []string{"websocket: p(99)<50ms", "longpoll: p(99)<80ms"},
		Gate: Gate{
			Tolerance: 0.05, Limit: 0.2, Alpha: 0.02, MinPairs: 7, MaxPairs: 30, Metrics: []string{"latency_p99", "missed"}, Transports: []Transport{LongPoll},
			Accept: []Accepted{{"latency_p99", LongPoll, "2027-01-31", "the new codec"}, {"missed", "", "2027-02-01", "known"}},
		},
		Sweep: Sweep{{"rate_per_client", []string{"1/s", "2/s", "4/s"}}, {"network.delay", []string{"0s", "25ms", "50ms"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeHeaders(t *testing.T) {
	for text, want := range map[string]Headers{
		"browser":                         {Preset: HeadersBrowser, Cookie: DefaultCookie},
		"none":                            {Preset: HeadersNone},
		"{request: 1kB}":                  {Preset: HeadersSized, Request: 1000},
		"{preset: browser, cookie: 4KiB}": {Preset: HeadersBrowser, Cookie: 4096},
		"{cookie: 4KiB, preset: browser}": {Preset: HeadersBrowser, Cookie: 4096},
		"{preset: browser}":               {Preset: HeadersBrowser, Cookie: DefaultCookie},
		"{preset: sized, request: 1B, response: 2KB}": {Preset: HeadersSized, Request: 1, Response: 2000},
		"{}": {Preset: HeadersSized},
	} {
		s, err := Decode("x.yaml", []byte(head+"headers: "+text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if s.Headers != want {
			t.Errorf("%s: got %+v; want %+v", text, s.Headers, want)
		}
	}
}

// TestDecodeProblems gives files and the beginnings of all the problems they must yield, and no others.
func TestDecodeProblems(t *testing.T) {
	bomb := head + "title: &a [x]\nquestion: &b [*a, *a]\nsweep: &c [*b, *b]\nthresholds: [*c, *c]\n"
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"three mistakes": {head + "clients: 0\nrtae: 5/s\npayload: 12B\n", []string{
			"x.yaml:3:1: clients: 0 is out of range (allowed: a whole number such as 1000 or 10k, from 1 to 1000000)",
			`x.yaml:4:1: rtae: is not a key of a scenario; did you mean "rate"? (allowed: name, title,`,
			"x.yaml:5:1: payload: 12B is out of range (allowed: a whole number of bytes such as 128B, 16KiB or 1MB, from 48B to 16MiB)",
		}},
		"missing":           {"title: t\n", []string{"x.yaml:1:1: name: is missing", "x.yaml:1:1: pattern: is missing (allowed: broadcast, direct, echo, rooms, duplex)"}},
		"bad rate":          {head + "rate: 5\n", []string{`x.yaml:3:1: rate: "5" is a number (allowed: a number and a unit such as 500/s`}},
		"bad rate text":     {head + "rate: fast\n", []string{`x.yaml:3:1: rate: "fast" is not a rate (allowed: a number and a unit`}},
		"bad enum":          {head + "arrivals: poison\n", []string{`x.yaml:3:1: arrivals: "poison" is unknown; did you mean "poisson"?`}},
		"both rates":        {head + "rate: 5/s\nrate_per_client: 1/s\n", []string{"x.yaml:4:1: rate_per_client: stands beside rate"}},
		"both rates turned": {head + "rate_per_client: 1/s\nrate: 5/s\n", []string{"x.yaml:4:1: rate: stands beside rate_per_client"}},
		"no duration":       {head + "duration: 0s\n", []string{"x.yaml:3:1: duration: 0s is out of range"}},
		"negative duration": {head + "duration: -1s\n", []string{"x.yaml:3:1: duration: -1s is out of range"}},
		"bare duration":     {head + "duration: 5\n", []string{`x.yaml:3:1: duration: "5" is not a duration`}},
		"no publish":        {head + "duration: 100ms\n", []string{"x.yaml:3:1: duration: 2/s for 100ms gives no publish"}},
		"no publish, rate":  {head + "duration: 100ms\nrate: 1/s\n", []string{"x.yaml:4:1: rate: 1/s for 100ms gives no publish"}},
		"no cascade":        {head + "duration: 100ms\nrate: 1\n", []string{`x.yaml:4:1: rate: "1" is a number`}},
		"too many":          {head + "duration: 24h\nrate: 1M/s\n", []string{"x.yaml:4:1: rate: 1000000/s for 24h0m1s gives 86401000000 publishes"}},
		"rate too large":    {head + "rate_per_client: 10M/s\n", []string{"x.yaml:3:1: rate_per_client: 10000000000/s is out of range"}},
		"transport twice":   {head + "transports: [websocket, longpoll,\n  websocket]\n", []string{"x.yaml:4:3: transports: websocket is there twice"}},
		"two transports": {head + "transports: [websockt, longpol]\n", []string{
			`x.yaml:3:14: transports: "websockt" is not a transport; did you mean "websocket"? (allowed: a list of websocket, sse, longpoll, longpoll-newconn, shortpoll, mix)`,
			`x.yaml:3:24: transports: "longpol" is not a transport; did you mean "longpoll"?`,
		}},
		"comma in item":      {head + "transports: ['websocket,longpoll']\n", []string{`x.yaml:3:14: transports: "websocket,longpoll" is not a transport`}},
		"no transports":      {head + "transports: []\n", []string{"x.yaml:3:1: transports: is empty"}},
		"transports a word":  {head + "transports: websocket\n", []string{`x.yaml:3:1: transports: "websocket" is text (allowed: a list of`}},
		"transport a list":   {head + "transports: [[websocket]]\n", []string{"x.yaml:3:14: transports: is a list"}},
		"null":               {head + "rate:\n", []string{"x.yaml:3:1: rate: has no value"}},
		"null section":       {head + "network:\n", []string{"x.yaml:3:1: network: is null (allowed: a mapping of delay, jitter, bandwidth, nagle)"}},
		"list for a scalar":  {head + "rate: [1/s]\n", []string{"x.yaml:3:1: rate: is a list"}},
		"unknown in section": {head + "network: {delya: 1ms}\n", []string{`x.yaml:3:11: network.delya: is not a key of a scenario; did you mean "delay"?`}},
		"lost its section":   {head + "hold: 1s\n", []string{`x.yaml:3:1: hold: is not a key of a scenario; did you mean "longpoll.hold"?`}},
		"another tool's":     {head + "connections: 5\n", []string{`x.yaml:3:1: connections: is not a key of a scenario; did you mean "clients"?`}},
		"bad bool":           {head + "longpoll: {batch: yes}\n", []string{`x.yaml:3:12: longpoll.batch: "yes" is text (allowed: true or false)`}},
		"name a number":      {"name: 5\npattern: echo\n", []string{`x.yaml:1:1: name: "5" is a number`}},
		"bad name":           {"name: ../x\npattern: echo\n", []string{`x.yaml:1:1: name: "../x" cannot be a name`}},
		"two-line title":     {head + "title: \"a\\nb\"\n", []string{"x.yaml:3:1: title: is too long or not one line"}},
		"duplicate key":      {head + "rate: 5/s\nrate: 6/s\n", []string{"x.yaml:4:1: rate: is set already on line 3"}},
		"duplicate nested":   {head + "headers: {cookie: 1B, cookie: 2B}\n", []string{"x.yaml:3:23: headers.cookie: is set already on line 3"}},
		"headers sized":      {head + "headers: sized\n", []string{"x.yaml:3:1: headers: has no sizes"}},
		"headers unknown":    {head + "headers: chrome\n", []string{`x.yaml:3:1: headers: "chrome" is unknown`}},
		"headers contradict": {head + "headers: {preset: none, cookie: 5B, request: 6B}\n", []string{
			"x.yaml:3:25: headers.cookie: 5B contradicts headers none", "x.yaml:3:37: headers.request: 6B contradicts headers none",
		}},
		"browser request":              {head + "headers: {preset: browser, request: 5B}\n", []string{"x.yaml:3:28: headers.request: 5B contradicts headers browser"}},
		"late outage":                  {head + "reconnect: {backoff: 1s}\noutage: {at: 5s}\n", []string{"x.yaml:4:10: outage.at: puts the outage at 5s behind the steady phase of 5s (allowed: an outage.at below duration)"}},
		"outage for good":              {head + "outage: {at: 1s}\n", []string{"x.yaml:3:10: outage.at: needs clients that come back (allowed: a reconnect.backoff above 0s"}},
		"killed and encrypted":         {head + "reconnect: {backoff: 1s}\noutage: {at: 1s, kill: true}\ntls: tls1.3\n", []string{"x.yaml:4:18: outage.kill: contradicts tls tls1.3"}},
		"killed under the application": {"name: x\npattern: duplex\nreconnect: {backoff: 1s}\noutage: {at: 1s, kill: true}\n", []string{"x.yaml:4:18: outage.kill: contradicts pattern duplex"}},
		"churn of all":                 {head + "churn: {share: 50%, away: 2s}\n", []string{"x.yaml:3:21: churn.away: lets 100% of the clients be away at a time (allowed: churn.share × churn.away of at most 80%)"}},
		"churn of senders":             {"name: x\npattern: echo\nchurn: {share: 10%}\n", []string{"x.yaml:3:9: churn.share: contradicts pattern echo"}},
		"churn in an outage":           {head + "churn: {share: 10%}\nreconnect: {backoff: 1s}\noutage: {at: 1s}\n", []string{"x.yaml:3:9: churn.share: contradicts outage.at"}},
		"stages": {"name: x\npattern: broadcast\nstages:\n  - {duration: 1s, clients: 5}\n  - 2s:5\n  - {duration: 1s, clients: 5, rate: 3}\n  - {duration: 1s, clients: 5, rate: 3/s, load: 2}\n", []string{
			"x.yaml:4:5: stages: has a stage without rate (allowed: a list of", `x.yaml:5:5: stages: stage "2s:5": want duration:clients:rate`, `x.yaml:6:5: stages: rate "3": want`, `x.yaml:7:43: stages: "load" is no number of a stage`,
		}},
		"stages beside others": {"name: x\npattern: echo\nwarmup: 500ms\nstages: 1s:5:5/s,1500ms:7:5/s\nchurn: {share: 10%}\nclients: 6\n", []string{
			"x.yaml:3:1: warmup: lets the stages begin after 500ms", "x.yaml:4:1: stages: has a stage of 1.5s: results are kept by the second",
			"x.yaml:4:1: stages: contradict pattern echo", "x.yaml:4:1: stages: contradict churn.share", "x.yaml:5:9: churn.share: contradicts pattern echo",
			"x.yaml:6:1: clients: 6 contradicts the stages, of which the largest has 7",
		}},
		"outage at no time":  {head + "outage: {refuse: 1s}\n", []string{"x.yaml:3:10: outage.refuse: needs an outage.at"}},
		"longest wait":       {head + "reconnect: {backoff: 6s}\n", []string{"x.yaml:3:13: reconnect.backoff: lets reconnect.max 5s be below reconnect.backoff 6s"}},
		"empty rule":         {head + "thresholds: ['']\n", []string{`x.yaml:3:14: thresholds: "" is empty`}},
		"alias":              {head + "title: &t a\nquestion: *t\n", []string{"x.yaml:4:1: question: is an alias"}},
		"merge":              {head + "<<: {title: a}\n", []string{"x.yaml:3:1: has a key that is not a plain word"}},
		"list as key":        {head + "? [a]\n: b\n", []string{"x.yaml:3:3: has a key that is not a plain word"}},
		"tag":                {head + "title: !mine a\n", []string{`x.yaml:3:1: title: "a" is a !mine value`}},
		"empty":              {"", []string{"x.yaml:1:1: is empty"}},
		"comment only":       {"# nothing\n", []string{"x.yaml:1:1: is empty"}},
		"byte order mark":    {"\ufeff", []string{"x.yaml:1:1: is empty"}},
		"a list":             {"- a\n", []string{"x.yaml:1:1: is a list (allowed: one YAML mapping"}},
		"a word":             {"default\n", []string{"x.yaml:1:1: is text"}},
		"null document":      {"---\n...\n", []string{"x.yaml:2:1: is null"}},
		"two documents":      {head + "---\n" + head, []string{"x.yaml:3:1: holds 2 documents"}},
		"not YAML":           {head + "rate: [", []string{"x.yaml:4:1: is not YAML: did not find expected node content"}},
		"not UTF-8":          {"name: \xff\n", []string{"x.yaml:1:1: is not UTF-8"}},
		"too large":          {strings.Repeat("#", MaxFileSize+1), []string{"x.yaml:1:1: is larger than 65536 bytes"}},
		"alias bomb":         {bomb, []string{"x.yaml:3:1: title: is a list", "x.yaml:4:1: question: is a list", "x.yaml:5:1: sweep: is a list", "x.yaml:6:14: thresholds: is an alias", "x.yaml:6:18: thresholds: is an alias"}},
		"sweep unknown":      {head + "sweep:\n  network.dleay: 1ms\n", []string{`x.yaml:4:3: sweep.network.dleay: unknown parameter "network.dleay"; did you mean "network.delay"?`}},
		"sweep of rounds":    {head + "sweep: {rounds: [1, 2]}\n", []string{"x.yaml:3:9: sweep.rounds: rounds cannot be swept"}},
		"sweep value":        {head + "sweep: {clients: [1, few]}\n", []string{`x.yaml:3:9: sweep.clients: "few" is not a count`}},
		"sweep out of range": {head + "sweep: {payload: [32B, 64B]}\n", []string{"x.yaml:3:9: sweep.payload: at payload=32B: 32B is out of range"}},
		"sweep no publish":   {head + "sweep: {duration: [1s, 1ms], clients: [1, 2]}\n", []string{"x.yaml:3:9: sweep.duration: at clients=1 duration=1ms: 2/s for 1ms gives no publish"}},
		"sweep twice":        {head + "sweep: {rate: 1/s, rate_per_client: 2/s}\n", []string{"x.yaml:3:20: sweep.rate_per_client: is swept twice"}},
		"sweep too large":    {head + "sweep: {clients: 1..90:+1, payload: 48..90:+1}\n", []string{"x.yaml:3:28: sweep.payload: makes more than 1000 combinations"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Decode("x.yaml", []byte(c.file))
			problems, _ := errors.AsType[Problems](err)
			if s != nil && err != nil || len(problems) != len(c.want) {
				t.Fatalf("got %v\n%v\nwant %d problems:\n%s", s, err, len(c.want), strings.Join(c.want, "\n"))
			}
			for i, p := range problems {
				if !strings.HasPrefix(p.String(), c.want[i]) {
					t.Errorf("got  %s\nwant %s", p, c.want[i])
				}
			}
		})
	}
}

func TestDecodeByteOrderMarkAndCRLF(t *testing.T) {
	s, err := Decode("x.yaml", []byte("\ufeffname: x\r\npattern: direct\r\n"))
	if err != nil || s.Pattern != Direct {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestProblemsUnwrap(t *testing.T) {
	_, err := Decode("x.yaml", []byte("name: X\n"))
	p, ok := errors.AsType[Problem](err)
	if !ok || p.Line != 1 || p.Field != "name" {
		t.Errorf("got %+v, %v", p, ok)
	}
}

// FuzzDecode checks that no bytes panic the decoder, that it accepts only what Validate accepts, and that what it accepts
// is written back as the same scenario.
func FuzzDecode(f *testing.F) {
	names, err := filepath.Glob("*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, tail := range []string{"rate_per_client: 6/min", "headers: {preset: browser, cookie: 1kB}", "sweep: {rate: 10..1000:x2}", "<<: *a", "thresholds: [a: b]", "title: &a [*a]"} {
		f.Add([]byte(head + tail))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Decode("x.yaml", data)
		if err != nil {
			if problems, ok := errors.AsType[Problems](err); !ok || len(problems) == 0 || s != nil {
				t.Fatalf("got %v with error %v", s, err)
			}
			return
		}
		if problems := s.Validate(); len(problems) > 0 {
			t.Fatalf("accepted what Validate rejects: %v", problems)
		}
		written, err := s.YAML()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Decode("again.yaml", written); err != nil || !cmp.Equal(s, again) {
			t.Fatalf("%v\n%s\n%s", err, written, cmp.Diff(s, again))
		}
	})
}
