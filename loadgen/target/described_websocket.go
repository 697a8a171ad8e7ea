package target

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"pushbench/loadgen"
	"pushbench/loadgen/target/file"
	"pushbench/loadgen/wire"
)

// openWebSocket performs the steps that open a session: requests, the upgrade, frames.
func (d *Described) openWebSocket(ctx context.Context, c loadgen.ClientSpec) (loadgen.Conn, error) {
	section := d.file.WebSocket
	at := d.at(section.URL)
	if c.Sends && !section.Send.Present() {
		return nil, fmt.Errorf("%s does not say how a client sends over a WebSocket: websocket.send", d.file.Name)
	}
	ws := &webSocket{reach: at, ledger: at.newLedger(c)}
	session := at.session(c.ID)
	dial := func(ctx context.Context) (*upgrading, error) {
		conn, err := at.dial(ctx, &ws.ledger, session)
		return &upgrading{at: at, conn: conn}, err
	}
	s := saying{use: forPoll, transport: c.Transport, known: d.valuesOf(c), headers: d.file.Headers, barred: c.Barred}
	upgraded, speaks, known, err := d.upgradeBy(ctx, section, s, dial)
	if err != nil {
		return nil, ws.ledger.failed(at.named(err))
	}
	speaks.learn(known, c.Destination())
	ws.speaks = speaks
	ws.begin(c, upgraded)
	speaks.beat(upgraded, section.Heartbeat.Every)
	return ws, nil
}

// upgradeBy opens a WebSocket as a section says, for a client or for the application's stream.
func (d *Described) upgradeBy(ctx context.Context, section *file.WebSocket, s saying, dial dialling) (*wire.WebSocketConn, *describedFrames, values, error) {
	known, err := d.requestsBefore(ctx, d.at(section.URL), section.Open, s, dial)
	if err != nil {
		return nil, nil, known, err
	}
	s.known, s.use, s.headers = known, forUpgrade, slices.Concat(s.headers, section.Headers)
	u, err := dial(ctx)
	if err != nil {
		return nil, nil, known, err
	}
	upgraded, err := u.upgrade(ctx, d, section, s)
	if err != nil {
		return nil, nil, known, fmt.Errorf("upgrade to WebSocket: %w", discreet(err))
	}
	speaks := &describedFrames{d: d, section: section, splitter: splitter{by: section.Split, encoded: d.file.Limits.Bodies == file.EncodeBase64}}
	stop := closeWith(ctx, upgraded.NetConn())
	s.known, err = d.frames(upgraded, speaks, section.Open, s)
	if !stop() {
		err = interrupted(ctx, err)
	}
	if err != nil {
		_ = upgraded.NetConn().Close()
		return nil, nil, known, err
	}
	return upgraded, speaks, s.known, nil
}

// describedFrames are one session's frames as a file describes them.
type describedFrames struct {
	d        *Described
	section  *file.WebSocket
	splitter splitter
	// message is a message to send, and heartbeat what keeps the session alive.
	message text
	beats   heartbeat
	conn    *wire.WebSocketConn
	scratch []byte
}

// learn fills in what the session's steps have captured, and the topic that it sends to.
func (f *describedFrames) learn(known values, destination string) {
	escape, payload := f.d.file.Limits.Bodies.Escape()
	f.beats.frame = []byte(f.section.Heartbeat.Send.Render(known.of, escape))
	known.topic = destination
	f.message = text{}.add(f.section.Send, known, escape, payload)
}

// beat begins to send heartbeats and to answer those of the server.
func (f *describedFrames) beat(c *wire.WebSocketConn, every time.Duration) {
	f.conn = c
	if every > 0 {
		f.beats.begin(c, every)
	}
}

func (f *describedFrames) take(m wire.Message, b *loadgen.Batch) error {
	f.d.trace.frame(m.Payload)
	if replied, err := f.reply(f.conn, m.Payload); replied || err != nil {
		return err
	}
	found, err := f.splitter.split(m.Payload, b)
	f.d.trace.found(m.Payload, b)
	if found || err != nil {
		return err
	}
	if s := f.section.Missed; s != nil {
		text, ok := pick(f.scratch[:0], s, nil, m.Payload)
		f.scratch = text
		if n, counted := count(text); ok && counted {
			b.Missed += n
			return nil
		}
	}
	b.Messages = append(b.Messages, m.Payload) // of somebody else: it is counted as such
	return nil
}

// reply answers a frame that is a ping in text, and says whether it was one.
func (f *describedFrames) reply(c *wire.WebSocketConn, frame []byte) (bool, error) {
	for i := range f.section.Heartbeat.Answers {
		if a := &f.section.Heartbeat.Answers[i]; string(frame) == a.Text {
			f.d.trace.sent("frame", []byte(a.Reply))
			return true, c.WriteMessage(wire.Text, []byte(a.Reply))
		}
	}
	return false, nil
}

func (f *describedFrames) send(c *wire.WebSocketConn, payload []byte) error {
	pool := f.d.options.Pool
	buffer := pool.Get()
	frame := f.message.append(buffer[:0], nil, payload)
	f.d.trace.sent("frame", frame)
	err := c.WriteMessage(opcode(f.section.Binary), frame)
	pool.Put(buffer)
	return err
}

// place is empty: what a file describes of WebSockets says nothing of where they stand.
func (f *describedFrames) place() loadgen.Place { return "" }

func (f *describedFrames) end() { f.beats.end() }

// heartbeat sends a frame at intervals. The zero value sends none.
type heartbeat struct {
	frame []byte

	mu    sync.Mutex
	timer *time.Timer
	over  bool
	// beating is a beat under way, which ends with its connection.
	beating sync.WaitGroup
}

func (h *heartbeat) begin(c *wire.WebSocketConn, every time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.timer = time.AfterFunc(every, func() { h.beat(c, every) })
}

func (h *heartbeat) beat(c *wire.WebSocketConn, every time.Duration) {
	h.mu.Lock()
	if h.over {
		h.mu.Unlock()
		return
	}
	h.beating.Add(1)
	defer h.beating.Done()
	h.mu.Unlock()
	// That it cannot be written is for the reader of the session to find out.
	_ = c.WriteMessage(wire.Text, h.frame)
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.over {
		h.timer.Reset(every)
	}
}

// end ends the heartbeat, whose connection must have been closed, and waits for a beat under way.
func (h *heartbeat) end() {
	h.mu.Lock()
	h.over = true
	if h.timer != nil {
		h.timer.Stop()
	}
	h.mu.Unlock()
	h.beating.Wait()
}

// upgrading is a connection that is to become a WebSocket.
type upgrading struct {
	at   *reach
	conn net.Conn
}

func (u *upgrading) upgrade(ctx context.Context, d *Described, section *file.WebSocket, s saying) (*wire.WebSocketConn, error) {
	request := wire.UpgradeRequest{Host: u.at.hostField, Target: u.at.base + section.Path.Render(s.known.of, file.EscapePath), Barred: s.barred}
	if section.Subprotocol != "" {
		request.Header = append(request.Header, wire.Field{Name: "Sec-WebSocket-Protocol", Value: section.Subprotocol})
	}
	for _, f := range fieldTexts(u.at, s, nil) {
		request.Header = append(request.Header, wire.Field{Name: f.name, Value: f.value.sample()})
	}
	if d.trace != nil {
		d.trace.sent("request", upgradeText(request))
	}
	upgraded, _, err := upgrade(ctx, u.conn, request, u.at.options)
	return upgraded, err
}

// upgradeText is about what an upgrade says, for a trace: package wire adds the key.
func upgradeText(r wire.UpgradeRequest) []byte {
	text := fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n", r.Target, r.Host)
	for _, f := range r.Header {
		text = fmt.Appendf(text, "%s: %s\r\n", f.Name, f.Value)
	}
	return text
}
