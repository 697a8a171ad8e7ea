package target

import (
	"context"
	"encoding/json"
	"fmt"

	"pushbench/loadgen"
	"pushbench/loadgen/wire"
	"pushbench/longpoll"
)

func (t *Reference) openWebSocket(ctx context.Context, c loadgen.ClientSpec) (loadgen.Conn, error) {
	frames := &referenceFrames{}
	ws := &webSocket{reach: t.reach, speaks: frames, ledger: t.newLedger(c)}
	conn, err := t.dial(ctx, &ws.ledger, t.session(c.ID))
	if err != nil {
		return nil, ws.ledger.failed(err)
	}
	upgraded, answer, err := upgrade(ctx, conn, wire.UpgradeRequest{
		Host: t.host, Target: resumed(webSocketTarget(c), c.Resume), Header: t.headerFields(forUpgrade, c.Transport), Deflate: t.deflates(), Barred: c.Barred,
	}, t.options)
	if err != nil {
		return nil, ws.ledger.failed(fmt.Errorf("upgrade to WebSocket: %w", err))
	}
	frames.at.cursor = answer.Header(longpoll.HeaderCursor)
	ws.begin(c, upgraded)
	return ws, nil
}

// referenceFrames are the frames of /ws: binary ones are messages, text ones control messages.
type referenceFrames struct{ at place }

func (r *referenceFrames) take(m wire.Message, b *loadgen.Batch) error {
	if m.Op == wire.Text {
		c, err := parseControl(m.Payload)
		c.tell(b, &r.at)
		return err
	}
	b.Messages = append(b.Messages, m.Payload)
	r.at.since++
	return nil
}

func (r *referenceFrames) send(c *wire.WebSocketConn, payload []byte) error {
	return c.WriteMessage(wire.Binary, payload)
}

func (r *referenceFrames) end() {}

func (r *referenceFrames) place() loadgen.Place { return r.at.text() }

// control is a text frame of the reference server's WebSocket protocol.
type control struct {
	Missed int64  `json:"missed"`
	Reset  bool   `json:"reset"`
	Cursor string `json:"cursor"`
}

func parseControl(text []byte) (c control, err error) {
	if err := json.Unmarshal(text, &c); err != nil {
		return control{}, &kindError{"protocol", fmt.Errorf("control message %.80q: %w", text, err)}
	}
	return c, nil
}

// tell enters what a control message says: the next message is the one at its cursor.
func (c control) tell(b *loadgen.Batch, at *place) {
	b.Missed += c.Missed
	b.Reset = b.Reset || c.Reset
	if c.Cursor != "" {
		*at = place{cursor: c.Cursor}
	}
}
