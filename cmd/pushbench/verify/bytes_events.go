package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"pushbench/loadgen/netem"
	"pushbench/loadgen/wire"
)

// events opens a stream of events and publishes a message of each size by POST. What a message took is counted up to the end of its event: the chunk's own
// end comes with the next.
func (e *exchanges) events(ctx context.Context) (err error) {
	var meter netem.Meter
	conn, err := e.dial(ctx, &meter)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	topic := "events"
	request, err := wire.NewRequest(wire.RequestSpec{Host: e.host, Target: "/sse?topic=" + topic})
	if err != nil {
		return err
	}
	stream, err := wire.OpenEvents(conn, request.Append(nil, nil, nil), time.Time{}, wire.Options{})
	if err != nil {
		return err
	}
	var b wire.EventBatch
	if err := stream.Begin(&b); err != nil {
		return err
	}
	opening := eventsResponse(string(stream.LastID()), e.padding)
	e.say(exactly("stream of events, request (bytes)", int64(len(pollRequest(e.host, "/sse?topic="+topic))), meter.Sent.Load()))
	e.say(exactly("stream of events, response up to the first id (bytes)", int64(len(opening)-len("\r\n")), meter.Received.Load()-int64(stream.Buffered())))
	if err := e.receiveEvents(ctx, topic, stream, &meter); err != nil {
		return err
	}
	e.compareKernel("stream of events", conn, &meter)
	return nil
}

func (e *exchanges) receiveEvents(ctx context.Context, topic string, stream *wire.EventStream, meter *netem.Meter) error {
	poster := poller{exchanges: e}
	posts := netem.Meter{}
	var err error
	if poster.poster, err = poster.connect(ctx, &posts); err != nil {
		return err
	}
	defer poster.poster.conn.Close()
	var took, want []int64
	for _, size := range e.sizes {
		before := meter.Received.Load() - int64(stream.Buffered())
		if err := poster.publish(topic, size, &posts); err != nil {
			return err
		}
		var b wire.EventBatch
		if err := stream.Receive(&b); err != nil {
			return err
		}
		if len(b.Events) != 1 || len(b.Events[0].Name) > 0 || !bytes.Equal(b.Events[0].Data, sample(size)) {
			return fmt.Errorf("a message of %d bytes came as another event", size)
		}
		took = append(took, meter.Received.Load()-int64(stream.Buffered())-before-int64(size))
		want = append(want, int64(len(eventChunk(string(stream.LastID()), sample(size)))-size))
	}
	e.say(allExactly("event and chunk around payloads of "+listed(e.sizes)+" B", want, took))
	return nil
}
