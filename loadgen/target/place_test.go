package target

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"pushbench/loadgen"
	"pushbench/scenarios"
	"pushbench/server"
)

// reopen opens a session of the fixture's client that goes on where another ended.
func (f *fixture) reopen(transport scenarios.Transport, at loadgen.Place) loadgen.Conn {
	f.t.Helper()
	c, err := f.target.Open(deadline(f.t), loadgen.ClientSpec{Transport: transport, Topic: "t000001", Resume: at})
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		if err := c.Close(); err != nil {
			f.t.Error(err)
		}
	})
	return c
}

// gather receives until it has all of the wanted messages, and returns what else the server told. The first may have come with the session's opening.
func gather(t testing.TB, c loadgen.Conn, want ...[]byte) (told loadgen.Batch) {
	t.Helper()
	var got [][]byte
	for len(got) < len(want) {
		b, err := c.Receive()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range b.Messages {
			got = append(got, bytes.Clone(m))
		}
		told.Missed, told.Reset = told.Missed+b.Missed, told.Reset || b.Reset
	}
	if !slices.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("received %.20q, want %.20q", got, want)
	}
	return told
}

// A session goes on where the last one ended, over its own transport or over another: all that was published comes once, whether or not anything was
// published meanwhile, and whatever the client had of it.
func TestResume(t *testing.T) {
	for _, kind := range kinds {
		for _, from := range transports {
			for _, to := range transports {
				t.Run(fmt.Sprintf("%s/%s to %s", kind, from, to), func(t *testing.T) { testResume(t, kind, from, to) })
			}
		}
	}
}

func testResume(t *testing.T, kind loadgen.ClientKind, from, to scenarios.Transport) {
	f := start(t, kind, from, nil)
	p, next := f.publisher(), 0
	publish := func(n int) (all [][]byte) {
		for range n {
			all = append(all, message(next, 80))
			next++
		}
		f.publish(p, all...)
		return all
	}
	c := f.open(false)
	for _, n := range []struct{ before, meanwhile int }{{0, 0}, {0, 2}, {3, 2}, {1, 0}} {
		expect(t, c, publish(n.before)...)
		at := c.Place()
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		missed := publish(n.meanwhile)
		c = f.reopen(to, at)
		gather(t, c, append(missed, publish(1)...)...)
	}
}

// The answer that opens a session again is a handshake if it only says so. If it brings messages it is a poll like any other.
func TestBytesOfAResumedSession(t *testing.T) {
	onEverything(t, func(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport) {
		for _, missed := range []int{0, 2} {
			f := start(t, kind, transport, nil)
			c := f.open(false)
			p, all := f.publisher(), [][]byte{message(0, 80), message(1, 80)}
			at := c.Place()
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			past := c.Traffic()
			f.publish(p, all[:missed]...)
			c = f.reopen(transport, at)
			opened := c.Traffic()
			polls := transport != scenarios.WebSocket && transport != scenarios.SSE
			handshake, poll := opened.Handshake > 0, missed > 0 && polls
			if handshake == poll || poll && opened.Requests != 1 || !poll && opened.Requests != 0 {
				t.Errorf("%d missed: opening took %+v", missed, opened)
			}
			gather(t, c, all[:missed]...)
			if got := c.Traffic(); polls && missed > 0 && (got.Requests != 1 || got.Responses != 1 || got.Empty != 0) {
				t.Errorf("%d missed: the first answer took %+v, want one request", missed, got)
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			final := c.Traffic()
			eventually(t, func() bool {
				return f.relay.up.Load() == past.Sent+final.Sent && f.relay.down.Load() >= past.Received+final.Received
			})
		}
	})
}

// A server that has lost its log says so, and the client goes on with the new one from its beginning.
func TestResumeInAnotherLog(t *testing.T) {
	onEverything(t, func(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport) {
		old := start(t, kind, transport, nil).open(false).Place()
		f := start(t, kind, transport, nil)
		p := f.publisher()
		f.publish(p, message(0, 80))
		c := f.reopen(transport, old)
		f.publish(p, message(1, 80))
		if told := gather(t, c, message(0, 80), message(1, 80)); !told.Reset || told.Missed != 0 {
			t.Errorf("the client was told %+v, want a reset", told)
		}
		at := c.Place()
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		f.publish(p, message(2, 80))
		gather(t, f.reopen(transport, at), message(2, 80))
	})
}

// What a log no longer holds when the client is back is told, and the client's place moves on.
func TestResumeBehindTheLog(t *testing.T) {
	onEverything(t, func(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport) {
		f := start(t, kind, transport, func(cfg *server.Config, _ *loadgen.Plan) { cfg.LogMessages = 2 })
		c := f.open(false)
		at := c.Place()
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		p := f.publisher()
		f.publish(p, message(0, 80), message(1, 80), message(2, 80), message(3, 80))
		c = f.reopen(transport, at)
		if told := gather(t, c, message(2, 80), message(3, 80)); told.Missed != 2 || told.Reset {
			t.Errorf("the client was told %+v, want 2 missed", told)
		}
		at = c.Place()
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		f.publish(p, message(4, 80))
		gather(t, f.reopen(transport, at), message(4, 80))
	})
}

// An attempt that fails says what it took at the sockets: a client that comes back must have those bytes in its books.
func TestWhatAFailedOpeningTook(t *testing.T) {
	onEverything(t, func(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport) {
		f := start(t, kind, transport, nil)
		_, err := f.target.Open(deadline(t), loadgen.ClientSpec{Transport: transport, Topic: "no such topic"})
		failed, ok := errors.AsType[*loadgen.OpenError](err)
		if !ok {
			t.Fatalf("error %v, want one that says what it took", err)
		}
		took := failed.Took
		eventually(t, func() bool { return took.Sent == f.relay.up.Load() && took.Received == f.relay.down.Load() })
		if took.Sent == 0 || took.Handshake != took.Sent+took.Received || took.Connections != 1 {
			t.Errorf("it took %+v", took)
		}
	})
}

// With TLS resumption a client that comes back spares the certificate, as a browser does.
func TestAClientKeepsItsTLSSession(t *testing.T) {
	onEverything(t, func(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport) {
		f := start(t, kind, transport, func(cfg *server.Config, p *loadgen.Plan) {
			encrypted(t, cfg, p)
			p.Scenario.TLSResumption = true
		})
		p := f.publisher()
		var received []int64
		c := f.open(false)
		for i := range 2 {
			f.publish(p, message(i, 80))
			gather(t, c, message(i, 80)) // by now the server's ticket has come
			at := c.Place()
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			received = append(received, c.Traffic().Received)
			c = f.reopen(transport, at)
		}
		if !slices.IsSortedFunc(received, func(a, b int64) int { return int(b - a) }) || received[1] > received[0]-200 {
			t.Errorf("the sessions received %v bytes, want the second to spare the certificate", received)
		}
	})
}
