package target

import (
	"context"
	"encoding/json"
	"fmt"
	"net"

	"pushbench/loadgen"
	"pushbench/loadgen/netem"
	"pushbench/loadgen/wire"
	"pushbench/server/api"
)

// stream is a persistent publish stream: a WebSocket of its own, neither metered nor delayed.
type stream struct {
	conn   *wire.WebSocketConn
	buffer []byte
}

// OpenPublisher implements loadgen.Target.
func (t *Reference) OpenPublisher(ctx context.Context) (loadgen.Publisher, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	conn, err := t.dialBeside(ctx)
	if err != nil {
		return nil, err
	}
	upgraded, _, err := upgrade(ctx, conn, wire.UpgradeRequest{Host: t.host, Target: "/publish"}, t.options)
	if err != nil {
		return nil, fmt.Errorf("open a publish stream: %w", err)
	}
	return &stream{conn: upgraded}, nil
}

// dialBeside connects as the application beside the server does: without the emulated network, encrypted if the server wants it.
func (t *reach) dialBeside(ctx context.Context) (net.Conn, error) {
	var dialer netem.Dialer
	conn, err := dialer.Dial(ctx, "tcp", t.host, nil)
	if err != nil || t.tls == nil {
		return conn, err
	}
	return secure(ctx, &records{Conn: conn, ledger: new(ledger)}, t.tls)
}

// Publish implements loadgen.Publisher: a binary frame with the topic, a line end, and the payload.
func (s *stream) Publish(topic string, payload []byte) error {
	s.buffer = append(s.buffer[:0], topic...)
	s.buffer = append(s.buffer, '\n')
	s.buffer = append(s.buffer, payload...)
	return named(s.conn.WriteMessage(wire.Binary, s.buffer))
}

// Sync implements loadgen.Publisher.
func (s *stream) Sync(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	// A stream that was asked in vain is in an unknown state, so it may as well be closed.
	stop := closeWith(ctx, s.conn.NetConn())
	defer stop()
	if err := s.conn.WriteMessage(wire.Text, []byte(api.Sync)); err != nil {
		return 0, named(err)
	}
	var b wire.Batch
	if err := s.conn.Receive(&b); err != nil {
		return 0, fmt.Errorf("await the server's count: %w", named(err))
	}
	var answer api.Published
	if err := json.Unmarshal(b.Messages[0].Payload, &answer); err != nil {
		return 0, fmt.Errorf("the server's count: %w", err)
	}
	return int64(answer.Published), nil
}

// Close implements loadgen.Publisher.
func (s *stream) Close() error { return closed(s.conn.NetConn()) }
