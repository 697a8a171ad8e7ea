package target

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"pushbench/loadgen/target/file"
)

// What a session awaited when its context ended it is told beside the cause, and what the environment said of it is not.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("nothing after 1s"))
	f, err := file.Parse(file.Source{Path: "f.yaml", Text: []byte("url: http://h\nwebsocket: {path: /, open: [{expect: 'joined {topic} ${KEY}'}]}\n")},
		file.Surroundings{LookupEnv: func(string) (string, bool) { return "SEKRET", true }})
	if err != nil {
		t.Fatal(err)
	}
	expected := f.WebSocket.Open[0].Expect
	for want, err := range map[string]error{
		"nothing after 1s": nil,
		"the step: 1 frame came, and it does not contain \"joined {topic} ${…}\": nothing after 1s":           &awaitedError{"the step", withKind(&awaitedError{none(1, "frame", expected), net.ErrClosed})},
		"3 events came, none of which contains \"joined {topic} ${…}\": nothing after 1s":                     &awaitedError{none(3, "event", expected), net.ErrClosed},
		"the step: no frame came, and one that contains \"joined {topic} ${…}\" is expected: the server left": &awaitedError{"the step", &awaitedError{none(0, "frame", expected), errors.New("the server left")}},
	} {
		if have := interrupted(ctx, err).Error(); have != want || strings.Contains(have, "SEKRET") {
			t.Errorf("%s, want %s", have, want)
		}
	}
}
