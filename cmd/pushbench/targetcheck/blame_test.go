package targetcheck

import (
	"errors"
	"net"
	"strings"
	"testing"

	"pushbench/loadgen/target/file"
	"pushbench/scenarios"
)

// kindly is an error of a kind.
type kindly string

func (e kindly) Error() string { return "it failed" }
func (e kindly) Kind() string  { return string(e) }

// What is likeliest to be wrong is named first.
func TestBlame(t *testing.T) {
	source := file.Source{Path: "mine.yaml", Text: []byte(`
url: http://h
headers: {A: b}
publish: {post: /p, status: 200}
websocket: {path: /ws, subprotocol: chat.v1, open: [{expect: hello}]}
longpoll: {get: "/poll/{cursor}", cursor: "json:/next", open: [{get: /}]}
`)}
	f, err := source.Parse()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		transport scenarios.Transport
		err       error
		want      string
	}{
		{scenarios.WebSocket, &stageError{opens, kindly("http 400")}, "websocket.subprotocol websocket.path"},
		{scenarios.WebSocket, &stageError{opens, errors.New("it chose a subprotocol that was not offered")}, "websocket.subprotocol"},
		{scenarios.WebSocket, &stageError{opens, kindly("http 404")}, "websocket.path"},
		{scenarios.WebSocket, &stageError{opens, kindly("http 401")}, "websocket.open headers websocket.path"},
		{scenarios.WebSocket, &stageError{opens, kindly("certificate")}, "url"},
		{scenarios.WebSocket, &stageError{opens, &net.OpError{Op: "dial", Err: errors.New("no such host")}}, "url"},
		{scenarios.WebSocket, &stageError{publishes, kindly("http 404")}, "publish.post"},
		{scenarios.LongPoll, &stageError{fails, kindly("http 404")}, "longpoll.get"},
		{scenarios.LongPoll, &stageError{receives, errors.New("nothing came")}, "publish.post"},
		{scenarios.LongPoll, &stageError{goesOn, errors.New("again")}, "longpoll.cursor longpoll.get"},
		{scenarios.LongPoll, &stageError{opens, errors.New("the step at mine.yaml:6:58: it failed")}, ""},
	} {
		var keys []string
		for _, p := range newAttempt(Options{Source: source}, f, c.transport).blame(c.err) {
			keys = append(keys, p.Key)
		}
		if have := strings.Join(keys, " "); !strings.HasPrefix(have, c.want) || c.want == "" && have != "" {
			t.Errorf("%s, %v: %s, want %s", c.transport, c.err, have, c.want)
		}
	}
}
