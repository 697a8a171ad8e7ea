package target

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"pushbench/loadgen"
	"pushbench/results"
	"pushbench/scenarios"
	"pushbench/server"
)

// stormPlan changes a fixture's plan into a short round whose clients are all cut in its middle.
func stormPlan(p *loadgen.Plan) {
	p.Seed = 7
	s := &p.Scenario
	s.Name, s.Pattern, s.Clients, s.Rate = "storm", scenarios.Broadcast, 10, 100
	s.Warmup, s.Duration = 50*time.Millisecond, 500*time.Millisecond
	s.ShortPoll.Interval = 20 * time.Millisecond
	s.Outage = scenarios.Outage{At: 150 * time.Millisecond, Refuse: 60 * time.Millisecond}
	s.Reconnect = scenarios.Reconnecting{Backoff: 30 * time.Millisecond, Max: 100 * time.Millisecond, Jitter: scenarios.FullJitter, Resume: true}
}

// measure runs the fixture's plan, without the relay, which would see resets of its own.
func (f *fixture) measure() results.Round {
	f.t.Helper()
	f.plan.Server.URL = f.server.URL()
	r, err := loadgen.Round(deadline(f.t), f.plan, newTarget(f.t, f.plan), nil)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, w := range r.Round.Warnings {
		if w.Code == results.WarnAccounting || w.Code == "client_errors" || w.Code == "not_recovered" {
			f.t.Errorf("%s: %s", w.Code, w.Text)
		}
	}
	return r.Round
}

// storms are ways in which clients are cut and come back.
var storms = map[string]func(*testing.T, *server.Config, *loadgen.Plan){
	"near":        func(*testing.T, *server.Config, *loadgen.Plan) {},
	"far":         func(_ *testing.T, _ *server.Config, p *loadgen.Plan) { p.Scenario.Network.Delay = 3 * time.Millisecond },
	"encrypted":   func(t *testing.T, cfg *server.Config, p *loadgen.Plan) { encrypted(t, cfg, p) },
	"at once":     func(_ *testing.T, _ *server.Config, p *loadgen.Plan) { p.Scenario.Outage.Refuse = 0 },
	"fallback":    func(_ *testing.T, _ *server.Config, p *loadgen.Plan) { p.Scenario.Fallback = 0.5 },
	"not resumed": func(_ *testing.T, _ *server.Config, p *loadgen.Plan) { p.Scenario.Reconnect.Resume = false },
}

// Over any transport, with either kind of client, near and far, in clear and encrypted, clients that are cut come back and have missed nothing, or exactly what
// was published while they were away.
func TestReconnectStorm(t *testing.T) {
	t.Parallel()
	var running sync.WaitGroup // all at once: each takes a second, most of it waiting
	defer running.Wait()
	for _, transport := range transports {
		for _, kind := range kinds {
			for name := range storms {
				falls := name == "fallback" && transport == scenarios.WebSocket
				if often := kind == loadgen.Lean && (transport == scenarios.WebSocket || transport == scenarios.LongPoll); name == "near" || often || falls {
					running.Go(func() {
						t.Run(fmt.Sprintf("%s/%s/%s", transport, kind, name), func(t *testing.T) { testStorm(t, kind, transport, name) })
					})
				}
			}
		}
	}
}

func testStorm(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport, name string) {
	r := start(t, kind, transport, func(cfg *server.Config, p *loadgen.Plan) {
		stormPlan(p)
		storms[name](t, cfg, p)
	}).measure()
	v, d, s := r.Recovery, r.Delivery, r.Sessions
	if v.Clients != 10 || v.Back != 10 || v.Full == nil || s.Lost != 10 || s.Reopened != 10 || d.Duplicated != 0 {
		t.Errorf("recovery %+v, sessions %+v, deliveries %+v", v, s, d)
	}
	if resumed := name != "not resumed"; resumed && (v.Missed != 0 || d.Delivered != d.Expected) || !resumed && (v.Missed == 0 || v.Missed != d.Missed+d.Undelivered) {
		t.Errorf("%d missed in the outage of %+v", v.Missed, d)
	}
	if want := int64(10); name == "fallback" && transport == scenarios.WebSocket && s.FellBack != want {
		t.Errorf("sessions %+v, want %d opened after a fallback", s, want)
	}
	for kind := range s.FailedOpens {
		if kind != "refused" && kind != "cut" {
			t.Errorf("attempts failed with %q", kind)
		}
	}
}

// A session does not outlive a cut, whether or not it has a connection at that moment, and its next one does not end with it.
func TestASessionIsCut(t *testing.T) {
	onEverything(t, func(t *testing.T, kind loadgen.ClientKind, transport scenarios.Transport) {
		for _, sends := range []bool{false, true} {
			f := start(t, kind, transport, func(_ *server.Config, p *loadgen.Plan) { stormPlan(p) })
			c := f.open(sends)
			f.target.Cut(0)
			var err error
			for err == nil {
				_, err = c.Receive()
			}
			if kindOf(err) != "cut" {
				t.Errorf("the session ended with %v, which counts as %q", err, kindOf(err))
			}
			if sends {
				if _, err := c.Send(message(0, 80)); kindOf(err) != "cut" {
					t.Errorf("sending ended with %v, which counts as %q", err, kindOf(err))
				}
			}
			f.target.Cut(time.Hour)
			_, err = f.target.Open(deadline(t), loadgen.ClientSpec{Transport: transport, Topic: "t000001", Sends: sends})
			if kindOf(err) != "refused" {
				t.Errorf("opening another ended with %v, which counts as %q", err, kindOf(err))
			}
			f.target.Cut(0)
			p := f.publisher()
			again := f.open(sends)
			f.publish(p, message(1, 80))
			gather(t, again, message(1, 80))
		}
	})
}

// The application beside the server is not behind the clients' network.
func TestPublishersAreNotCut(t *testing.T) {
	f := start(t, loadgen.Lean, scenarios.WebSocket, func(_ *server.Config, p *loadgen.Plan) { stormPlan(p) })
	p, err := f.target.OpenPublisher(deadline(t))
	if err != nil {
		t.Fatal(err)
	}
	f.target.Cut(time.Hour)
	f.publish(p, message(1, 80))
	if err := p.Close(); err != nil {
		t.Error(err)
	}
}
