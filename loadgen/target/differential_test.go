package target

import (
	"fmt"
	"testing"
	"time"

	"pushbench/loadgen"
	"pushbench/scenarios"
	"pushbench/server"
)

// environments are what a session's books must be exact in.
var environments = map[string]func(t *testing.T) func(*server.Config, *loadgen.Plan){
	"clear": func(*testing.T) func(*server.Config, *loadgen.Plan) { return nil },
	"far": func(*testing.T) func(*server.Config, *loadgen.Plan) {
		return func(_ *server.Config, p *loadgen.Plan) { p.Scenario.Network.Delay = 2 * time.Millisecond }
	},
	"tls": func(t *testing.T) func(*server.Config, *loadgen.Plan) {
		return func(cfg *server.Config, p *loadgen.Plan) { encrypted(t, cfg, p) }
	},
}

// What a session did, apart from how many bytes its client's manners cost.
type conduct struct{ carrying, connections, handshakes int64 }

// The lean and the library clients get the same messages over each transport with the same requests, and each one's bytes are those that passed the relay.
func TestLeanAndLibraryClientsAgree(t *testing.T) {
	t.Parallel()
	for environment, change := range environments {
		for _, transport := range transports {
			t.Run(fmt.Sprintf("%s/%s", environment, transport), func(t *testing.T) {
				lean := converse(t, loadgen.Lean, transport, change(t))
				library := converse(t, loadgen.Library, transport, change(t))
				if lean != library {
					t.Errorf("the lean client %+v, the library %+v", lean, library)
				}
			})
		}
	}
}

// converse publishes one message after the other, each when the one before has been received, and checks the session's books.
func converse(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport, change func(*server.Config, *loadgen.Plan)) conduct {
	t.Helper()
	f := start(t, kind, transport, change)
	c, p := f.open(false), f.publisher()
	const messages = 12
	for i := range messages {
		m := message(i, 48+i*i*97)
		f.publish(p, m)
		expect(t, c, m)
	}
	traffic := c.Traffic()
	f.checkBytes(traffic, kind)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	polls := int64(messages)
	switch transport {
	case scenarios.WebSocket, scenarios.SSE:
		if traffic.Requests != 0 || traffic.Responses != messages {
			t.Errorf("%s: %d requests and %d reads, want none and %d", kind, traffic.Requests, traffic.Responses, messages)
		}
	case scenarios.ShortPoll:
		polls = traffic.Requests
		fallthrough
	default:
		if traffic.Requests != polls || traffic.Responses != polls || traffic.Responses-traffic.Empty != messages {
			t.Errorf("%s: %d requests, %d responses, %d of them empty; want %d carrying a message each", kind, traffic.Requests, traffic.Responses, traffic.Empty, messages)
		}
	}
	return conduct{traffic.Responses - traffic.Empty, traffic.Connections, min(1, traffic.Handshake)}
}

// checkBytes holds a session's books against what passed the relay.
func (f *fixture) checkBytes(traffic loadgen.Traffic, kind loadgen.ClientKind) {
	f.t.Helper()
	up, down := f.relay.up.Load(), f.relay.down.Load()
	var farewells int64
	if f.plan.Scenario.TLS != scenarios.TLSOff && f.plan.Transport == scenarios.LongPollNewConn {
		// Each side says farewell on a connection that the other has closed: these 24 bytes are sent, and nobody reads them.
		farewells = 24 * traffic.Connections
	}
	if far(traffic.Sent, up, farewells) || far(traffic.Received, down, farewells) {
		f.t.Errorf("%s: booked %d bytes sent and %d received, the relay saw %d and %d", kind, traffic.Sent, traffic.Received, up, down)
	}
	if n := f.relay.accepted.Load(); traffic.Connections != n {
		f.t.Errorf("%s: booked %d connections, the relay saw %d", kind, traffic.Connections, n)
	}
	if end := int64(len("\r\n")); traffic.Buffered != 0 && !(f.plan.Transport == scenarios.SSE && kind == loadgen.Lean && traffic.Buffered == end) { // of the last event's chunk
		f.t.Errorf("%s: %d bytes are said to be buffered when everything has been received", kind, traffic.Buffered)
	}
}

// far says whether two counts differ by more than is tolerated.
func far(a, b, tolerated int64) bool { return max(a-b, b-a) > tolerated }

// Every message of a burst is charged with its own bytes, not with those of the messages behind it, however they travel.
func TestABurstOverAWebSocket(t *testing.T) {
	for environment, change := range environments {
		t.Run(environment, func(t *testing.T) {
			f := start(t, loadgen.Lean, scenarios.WebSocket, change(t))
			c, p := f.open(false), f.publisher()
			var burst [][]byte
			for i := range 200 {
				burst = append(burst, message(i, 100))
			}
			f.publish(p, burst[0])
			expect(t, c, burst[0]) // what TLS sends behind its handshake has come by now
			spent := func() int64 { t := c.Traffic(); return t.Sent + t.Received - t.Buffered - t.Handshake }
			before, first := spent(), spent()
			f.publish(p, burst...)
			for got := 0; got < len(burst); {
				b, err := c.Receive()
				if err != nil {
					t.Fatal(err)
				}
				got += len(b.Messages)
				now := spent()
				if each := (now - before) / int64(len(b.Messages)); environment != "tls" && now-before != int64(len(b.Messages))*102 {
					t.Fatalf("%d messages are charged with %d bytes each, want 102", len(b.Messages), each)
				}
				before = now
			}
			if each := float64(before-first) / 200; environment == "tls" && each != 102+22 {
				t.Errorf("a message is charged with %v bytes, want 102 and a record's 22", each)
			}
		})
	}
}

// A client's own message comes back to it, and what sending took is exact and apart from the session's traffic.
func TestSend(t *testing.T) {
	t.Parallel()
	for environment, change := range environments {
		t.Run(environment, func(t *testing.T) {
			onEverything(t, func(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport) {
				f := start(t, kind, transport, change(t))
				c := f.open(true)
				session := c.Traffic()
				var sending loadgen.Traffic
				const messages = 6
				for i := range messages {
					m := message(i, 48+i*i*3000)
					cost, err := c.Send(m)
					if err != nil {
						t.Fatal(err)
					}
					expect(t, c, m)
					checkSendCost(t, transport, cost, len(m))
					sending.Sent += cost.Sent
					sending.Received += cost.Received
					sending.Connections += cost.Connections
				}
				if now := c.Traffic(); transport == scenarios.WebSocket && now.Sent != session.Sent {
					t.Errorf("the session itself has sent %d bytes, and %d before: sends are counted twice", now.Sent, session.Sent)
				}
				if err := c.Close(); err != nil {
					t.Error(err)
				}
				if environment == "clear" {
					f.checkTotals(c.Traffic(), sending)
				}
			})
		})
	}
}

// checkTotals holds a closed session's books, with those of its sends, against what passed the relay.
func (f *fixture) checkTotals(traffic, sending loadgen.Traffic) {
	f.t.Helper()
	eventually(f.t, func() bool { return f.relay.up.Load() >= traffic.Sent+sending.Sent }) // the farewell may still be on its way
	if up := f.relay.up.Load(); traffic.Sent+sending.Sent != up {
		f.t.Errorf("booked %d + %d bytes sent, the relay saw %d", traffic.Sent, sending.Sent, up)
	}
	if n := f.relay.accepted.Load(); traffic.Connections+sending.Connections != n {
		f.t.Errorf("booked %d + %d connections, the relay saw %d", traffic.Connections, sending.Connections, n)
	}
}

func checkSendCost(t *testing.T, transport scenarios.Transport, cost loadgen.Traffic, payload int) {
	t.Helper()
	beyond := cost.Sent + cost.Received - int64(payload)
	if transport == scenarios.WebSocket {
		// A mask, a header, and over TLS 22 bytes for each record, of which the first carry a segment each.
		if beyond < 6 || beyond > 14+22*int64(payload/1100+2) || cost.Requests != 0 || cost.Received != 0 {
			t.Errorf("sending %d bytes took %+v", payload, cost)
		}
		return
	}
	if beyond < 50 || cost.Requests != 1 || cost.Responses != 1 {
		t.Errorf("posting %d bytes took %+v", payload, cost)
	}
	if transport == scenarios.LongPollNewConn && cost.Connections != 1 {
		t.Errorf("posting on a new connection took %d connections", cost.Connections)
	}
}
