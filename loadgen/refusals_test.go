package loadgen

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pushbench/scenarios"
)

// A client that is refused in the ramp ends the round, but the others try too, so that the error says how many were refused, and how; unless nobody gets in, or
// it takes too long.
func TestRefusedClients(t *testing.T) {
	busy := kindly{errors.New("status 503")}
	for name, test := range map[string]struct {
		clients int
		opened  func(*fakeConn) error
		want    string
		// tries and most are how many clients try: some may be on their way when it is plain that none gets in.
		tries, most int
	}{
		"some": {20, func(c *fakeConn) error {
			switch {
			case c.spec.ID == 3:
				return errFakeGone
			case c.spec.ID%2 == 0:
				return busy
			}
			return nil
		}, "11 of 20 clients were refused: connection ×1, http 503 ×10; first: connect client ", 20, 20},
		"all of few":  {5, func(*fakeConn) error { return busy }, "5 of 5 clients were refused: http 503 ×5; first: connect client ", 5, 5},
		"all of many": {10 * Connecting, func(*fakeConn) error { time.Sleep(time.Second); return busy }, " had not tried: http 503 ×", Connecting, Connecting + refusedAtOnce},
		"slowly": {10 * Connecting, func(c *fakeConn) error {
			if c.spec.ID < Connecting/2 {
				return nil
			}
			time.Sleep(9 * time.Second)
			return busy
		}, "192 of 640 clients were refused, 416 had not tried: http 503 ×192; ", 3*Connecting + Connecting/2, 3*Connecting + Connecting/2},
	} {
		t.Run(name, func(t *testing.T) {
			plan := testPlan(scenarios.Broadcast, scenarios.WebSocket)
			plan.Scenario.Clients = test.clients
			server := &fakeServer{Opened: test.opened}
			m := measure(t, plan, server)
			if m.err == nil || !strings.Contains(m.err.Error(), test.want) || !m.Round.Started.IsZero() {
				t.Errorf("the error is %v, want %s…", m.err, test.want)
			}
			if n := len(server.clients); n < test.tries || n > test.most {
				t.Errorf("%d clients tried, want %d to %d", n, test.tries, test.most)
			}
		})
	}
}
