package target

import (
	"testing"

	"pushbench/loadgen"
	"pushbench/scenarios"
	"pushbench/server"
)

// Totals are everything that passed the session's sockets, sends included, and can be read while it waits: they are what the relay saw.
func TestTotals(t *testing.T) {
	for environment, change := range environments {
		t.Run(environment, func(t *testing.T) {
			onEverything(t, func(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport) {
				f := start(t, kind, transport, change(t))
				c := f.open(true)
				opened := c.Totals()
				const messages = 4
				var posts loadgen.Traffic
				for i := range messages {
					m := message(i, 60+i)
					took, err := c.Send(m)
					if err != nil {
						t.Fatal(err)
					}
					posts = posts.Plus(took)
					expect(t, c, m)
				}
				now := c.Totals()
				if booked := c.Traffic().Plus(posts); transport != scenarios.ShortPoll && (booked.Sent != now.Sent || booked.Received != now.Received || booked.Connections != now.Connections) {
					t.Errorf("the books say %d bytes sent, %d received and %d connections, the totals %d, %d and %d",
						booked.Sent, booked.Received, booked.Connections, now.Sent, now.Received, now.Connections)
				}
				requests := int64(0) // a post and a poll for each message
				if transport != scenarios.WebSocket {
					requests = messages
					if transport != scenarios.SSE {
						requests *= 2
					}
				}
				if posted := now.Requests - opened.Requests; posted < requests || transport != scenarios.ShortPoll && posted != requests {
					t.Errorf("%d requests, want %d", posted, requests)
				}
				if now.Responses-now.Empty < messages || now.Connections < 1 {
					t.Errorf("totals %+v, want %d responses with something in them", now, messages)
				}
				if environment == "clear" && transport != scenarios.ShortPoll { // whose next poll may be on its way
					f.checkTotalsAgainstRelay(now)
				}
			})
		})
	}
}

// checkTotalsAgainstRelay holds totals that were read when all had arrived against what passed the relay.
func (f *fixture) checkTotalsAgainstRelay(now loadgen.Traffic) {
	f.t.Helper()
	if up, down := f.relay.up.Load(), f.relay.down.Load(); now.Sent != up || now.Received != down {
		f.t.Errorf("totals say %d bytes sent and %d received, the relay saw %d and %d", now.Sent, now.Received, up, down)
	}
	if n := f.relay.accepted.Load(); now.Connections != n {
		f.t.Errorf("totals say %d connections, the relay saw %d", now.Connections, n)
	}
}

// A server's pings and the answers to them are bytes of the session, and nothing that it receives.
func TestPingsAreCounted(t *testing.T) {
	for _, kind := range kinds {
		t.Run(string(kind), func(t *testing.T) {
			f := start(t, kind, scenarios.WebSocket, func(cfg *server.Config, _ *loadgen.Plan) { cfg.Ping = 64e6 })
			c := f.open(false)
			before := c.Totals()
			received := make(chan error)
			go func() {
				_, err := c.Receive()
				received <- err
			}()
			const ping, pong = 2, 6 // bytes: a header, and a header with a mask
			eventually(t, func() bool {
				now := c.Totals()
				return now.Received-before.Received >= 3*ping && now.Sent-before.Sent >= 3*pong
			})
			select {
			case err := <-received:
				t.Errorf("Receive returned with %v: a ping is no message", err)
			default:
			}
			f.publish(f.publisher(), message(1, 60))
			if err := <-received; err != nil {
				t.Fatal(err)
			}
			now := c.Totals()
			if sent, got := now.Sent-before.Sent, now.Received-before.Received-62; sent%pong != 0 || got%ping != 0 || now.Responses != 1 || now.Requests != 0 {
				t.Errorf("%d bytes sent and %d received beside the message, want whole pongs and pings; totals %+v", sent, got, now)
			}
		})
	}
}
