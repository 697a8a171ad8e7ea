package targetcheck

import (
	"errors"
	"strings"

	"pushbench/scenarios"
)

// stage is how far an attempt came.
type stage int

const (
	opens stage = iota
	publishes
	receives
	goesOn
)

// stageError is an error with the stage it is of.
type stageError struct {
	stage stage
	err   error
}

func (e *stageError) Error() string {
	return [...]string{"no session could be opened: ", "the message could not be published: ", "", ""}[e.stage] + e.err.Error()
}
func (e *stageError) Unwrap() error { return e.err }

// blame says which places of the file to look at.
func (a *attempt) blame(err error) (places []Place) {
	stage := opens
	if e, ok := errors.AsType[*stageError](err); ok {
		stage = e.stage
	}
	section := a.section()
	var keys []string
	switch stage {
	case opens:
		keys = []string{section + ".open", section + ".path", section + ".get", section + ".cursor", "headers", "url"}
	case publishes:
		keys = []string{"publish.post", "publish.body", "publish.headers", "publish.status", "publish.websocket", section + ".send"}
	case receives:
		keys = []string{"publish.post", "publish.body", "publish.websocket.send", section + ".open", section + ".path", section + ".get", section + ".split", "limits.bodies"}
	case goesOn:
		keys = []string{section + ".cursor", section + ".get"}
	}
	if strings.Contains(err.Error(), a.options.Source.Path+":") {
		return nil // it says itself where
	}
	for _, key := range keys {
		if at, ok := a.file.Origin(key); ok {
			places = append(places, Place{key, at})
		}
	}
	return places
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
