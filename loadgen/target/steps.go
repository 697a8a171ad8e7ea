package target

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"pushbench/loadgen/target/file"
	"pushbench/loadgen/wire"
)

// requester makes the requests that open a session, one after the other, on a connection that it replaces as the server wants it.
type requester struct {
	d  *Described
	at *reach
	// connect makes the connection the session's own, so that closing the session closes it.
	connect func(ctx context.Context) (*wire.HTTPConn, error)
	http    *wire.HTTPConn
	answer  wire.Response
}

// run performs the steps that are requests, and returns the values with what they captured.
func (r *requester) run(ctx context.Context, steps []file.Step, s saying) (values, error) {
	for i := range steps {
		step := &steps[i]
		if !step.IsRequest() {
			break
		}
		if err := r.step(ctx, step, &s); err != nil {
			return s.known, r.d.blame(step, err)
		}
	}
	return s.known, nil
}

// dialling makes a connection of a session, or for a request before it.
type dialling func(ctx context.Context) (*upgrading, error)

// requestsBefore performs the steps that are requests, on a connection of their own.
func (d *Described) requestsBefore(ctx context.Context, at *reach, open []file.Step, s saying, dial dialling) (values, error) {
	if len(open) == 0 || !open[0].IsRequest() {
		return s.known, nil
	}
	live := newLive()
	defer func() { _ = live.close() }()
	stop := context.AfterFunc(ctx, func() { _ = live.close() })
	defer stop()
	steps := requester{d: d, at: at, connect: func(ctx context.Context) (*wire.HTTPConn, error) {
		u, err := dial(ctx)
		if err != nil {
			return nil, err
		}
		return wire.NewHTTPConn(u.conn, u.at.options), live.use(u.conn)
	}}
	return steps.run(ctx, open, s)
}

func (r *requester) step(ctx context.Context, step *file.Step, s *saying) error {
	request, err := r.d.compile(r.at, step.Request, *s)
	if err != nil {
		return err
	}
	message := request.append(nil, nil, nil, nil)
	if err := r.exchange(ctx, message); err != nil {
		return r.at.named(err)
	}
	r.d.trace.answer(&r.answer)
	if !accepts(step.Request.Status, r.answer.Status) {
		return refusal("it", &r.answer)
	}
	if err := readable(&r.answer); err != nil {
		return err
	}
	return r.d.learn(step, s, &r.answer, r.answer.Body)
}

// accepts says whether a status is one of those wanted; without any, one of success.
func accepts(wanted []int, status int) bool {
	if wanted == nil {
		return status >= 200 && status <= 299
	}
	return slices.Contains(wanted, status)
}

// exchange makes one request. The server may have ended the connection after the one before.
func (r *requester) exchange(ctx context.Context, message []byte) (err error) {
	if r.http != nil {
		r.d.trace.sent("request", message)
		if err = r.http.Do(message, &r.answer); !stale(err) {
			return err
		}
		_ = r.http.NetConn().Close()
	}
	if r.http, err = r.connect(ctx); err != nil {
		return err
	}
	r.d.trace.sent("request", message)
	return r.http.Do(message, &r.answer)
}

// learn checks an answer or a frame and captures from it.
func (d *Described) learn(step *file.Step, s *saying, answer *wire.Response, body []byte) error {
	values, _ := d.file.Limits.Bodies.Escape()
	if expected := step.Expect.Render(s.known.of, values); !bytes.Contains(body, []byte(expected)) {
		return &kindError{"unexpected answer", fmt.Errorf("the answer does not contain %q", step.Expect)}
	}
	for i := range step.Capture {
		c := &step.Capture[i]
		text, ok := pick(nil, &c.Selector, answer, body)
		if !ok {
			return &kindError{"unexpected answer", fmt.Errorf("the answer has no %s for {%s}%s", c.Selector, c.Name, placeOf(&c.Selector))}
		}
		d.trace.captured(c.Name, text)
		s.known = s.known.with(c.Name, string(text))
	}
	return nil
}

// blame names the step that an error is of, by its line.
func (d *Described) blame(step *file.Step, err error) error {
	return &awaitedError{fmt.Sprintf("the step at %s", step.Origin), err}
}

// frames performs the steps that are frames, once a connection has been upgraded.
func (d *Described) frames(ws *wire.WebSocketConn, speaks *describedFrames, steps []file.Step, s saying) (values, error) {
	var inbox frameQueue
	for i := range steps {
		step := &steps[i]
		if step.IsRequest() {
			continue
		}
		if err := d.frameStep(ws, speaks, &inbox, step, &s); err != nil {
			return s.known, d.blame(step, discreet(err))
		}
	}
	return s.known, nil
}

func (d *Described) frameStep(ws *wire.WebSocketConn, speaks *describedFrames, inbox *frameQueue, step *file.Step, s *saying) error {
	values, _ := d.file.Limits.Bodies.Escape()
	if step.Send.Present() {
		frame := []byte(step.Send.Render(s.known.of, values))
		d.trace.sent("frame", frame)
		if err := ws.WriteMessage(opcode(step.Binary), frame); err != nil {
			return err
		}
	}
	if !step.Expect.Present() {
		return nil
	}
	for came := 0; ; came++ {
		frame, err := inbox.next(ws)
		if err != nil {
			return &awaitedError{none(came, "frame", step.Expect), discreet(err)}
		}
		d.trace.frame(frame)
		if replied, err := speaks.reply(ws, frame); replied || err != nil {
			if err != nil {
				return err
			}
			continue
		}
		if expected := step.Expect.Render(s.known.of, values); bytes.Contains(frame, []byte(expected)) {
			return d.learn(step, s, nil, frame)
		}
	}
}

func opcode(binary bool) wire.Opcode {
	if binary {
		return wire.Binary
	}
	return wire.Text
}

// frameQueue are the frames of one read that were not looked at yet: two that are expected may come together.
type frameQueue struct {
	batch wire.Batch
	used  int
}

func (q *frameQueue) next(ws *wire.WebSocketConn) ([]byte, error) {
	if q.used == len(q.batch.Messages) {
		q.used = 0
		if err := ws.Receive(&q.batch); err != nil {
			return nil, err
		}
	}
	q.used++
	return q.batch.Messages[q.used-1].Payload, nil
}
