package target

import (
	"net/url"
	"strconv"

	"pushbench/loadgen"
	"pushbench/longpoll"
)

// place is where a session stands in its topic's log: the last cursor that the server told, and how many messages came after it.
type place struct {
	cursor string
	since  uint64
}

// text is the place as the part of a query that both /ws and /poll go on at; empty if the server never told a cursor.
func (p place) text() loadgen.Place {
	if p.cursor == "" {
		return ""
	}
	q := longpoll.ParamCursor + "=" + url.QueryEscape(p.cursor)
	if p.since > 0 {
		q += "&" + longpoll.ParamSkip + "=" + strconv.FormatUint(p.since, 10)
	}
	return loadgen.Place(q)
}

// resumed is a request target that goes on where the client was.
func resumed(target string, at loadgen.Place) string {
	if at == "" {
		return target
	}
	return target + "&" + string(at)
}
