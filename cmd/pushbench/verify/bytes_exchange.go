package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"pushbench/loadgen/netem"
	"pushbench/loadgen/wire"
	"pushbench/longpoll"
	"pushbench/server"
)

// bytesTopic is what the exchanges are about.
const bytesTopic = "bytes"

// responsePadding is how many bytes of header lines the server adds to each answer: a server that ignores the setting must not pass.
const responsePadding = 100

// paddingLine is that line.
func paddingLine(size int) string {
	const frame = len("X-Padding: \r\n")
	return fmt.Sprintf("X-Padding: %0*d\r\n", size-frame, 0)
}

// protocolBytes measures single exchanges with a server in this process, and compares each with the bytes that its protocol takes.
func protocolBytes(ctx context.Context, sizes []int) (found []Finding, err error) {
	for _, padding := range []int{0, responsePadding} {
		s, err := server.New(server.Config{ResponseHeaderBytes: padding})
		if err != nil {
			return nil, err
		}
		if err := s.Start(); err != nil {
			return nil, err
		}
		e := &exchanges{host: s.Addr(), sizes: sizes}
		if padding > 0 {
			// Headers do not touch frames; the first server has shown those.
			e.padding = paddingLine(padding)
			err = errors.Join(e.events(ctx), e.polls(ctx))
		} else {
			err = errors.Join(e.frames(ctx), e.events(ctx), e.polls(ctx))
		}
		found = append(found, e.found...)
		if err := errors.Join(err, s.Shutdown()); err != nil {
			return found, err
		}
	}
	return found, nil
}

// exchanges are measured one after the other, each on an idle connection.
type exchanges struct {
	host    string
	padding string
	sizes   []int
	dialer  netem.Dialer
	found   []Finding
}

func (e *exchanges) say(f Finding) {
	if e.padding != "" {
		f.What += fmt.Sprintf(", with %d B of response headers", len(e.padding))
	}
	e.found = append(e.found, f)
}

// reading is a meter's counts, to take differences of.
type reading struct{ sent, received int64 }

func read(m *netem.Meter) reading { return reading{m.Sent.Load(), m.Received.Load()} }

func (r reading) since(before reading) reading {
	return reading{r.sent - before.sent, r.received - before.received}
}

// exchangePatience bounds all exchanges on a connection: a server that loses a message must not hold the check up.
const exchangePatience = 10 * time.Second

func (e *exchanges) dial(ctx context.Context, m *netem.Meter) (net.Conn, error) {
	conn, err := e.dialer.Dial(ctx, "tcp", e.host, m)
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(exchangePatience)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// frames upgrades, then echoes a message of each size: up masked, down not.
func (e *exchanges) frames(ctx context.Context) (err error) {
	var meter netem.Meter
	conn, err := e.dial(ctx, &meter)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	target := "/ws?topic=" + bytesTopic
	session, answer, err := wire.Upgrade(conn, wire.UpgradeRequest{Host: e.host, Target: target}, wire.Options{})
	if err != nil {
		return err
	}
	e.say(exactly("upgrade request (bytes)", int64(len(upgradeRequest(e.host, target))), meter.Sent.Load()))
	e.say(exactly("upgrade response (bytes)", int64(len(upgradeResponse(answer.Header(longpoll.HeaderCursor)))), meter.Received.Load()))
	if err := e.echo(session, &meter); err != nil {
		return err
	}
	e.compareKernel("WebSocket", conn, &meter)
	return nil
}

func (e *exchanges) echo(session *wire.WebSocketConn, meter *netem.Meter) error {
	var up, down, wantUp, wantDown []int64
	for _, size := range e.sizes {
		payload, before := sample(size), read(meter)
		if err := session.WriteMessage(wire.Binary, payload); err != nil {
			return err
		}
		var b wire.Batch
		if err := session.Receive(&b); err != nil {
			return err
		}
		if len(b.Messages) != 1 || !bytes.Equal(b.Messages[0].Payload, payload) {
			return fmt.Errorf("a message of %d bytes came back as another", size)
		}
		took := read(meter).since(before)
		up, down = append(up, took.sent-int64(size)), append(down, took.received-int64(size))
		wantUp, wantDown = append(wantUp, frameHeader(size, true)), append(wantDown, frameHeader(size, false))
	}
	e.say(allExactly("frame header, client to server, payloads of "+listed(e.sizes)+" B", wantUp, up))
	e.say(allExactly("frame header, server to client, same payloads", wantDown, down))
	return nil
}

// sample is a payload that no codec can mistake for another of its size.
func sample(size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte('a' + i%23)
	}
	return b
}

// polls publishes a message of each size by POST and fetches it by a poll, once on kept-alive connections and once with a connection that each
// poll asks to close.
func (e *exchanges) polls(ctx context.Context) error {
	pollers := []*poller{{exchanges: e}, {exchanges: e, lines: []string{"Connection: close\r\n"}}}
	if e.padding != "" {
		pollers = pollers[:1] // padding and Connection have nothing to do with each other
	}
	for _, p := range pollers {
		if err := p.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", p.name(), err)
		}
	}
	return nil
}

// poller polls as the load generator's clients do.
type poller struct {
	*exchanges
	// lines are those of a request beyond what the protocol requires; the server answers Connection: close in kind.
	lines  []string
	cursor string
	meter  netem.Meter
	client *client
	poster *client

	want, got struct{ requests, responses, posts, accepts []int64 }
}

// client is one HTTP connection.
type client struct {
	conn net.Conn
	http *wire.HTTPConn
}

func (p *poller) name() string {
	if len(p.lines) > 0 {
		return "poll on a new connection"
	}
	return "poll"
}

func (p *poller) run(ctx context.Context) (err error) {
	posts := netem.Meter{}
	if p.poster, err = p.connect(ctx, &posts); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.poster.conn.Close(), p.close()) }()
	if err := p.subscribe(ctx); err != nil {
		return err
	}
	for _, size := range p.sizes {
		if err := errors.Join(p.publish(bytesTopic, size, &posts), p.fetch(ctx, size)); err != nil {
			return err
		}
	}
	p.judge()
	if p.client != nil {
		p.compareKernel(p.name(), p.client.http.NetConn(), &p.meter)
		p.compareKernel("POST", p.poster.http.NetConn(), &posts)
	}
	return nil
}

// close closes the connection to poll on, if there is one.
func (p *poller) close() error {
	if p.client == nil {
		return nil
	}
	conn := p.client.conn
	p.client = nil
	return conn.Close()
}

func (p *poller) connect(ctx context.Context, m *netem.Meter) (*client, error) {
	conn, err := p.dial(ctx, m)
	if err != nil {
		return nil, err
	}
	return &client{conn: conn, http: wire.NewHTTPConn(conn, wire.Options{})}, nil
}

// subscribe is the first poll, which fetches the cursor that means "now".
func (p *poller) subscribe(ctx context.Context) error {
	target := "/poll?topic=" + bytesTopic + "&hold=25s"
	answer, took, err := p.poll(ctx, target, "")
	if err != nil {
		return err
	}
	if answer.Status != http.StatusNoContent {
		return fmt.Errorf("the first poll was answered with status %d", answer.Status)
	}
	p.say(exactly(p.name()+", first, request (bytes)", int64(len(pollRequest(p.host, target, p.lines...))), took.sent))
	p.say(exactly(p.name()+", first, response (bytes)", int64(len(emptyResponse(p.cursor, p.answerLines()...))), took.received))
	return nil
}

// answerLines are the header lines that a response has beyond what it always has.
func (p *poller) answerLines() []string { return append([]string{p.padding}, p.lines...) }

// poll sends one request and takes the cursor from its answer.
func (p *poller) poll(ctx context.Context, target, cursor string) (answer wire.Response, took reading, err error) {
	before := read(&p.meter)
	if p.client == nil {
		if p.client, err = p.connect(ctx, &p.meter); err != nil {
			return answer, took, err
		}
	}
	var fields []wire.Field
	if len(p.lines) > 0 {
		fields = []wire.Field{{Name: "Connection", Value: "close"}}
	}
	request, err := wire.NewRequest(wire.RequestSpec{Host: p.host, Target: target, Header: fields})
	if err != nil {
		return answer, took, err
	}
	if err := p.client.http.Do(request.Append(nil, []byte(cursor), nil), &answer); err != nil {
		return answer, took, err
	}
	p.cursor = string(answer.Header(longpoll.HeaderCursor))
	took = read(&p.meter).since(before)
	if len(p.lines) > 0 {
		err = p.close()
	}
	return answer, took, err
}

// publish posts a message and notes what that took.
func (p *poller) publish(topic string, size int, meter *netem.Meter) error {
	before := read(meter)
	if err := p.post(topic, sample(size)); err != nil {
		return err
	}
	took := read(meter).since(before)
	p.got.posts, p.got.accepts = append(p.got.posts, took.sent), append(p.got.accepts, took.received)
	p.want.posts = append(p.want.posts, int64(len(postHead(p.host, publishTarget(topic), size))+size))
	p.want.accepts = append(p.want.accepts, int64(len(postResponse)+len(p.padding)))
	return nil
}

func publishTarget(topic string) string { return "/publish?topic=" + topic }

func (p *poller) post(topic string, message []byte) error {
	request, err := wire.NewRequest(wire.RequestSpec{Method: http.MethodPost, Host: p.host, Target: publishTarget(topic)})
	if err != nil {
		return err
	}
	var answer wire.Response
	if err := p.poster.http.Do(request.Append(nil, nil, message), &answer); err != nil {
		return err
	}
	if answer.Status != http.StatusNoContent {
		return fmt.Errorf("a message of %d bytes was answered with status %d", len(message), answer.Status)
	}
	return nil
}

// fetch polls for the message just published.
func (p *poller) fetch(ctx context.Context, size int) error {
	target, asked := "/poll?topic="+bytesTopic+"&hold=25s&cursor=", p.cursor
	answer, took, err := p.poll(ctx, target, asked)
	if err != nil {
		return err
	}
	message, rest, err := longpoll.DecodeNext(answer.Body)
	if err != nil {
		return fmt.Errorf("a poll for a message of %d bytes was answered with status %d and a body that is no netstring: %w", size, answer.Status, err)
	}
	if len(rest) > 0 || !bytes.Equal(message, sample(size)) {
		return fmt.Errorf("a poll for a message of %d bytes was answered with another body", size)
	}
	p.got.requests, p.got.responses = append(p.got.requests, took.sent), append(p.got.responses, took.received)
	p.want.requests = append(p.want.requests, int64(len(pollRequest(p.host, target+asked, p.lines...))))
	head := messageResponseHead(p.cursor, size, p.answerLines()...)
	p.want.responses = append(p.want.responses, int64(len(head)+netstringSize(size)))
	return nil
}

func (p *poller) judge() {
	p.say(allExactly(p.name()+", request (bytes)", p.want.requests, p.got.requests))
	p.say(allExactly(p.name()+", response with a message of each size (bytes)", p.want.responses, p.got.responses))
	if len(p.lines) == 0 {
		p.say(allExactly("POST of each size (bytes)", p.want.posts, p.got.posts))
		p.say(allExactly("its answer (bytes)", p.want.accepts, p.got.accepts))
	}
}
