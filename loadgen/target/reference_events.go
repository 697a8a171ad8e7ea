package target

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"pushbench/loadgen"
	"pushbench/loadgen/wire"
)

func eventsTarget(topic string) string { return "/sse?topic=" + url.QueryEscape(topic) }

func (t *Reference) openEvents(ctx context.Context, c loadgen.ClientSpec) (loadgen.Conn, error) {
	request, err := wire.NewRequest(wire.RequestSpec{
		Host: t.host, Target: resumed(eventsTarget(c.Topic), c.Resume), Header: t.headerFields(forEvents, c.Transport),
	})
	if err != nil {
		return nil, err
	}
	e, session := &events{reach: t.reach, speaks: referenceEvents{}, ledger: t.newLedger(c)}, t.session(c.ID)
	if err := e.open(ctx, session, request.Append(nil, nil, nil)); err != nil {
		return nil, e.ledger.failed(fmt.Errorf("open a stream of events: %w", t.named(err)))
	}
	if c.Sends {
		if e.post, err = t.openPoster(ctx, c, session); err != nil {
			return nil, e.ledger.failed(errors.Join(err, e.Close()))
		}
	}
	return e, nil
}

// referenceEvents are the events of /sse: those without a name are messages, the others what a WebSocket is told with control messages.
type referenceEvents struct{}

// begin waits for the first event, with which the server says where the stream begins.
func (referenceEvents) begin(s *wire.EventStream, in *wire.EventBatch) error { return s.Begin(in) }

func (referenceEvents) take(event wire.Event, b *loadgen.Batch) error {
	return takeEvent(event.Name, event.Data, b)
}

func takeEvent(name, data []byte, b *loadgen.Batch) error {
	switch string(name) {
	case "":
		b.Messages = append(b.Messages, data)
		return nil
	case "missed", "reset":
		c, err := parseControl(data)
		c.tell(b, new(place)) // the event's id says where it is
		return err
	}
	return unknownEvent(name)
}

func unknownEvent(name []byte) error {
	return &kindError{"protocol", fmt.Errorf("an event called %.80q, which means nothing here", name)}
}

func (referenceEvents) place(lastID []byte) loadgen.Place {
	return place{cursor: string(lastID)}.text()
}
