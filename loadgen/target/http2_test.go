package target

import (
	"testing"

	"pushbench/loadgen"
	"pushbench/scenarios"
	"pushbench/server"
)

// Polls over HTTP/2 bring the same messages, over one connection, with heads that hardly weigh anything after the first, and books that see every byte.
func TestHTTP2(t *testing.T) {
	for environment, change := range environments {
		for _, transport := range []scenarios.Transport{scenarios.LongPoll, scenarios.ShortPoll} {
			t.Run(environment+"/"+string(transport), func(t *testing.T) {
				f := start(t, loadgen.Library, transport, func(cfg *server.Config, p *loadgen.Plan) {
					if change := change(t); change != nil {
						change(cfg, p)
					}
					cfg.HTTP2, p.Scenario.HTTP = true, scenarios.HTTP2
					p.Scenario.Headers = scenarios.Headers{Preset: scenarios.HeadersSized, Request: 700, Cookie: 700} // the table of HPACK holds 4 KiB
				})
				c, p := f.open(false), f.publisher()
				if opened := c.Traffic().Handshake; opened < 1000 {
					t.Errorf("opening took %d bytes", opened)
				}
				for i := range 20 {
					before := c.Traffic()
					f.publish(p, message(i, 100))
					expect(t, c, message(i, 100))
					now := c.Traffic()
					if requests := now.Requests - before.Requests; now.Sent-before.Sent > requests*(200+recordBytes[f.plan.Scenario.TLS]) {
						t.Errorf("%d requests took %d bytes", requests, now.Sent-before.Sent)
					}
				}
				if now := c.Traffic(); now.Connections != 1 || !now.Parts.Known || now.Parts.Headers == 0 {
					t.Errorf("%+v; want one connection, and the parts known", now)
				}
				if err := c.Close(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}
