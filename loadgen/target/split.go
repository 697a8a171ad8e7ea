package target

import (
	"bytes"
	"fmt"

	"pushbench/loadgen"
	"pushbench/loadgen/target/file"
	"pushbench/longpoll"
)

// splitter puts the messages of a body or frame into a batch, as a file says. What a split finds without a stamp is a message, too: somebody else's.
type splitter struct {
	by      file.Split
	encoded bool
	// whole makes what has no stamp one message, where there is no split.
	whole bool
}

// split says whether there were any.
func (s *splitter) split(b []byte, batch *loadgen.Batch) (found bool, err error) {
	before := len(batch.Messages)
	switch s.by.By {
	case file.SplitJSON:
		batch.Messages = s.by.Pointer.AppendAll(batch.Messages, b)
	case file.SplitSeparator:
		s.separated(b, batch)
	case file.SplitNetstring:
		err = netstrings(b, batch)
	default:
		if found = carve(b, s.encoded, batch); !found && s.whole {
			batch.Messages, found = append(batch.Messages, b), true
		}
		return found, nil
	}
	if s.encoded {
		for _, m := range batch.Messages[before:] {
			decodeStamp(m)
		}
	}
	return len(batch.Messages) > before, err
}

// separated cuts at the separator; nothing between two is no message.
func (s *splitter) separated(b []byte, batch *loadgen.Batch) {
	for len(b) > 0 {
		message, rest := b, []byte(nil)
		if at := bytes.Index(b, []byte(s.by.Separator)); at >= 0 {
			message, rest = b[:at:at], b[at+len(s.by.Separator):]
		}
		if len(message) > 0 {
			batch.Messages = append(batch.Messages, message)
		}
		b = rest
	}
}

// netstrings splits a body of netstrings.
func netstrings(body []byte, b *loadgen.Batch) error {
	for len(body) > 0 {
		message, rest, err := longpoll.DecodeNext(body)
		if err != nil {
			return &kindError{"protocol", fmt.Errorf("poll answer: %w", err)}
		}
		b.Messages = append(b.Messages, message)
		body = rest
	}
	return nil
}
