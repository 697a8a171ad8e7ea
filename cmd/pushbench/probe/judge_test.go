package probe

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"pushbench/report"
	"pushbench/report/format"
)

// TestJudgements holds what follows from an observation to what a reader must find in it.
func TestJudgements(t *testing.T) {
	soon := time.Now()
	for _, c := range []struct {
		name    string
		found   []Finding
		verdict Verdict
		says    string // somewhere in what happened or what it means
	}{
		{"upgraded", judgeUpgrade(handshaken{Known: true, Status: 101}), Fine, "survives"},
		{"wrong accept", judgeUpgrade(handshaken{Known: true, Status: 101, Detail: "its Upgrade field is not websocket"}), Broken, "in the server's place"},
		{"426", judgeUpgrade(handshaken{Status: 426, Detail: "x"}), Broken, "Upgrade and Connection"},
		{"400 that names it", judgeUpgrade(handshaken{Status: 400, Detail: "x", Body: "missing Upgrade header"}), Broken, "drops the Upgrade"},
		{"400 of a server not known", judgeUpgrade(handshaken{Status: 400, Detail: "x", Body: "bad"}), Untried, "perhaps"},
		{"400 of one that is", judgeUpgrade(handshaken{Known: true, Status: 400, Detail: "x", Body: "bad"}), Broken, "cannot be opened"},
		{"page instead", judgeUpgrade(handshaken{Known: true, Status: 200, Detail: "x", Body: "<html>"}), Broken, "did not see"},
		{"page of a server not known", judgeUpgrade(handshaken{Status: 200, Detail: "x"}), Untried, "perhaps"},
		{"404", judgeUpgrade(handshaken{Status: 404, Detail: "x"}), Untried, "perhaps"},
		{"redirect", judgeUpgrade(handshaken{Known: true, Status: 308, Detail: "x", Location: "https://u:p@h/p?q=1"}), Broken, "https://h/p?***"},
		{"403", judgeUpgrade(handshaken{Known: true, Status: 403, Detail: "x"}), Untried, "credentials"},
		{"502", judgeUpgrade(handshaken{Known: true, Status: 502, Detail: "x"}), Broken, "no usable answer"},
		{"no answer", judgeUpgrade(handshaken{Known: true, Why: "the connection was closed"}), Broken, "does not answer"},

		{"cut", judgeSilence(silence{Transport: WebSocket, Bound: time.Minute, Ended: true, After: 55 * time.Second, Ending: ending{How: "the connection was closed"}}), Impaired, "closed after 55.0 s"},
		{"cut with pings", judgeSilence(silence{Transport: WebSocket, Every: time.Second, Ended: true, Alive: time.Minute, Pings: 9, Pongs: 9}), Broken, "do not help"},
		{"pings unanswered", judgeSilence(silence{Transport: WebSocket, Every: time.Second, Pings: 20}), Impaired, "Nobody answers"},
		{"poll of our kind cut late", judgeSilence(silence{Transport: LongPoll, Holds: true, Ended: true, After: 30 * time.Second}), Impaired, "shorter than 30.0 s"},
		{"poll cut early", judgeSilence(silence{Transport: LongPoll, Holds: true, Ended: true, After: 5 * time.Second}), Broken, "shorter than 5.00 s"},
		{"poll of another kind cut", judgeSilence(silence{Transport: LongPoll, Ended: true, After: 30 * time.Second}), Broken, "shorter than 30.0 s"},
		{"poll answered", judgeSilence(silence{Transport: LongPoll, Answered: true, Hold: 20 * time.Second}), Fine, "after 20.0 s"},
		{"stream with comments", judgeSilence(silence{Transport: SSE, Signs: 3}), Fine, "3 times"},
		{"stream cut in spite of them", judgeSilence(silence{Transport: SSE, Signs: 3, Ended: true, After: time.Second, Alive: 15 * time.Second}), Impaired, "a limit for the whole answer"},

		{"held to the end", judgeBuffering(buffered{Held: true, Sent: 125 << 10, Lost: "nothing came"}), Broken, "125 KiB had been published"},
		{"held in 4 KiB", judgeBuffering(buffered{Held: true, Before: 3 << 10, Sent: 7 << 10, Arrived: 4 << 10}), Broken, "between 3 KiB and 7 KiB had been published, 4 KiB at a time"},
		{"late", judgeBuffering(buffered{Compared: true, After: 208 * time.Millisecond, Other: 3 * time.Millisecond}), Impaired, "waits for more"},
		{"on a slow path", judgeBuffering(buffered{Compared: true, After: 308 * time.Millisecond, Other: 300 * time.Millisecond}), Fine, "as they come"},
		{"not held", judgeBuffering(buffered{After: time.Millisecond}), Fine, "as they come"},

		{"kept", judgeKeepAlive(kept{Answered: 110}), Fine, "all 110"},
		{"HTTP/1.0", judgeKeepAlive(kept{Answered: 1, Closed: true, HTTP10: true}), Impaired, "HTTP/1.0"},
		{"closed without a word", judgeKeepAlive(kept{Answered: 7, Closed: true, Failed: "the connection was reset"}), Impaired, "was reset instead of an answer"},
		{"unused for 75 s", judgeUnused(unused{Ended: true, After: 75 * time.Second, Hint: time.Minute}), Fine, "announces 60 s"},
		{"unused for 5 s", judgeUnused(unused{Ended: true, After: 5 * time.Second}), Impaired, "after 5.00 s"},

		{"header of any length", judgeHeaderLimit(headerLimit{Accepted: 32 << 10}), Fine, "room"},
		{"usual header", judgeHeaderLimit(headerLimit{Accepted: 8 << 10, Refused: 16 << 10, How: "status 400"}), Fine, "usual"},
		{"short header", judgeHeaderLimit(headerLimit{Accepted: 4 << 10, Refused: 8 << 10}), Impaired, "cannot poll"},
		{"no header", judgeHeaderLimit(headerLimit{Refused: 4 << 10}), Impaired, "4 KiB was refused"},

		{"resumed", judgeResumption(resumed{Resumed: true}), Fine, "resumed"},
		{"not resumed", judgeResumption(resumed{}), Impaired, "full handshake"},
		{"h2 with RFC 8441", judgeHTTP2(negotiation{Protocol: "h2", Extended: true}), Fine, "share one connection"},
		{"h2 without", judgeHTTP2(negotiation{Protocol: "h2"}), Fine, "opens another with HTTP/1.1"},
		{"h1", judgeHTTP2(negotiation{Protocol: "http/1.1"}), Fine, "six connections"},
		{"only h2", judgeHTTP2(negotiation{Protocol: "h2", OnlyHTTP2: true}), Broken, "RFC 8441"},
		{"expired", judgeEncryption(encryption{Invalid: x509.CertificateInvalidError{Reason: x509.Expired}}), Broken, "expired"},
		{"expires soon", judgeEncryption(encryption{Version: tls.VersionTLS13, Now: soon, NotAfter: soon.Add(50 * time.Hour)}), Impaired, "in 2 days"},
		{"old TLS", judgeEncryption(encryption{Version: tls.VersionTLS12, Now: soon, NotAfter: soon.Add(9999 * time.Hour)}), Impaired, "two round trips"},

		{"one backend", judgeSpread(spread{Connections: 9, Backends: 1, Field: "X-Node"}), Fine, "same backend"},
		{"two", judgeSpread(spread{Connections: 9, Backends: 2, Field: "X-Node", Several: true}), Impaired, "Even requests on one"},
		{"cookie", judgeSpread(spread{Cookies: []string{"AWSALB"}}), Fine, "AWSALB"},
		{"compressed stream", judgeCompression(compressed{Events: "gzip"}), Impaired, "flushed"},
		{"compressed", judgeCompression(compressed{Encoding: "br", Ours: true, Type: "application/json; x", Plain: 2048, Bytes: 100}), Fine, "2 KiB of application/json"},
		{"redirected", judgeReached(reached{Status: 301, Location: "https://h/"}), Impaired, "was not followed"},
		{"accel", judgeHops(hops{TookAccel: true}), Fine, "Only nginx"},
	} {
		if len(c.found) == 0 {
			t.Errorf("%s: nothing was found", c.name)
			continue
		}
		f := c.found[0]
		if f.Verdict != c.verdict || !strings.Contains(f.Happened+" "+f.Means, c.says) {
			t.Errorf("%s: %s, want %s with %q: %s | %s", c.name, f.Verdict, c.verdict, c.says, f.Happened, f.Means)
		}
		if f.Verdict == Broken && len(f.Change) == 0 {
			t.Errorf("%s: nothing is said of what to change", c.name)
		}
	}
}

// TestAdvice holds every topic to say something of every product, the application's own first.
func TestAdvice(t *testing.T) {
	for topic, settings := range advice {
		said := map[string]int{}
		for i, c := range settings {
			said[c.Server]++
			if c.Server == own && i > 0 {
				t.Errorf("topic %d: the application's own is not first", topic)
			}
			if c.Setting == "" || strings.ContainsAny(c.Setting, "\n\t") {
				t.Errorf("topic %d: %q", topic, c.Setting)
			}
		}
		for _, p := range products {
			if said[p] != 1 {
				t.Errorf("topic %d: %s stands there %d times", topic, p, said[p])
			}
		}
	}
	changes := changes(adviceIdlePoll)
	preferProducts(changes, []string{envoy})
	if changes[0].Server != own || changes[1].Server != envoy || len(changes) != len(advice[adviceIdlePoll]) {
		t.Errorf("Envoy was seen: %v", changes)
	}
}

func TestBetrayed(t *testing.T) {
	all := []answer{
		{Header: http.Header{"Server": {"nginx/1.22.1"}}},
		{Header: http.Header{"Server": {"awselb/2.0"}, "Set-Cookie": {"a=b", "AWSALB=x; Path=/"}, "Via": {"1.1 vegur, 1.1 varnish"}}},
	}
	if have, want := strings.Join(betrayed(all), ", "), "nginx, AWS ALB, Varnish, Heroku's router"; have != want {
		t.Errorf("have %s, want %s", have, want)
	}
}

// sample is a report with everything in it.
func sample() *Report {
	findings := plan{name: "idle-websocket", bears: []Transport{WebSocket}}.fill(judgeSilence(silence{Transport: WebSocket, Bound: time.Minute, Ended: true, After: 5 * time.Second, Ending: ending{How: "the connection was closed"}}))
	findings = append(findings, plan{name: "upgrade", bears: []Transport{WebSocket}}.fill(judgeUpgrade(handshaken{Known: true, Status: 101}))...)
	findings = append(findings, plan{name: "buffering", bears: []Transport{SSE}}.fill(judgeBuffering(buffered{Held: true, Sent: 1 << 20, Lost: "nothing <came> | of it"}))...)
	findings = append(findings, plan{name: "stickiness", bears: Transports}.fill([]Finding{{Verdict: Untried, Happened: "the probe was interrupted"}})...)
	return &Report{
		Schema: Schema, Target: "https://example.com/a-path-that-is-rather-long/because/deployments/have/such/paths/now-and-then", Speaks: "reference",
		Started: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), TookSeconds: 66.2, Connections: 12, Requests: 140, Published: 1,
		Health: healths(findings), Findings: findings, Interrupted: true,
	}
}

func TestText(t *testing.T) {
	for _, style := range []report.Style{{Width: 80}, {Width: 120}, {}, {Width: 80, Color: true}} {
		var b bytes.Buffer
		if err := Text(&b, sample(), style); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		if has := strings.Contains(text, "\x1b["); has != style.Color {
			t.Errorf("%+v: colours: %v", style, has)
		}
		plain := regexp.MustCompile("\x1b\\[[0-9]*m").ReplaceAllString(text, "")
		for line := range strings.Lines(plain) {
			if width := format.Width(strings.TrimSuffix(line, "\n")); width > max(style.Width, 100) && style.Width == 0 || style.Width > 0 && width > style.Width {
				t.Errorf("%+v: %d columns: %s", style, width, line)
			}
		}
		at := -1
		for _, want := range []string{"! WebSocket", "? long-poll", "✗ server-sent events", "✗ buffering", "proxy_buffering off", "! idle-websocket", "✓ upgrade", "? stickiness", "Interrupted"} {
			i := strings.Index(plain, want)
			if i <= at {
				t.Errorf("%+v: %q is missing, or stands too early:\n%s", style, want, plain)
			}
			at = max(at, i)
		}
	}
}

func TestMarkdownIsEscaped(t *testing.T) {
	var b bytes.Buffer
	if err := Markdown(&b, sample()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| server-sent events | does not work | buffering |", "nothing &lt;came&gt; \\| of it", "- **nginx**: proxy\\_buffering off;"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
}

// TestJSONKeys holds the keys that others read.
func TestJSONKeys(t *testing.T) {
	var b bytes.Buffer
	if err := JSON(&b, sample()); err != nil {
		t.Fatal(err)
	}
	var document struct {
		Schema     int
		Transports []struct{ Transport, Verdict string }
		Findings   []struct {
			Check, Verdict, Tried, Happened, Means string
			Transports                             []string
			Change                                 []struct{ Server, Setting string }
			Measured                               map[string]float64
		}
	}
	d := json.NewDecoder(&b)
	if err := d.Decode(&document); err != nil {
		t.Fatal(err)
	}
	first := document.Findings[0]
	if document.Schema != 1 || document.Transports[2].Verdict != "broken" || first.Check != "idle-websocket" || first.Measured["cut_after_seconds"] != 5 || first.Change[0].Server != own {
		t.Errorf("%+v", document)
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	for _, o := range []Options{
		{URL: ""}, {URL: "example.com"}, {URL: "ftp://example.com"}, {URL: "http://"}, {URL: "http://[::1"}, {URL: "http://h", Idle: -1}, {URL: "http://%zz/" + secret},
	} {
		if _, err := New(o); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v", o.URL, err)
		}
	}
}

func TestReferenceBase(t *testing.T) {
	for path, want := range map[string]string{"": "", "/": "", "/app/": "/app", "/app/ws": "/app", "/poll": "", "/wsx": "/wsx"} {
		if have := referenceBase(path); have != want {
			t.Errorf("%q: %q, want %q", path, have, want)
		}
	}
}
