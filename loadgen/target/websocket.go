package target

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"pushbench/loadgen"
	"pushbench/loadgen/wire"
)

// closeTimeout bounds a session's farewell.
const closeTimeout = 100 * time.Millisecond

// webSocket is a lean WebSocket session.
type webSocket struct {
	target    *Reference
	conn      *wire.WebSocketConn
	ledger    ledger
	handshake int64
	reads     int64
	// sent counts the bytes of Send, which are not the session's own.
	sent  atomic.Int64
	in    wire.Batch
	batch *loadgen.Batch
}

func (t *Reference) openWebSocket(ctx context.Context, c loadgen.ClientSpec) (loadgen.Conn, error) {
	ws := &webSocket{target: t, ledger: t.newLedger()}
	conn, err := t.dial(ctx, &ws.ledger, t.session())
	if err != nil {
		return nil, err
	}
	deadline, _ := ctx.Deadline()
	upgraded, _, err := wire.Upgrade(conn, wire.UpgradeRequest{
		Host: t.host, Target: webSocketTarget(c.Topic), Header: t.headerFields(forUpgrade, c.Transport), Deadline: deadline,
	}, t.options)
	if err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("upgrade to WebSocket: %w", err)
	}
	ws.conn, ws.handshake = upgraded, ws.ledger.bytes()-int64(upgraded.Buffered())
	return ws, nil
}

// Receive implements loadgen.Conn.
func (ws *webSocket) Receive() (*loadgen.Batch, error) {
	ws.release()
	if err := ws.conn.Receive(&ws.in); err != nil {
		return nil, named(err)
	}
	ws.reads++
	ws.batch = ws.target.batches.get()
	ws.batch.Received = ws.in.Received
	for _, m := range ws.in.Messages {
		if m.Op == wire.Text {
			if err := ws.control(m.Payload); err != nil {
				return nil, err
			}
			continue
		}
		ws.batch.Messages = append(ws.batch.Messages, m.Payload)
	}
	return ws.batch, nil
}

func (ws *webSocket) release() {
	if ws.batch != nil {
		ws.target.batches.put(ws.batch)
		ws.batch = nil
	}
}

// control takes a control message: what the server could not keep for this subscriber.
func (ws *webSocket) control(text []byte) error {
	missed, err := parseControl(text)
	ws.batch.Missed += missed
	return err
}

// parseControl reads a text frame of the reference server's WebSocket protocol.
func parseControl(text []byte) (missed int64, err error) {
	var c struct {
		Missed int64 `json:"missed"`
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return 0, &kindError{"protocol", fmt.Errorf("control message %.80q: %w", text, err)}
	}
	return c.Missed, nil
}

// Send implements loadgen.Conn.
func (ws *webSocket) Send(payload []byte) (loadgen.Traffic, error) {
	if err := ws.conn.WriteMessage(wire.Binary, payload); err != nil {
		return loadgen.Traffic{}, named(err)
	}
	frame := int64(len(payload)) + clientFrameHeader(len(payload))
	ws.sent.Add(frame)
	return loadgen.Traffic{Sent: frame}, nil
}

// clientFrameHeader is the length of a masked frame's header (RFC 6455, section 5.2).
func clientFrameHeader(payload int) int64 {
	switch {
	case payload <= 125:
		return 6
	case payload <= 65535:
		return 8
	}
	return 14
}

// Traffic implements loadgen.Conn.
func (ws *webSocket) Traffic() loadgen.Traffic {
	t := ws.ledger.traffic()
	t.Sent -= ws.sent.Load()
	t.Buffered = int64(ws.conn.Buffered())
	t.Handshake = ws.handshake
	t.Responses = ws.reads
	return t
}

// Close implements loadgen.Conn.
func (ws *webSocket) Close() error {
	// The farewell is a courtesy that a broken connection refuses.
	_ = ws.conn.SendClose(wire.CloseNormal, "", time.Now().Add(closeTimeout))
	return closed(ws.conn.NetConn())
}

// closed closes a connection; that it was closed already is fine.
func closed(c net.Conn) error {
	if err := c.Close(); err != nil {
		return fmt.Errorf("close a client's connection: %w", err)
	}
	return nil
}
