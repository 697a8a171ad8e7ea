package target

import (
	"fmt"
	"testing"

	"pushbench/loadgen"
	"pushbench/scenarios"
	"pushbench/server"
)

// What TLS adds to a record: five bytes of header, and what the cipher needs. AES-GCM appends a tag of 16; TLS 1.3 hides the type in one byte more, TLS 1.2 sends eight
// of the nonce (RFC 8446, section 5.2; RFC 5288, section 3).
var recordBytes = map[scenarios.TLSVersion]int64{scenarios.TLSOff: 0, scenarios.TLS13: 5 + 1 + 16, scenarios.TLS12: 5 + 8 + 16}

// onEachTLS runs a test with each kind of client over each transport, in clear and over both versions of TLS.
func onEachTLS(t *testing.T, test func(t *testing.T, f *fixture)) {
	for version := range recordBytes {
		t.Run("tls="+string(version), func(t *testing.T) {
			onEverything(t, func(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport) {
				test(t, start(t, kind, transport, func(cfg *server.Config, p *loadgen.Plan) {
					if version != scenarios.TLSOff {
						encrypted(t, cfg, p)
						p.Scenario.TLS = version
					}
				}))
			})
		})
	}
}

// grown is what a session's books grew by.
func grown(now, before loadgen.Traffic) (spent int64, parts loadgen.Parts) {
	spent = now.Sent + now.Received - now.Handshake - (before.Sent + before.Received - before.Handshake)
	return spent, loadgen.Parts{
		Known: now.Parts.Known && before.Parts.Known, Headers: now.Parts.Headers - before.Parts.Headers, TLS: now.Parts.TLS - before.Parts.TLS,
		EmptyPolls: now.Parts.EmptyPolls - before.Parts.EmptyPolls,
	}
}

// One message takes a record down and, with polling, one up. What is in no part is framing: a frame's header, an event's fields and chunk, or an answer's
// netstring.
func TestPartsOfAMessage(t *testing.T) {
	onEachTLS(t, func(t *testing.T, f *fixture) {
		const payload = 100
		c, p := f.open(false), f.publisher()
		f.publish(p, message(0, payload))
		expect(t, c, message(0, payload)) // what TLS sends behind its handshake has come by now
		before := c.Traffic()
		f.publish(p, message(1, payload))
		expect(t, c, message(1, payload))
		now := c.Traffic()
		spent, parts := grown(now, before)
		empty, record := now.Empty-before.Empty, recordBytes[f.plan.Scenario.TLS]
		framing := spent - payload - parts.Headers - parts.TLS - parts.EmptyPolls
		switch {
		case !parts.Known:
			t.Fatal("the parts are not known")
		case f.plan.Transport == scenarios.WebSocket:
			if parts.TLS != record || framing != 2 || parts.Headers != 0 || parts.EmptyPolls != 0 {
				t.Errorf("%+v and %d bytes of framing; want a record of %d and a frame's 2", parts, framing, record)
			}
		case f.plan.Transport == scenarios.SSE:
			// The end of the chunk before stands for this one's.
			event := int64(len("7d\r\n" + "id: 0123456789-2\ndata: " + "\n\n" + "\r\n"))
			if parts.TLS != record || framing != event || parts.Headers != 0 || parts.EmptyPolls != 0 {
				t.Errorf("%+v and %d bytes of framing; want a record of %d and an event's %d", parts, framing, record, event)
			}
		case f.plan.Transport == scenarios.LongPollNewConn:
			// The session ticket and the farewells come on top, on every connection.
			if parts.TLS < 2*record || record == 0 && parts.TLS != 0 || framing != int64(len("100:,")) || parts.Headers < 100 {
				t.Errorf("%+v and %d bytes of framing; want two records of %d or more, the frame of a netstring, and headers", parts, framing, record)
			}
		default:
			if parts.TLS != 2*record || framing != int64(len("100:,")) || parts.Headers < 100 || (parts.EmptyPolls > 0) != (empty > 0) || parts.EmptyPolls < empty*(100+2*record) {
				t.Errorf("%+v, %d empty polls and %d bytes of framing; want two records of %d, the frame of a netstring, and headers", parts, empty, framing, record)
			}
		}
	})
}

// A connection's farewell is TLS's, also when it passes after the answer was entered: it must not look like framing.
func TestFarewellAfterTheAnswer(t *testing.T) {
	const farewell = 5 + 2 + 1 + 16
	var l ledger
	var e exchanges
	l.own = true
	l.secured.Store(true)
	e.begin(&l)
	l.plainReceived.Add(200)
	l.received.Add(200 + 22)
	e.enter(&l, 100, false)
	entered := e.at(l.traffic(), &l)
	if want := (loadgen.Parts{Known: true, Headers: 100, TLS: 22}); entered != want {
		t.Errorf("%+v, want %+v", entered, want)
	}
	l.sent.Add(farewell)
	after := entered
	after.TLS += farewell
	if got := e.at(l.traffic(), &l); got != after {
		t.Errorf("after the farewell %+v, want %+v", got, after)
	}
	e.enter(&l, 0, true)
	if got := e.at(l.traffic(), &l); got.TLS+got.EmptyPolls != after.TLS+after.EmptyPolls {
		t.Errorf("after the next exchange %+v, want the same sum as in %+v", got, after)
	}
}

// What sending took is told apart as well: a WebSocket's frame with its mask, or a POST and its answer.
func TestPartsOfASend(t *testing.T) {
	onEachTLS(t, func(t *testing.T, f *fixture) {
		const payload = 100
		c := f.open(true)
		for i := range 2 {
			m := message(i, payload)
			cost, err := c.Send(m)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, c, m)
			record, parts := recordBytes[f.plan.Scenario.TLS], cost.Parts
			framing := cost.Sent + cost.Received - payload - parts.TLS - parts.Headers
			switch {
			case !parts.Known || parts.EmptyPolls != 0:
				t.Errorf("parts %+v", parts)
			case f.plan.Transport == scenarios.WebSocket && (parts.TLS != record || framing != 2+4 || parts.Headers != 0):
				t.Errorf("%+v and %d bytes of framing; want a record of %d and a masked frame's 6", parts, framing, record)
			case f.plan.Transport != scenarios.WebSocket && (framing != 0 || parts.Headers < 80 || parts.TLS < 2*record || record == 0 && parts.TLS != 0):
				t.Errorf("%+v and %d bytes of framing; want two records of %d or more, and headers", parts, framing, record)
			case f.plan.Transport != scenarios.WebSocket && i > 0 && f.plan.Transport != scenarios.LongPollNewConn && parts.TLS != 2*record:
				t.Errorf("a POST on a connection in use takes %d bytes of TLS, want two records of %d", parts.TLS, record)
			}
		}
	})
}

// The handshakes of connections that polls open stand apart, with the library's client as with the lean one.
func TestHandshakesOfPollsStandApart(t *testing.T) {
	for _, kind := range kinds {
		t.Run(fmt.Sprint(kind), func(t *testing.T) {
			f := start(t, kind, scenarios.LongPollNewConn, func(cfg *server.Config, p *loadgen.Plan) { encrypted(t, cfg, p) })
			c, p := f.open(false), f.publisher()
			first := c.Traffic().Handshake
			f.publish(p, message(0, 100))
			expect(t, c, message(0, 100))
			if again := c.Traffic().Handshake - first; again < 500 || again > first {
				t.Errorf("a second connection's handshake took %d bytes, the session's opening %d", again, first)
			}
		})
	}
}
