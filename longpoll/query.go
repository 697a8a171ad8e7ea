package longpoll

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Query is one poll, as a client asks for it.
type Query struct {
	Topic     string
	Cursor    Cursor
	HasCursor bool          // false: "from now"
	Skip      uint64        // messages after the cursor that the client has already
	Hold      time.Duration // how long to wait for a first message
	Max       int           // most messages; 0 = the server's limit
	hasHold   bool
}

// ParamError says which parameter of a request is wrong. A [Source] returns it
// for a topic or cursor it refuses; the handler answers 400 with its text.
type ParamError struct {
	Param  string // the parameter's name
	Reason string // what is wrong, without the name
}

func (e *ParamError) Error() string { return "parameter " + e.Param + ": " + e.Reason }

// ParseQuery reads the raw query string of a poll (without "?"). Its errors are
// of type [*ParamError]. An absent hold is 0 here; [Handler] puts its default in.
//
// It does not use [url.ParseQuery], whose map is most of what reading a poll
// would allocate.
func ParseQuery(raw string) (Query, error) {
	var p queryParser
	for raw != "" {
		var pair string
		pair, raw, _ = strings.Cut(raw, "&")
		if err := p.pair(pair); err != nil {
			return Query{}, err
		}
	}
	switch {
	case p.q.Topic == "":
		return Query{}, &ParamError{ParamTopic, "missing; say ?topic=NAME"}
	case p.seen[skipSeen] && !p.q.HasCursor:
		return Query{}, &ParamError{ParamSkip, "needs a cursor to count from"}
	}
	return p.q, nil
}

// queryParser is a Query being read, with the parameters seen so far.
type queryParser struct {
	q    Query
	seen [5]bool
}

// params are the known parameters, in the order of queryParser.seen.
var params = [5]string{ParamTopic, ParamCursor, ParamHold, ParamMax, ParamSkip}

const skipSeen = 4

func (p *queryParser) pair(pair string) error {
	key, value, _ := strings.Cut(pair, "=")
	for i, name := range params {
		if key != name {
			continue
		}
		if p.seen[i] {
			return &ParamError{name, "given twice"}
		}
		p.seen[i] = true
		return p.set(name, value)
	}
	return nil
}

func (p *queryParser) set(name, value string) error {
	value, err := unescape(value)
	if err != nil {
		return &ParamError{name, err.Error()}
	}
	switch name {
	case ParamTopic:
		p.q.Topic = value
	case ParamCursor:
		p.q.Cursor, err = ParseCursor(value)
		p.q.HasCursor = true
	case ParamSkip:
		p.q.Skip, err = parseSkip(value)
	case ParamHold:
		p.q.Hold, err = parseHold(value)
		p.q.hasHold = true
	case ParamMax:
		p.q.Max, err = parseMax(value)
	}
	if err != nil {
		return &ParamError{name, err.Error()}
	}
	return nil
}

func unescape(s string) (string, error) {
	if !strings.ContainsAny(s, "%+") {
		return s, nil
	}
	return url.QueryUnescape(s)
}

func parseHold(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 {
		return 0, fmt.Errorf("%.40q is not a duration of 0s or more, such as 25s", s)
	}
	return d, nil
}

// parseSkip leaves room for a position and a skip to be added without overflow of what any log reaches.
func parseSkip(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 62)
	if err != nil {
		return 0, fmt.Errorf("%.40q is not a whole number of 0 or more", s)
	}
	return n, nil
}

func parseMax(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%.40q is not a whole number of 0 or more", s)
	}
	return int(n), nil
}
