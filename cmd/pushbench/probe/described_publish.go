package probe

import (
	"context"
	"slices"

	"pushbench/loadgen"
	"pushbench/loadgen/target"
	"pushbench/loadgen/target/file"
	"pushbench/loadgen/wire"
	"pushbench/scenarios"
)

// publisher is the stream that the application beside the server publishes on.
type publisher struct {
	loadgen.Publisher
	target target.Target
	sent   int64
}

func (d *described) publishes() error {
	if !d.file.Publish.Described() {
		return untried("%s does not say how to publish", d.file.Name)
	}
	return nil
}

// publish sends one message, as the file says: by a request over the path, or as a measurement's publishers do.
func (d *described) publish(ctx context.Context, p *Path, payload []byte) error {
	if post := d.file.Publish.Post; post.Method != "" && post.URL.Zero() {
		return d.post(ctx, p, post, payload)
	}
	return d.stream(ctx, p, payload)
}

func (d *described) post(ctx context.Context, p *Path, r file.Request, payload []byte) error {
	a, err := p.publisher.exchange(ctx, p, d.request(r, payload, d.values))
	switch {
	case err != nil:
		return err
	case len(r.Status) > 0 && !slices.Contains(r.Status, a.Status), len(r.Status) == 0 && (a.Status < 200 || a.Status > 299):
		return newStatusError(a)
	}
	return nil
}

// request is one of the file's, with a payload and with what its variables stand for.
func (d *described) request(r file.Request, payload []byte, known func(name string) (string, bool)) request {
	values, payloads := d.file.Limits.Bodies.Escape()
	q := request{method: r.Method, target: d.file.URL.Base + r.Path.Render(known, file.EscapePath)}
	for _, piece := range r.Body.Bind(known, values) {
		q.body = append(q.body, piece.Text...)
		if piece.Var == file.VarPayload {
			q.body = payloads(q.body, payload, piece.Quoted)
		}
	}
	for _, h := range r.Headers {
		q.fields = append(q.fields, wire.Field{Name: h.Name, Value: h.Value.Render(known, file.EscapeNone)})
	}
	if json := len(q.body) > 0 && (q.body[0] == '{' || q.body[0] == '['); json && !hasField(slices.Concat(q.fields, d.path.fields), "Content-Type") {
		q.fields = append(q.fields, wire.Field{Name: "Content-Type", Value: "application/json"})
	}
	return q
}

// stream publishes on a stream, or at another address than the path's.
func (d *described) stream(ctx context.Context, p *Path, payload []byte) error {
	if d.publisher == nil {
		if err := d.openPublisher(ctx, p); err != nil {
			return err
		}
	}
	if err := d.publisher.Publish(p.topic, payload); err != nil {
		return err
	}
	d.publisher.sent++
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	accepted, err := d.publisher.Sync(ctx)
	if err == nil && accepted < d.publisher.sent {
		err = untried("the server did not accept a message")
	}
	return err
}

func (d *described) openPublisher(ctx context.Context, p *Path) error {
	if _, err := p.claim(); err != nil {
		return err
	}
	there, err := target.Of(d.plan(d.any()))
	if err != nil {
		return err
	}
	stream, err := there.OpenPublisher(ctx)
	if err != nil {
		_ = there.Close()
		return err
	}
	d.publisher = &publisher{Publisher: stream, target: there}
	return nil
}

// any is a transport that the file describes; it describes one.
func (d *described) any() scenarios.Transport {
	for _, t := range scenarios.Transports {
		if d.file.Describes(t) {
			return t
		}
	}
	return scenarios.WebSocket
}

func (d *described) close() {
	if d.publisher != nil {
		_ = d.publisher.Close()
		_ = d.publisher.target.Close()
	}
	d.publisher = nil
}
