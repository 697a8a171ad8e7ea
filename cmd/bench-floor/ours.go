//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"time"

	"pushbench/loadgen"
	"pushbench/loadgen/target"
	"pushbench/results"
	"pushbench/scenarios"
)

// ourRound runs the engine itself, as a run does: schedule, pacer, sessions, sequence numbers, byte accounts, recorders. Nothing is left out of what is measured.
//
// The engine is an open loop and has no mode in which it drives flat out. A backlog makes it do so: everything falls due at once, and each client works it off
// as fast as the server answers it, one poll or (see inTurn) one echo at a time. The same code runs as in any round; only the latencies say nothing then.
func ourRound(kind loadgen.ClientKind, shape func(job) scenarios.Scenario, transport scenarios.Transport) func(job) (outcome, error) {
	return func(j job) (outcome, error) {
		plan := loadgen.Plan{
			Transport: transport, Client: kind, Scenario: shape(j), Seed: 1, Server: loadgen.ServerInfo{URL: "http://" + j.addr.String()},
		}
		reference, err := target.New(plan)
		if err != nil {
			return outcome{}, err
		}
		defer reference.Close()
		var t loadgen.Target = reference
		if plan.Scenario.Name == flatOut {
			t = inTurn{reference}
		}
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		result, err := loadgen.Round(ctx, plan, t, nil)
		if err != nil && ctx.Err() == nil {
			return outcome{}, err
		}
		return ourOutcome(result.Round)
	}
}

// ourOutcome holds a round to its books: a client that lost or invented a message has no price.
func ourOutcome(r results.Round) (outcome, error) {
	d := r.Delivery
	if d.Delivered == 0 && d.Expected > 0 || d.Missed+d.Duplicated+d.Reordered+d.Foreign > 0 {
		return outcome{}, fmt.Errorf("the books are wrong: %+v", d)
	}
	for _, w := range r.Warnings {
		if w.Code == results.WarnAccounting || w.Code == "client_errors" {
			return outcome{}, fmt.Errorf("%s: %s", w.Code, w.Text)
		}
	}
	o := outcome{Checked: d.Delivered, GCCycles: r.Generator.GCCycles}
	if r.Latency != nil {
		o.P99 = time.Duration(r.Latency.P99)
	}
	if r.Generator.RSSPerClient != nil {
		o.RSSPerClient = *r.Generator.RSSPerClient
	}
	return o, nil
}

// flatOut is the name of a scenario whose clients send in turn.
const flatOut = "flat-out"

// inTurn is a target whose sessions send a message only when the one before it has come back.
type inTurn struct{ *target.Reference }

func (t inTurn) Open(ctx context.Context, c loadgen.ClientSpec) (loadgen.Conn, error) {
	conn, err := t.Reference.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	turn := &turnConn{Conn: conn, turn: make(chan struct{}, 1), over: make(chan struct{})}
	turn.turn <- struct{}{}
	return turn, nil
}

type turnConn struct {
	loadgen.Conn
	turn, over chan struct{}
}

func (c *turnConn) Receive() (*loadgen.Batch, error) {
	b, err := c.Conn.Receive()
	if err == nil {
		c.turn <- struct{}{}
	}
	return b, err
}

func (c *turnConn) Send(payload []byte) (loadgen.Traffic, error) {
	select {
	case <-c.turn:
		return c.Conn.Send(payload)
	case <-c.over:
		return loadgen.Traffic{}, errors.New("the session was closed")
	}
}

func (c *turnConn) Close() error {
	close(c.over)
	return c.Conn.Close()
}

// base is a scenario for this server: no header fields beyond what the protocols need.
func base(j job, pattern scenarios.Pattern) scenarios.Scenario {
	s := scenarios.Default()
	s.Name, s.Pattern, s.Clients, s.Arrivals = "floor", pattern, j.connections, scenarios.Constant
	s.Payload, s.Headers.Preset = payloadSize, scenarios.HeadersNone
	s.Warmup, s.Duration = 0, j.span
	return s
}

// backlog makes each client owe this many messages a second for the whole span, all due in the first millisecond.
func backlog(s scenarios.Scenario, j job, messages float64) scenarios.Scenario {
	s.Duration = time.Millisecond
	s.Rate = scenarios.Rate(messages * j.span.Seconds() / s.Duration.Seconds())
	return s
}

// mostEchoes and mostPolls are more than a processor manages in a second.
const (
	mostEchoes = 150_000
	mostPolls  = 250_000
)

func echoFlatOut(j job) scenarios.Scenario {
	s := backlog(base(j, scenarios.Echo), j, mostEchoes)
	s.Name = flatOut
	return s
}

func echoScheduled(rate float64) func(job) scenarios.Scenario {
	return func(j job) scenarios.Scenario {
		s := base(j, scenarios.Echo)
		s.Rate, s.Warmup = scenarios.Rate(rate), warming
		return s
	}
}

// pollsFlatOut: every client fetches one log, a message a poll.
func pollsFlatOut(j job) scenarios.Scenario {
	s := backlog(base(j, scenarios.Broadcast), j, mostPolls/float64(j.connections))
	s.LongPoll.Batch = false
	return s
}

func pollsParked(j job) scenarios.Scenario {
	s := base(j, scenarios.Broadcast)
	s.Rate = scenarios.Rate(float64(time.Second) / float64(parkedTick))
	return s
}

// idle publishes nothing.
func idle(j job) scenarios.Scenario {
	s := base(j, scenarios.Broadcast)
	s.Rate = 1e-6
	return s
}
