package format

import "pushbench/scenarios"

// Prose is how a transport stands in a sentence: what is done over it ("over a WebSocket"), and what it is ("long-polling").
type Prose struct{ Way, Noun string }

var proses = map[scenarios.Transport]Prose{
	scenarios.WebSocket:       {"over a WebSocket", "a WebSocket"},
	scenarios.LongPoll:        {"with long-polling", "long-polling"},
	scenarios.LongPollNewConn: {"with long-polling on new connections", "long-polling on new connections"},
	scenarios.ShortPoll:       {"with short polling", "short polling"},
	scenarios.Mix:             {"in the mix", "the mix"},
	"sse":                     {"over server-sent events", "server-sent events"},
}

// ProseOf is the prose of t. A transport this version does not know goes by its name.
func ProseOf(t scenarios.Transport) Prose {
	if p, ok := proses[t]; ok {
		return p
	}
	name := LookOf(t).Name
	return Prose{"with " + name, name}
}
