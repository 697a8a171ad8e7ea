package loadgen

import (
	"context"
	"errors"
	"math/rand/v2"

	"pushbench/results"
	"pushbench/scenarios"
)

// Clients behind a proxy that lets no Upgrade through. Each time they open a session they try a WebSocket first, as the libraries do that people use, are refused by
// the server, which sees a request without an upgrade, and fall back to long-polling, as they do after any other failure. What the attempt took is handshake. They are clients of the WebSocket arm:
// that is what such a service is to them.

const streamBarred = 0x626172726564

// barred are the clients whose upgrades fail: as many as the scenario's share says, drawn from the seed; none over a transport without upgrades.
func (p Plan) barred() map[int]bool {
	s := p.Scenario
	if s.Fallback == 0 || p.Transport != scenarios.WebSocket && !p.mixes() {
		return nil
	}
	n := int(float64(s.Fallback)*float64(s.Clients) + .5)
	barred := make(map[int]bool, n)
	for _, client := range rand.New(rand.NewPCG(p.Seed, streamBarred)).Perm(s.Clients)[:n] {
		barred[client] = true
	}
	return barred
}

// fallsBack says whether the client's sessions are polls of a WebSocket arm.
func (c *client) fallsBack() bool { return c.spec.Barred }

// over is the transport that the client's sessions have in the end.
func (c *client) over() scenarios.Transport {
	if c.fallsBack() {
		return scenarios.LongPoll
	}
	return c.spec.Transport
}

// errNotBarred is for a server that upgrades what does not ask for it.
var errNotBarred = errors.New("a request without an upgrade was answered with one")

// connect opens a session over the client's transport, or over the one that it falls back to.
func (c *client) connect(ctx context.Context) (Conn, error) {
	if !c.fallsBack() {
		return c.round.target.Open(ctx, c.spec)
	}
	conn, err := c.round.target.Open(ctx, c.spec)
	if err == nil {
		_ = conn.Close()
		return nil, &OpenError{Took: conn.Traffic(), Err: errNotBarred}
	}
	c.tried(err)
	if e, ok := errors.AsType[*OpenError](err); ok {
		c.opening.add(e.Took)
	}
	spec := c.spec
	spec.Transport, spec.Barred = c.over(), false
	if conn, err = c.round.target.Open(ctx, spec); err != nil {
		return nil, err
	}
	c.round.lives.count(func(s *results.Sessions) { s.FellBack++ })
	return conn, nil
}
