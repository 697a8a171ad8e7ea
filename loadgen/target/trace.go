package target

import (
	"pushbench/loadgen"
	"pushbench/loadgen/wire"
)

// Trace is told what the sessions of a described server say and hear, and what they make of it: for whoever writes a target file. Its functions are called by
// several goroutines, and what they are given is valid only until they return. In a measurement there is none.
type Trace struct {
	// Sent is told of a request or a frame.
	Sent func(what string, b []byte)
	// Answer is told of an answer, Frame of a frame.
	Answer func(answer *wire.Response)
	Frame  func(b []byte)
	// Captured is told of a value that a step found, and Cursor of where the next poll goes on.
	Captured func(name string, value []byte)
	Cursor   func(value []byte)
	// Found is told of the messages within a body or frame.
	Found func(body []byte, messages [][]byte)
}

func (t *Trace) sent(what string, b []byte) {
	if t != nil {
		t.Sent(what, b)
	}
}

func (t *Trace) answer(answer *wire.Response) {
	if t != nil {
		t.Answer(answer)
	}
}

func (t *Trace) frame(b []byte) {
	if t != nil {
		t.Frame(b)
	}
}

func (t *Trace) captured(name string, value []byte) {
	if t != nil {
		t.Captured(name, value)
	}
}

func (t *Trace) cursor(value []byte) {
	if t != nil {
		t.Cursor(value)
	}
}

func (t *Trace) found(body []byte, b *loadgen.Batch) {
	if t != nil {
		t.Found(body, b.Messages)
	}
}
