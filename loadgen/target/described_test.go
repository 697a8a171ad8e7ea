package target

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"pushbench/loadgen"
	"pushbench/loadgen/target/file"
	"pushbench/scenarios"
	"pushbench/server"
)

// describedBy makes a plan's server one that a text describes.
func describedBy(p loadgen.Plan, text string) loadgen.Plan {
	p.Server.Description = &loadgen.Description{Path: "mine.yaml", Text: []byte(text)}
	return p
}

// referenceFile is the description of the reference server that is part of the program.
func referenceFile(t testing.TB) string {
	t.Helper()
	example, err := file.LookupExample("reference")
	if err != nil {
		t.Fatal(err)
	}
	return string(example.Text)
}

func of(t testing.TB, p loadgen.Plan) Target {
	t.Helper()
	target, err := Of(p)
	return closedAfter(t, target, err)
}

// What others publish has no stamp. To whoever only listens the body of an answer is a message all the same, or what a split makes of it; to a measurement
// it is none.
func TestLiveMessages(t *testing.T) {
	const body = `{"next":"1","all":[{"id":1},{"id":2}]}`
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("after") != "0" {
			<-r.Context().Done()
			return
		}
		_, _ = io.WriteString(w, body)
	}))
	defer s.Close()
	for _, test := range []struct {
		live  bool
		split string
		want  []string
	}{
		{true, "", []string{body}},
		{true, `, split: "json:/all/*"`, []string{`{"id":1}`, `{"id":2}`}},
		{false, "", nil},
	} {
		open, text := Of, `{url: "http://mine", longpoll: {get: "/poll?after={cursor}", first: "0", cursor: "json:/next"`+test.split+`}}`
		if test.live {
			open = Live
		}
		target, err := open(describedBy(plan(s.URL, loadgen.Lean, scenarios.LongPoll), text))
		if err != nil {
			t.Fatal(err)
		}
		c, err := target.Open(deadline(t), loadgen.ClientSpec{Transport: scenarios.LongPoll, Topic: "t"})
		if err != nil {
			t.Fatal(err)
		}
		batch, err := c.Receive()
		if err != nil {
			t.Fatal(err)
		}
		var have []string
		for _, m := range batch.Messages {
			have = append(have, string(m))
		}
		if !slices.Equal(have, test.want) {
			t.Errorf("live %v%s: have %q, want %q", test.live, test.split, have, test.want)
		}
		if err := errors.Join(c.Close(), target.Close()); err != nil {
			t.Error(err)
		}
	}
}

// The description of the reference server is held to Reference itself: the same messages, with the same requests, connections and bytes to the last one, in
// clear, behind an emulated network and over TLS, with batches and without.
func TestDescribedReferenceIsTheReference(t *testing.T) {
	t.Parallel()
	for environment, change := range environments {
		for _, transport := range transports {
			for _, batch := range []bool{true, false} {
				if (transport == scenarios.SSE || transport == scenarios.ShortPoll) && !batch {
					continue // a stream has no answers to batch, and a short poll asks for all there is in any case
				}
				t.Run(fmt.Sprintf("%s/%s/batch=%v", environment, transport, batch), func(t *testing.T) {
					changed := func(cfg *server.Config, p *loadgen.Plan) {
						if f := change(t); f != nil {
							f(cfg, p)
						}
						p.Scenario.LongPoll.Batch = batch
						p.Scenario.Headers = scenarios.Headers{Preset: scenarios.HeadersBrowser, Cookie: 200}
						p.Scenario.ShortPoll.Interval = 20 * time.Millisecond
					}
					alike(t, transport, changed)
				})
			}
		}
	}
}

// alike compares the two until a busy machine has let them poll equally often.
func alike(t *testing.T, transport scenarios.Transport, changed func(*server.Config, *loadgen.Plan)) {
	for {
		described, reference := talk(t, transport, true, changed), talk(t, transport, false, changed)
		if transport == scenarios.ShortPoll && described[0].Requests != reference[0].Requests && deadline(t).Err() == nil {
			continue
		}
		if described != reference {
			t.Errorf("described %+v\nreference %+v", described, reference)
		}
		return
	}
}

// talk has a client receive and send, and returns its books and those of what it sent.
func talk(t *testing.T, transport scenarios.Transport, described bool, change func(*server.Config, *loadgen.Plan)) (books [2]loadgen.Traffic) {
	t.Helper()
	f := start(t, loadgen.Lean, transport, change)
	var target loadgen.Target = f.target
	direct := f.plan
	direct.Server.URL = f.server.URL()
	if described {
		f.plan, direct = describedBy(f.plan, referenceFile(t)), describedBy(direct, referenceFile(t))
		target = of(t, f.plan)
	}
	p, err := of(t, direct).OpenPublisher(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	c, err := target.Open(deadline(t), loadgen.ClientSpec{Transport: transport, Topic: "t000001", Sends: true})
	if err != nil {
		t.Fatal(err)
	}
	const messages = 5
	for i := range messages {
		m := message(i, 48+i*i*3000)
		f.publish(p, m)
		expect(t, c, m)
	}
	for i := range messages {
		m := message(100+i, 48+i*i*3000)
		cost, err := c.Send(m)
		if err != nil {
			t.Fatal(err)
		}
		books[1] = books[1].Plus(cost)
		expect(t, c, m)
	}
	if n, err := p.Sync(deadline(t)); n != messages || err != nil {
		t.Errorf("the server accepted %d messages (%v), want %d", n, err, messages)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	books[0] = c.Traffic()
	if f.plan.Scenario.TLS != scenarios.TLSOff {
		forgetTLS(&books[0], transport)
		forgetTLS(&books[1], transport)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	return books
}

// forgetTLS takes out what differs from one TLS connection to the next: a signature's length, and the farewells that were not read.
func forgetTLS(t *loadgen.Traffic, transport scenarios.Transport) {
	t.Received -= t.Handshake
	t.Handshake = 0
	if transport == scenarios.LongPollNewConn {
		t.Received, t.Parts.TLS = 0, 0
	}
}

func TestDescribedRefuses(t *testing.T) {
	const text = "url: http://127.0.0.1:1\nlongpoll: {get: /p}\n"
	for name, c := range map[string]struct {
		change func(*loadgen.Plan)
		want   string
	}{
		"library":   {func(p *loadgen.Plan) { p.Client = loadgen.Library }, "--client library"},
		"transport": {func(p *loadgen.Plan) { p.Transport = scenarios.WebSocket }, "mine describes no websocket"},
		"batch":     {func(p *loadgen.Plan) { p.Scenario.LongPoll.Batch = false }, "longpoll.batch: false"},
		"tls":       {func(p *loadgen.Plan) { p.Scenario.TLS = scenarios.TLS13 }, "say --tls off, or give an https url"},
		"file":      {func(p *loadgen.Plan) { p.Server.Description.Text = []byte("url: 1") }, "mine.yaml:1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			p := describedBy(plan("", loadgen.Lean, scenarios.LongPoll), text)
			c.change(&p)
			if _, err := Of(p); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}
