package target

import (
	"pushbench/loadgen/target/file"
	"pushbench/loadgen/target/pointer"
	"pushbench/loadgen/wire"
)

// pick appends the value that a selector means in an answer or a frame; answer is nil for a frame, whose payload is the body. ok is false if it is not there.
func pick(dst []byte, s *file.Selector, answer *wire.Response, body []byte) (text []byte, ok bool) {
	switch s.Part {
	case file.JSON:
		value, ok := s.Pointer.Find(body)
		if !ok {
			return dst, false
		}
		return pointer.AppendText(dst, value)
	case file.Whole:
		return append(dst, body...), len(body) > 0
	}
	if answer == nil {
		return dst, false
	}
	value := answer.Header(s.Name)
	if s.Part == file.Cookie {
		value = answer.Cookie(s.Name)
	}
	return append(dst, value...), len(value) > 0
}

// count reads a number that a server says of messages. ok is false for what is no such number.
func count(text []byte) (n int64, ok bool) {
	if len(text) == 0 || len(text) > 18 {
		return 0, false
	}
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}
