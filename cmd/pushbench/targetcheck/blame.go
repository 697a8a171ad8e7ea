package targetcheck

import (
	"errors"
	"net"
	"slices"
	"strings"

	"pushbench/scenarios"
)

// stage is how far an attempt came.
type stage int

const (
	opens stage = iota
	publishes
	fails // while it was open
	receives
	goesOn
)

// stageError is an error with the stage it is of.
type stageError struct {
	stage stage
	err   error
}

func (e *stageError) Error() string {
	return map[stage]string{opens: "no session could be opened: ", publishes: "the message could not be published: "}[e.stage] + e.err.Error()
}
func (e *stageError) Unwrap() error { return e.err }

// blame says which places of the file to look at, the likeliest first.
func (a *attempt) blame(err error) (places []Place) {
	if strings.Contains(err.Error(), a.options.Source.Path+":") {
		return nil // it says itself where
	}
	for _, key := range a.suspects(err) {
		if at, ok := a.file.Origin(key); ok {
			places = append(places, Place{key, at})
		}
	}
	return places
}

// suspects are the keys that an error may come of.
func (a *attempt) suspects(err error) []string {
	stage := opens
	if e, ok := errors.AsType[*stageError](err); ok {
		stage = e.stage
	}
	section := a.section()
	switch stage {
	case publishes:
		if a.spec.Sends {
			return join(below(section, "send", "send.post", "send.body", "send.headers"), below("publish", "post", "body", "headers"))
		}
		return byKind(err, below("publish", "post", "websocket"), below("publish", "headers", "body"), below("publish", "status"), below("publish", "url", "websocket.url"))
	case receives:
		return join(below("publish", "post", "body", "websocket.send"), below(section, "open", "path", "get", "post", "split"), []string{"limits.bodies"})
	case goesOn:
		return below(section, "cursor", "get", "post")
	}
	paths, who := below(section, "path", "get", "post"), join(below(section, "headers", "open"), []string{"headers"})
	if text := err.Error(); strings.Contains(text, "subprotocol") || kind(err) == "http 400" {
		paths = join(below(section, "subprotocol"), paths)
	}
	return byKind(err, paths, who, below(section, "subprotocol", "expect", "cursor", "split"), below(section, "url"))
}

// byKind puts keys in the order in which an error's kind suggests them: of where to ask, of who asks, of how, and of the address.
func byKind(err error, where, who, how, address []string) []string {
	address = join(address, []string{"url", "tls"})
	switch kind(err) {
	case "http 401", "http 403", "http 407":
		return join(who, where, how)
	case "refused", "certificate", "tls", "connection":
		return address
	case "timeout":
		return join(address, where, how)
	}
	return join(where, who, how, address)
}

// kind is the name under which a run would count the error.
func kind(err error) string {
	var named interface{ Kind() string }
	if errors.As(err, &named) {
		return named.Kind()
	}
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return "connection"
	}
	return ""
}

func below(section string, keys ...string) (all []string) {
	for _, key := range keys {
		all = append(all, section+"."+key)
	}
	return all
}

// join is the keys of all lists, each where it stands first.
func join(lists ...[]string) (all []string) {
	for _, key := range slices.Concat(lists...) {
		if !slices.Contains(all, key) {
			all = append(all, key)
		}
	}
	return all
}

// section is the key under which the file describes the transport.
func (a *attempt) section() string {
	switch t := a.spec.Transport; t {
	case scenarios.WebSocket:
		return "websocket"
	case scenarios.SSE:
		return "sse"
	case scenarios.ShortPoll:
		if a.file.ShortPoll != nil {
			return "shortpoll"
		}
	}
	return "longpoll"
}
