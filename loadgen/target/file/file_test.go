package file

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v4"

	"pushbench/scenarios"
	"pushbench/scenarios/document"
)

// around is what the test files refer to.
func around() Surroundings {
	return Surroundings{
		LookupEnv: func(name string) (string, bool) {
			v, ok := map[string]string{"KEY": `s3cr"et`, "HOST": "staging.example.com"}[name]
			return v, ok
		},
		ReadFile: func(path string) ([]byte, error) {
			text, ok := map[string]string{
				"dir/users.csv": "id,token\n7,tok en\n8,other\n", "dir/twice.csv": "id,id\n1,2\n", "dir/ragged.csv": "a,b\n1\n", "dir/none.csv": "a,b\n",
				"dir/named.csv": "a,b c\n1,2\n",
			}[path]
			if !ok {
				return nil, os.ErrNotExist
			}
			return []byte(text), nil
		},
	}
}

func parse(text string) (*Target, error) {
	return Parse(Source{Path: "dir/mine.yaml", Text: []byte(text)}, around())
}

func mustParse(t *testing.T, text string) *Target {
	t.Helper()
	target, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// whole is a file that says everything.
const whole = `
url: https://${HOST}/base/
users: {file: users.csv, repeat: true}
headers: {Authorization: "Bearer {user.token}"}
tls: {ca: ca.pem, server_name: inside}
publish:
  url: http://10.0.0.1:8080
  post: "/rooms/{topic}/messages"
  body: '{"text":"{payload}","key":"${KEY}"}'
  headers: {X-Key: "${KEY}"}
  status: [202]
  connections: 20
websocket:
  path: /ws?user={user.id}&t={ticket}
  subprotocol: chat.v1
  headers: {X-Ticket: "{ticket}"}
  open:
    - {post: /login, body: '{"u":{user.id}}', status: 201, capture: {ticket: "cookie:ticket"}}
    - {expect: hello, capture: {sid: "json:/sid"}}
    - {send: '{"op":"sub","room":"{topic}","sid":"{sid}"}', expect: subscribed}
  send: '{"op":"msg","text":"{payload}"}'
  heartbeat: {every: 25s, send: '{"op":"ping","sid":"{sid}"}', answer: {"2": "3"}}
  split: "json:/messages/*"
sse:
  open: [{get: /session, capture: {sid: "json:/sid"}}]
  get: /events/{topic}?sid={sid}
  headers: {X-Session: "{sid}"}
  expect: "welcome {sid}"
  missed: "json:/missed"
  send: {post: "/say/{topic}?sid={sid}"}
longpoll:
  open: [{get: /session, capture: {sid: "json:/sid", cursor: "header:X-Cursor"}}]
  get: "/rooms/{topic}/events?after={cursor}&sid={sid}&hold={hold_ms}{single}"
  first: 0
  single: "&max=1"
  cursor: "json:/next"
  empty: [204, 408]
  split: "separator:\u001e"
  missed: "header:X-Missed"
  send: {post: "/say/{topic}?sid={sid}", body: "{payload}"}
  heartbeat: {answer: {"2": "3"}}
shortpoll:
  get: /now/{topic}
  first: {If-Modified-Since: "Thu, 01 Jan 1970 00:00:00 GMT", if-none-match: 0}
  cursor: {headers: {Last-Modified: If-Modified-Since, Etag: If-None-Match}}
limits: {bodies: base64, body: 2MiB}
`

func TestParse(t *testing.T) {
	target := mustParse(t, whole)
	if u := (URL{"staging.example.com:443", "/base", true}); target.URL != u {
		t.Errorf("the URL is %+v, want %+v", target.URL, u)
	}
	if target.Name != "mine" || target.TLS.CA != "dir/ca.pem" || !target.Users.Repeat || target.Users.Len() != 2 || target.Publish.Connections != 20 {
		t.Errorf("%+v", target)
	}
	if target.Limits != (Limits{EncodeBase64, 2 << 20}) || target.WebSocket.Heartbeat.Every != 25*time.Second {
		t.Errorf("limits %+v, heartbeat %+v", target.Limits, target.WebSocket.Heartbeat)
	}
	values := func(name string) (string, bool) {
		v, ok := map[string]string{"topic": "a/b", "user.id": target.Users.Value(2, "id"), "sid": `x"y`, "ticket": "t 1"}[name]
		return v, ok
	}
	for name, c := range map[string]struct {
		template Template
		escape   Escape
		want     string
	}{
		"path":    {target.Publish.Post.Path, EscapePath, "/rooms/a%2Fb/messages"},
		"query":   {target.WebSocket.Path, EscapePath, "/ws?user=7&t=t%201"},
		"header":  {target.WebSocket.Headers[0].Value, EscapeNone, "t 1"},
		"quoted":  {target.WebSocket.Heartbeat.Send, EscapeJSON, `{"op":"ping","sid":"x\"y"}`},
		"number":  {target.WebSocket.Open[0].Request.Body, EscapeJSON, `{"u":7}`},
		"env":     {target.Publish.Post.Body, EscapeJSON, `{"text":"","key":"s3cr\"et"}`},
		"default": {target.LongPoll.Send.Body, EscapeJSON, ""},
	} {
		if have := c.template.Render(values, c.escape); have != c.want {
			t.Errorf("%s: %q, want %q", name, have, c.want)
		}
	}
	pieces := target.LongPoll.Get.Path.Bind(func(name string) (string, bool) { return "V", name != VarCursor }, EscapePath)
	if len(pieces) != 2 || pieces[0] != (Piece{Text: "/rooms/V/events?after=", Var: VarCursor}) || pieces[1].Text != "&sid=V&hold=VV" {
		t.Errorf("the poll is bound as %+v", pieces)
	}
	if p := target.Poll(scenarios.ShortPoll); p != target.ShortPoll || len(p.Cursor.Headers) != 2 || p.Empty[0] != 204 ||
		len(p.FirstFields) != 2 || p.FirstFields[1] != (FirstField{"if-none-match", "0"}) {
		t.Errorf("short polls are %+v", p)
	}
	if answers := target.LongPoll.Heartbeat.Answers; len(answers) != 1 || answers[0] != (Answer{"2", "3"}) {
		t.Errorf("polls are answered with %v", answers)
	}
	if e := target.SSE; !e.Send.Body.Has(VarPayload) || !e.Expect.Has("sid") || e.Missed == nil || !target.Describes(scenarios.SSE) {
		t.Errorf("events are %+v", e)
	}
	if !target.Describes(scenarios.WebSocket) || !target.Describes(scenarios.LongPollNewConn) {
		t.Error("a transport is said not to be described")
	}
}

// Short polls need no section of their own where the long poll says how long it may be held.
func TestShortPollOfLongPoll(t *testing.T) {
	target := mustParse(t, "url: http://h\nlongpoll: {get: '/p?hold={hold}'}\n")
	if target.Poll(scenarios.ShortPoll) != target.LongPoll || target.Describes(scenarios.WebSocket) {
		t.Errorf("short polls are %+v", target.Poll(scenarios.ShortPoll))
	}
	if target = mustParse(t, "url: http://h\nlongpoll: {get: /p}\n"); target.Describes(scenarios.ShortPoll) {
		t.Error("a poll that the server holds is said to be a short one")
	}
}

// rejected are files and the beginnings of all the problems they must yield, and no others.
var rejected = map[string]struct {
	text string
	want []string
}{
	"empty":       {"", []string{"dir/mine.yaml:1:1: is empty"}},
	"nothing":     {"url: http://h\n", []string{"dir/mine.yaml:1:1: describes no transport (allowed: websocket, sse, longpoll, shortpoll)"}},
	"no url":      {"websocket: {path: /ws}\n", []string{"dir/mine.yaml:1:1: url: is missing"}},
	"unknown key": {"url: http://h\nwebsokcet: {path: /ws}\nwebsocket: {path: /, heartbeet: 1}\n", []string{`dir/mine.yaml:2:1: websokcet: is not a key here; did you mean "websocket"?`, `dir/mine.yaml:3:22: websocket.heartbeet: is not a key here; did you mean "heartbeat"?`}},
	"synonym":     {"url: http://h\npolling: {get: /}\nwebsocket: {path: /}\n", []string{`dir/mine.yaml:2:1: polling: is not a key here; did you mean "longpoll"?`}},
	"twice":       {"url: http://h\nurl: http://h\nwebsocket: {path: /}\n", []string{"dir/mine.yaml:2:1: url: is set already on line 1"}},
	"alias":       {"url: &u http://h\nwebsocket: {path: *u}\n", []string{"dir/mine.yaml:2:13: websocket.path: is an alias"}},
	"ws url":      {"url: ws://h\nwebsocket: {path: /}\n", []string{"dir/mine.yaml:1:1: url: is an address of WebSockets alone; say http for ws"}},
	"user in url": {"url: http://me:pw@h\nwebsocket: {path: /}\n", []string{"dir/mine.yaml:1:1: url: has a user; say it with headers"}},
	"query":       {"url: http://h/?token=x\nwebsocket: {path: /}\n", []string{"dir/mine.yaml:1:1: url: has a query or fragment"}},
	"unknown name where it stands": {"url: http://h\nwebsocket:\n  path: /ws?room={topik}\n  send: '{\"a\":\"{payload}\",\"b\":\"{sid}\"}'\n", []string{
		`dir/mine.yaml:3:18: websocket.path: {topik} is not known here; did you mean "topic"? (allowed: {topic}, {client}; {{topik} is the text itself)`,
		`dir/mine.yaml:4:32: websocket.send: {sid} is not known here`,
	}},
	"user without users": {"url: http://h\nheaders: {A: \"{user.id}\"}\nwebsocket: {path: /}\n", []string{"dir/mine.yaml:2:15: headers.A: {user.id} is not known here"}},
	"user's column":      {"url: http://h\nusers: users.csv\nheaders: {A: \"{user.tokn}\"}\nwebsocket: {path: /}\n", []string{"dir/mine.yaml:3:15: headers.A: {user.tokn} is not known here: none of the 2 columns of dir/users.csv is called tokn; its first line must be their names (allowed: {topic}, {client}, {user.COLUMN}; "}},
	"payload in a path":  {"url: http://h\npublish: {post: '/x?m={payload}'}\nwebsocket: {path: /}\n", []string{"dir/mine.yaml:2:23: publish.post: {payload} is not known here"}},
	"body without payload": {"url: http://h\npublish: {post: /x, body: hello}\nwebsocket: {path: /}\n", []string{
		"dir/mine.yaml:2:27: publish.body: has no {payload}, by which a receiver knows a message",
	}},
	"captured too late":           {"url: http://h\nlongpoll:\n  open:\n    - {get: '/a?s={sid}'}\n    - {get: /b, capture: {sid: 'json:/sid'}}\n  get: '/c?s={sid}'\n", []string{"dir/mine.yaml:4:19: longpoll.open[0].get: {sid} is not known here"}},
	"no cursor":                   {"url: http://h\nlongpoll: {get: '/c?after={cursor}'}\n", []string{"dir/mine.yaml:2:1: longpoll.cursor: is missing: a poll says {cursor}, but nothing says what it is"}},
	"unused cursor":               {"url: http://h\nlongpoll: {get: /c, cursor: 'json:/next'}\n", []string{"dir/mine.yaml:2:21: longpoll.cursor: is read, but no poll says {cursor}"}},
	"first fields":                {"url: http://h\nlongpoll: {get: /c, cursor: {headers: {A: Since}}, first: {since: 1, Sinc: 2, Other: 3}}\nshortpoll: {get: /c, first: {D: 4}}\n", []string{`dir/mine.yaml:2:70: longpoll.first.Sinc: is no field that cursor copies (allowed: Since)`, `dir/mine.yaml:2:79: longpoll.first.Other: is no field that cursor copies (allowed: Since)`, "dir/mine.yaml:3:30: shortpoll.first.D: is no field that cursor copies (allowed: cursor: {headers: …})"}},
	"first of a wrong type":       {"url: http://h\nlongpoll: {get: '/{cursor}', cursor: body, first: [1]}\n", []string{"dir/mine.yaml:2:44: longpoll.first: "}},
	"answers of polls":            {"url: http://h\nlongpoll: {get: /, heartbeat: {every: 1s, answer: {'2': '3'}}}\n", []string{"dir/mine.yaml:2:32: longpoll.heartbeat.every: is not a key here", "dir/mine.yaml:2:20: longpoll.heartbeat: answers, but nothing says where that is posted (allowed: send, with post)"}},
	"events":                      {"url: http://h\nsse: {get: /, post: '/{cursor}', missed: 'header:X', expect: '{sid}', send: {post: /, body: x}}\n", []string{"dir/mine.yaml:2:1: sse: has get and post", "dir/mine.yaml:2:23: sse.post: {cursor} is not known here", "dir/mine.yaml:2:42: sse.missed: an event has no header", "dir/mine.yaml:2:63: sse.expect: {sid} is not known here", "dir/mine.yaml:2:93: sse.send.body: has no {payload}"}},
	"bad selector":                {"url: http://h\nlongpoll: {get: '/c/{cursor}', cursor: '$.next'}\n", []string{`dir/mine.yaml:2:32: longpoll.cursor: "$.next" is no part of an answer`}},
	"name with a space":           {"url: http://h\nlongpoll: {get: '/c/{cursor}', cursor: 'header:X Cursor', missed: 'cookie:'}\n", []string{`dir/mine.yaml:2:32: longpoll.cursor: "header:X Cursor": "X Cursor" is not the name of a header field (allowed: "json:/pointer" (RFC 6901), "header:Name", "cookie:name" or "body", none, or {headers: `, `dir/mine.yaml:2:59: longpoll.missed: "cookie:": "" is not the name of a cookie`}},
	"no quotes":                   {"url: http://h\nheaders: {Authorization: {topic}}\nwebsocket: {path: /}\n", []string{"dir/mine.yaml:2:11: headers.Authorization: is a mapping: a text that begins with { stands in quotes"}},
	"bad pointer":                 {"url: http://h\nlongpoll: {get: '/c/{cursor}', cursor: 'json:next'}\n", []string{`dir/mine.yaml:2:32: longpoll.cursor: the JSON pointer "next" does not begin with /`}},
	"environment":                 {"url: http://h\nheaders: {A: 'x ${NOPE} ${}'}\nwebsocket: {path: /}\n", []string{"dir/mine.yaml:2:17: headers.A: needs the environment variable NOPE, which is not set", "dir/mine.yaml:2:25: headers.A: has ${…} that names no environment variable"}},
	"two ways":                    {"url: http://h\npublish: {post: /, websocket: {path: /, send: '{payload}'}}\nlongpoll: {}\n", []string{"dir/mine.yaml:2:1: publish: has post and websocket", "dir/mine.yaml:3:1: longpoll: has none of get, post"}},
	"step":                        {"url: http://h\nwebsocket: {path: /, open: [{expect: a}, {get: /}, {}, {send: b, capture: {c: 'header:X'}}]}\n", []string{"dir/mine.yaml:2:42: websocket.open[1]: is a request after a frame", "dir/mine.yaml:2:52: websocket.open[2]: has nothing to do", "dir/mine.yaml:2:56: websocket.open[3]: captures without saying from which frame", "dir/mine.yaml:2:79: websocket.open[3].capture.c: a frame has no header"}},
	"poll with frames":            {"url: http://h\nlongpoll: {get: /, open: [{send: x}]}\n", []string{"dir/mine.yaml:2:27: longpoll.open[0]: has neither get nor post"}},
	"header":                      {"url: http://h\nheaders: {Host: x, 'a b': y, C: \"d\\ne\"}\nwebsocket: {path: /}\n", []string{"dir/mine.yaml:2:11: headers.Host: is a field that the client sets itself", "dir/mine.yaml:2:20: headers.a b: is not the name of a header field", "dir/mine.yaml:2:33: headers.C: has a control character"}},
	"path":                        {"url: http://h\nwebsocket: {path: ws}\nlongpoll: {get: /a b}\n", []string{"dir/mine.yaml:2:19: websocket.path: does not begin with /", `dir/mine.yaml:3:17: longpoll.get: has ' ', which a request cannot carry as it is`}},
	"heartbeat":                   {"url: http://h\nwebsocket: {path: /, heartbeat: {every: 1ms, send: x}}\nlongpoll: {get: /}\nshortpoll: {get: /, empty: [99]}\n", []string{"dir/mine.yaml:2:34: websocket.heartbeat.every: 1ms is out of range", "dir/mine.yaml:2:22: websocket.heartbeat: has one of every and send", "dir/mine.yaml:4:29: shortpoll.empty[0]: 99 is not the status of a final answer"}},
	"tls":                         {"url: http://h\ntls: {insecure: yes, ca: x}\nwebsocket: {path: /}\n", []string{`dir/mine.yaml:2:7: tls.insecure: "yes" is text`, "dir/mine.yaml:2:1: tls: stands beside a url that is not encrypted"}},
	"reference where none can be": {"url: http://h/{topic}\nwebsocket: {path: /, subprotocol: '{topic}'}\n", []string{"dir/mine.yaml:1:1: url: has a value that changes, which an address cannot", "dir/mine.yaml:2:22: websocket.subprotocol: has a reference"}},
	"users":                       {"url: http://h\nusers: missing.csv\nwebsocket: {path: /}\n", []string{"dir/mine.yaml:2:1: users: file does not exist"}},
	"columns":                     {"url: http://h\nusers: twice.csv\nwebsocket: {path: /}\n", []string{"dir/twice.csv:1:1: has the same name for columns 1 and 2: is the first line the names? (allowed: a first line of names"}},
	"columns of a broken table":   {"url: http://h\nusers: twice.csv\nheaders: {A: '{user.id}'}\nwebsocket: {path: /}\n", []string{"dir/twice.csv:1:1: has the same name"}},
	"column of no client":         {"url: http://h\nusers: users.csv\npublish: {websocket: {path: '/{user.id}', send: '{payload}'}}\nwebsocket: {path: /}\n", []string{"dir/mine.yaml:3:31: publish.websocket.path: {user.id} is not known here: here is no client"}},
	"column's name":               {"url: http://h\nusers: named.csv\nwebsocket: {path: /}\n", []string{"dir/named.csv:1:1: has a column 2 whose name is not one"}},
	"ragged":                      {"url: http://h\nusers: ragged.csv\nwebsocket: {path: /}\n", []string{"dir/ragged.csv:2:1: is not CSV: wrong number of fields"}},
	"no rows":                     {"url: http://h\nusers: none.csv\nwebsocket: {path: /}\n", []string{"dir/none.csv:1:1: has no rows"}},
	"a name that is taken":        {"url: http://h\nlongpoll: {get: /, open: [{get: /, capture: {topic: body, Sid: body}}]}\n", []string{`dir/mine.yaml:2:46: longpoll.open[0].capture.topic: "topic" cannot be the name`, `dir/mine.yaml:2:59: longpoll.open[0].capture.Sid: "Sid" cannot be the name`}},
	"split":                       {"url: http://h\nlongpoll: {get: /, split: 'json:/a'}\nshortpoll: {get: /, split: lines}\n", []string{`dir/mine.yaml:2:20: longpoll.split: "json:/a" finds one value only`, `dir/mine.yaml:3:21: shortpoll.split: "lines" is no way to split`}},
	"url a number":                {"url: 5\nwebsocket: {path: /}\n", []string{`dir/mine.yaml:1:1: url: "5" is a number (allowed: http://host[:port][/path] or https://…)`}},
	"url of files":                {"url: ftp://x\nwebsocket: {url: 'mailto:x', path: /}\n", []string{"dir/mine.yaml:1:1: url: is not the address of an HTTP server (allowed: http://host[:port][/path] or https://…)", "dir/mine.yaml:2:13: websocket.url: is not the address of a server"}},
	"quantities":                  {"url: http://h\npublish: {post: /, connections: banana}\nwebsocket: {path: /, heartbeat: {every: banana, send: x}}\nlimits: {body: 10MB/s}\n", []string{`dir/mine.yaml:2:20: publish.connections: "banana" is text (allowed: a whole number from 1 to 1000)`, `dir/mine.yaml:3:34: websocket.heartbeat.every: "banana" is not a duration from 10ms to 1h such as 25s (allowed: a duration from 10ms to 1h such as 25s)`, `dir/mine.yaml:3:22: websocket.heartbeat: has one of every and send`, `dir/mine.yaml:4:10: limits.body: "10MB/s" is not a size`}},
	"connections":                 {"url: http://h\npublish: {post: /, connections: 2000}\nwebsocket: {path: /}\n", []string{"dir/mine.yaml:2:20: publish.connections: 2000 is out of range"}},
	"sources":                     {"url: http://h\nlongpoll: {get: '/{cursor}', cursor: 'jsn:/n', split: foo, open: [{get: /, capture: {sid: 'json:n'}}]}\n", []string{`dir/mine.yaml:2:30: longpoll.cursor: "jsn:/n" is no part of an answer; did you mean "json"? (allowed: "json:/pointer" (RFC 6901), "header:Name", "cookie:name" or "body", none, or {headers:`, `dir/mine.yaml:2:48: longpoll.split: "foo" is no way to split`, `dir/mine.yaml:2:86: longpoll.open[0].capture.sid: the JSON pointer "n" does not begin with /`}},
	"beside a stream":             {"url: http://h\npublish: {body: '{payload}', websocket: {path: /, send: '{payload}'}}\nwebsocket: {path: /}\n", []string{"dir/mine.yaml:2:11: publish.body: stands beside websocket"}},
	"body of a get":               {"url: http://h\nlongpoll: {get: /, body: x}\n", []string{"dir/mine.yaml:2:20: longpoll.body: stands beside get"}},
}

func TestProblems(t *testing.T) {
	for name, c := range rejected {
		t.Run(name, func(t *testing.T) {
			target, err := parse(c.text)
			problems, _ := errors.AsType[document.Problems](err)
			if target != nil || len(problems) == 0 {
				t.Fatalf("no problems: %v, %v", target, err)
			}
			want := map[string]bool{}
			for _, w := range c.want {
				want[w] = true
			}
			for _, p := range problems {
				found := false
				for w := range want {
					if strings.HasPrefix(p.String(), w) {
						found = true
						delete(want, w)
					}
				}
				if !found {
					t.Errorf("an unexpected problem: %s", p)
				}
			}
			for w := range want {
				t.Errorf("not reported: %s", w)
			}
		})
	}
}

// No problem quotes what the environment or a users' table says.
func TestProblemsHoldNoSecret(t *testing.T) {
	secret := "S3CRETVALUE"
	surroundings := Surroundings{
		LookupEnv: func(string) (string, bool) { return secret + "\n://@%zz", true },
		ReadFile:  func(string) ([]byte, error) { return []byte(secret + "\n" + secret + ",\"" + secret + "\n"), nil },
	}
	text := "url: ${A}\nusers: u.csv\nheaders: {X: '${A}'}\npublish: {post: '/${A}'}\nwebsocket: {path: '${A}', subprotocol: '${A}'}\nlongpoll: {get: '/{user.x}${A}'}\n"
	_, err := Parse(Source{Path: "mine.yaml", Text: []byte(text)}, surroundings)
	if err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("the problems are %v", err)
	}
}

// A users' table without its line of names has values there, which no problem tells.
func TestProblemsNameNoColumn(t *testing.T) {
	for _, table := range []string{"u1,SEKRETA1\nu2,SEKRETA2\n", "SEKRETA1,SEKRETA1\nx,y\n", "u1,SEKRETA1\n", "u1,SEKRET A1\nu2,b\n", "u1,SEKRETA1\nu2\n"} {
		surroundings := Surroundings{ReadFile: func(string) ([]byte, error) { return []byte(table), nil }}
		_, err := Parse(Source{Path: "mine.yaml", Text: []byte("url: http://h\nusers: u.csv\nwebsocket: {path: '/{user.token}/{user.SEKRETA2}/{topik}/{user.u}'}\n")}, surroundings)
		if err == nil || strings.Contains(strings.ReplaceAll(err.Error(), "SEKRETA2", ""), "SEKRET") || strings.Contains(err.Error(), "u1") {
			t.Errorf("%q: the problems are %v", table, err)
		}
	}
}

func TestSecrets(t *testing.T) {
	target := mustParse(t, "url: http://h\nusers: users.csv\nheaders: {Authorization: 'Bearer {user.token} LITERAL', X: visible}\npublish: {post: /, headers: {Cookie: 'a=${KEY}'}}\nwebsocket: {path: /}\n")
	have := strings.Join(target.Secrets(), "|")
	for _, want := range []string{`s3cr"et`, "tok en", "other", "LITERAL"} {
		if !strings.Contains(have, want) {
			t.Errorf("%q is not among the secrets %q", want, have)
		}
	}
	for _, not := range []string{"visible", "Bearer", "|7|"} {
		if strings.Contains("|"+have+"|", not) {
			t.Errorf("%q is among the secrets %q", not, have)
		}
	}
}

func TestUsersCheck(t *testing.T) {
	u := mustParse(t, "url: http://h\nusers: users.csv\nwebsocket: {path: /}\n").Users
	if err := u.Check(2); err != nil {
		t.Error(err)
	}
	if err := u.Check(3); err == nil || !strings.Contains(err.Error(), "2 rows, and 3 clients") {
		t.Errorf("error %v", err)
	}
}

func TestEscapes(t *testing.T) {
	for _, c := range []struct {
		escape Escape
		quoted bool
		value  string
		want   string
	}{
		{EscapeJSON, true, "a\"b\\c\n\x01é", `a\"b\\c\n\u0001é`},
		{EscapeJSON, false, `{"a":1}`, `{"a":1}`},
		{EscapePath, false, "a b/c?é", "a%20b%2Fc%3F%C3%A9"},
		{EscapeBase64, true, "pb1.", "cGIxLg=="},
		{EscapeNone, true, `"`, `"`},
	} {
		if have := string(c.escape([]byte("x"), []byte(c.value), c.quoted)); have != "x"+c.want {
			t.Errorf("%q: %q, want %q", c.value, have[1:], c.want)
		}
	}
}

func TestReferences(t *testing.T) {
	target := mustParse(t, "url: http://h\nwebsocket: {path: /, send: '{\"a\":{\"q\":\"{{x} $${Y} {payload}\"}} {} { topic} {1}'}\n")
	have := target.WebSocket.Send.Render(func(name string) (string, bool) { return "P", name == VarPayload }, EscapeJSON)
	if want := `{"a":{"q":"{x} ${Y} P"}} {} { topic} {1}`; have != want {
		t.Errorf("%s, want %s", have, want)
	}
}

// beyondSchema are the files of rejected whose mistakes no schema knows: they are of names, of what else the environment and other files say, or of the text
// before it is YAML.
var beyondSchema = []string{
	"unknown name where it stands", "user without users", "user's column", "column of no client", "payload in a path", "captured too late", "no cursor",
	"unused cursor", "first fields", "environment", "users", "columns", "columns of a broken table", "column's name", "ragged", "no rows",
}

// The schema refuses what the program does, where a schema can, and nothing that the program takes.
func TestSchemaRefuses(t *testing.T) {
	valid := schemaOf(t)
	for name, c := range rejected {
		refused, beyond := valid(c.text) != nil, slices.Contains(beyondSchema, name)
		if refused == beyond {
			t.Errorf("%s: refused %v, want %v", name, refused, !beyond)
		}
	}
	accepted := []string{whole, "url: ${HOST}\nsse: {get: /}\n", "url: HTTP://h:${PORT}/x\nlongpoll: {get: '/{cursor}', cursor: none, split: 'json:/a~1b/*/c'}\n"}
	for _, e := range Examples() {
		accepted = append(accepted, string(e.Text))
	}
	for _, text := range accepted {
		if err := valid(text); err != nil {
			t.Errorf("%s\n%v", text, err)
		}
	}
}

// schemaOf returns what validates a file's text by the schema.
func schemaOf(t *testing.T) func(text string) error {
	t.Helper()
	data, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema jsonschema.Schema
	if err := json.Unmarshal(data, &schema); err != nil {
		t.Fatal(err)
	}
	resolved, err := schema.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return func(text string) error {
		var value any
		if err := yaml.Load([]byte(text), &value); err != nil {
			return err
		}
		return resolved.Validate(value)
	}
}

func TestSchemaIsCurrent(t *testing.T) {
	want, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	if have, err := os.ReadFile("target.schema.json"); err != nil || string(have) != string(want) {
		t.Errorf("target.schema.json (%v) is not what the tables say: run make generate", err)
	}
}

// FuzzParse holds parsing to its word: a target or problems, each with a place.
func FuzzParse(f *testing.F) {
	f.Add(whole)
	f.Add("url: http://h\nlongpoll: {get: '/{cursor}', open: [{get: /, capture: {cursor: 'json:/a/*'}}]}\n")
	f.Add("url: ${HOST}\nheaders: [a]\nwebsocket: {path: \"\\u0001{x}\", send: >\n  {a}\n  {payload}\n}")
	f.Fuzz(func(t *testing.T, text string) {
		target, err := parse(text)
		problems, _ := errors.AsType[document.Problems](err)
		if (target == nil) != (len(problems) > 0) {
			t.Fatalf("a target %v, problems %v", target != nil, err)
		}
		for _, p := range problems {
			if p.File == "" || p.Line < 1 || p.Column < 1 || p.Problem == "" {
				t.Errorf("no place or words in %+v", p)
			}
		}
		if target != nil {
			_ = target.Secrets()
		}
	})
}

// TestExamples holds what is built in to being understood, described, and found by name or by path.
func TestExamples(t *testing.T) {
	for _, e := range Examples() {
		source, err := Open(e.Name)
		if err != nil {
			t.Fatal(err)
		}
		target, err := source.Parse()
		if err != nil {
			t.Fatal(err)
		}
		if target.Name != e.Name || e.About == "" || !target.Publish.Described() || !target.Describes(scenarios.WebSocket) || !target.Describes(scenarios.LongPoll) {
			t.Errorf("%s (%q) lacks something: %+v", e.Name, e.About, target)
		}
		if byPath, err := Open("./examples/" + e.Name + ".yaml"); err != nil || string(byPath.Text) != string(e.Text) {
			t.Errorf("%s by its path: %v", e.Name, err)
		}
	}
	if _, err := Open("http://127.0.0.1/?key=SEKRET"); err == nil || !strings.Contains(err.Error(), "`pushbench probe` takes an address") || strings.Contains(err.Error(), "SEKRET") {
		t.Errorf("an address: %v", err)
	}
	if _, err := Open("nchn"); err == nil || !strings.Contains(err.Error(), `did you mean "nchan"?`) {
		t.Errorf("an unknown name: %v", err)
	}
}
