package targetcheck

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"pushbench/loadgen"
	"pushbench/loadgen/target"
	"pushbench/loadgen/target/file"
	"pushbench/scenarios"
	"pushbench/scenarios/document"
)

// DefaultWait is how long a message is awaited.
const DefaultWait = 10 * time.Second

// Options are what to try.
type Options struct {
	// Source is the target file.
	Source file.Source
	// Transports are those to try; without any, all that the file describes.
	Transports []scenarios.Transport
	// Wait bounds an opening, and the time until a message has come. 0 is DefaultWait.
	Wait time.Duration
}

// Finding is what came of one transport. Its texts hold no secret.
type Finding struct {
	Transport scenarios.Transport
	Story     []Line
	// Took is how long each message needed, from its publishing on; nothing if none was published, since the file does not say how.
	Took []time.Duration
	// Problem is why it does not work; empty if it does.
	Problem string
	// Change are the places of the file to look at.
	Change []Place
}

// Place is a key of the file and where it stands.
type Place struct {
	Key string
	At  document.Origin
}

// messages is how many are published.
const messages = 2

// Run tries the file out. The error is of the file itself, or the context's; what does not work is in the findings.
func Run(ctx context.Context, o Options) ([]Finding, error) {
	f, err := o.Source.Parse()
	if err != nil {
		return nil, err
	}
	if o.Wait == 0 {
		o.Wait = DefaultWait
	}
	var all []Finding
	for _, t := range scenarios.Transports {
		if f.Describes(t) && (len(o.Transports) == 0 || slices.Contains(o.Transports, t)) {
			all = append(all, newAttempt(o, f, t).run(ctx))
		}
		if ctx.Err() != nil {
			return all, context.Cause(ctx)
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s describes none of these transports", o.Source.Path)
	}
	return all, nil
}

// attempt is one transport being tried.
type attempt struct {
	options Options
	file    *file.Target
	spec    loadgen.ClientSpec
	tag     uint32
	story   story
	found   Finding
}

func newAttempt(o Options, f *file.Target, t scenarios.Transport) *attempt {
	run := rand.Uint32()
	return &attempt{
		options: o, file: f, tag: run, found: Finding{Transport: t},
		// The name of a topic that no run and no other check has used.
		spec: loadgen.ClientSpec{Transport: t, Topic: fmt.Sprintf("pb%08x-t000000", run), Sends: !f.Publish.Described() && f.Sends(t)},
	}
}

// listens says that the file does not say how anything is published: it is for whoever only listens.
func (a *attempt) listens() bool { return !a.spec.Sends && !a.file.Publish.Described() }

// plan is that of one client that is in no hurry.
func (a *attempt) plan() loadgen.Plan {
	s := scenarios.Default()
	s.Clients, s.ShortPoll.Interval = 1, 200*time.Millisecond
	return loadgen.Plan{
		Transport: a.spec.Transport, Client: loadgen.Lean, Scenario: s,
		Server: loadgen.ServerInfo{Foreign: true, Description: &loadgen.Description{Path: a.options.Source.Path, Text: a.options.Source.Text}},
	}
}

func (a *attempt) run(ctx context.Context) Finding {
	t, err := target.Traced(a.plan(), a.file, a.story.trace())
	if err == nil {
		err = errors.Join(a.session(ctx, t), t.Close())
	}
	mask := a.story.mask(a.file)
	a.found.Story = a.story.told(mask)
	if err != nil {
		a.found.Problem = mask.Text(err.Error())
		a.found.Change = a.blame(err)
	}
	return a.found
}

// session opens a session and publishes the messages.
func (a *attempt) session(ctx context.Context, t target.Target) error {
	opening, cancel := context.WithTimeoutCause(ctx, a.options.Wait, fmt.Errorf("nothing after %v", a.options.Wait))
	defer cancel()
	a.story.note("a session opens")
	conn, err := t.Open(opening, a.spec)
	if err != nil {
		return &stageError{opens, err}
	}
	if a.listens() {
		return a.listen(ctx, conn)
	}
	publish, end, err := a.publisher(opening, t, conn)
	if err != nil {
		_ = conn.Close()
		return &stageError{publishes, err}
	}
	inbox := receive(conn)
	for seq := uint32(0); seq < messages && err == nil; seq++ {
		err = a.message(ctx, seq, publish, inbox)
	}
	_ = conn.Close()
	inbox.wait()
	return errors.Join(err, end())
}

// listen waits for what others publish, which need not come: until then, or as long as a message may take.
func (a *attempt) listen(ctx context.Context, conn loadgen.Conn) error {
	a.story.note("the file does not say how to publish: whatever comes is awaited")
	ctx, cancel := context.WithTimeout(ctx, a.options.Wait)
	defer cancel()
	inbox := receive(conn)
	var err error
	select {
	case <-ctx.Done():
		a.story.note(fmt.Sprintf("%d frames or bodies came within %v", a.story.passedOver(), a.options.Wait))
		if cause := context.Cause(ctx); !errors.Is(cause, context.DeadlineExceeded) {
			err = cause
		}
	case got, open := <-inbox.arrived:
		switch {
		case !open:
			err = &stageError{fails, fmt.Errorf("the session ended: %w", inbox.err)}
		case got.err != nil:
			err = &stageError{fails, got.err}
		}
	}
	_ = conn.Close()
	inbox.wait()
	return err
}

// publishing publishes a message.
type publishing func(ctx context.Context, payload []byte) error

// publisher is how a message is published, and how that ends: by the application, or where the file does not say how, by the client itself.
func (a *attempt) publisher(ctx context.Context, t target.Target, conn loadgen.Conn) (publish publishing, end func() error, err error) {
	if a.spec.Sends {
		return func(_ context.Context, payload []byte) error { _, err := conn.Send(payload); return err }, func() error { return nil }, nil
	}
	p, err := t.OpenPublisher(ctx)
	if err != nil {
		return nil, nil, err
	}
	refused := make(chan error, 1)
	if c, ok := p.(loadgen.Complainer); ok {
		c.Complain(func(err error) {
			select {
			case refused <- err:
			default:
			}
		})
	}
	return func(ctx context.Context, payload []byte) error {
		if err := p.Publish(a.spec.Topic, payload); err != nil {
			return err
		}
		_, err := p.Sync(ctx)
		select {
		case err = <-refused:
		default:
		}
		return err
	}, p.Close, nil
}

// message publishes one and waits for it.
func (a *attempt) message(ctx context.Context, seq uint32, publish publishing, in *inbox) error {
	ctx, cancel := context.WithTimeout(ctx, a.options.Wait)
	defer cancel()
	a.story.note([]string{"a message is published", "a second one is published: does the session go on where it was?"}[seq])
	began := time.Now()
	if err := publish(ctx, loadgen.Stamp{Run: a.tag, Seq: seq}.Payload(nil, 64)); err != nil {
		return &stageError{publishes, err}
	}
	for {
		select {
		case <-ctx.Done():
			if err := context.Cause(ctx); !errors.Is(err, context.DeadlineExceeded) {
				return err
			}
			return &stageError{receives, a.nothing()}
		case got, open := <-in.arrived:
			switch {
			case !open:
				return &stageError{fails, fmt.Errorf("the session ended: %w", in.err)}
			case got.err != nil:
				return &stageError{fails, got.err}
			case got.stamp.Run != a.tag:
				continue
			case got.stamp.Seq < seq:
				return &stageError{goesOn, errors.New("the first message came again: the session does not go on where it was")}
			}
			a.found.Took = append(a.found.Took, got.at.Sub(began))
			return nil
		}
	}
}

// nothing says that the message did not come, and what did.
func (a *attempt) nothing() error {
	if n := a.story.passedOver(); n > 0 {
		return fmt.Errorf("the message did not come within %v. %d frames or bodies came, but it is in none of them as it was published: was it changed on the way "+
			"(limits: {bodies: base64} survives more), or do these belong to something else?", a.options.Wait, n)
	}
	return fmt.Errorf("the message did not come within %v, nor did anything else: is what is published to the topic that the session receives?", a.options.Wait)
}
