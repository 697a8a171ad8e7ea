package target

import (
	"testing"
	"time"

	"pushbench/loadgen"
	"pushbench/scenarios"
	"pushbench/server"
)

// A client that reads slowly has the same messages and the same books as any other, over each transport, in clear, far away and encrypted; it only takes
// its time, and so holds up the server, not a buffer on the way.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	const size, rate, messages = 4000, 400_000, 8
	for environment, change := range environments {
		t.Run(environment, func(t *testing.T) {
			onEverything(t, func(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport) {
				f := start(t, kind, transport, func(cfg *server.Config, p *loadgen.Plan) {
					if change := change(t); change != nil {
						change(cfg, p)
					}
					p.Scenario.Clients, p.Scenario.Slow = 2, scenarios.Slow{Share: 0.5, Rate: rate}
				})
				c, err := f.target.Open(deadline(t), loadgen.ClientSpec{ID: 1, Transport: transport, Topic: "t000001", Slow: true})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = c.Close() })
				var all [][]byte
				for i := range messages {
					all = append(all, message(i, size))
				}
				began := time.Now()
				f.publish(f.publisher(), all...)
				expect(t, c, all...)
				// What is read before the clock of the slow reader begins is what the codec has been handed: nothing.
				if took, least := time.Since(began), messages*size*time.Second/rate; took < least {
					t.Errorf("%d bytes were read in %v, want at least %v", messages*size, took, least)
				}
				traffic := c.Traffic()
				if spent := traffic.Sent + traffic.Received - traffic.Buffered - traffic.Handshake; spent < messages*size {
					t.Errorf("%d messages of %d bytes took %d", messages, size, spent)
				}
				if transport != scenarios.LongPollNewConn && transport != scenarios.ShortPoll { // whose next poll is under way
					eventually(t, func() bool { return c.Traffic().Received == f.relay.down.Load() })
				}
			})
		})
	}
}
