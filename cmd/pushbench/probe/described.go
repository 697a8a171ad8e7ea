package probe

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"pushbench/loadgen"
	"pushbench/loadgen/target"
	"pushbench/loadgen/target/file"
	"pushbench/loadgen/wire"
	"pushbench/scenarios"
)

// described is a server that a target file describes. Its sessions are those of package target, as in any measurement.
type described struct {
	path   *Path
	file   *file.Target
	source file.Source

	// publisher is opened when something is first published.
	publisher *publisher
}

func (d *described) speaks() string { return "file" }

func (d *described) knows(t Transport) bool { return d.file.Describes(scenarios.Transport(t)) }

// holds says whether the file's polls say how long they may be held.
func (d *described) holds() bool {
	return d.file.LongPoll != nil && d.file.LongPoll.Get.Has(file.VarHold, file.VarHoldSeconds, file.VarHoldMillis)
}

// lacks is why nothing of a transport that the file does not describe was tried.
func (d *described) lacks(t Transport) error { return untried("%s describes no %s", d.file.Name, t) }

func (d *described) heartbeat(t Transport) time.Duration {
	if t != WebSocket || d.file.WebSocket == nil {
		return 0
	}
	return d.file.WebSocket.Heartbeat.Every
}

func (d *described) plain() request { return request{target: d.file.URL.Base + "/"} }

// values are what a file's variables stand for outside its sessions.
func (d *described) values(name string) (string, bool) {
	if column, ok := file.UserColumn(name); ok {
		return d.file.Users.Value(0, column), true
	}
	switch name {
	case file.VarTopic:
		return d.path.topic, true
	case file.VarClient:
		return "0", true
	}
	return "", false
}

// fields are the file's own for every request.
func (d *described) fields() (all []wire.Field) {
	for _, h := range d.file.Headers {
		all = append(all, wire.Field{Name: h.Name, Value: h.Value.Render(d.values, file.EscapeNone)})
	}
	return all
}

// plan is one client's, whose polls ask to be held for as long as the probe waits.
func (d *described) plan(t scenarios.Transport) loadgen.Plan {
	s := scenarios.Default()
	s.Clients, s.LongPoll.Hold = 1, d.path.idle
	return loadgen.Plan{
		Transport: t, Client: loadgen.Lean, Scenario: s,
		Server: loadgen.ServerInfo{Foreign: true, Description: &loadgen.Description{Path: d.source.Path, Text: d.source.Text}},
	}
}

func (d *described) open(ctx context.Context, p *Path, t Transport) *opening {
	if !d.knows(t) {
		return &opening{Err: d.lacks(t)}
	}
	o := &opening{Target: d.file.Name}
	s, err := d.session(ctx, p, scenarios.Transport(t))
	if err != nil {
		o.Err, o.Head.Status = err, endingOf(err).Status
		return o
	}
	if t == WebSocket {
		o.Head.Status = http.StatusSwitchingProtocols
	}
	o.session = newFed(s)
	return o
}

func (d *described) session(ctx context.Context, p *Path, t scenarios.Transport) (*describedSource, error) {
	if _, err := p.claim(); err != nil {
		return nil, err
	}
	there, err := target.Of(d.plan(t))
	if err != nil {
		return nil, err
	}
	conn, err := there.Open(ctx, loadgen.ClientSpec{Transport: t, Topic: p.topic})
	if err != nil {
		p.took(tookBy(err))
		_ = there.Close()
		return nil, err
	}
	s := &describedSource{path: p, target: there, conn: conn, asked: time.Now(), claimed: 1}
	s.released = context.AfterFunc(ctx, func() { _ = conn.Close() })
	return s, nil
}

// tookBy is what an attempt to open a session took, as far as its error says.
func tookBy(err error) loadgen.Traffic {
	var opening *loadgen.OpenError
	if errors.As(err, &opening) {
		return opening.Took
	}
	return loadgen.Traffic{}
}

// took counts what a session took beside its connections, which are claimed.
func (p *Path) took(t loadgen.Traffic) {
	p.sent.Add(t.Sent)
	p.received.Add(t.Received)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests += int(t.Requests)
}

// describedSource is a session of a target file.
type describedSource struct {
	path     *Path
	target   target.Target
	conn     loadgen.Conn
	released func() bool
	// asked is since when the session waits for what comes next.
	asked time.Time
	// claimed is how many connections were: the session makes others where answers end theirs.
	claimed int64
}

// receive implements source. Of a session that goes on after an answer that failed, the failure is what came.
func (s *describedSource) receive() (arrival, error) {
	batch, err := s.conn.Receive()
	if err == nil {
		err = batch.Failed
	}
	if over := s.claim(); over != nil && err == nil {
		err = over
	}
	waited := time.Since(s.asked)
	s.asked = time.Now()
	if err != nil {
		return arrival{quiet: waited, took: waited}, err
	}
	return arrival{at: batch.Received, text: bytes.Join(batch.Messages, nil), took: waited}, nil
}

// claim takes the connections that the session has made meanwhile out of the budget, and one more for the next answer that ends its own: a session that makes
// one for each poll stops in time.
func (s *describedSource) claim() error {
	made := s.conn.Traffic().Connections
	if made > 1 {
		made++
	}
	for ; s.claimed < made; s.claimed++ {
		if _, err := s.path.claim(); err != nil {
			return err
		}
	}
	return nil
}

func (s *describedSource) close() {
	s.released()
	_ = s.conn.Close()
}

// settle counts what the session took, once nobody receives any more.
func (s *describedSource) settle() {
	s.path.took(s.conn.Traffic())
	_ = s.target.Close()
}

// statusOf is the status that a target's error was named after, 0 for none.
func statusOf(err error) int {
	var named interface{ Kind() string }
	if !errors.As(err, &named) {
		return 0
	}
	digits, ok := strings.CutPrefix(named.Kind(), "http ")
	if !ok {
		return 0
	}
	status, _ := strconv.Atoi(digits)
	return status
}
