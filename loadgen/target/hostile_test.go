package target

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"pushbench/loadgen"
	"pushbench/loadgen/target/file"
	"pushbench/loadgen/target/hostile"
	"pushbench/loadgen/wire"
	"pushbench/scenarios"
)

// hostileFile describes a server that misbehaves.
const hostileFile = `
publish: {post: /publish}
websocket: {path: /ws}
sse: {get: /sse}
longpoll: {get: "/poll?after={cursor}", cursor: "json:/next"}
limits: {body: 64KB}
`

// mostRead is the most that a server may have been able to write until a client that reads at most 64 KB of an answer has gone: what the kernel holds of a
// connection's bytes on loopback, for the six polls that a client makes before it gives up, and some.
const mostRead = 64 << 20

// Whatever a server does, a client ends with an error of a kind that says what it was, and has not read for ever.
func TestHostileServers(t *testing.T) {
	for name, want := range map[string]struct{ poll, upgrade, events string }{
		"status 500":              {"http 500", "http 500", "http 500"},
		"html":                    {"protocol", "http 200", "http 200"},
		"redirect":                {"http 302", "http 302", "http 302"},
		"garbage":                 {"protocol", "protocol", "protocol"},
		"short":                   {"truncated response", "http 200", "http 200"},
		"negative":                {"protocol", "http 200", "http 200"},
		"two lengths":             {"protocol", "http 200", "http 200"},
		"bad chunks":              {"protocol", "http 200", "http 200"},
		"huge chunk":              {"too large", "http 200", "http 200"},
		"huge length":             {"too large", "too large", "too large"},
		"endless headers":         {"too large", "too large", "too large"},
		"endless line":            {"too large", "too large", "too large"},
		"endless interim answers": {"too large", "too large", "too large"},
		"endless body":            {"too large", "http 200", "http 200"},
		"endless chunks":          {"too large", "http 200", "http 200"},
		"drip":                    {"timeout", "timeout", "timeout"},
		"wrong upgrade":           {"protocol", "protocol", "protocol"},
		"other upgrade":           {"protocol", "protocol", "protocol"},
	} {
		for transport, kind := range map[scenarios.Transport]string{scenarios.LongPoll: want.poll, scenarios.ShortPoll: want.poll, scenarios.WebSocket: want.upgrade, scenarios.SSE: want.events} {
			t.Run(name+"/"+string(transport), func(t *testing.T) {
				t.Parallel()
				s, err := hostile.Start(hostile.Behaviours[name], nil)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = s.Close() }()
				err = suffer(t, "url: http://"+s.Addr()+hostileFile, transport)
				if have := kindOf(err); have != kind {
					t.Errorf("%v\nis of kind %q, want %q", err, have, kind)
				}
				if s.Written() > mostRead {
					t.Errorf("the server could write %d bytes", s.Written())
				}
			})
		}
	}
}

// impatience bounds an opening, for servers that would take for ever.
const impatience = 2 * time.Second

// suffer has a client receive until something fails, and returns that.
func suffer(t *testing.T, text string, transport scenarios.Transport) error {
	t.Helper()
	if transport == scenarios.ShortPoll {
		text = strings.ReplaceAll(text, "longpoll:", "shortpoll:")
	}
	p := describedBy(plan("", loadgen.Lean, transport), text)
	p.Server.Foreign = true
	target := of(t, p)
	ctx, cancel := context.WithTimeout(deadline(t), impatience)
	defer cancel()
	c, err := target.Open(ctx, loadgen.ClientSpec{Transport: transport, Topic: "t000000"})
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	for {
		batch, err := c.Receive()
		switch {
		case err != nil:
			return err
		case batch.Failed != nil: // the client would try again
			return batch.Failed
		case len(batch.Messages) > 0:
			t.Errorf("it delivered %q", batch.Messages)
		}
	}
}

// A certificate that is not good is told apart from a server that does not encrypt.
func TestHostileCertificates(t *testing.T) {
	config, err := hostile.SelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	bad, err := hostile.Start(hostile.Behaviours["status 500"], config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = bad.Close() }()
	plain, err := hostile.Start(hostile.Behaviours["garbage"], nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = plain.Close() }()
	for _, transport := range []scenarios.Transport{scenarios.LongPoll, scenarios.WebSocket, scenarios.SSE} {
		if err := suffer(t, "url: https://"+bad.Addr()+hostileFile, transport); kindOf(err) != "certificate" {
			t.Errorf("%s: %v is of kind %q, want certificate", transport, err, kindOf(err))
		}
		if err := suffer(t, "url: https://"+bad.Addr()+"\ntls: {insecure: true}"+hostileFile, transport); kindOf(err) != "http 500" {
			t.Errorf("%s, any certificate accepted: %v is of kind %q, want http 500", transport, err, kindOf(err))
		}
		if err := suffer(t, "url: https://"+plain.Addr()+hostileFile, transport); !slices.Contains([]string{"tls", "connection"}, kindOf(err)) && err == nil {
			t.Errorf("%s: %v is of kind %q, want tls", transport, err, kindOf(err))
		}
	}
}

// FuzzDescribedAnswer has a described session read whatever a server answers a poll with: it ends, and what it takes for messages lies within the answer.
func FuzzDescribedAnswer(f *testing.F) {
	stamp := string(loadgen.Stamp{Run: 1}.Payload(nil, 60))
	for _, seed := range []string{
		`{"next":"2","messages":[{"text":"` + stamp + `"}]}`, `{"next":`, "", "{}", `{"next":{"a":[1]}}`, stamp + stamp, "5:hello,", `{"next":"a\u0000b"}`,
	} {
		f.Add(seed, uint8(0))
		f.Add(seed, uint8(3))
	}
	splits := []string{"", "\n  split: netstrings", "\n  split: \"json:/messages/*/text\"", "\n  split: \"separator:;\""}
	f.Fuzz(func(t *testing.T, body string, how uint8) {
		encoding := []string{"json", "base64"}[how>>2&1]
		text := "url: http://127.0.0.1:1\nlongpoll:\n  get: /p?{cursor}\n  cursor: \"json:/next\"" + splits[how&3] + "\nlimits: {bodies: " + encoding + "}\n"
		target, err := newDescribed(describedBy(plan("", loadgen.Lean, scenarios.LongPoll), text))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = target.Close() }()
		checkAnswer(t, target, body)
	})
}

func checkAnswer(t *testing.T, d *Described, body string) {
	t.Helper()
	section := d.file.LongPoll
	polls := &describedPolls{d: d, section: section, splitter: splitter{by: section.Split, encoded: d.file.Limits.Bodies == file.EncodeBase64}}
	answer := &wire.Response{Status: 200, Body: []byte(body)}
	var batch loadgen.Batch
	err := polls.take(answer)
	if err == nil {
		_, err = polls.deliver(answer, &batch)
	}
	if err != nil && kindOf(err) == "" {
		t.Errorf("an error without a kind: %v", err)
	}
	if err != nil {
		return
	}
	sum := 0
	for _, m := range batch.Messages {
		sum += len(m)
	}
	if sum > len(body) {
		t.Errorf("messages of %d bytes in a body of %d", sum, len(body))
	}
}
