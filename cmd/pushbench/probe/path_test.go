package probe

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The most that a probe may take of its server and of its user, who has not chosen how long it waits.
const (
	connectionBudget = 20
	timeBudget       = 2 * time.Minute
)

// probed probes a path in memory, and holds the probe to its budgets: to every connection that it made, and to the time that passed in the bubble, which is
// what its checks wait and nothing else.
func probed(t *testing.T, n *network, o Options) *Report {
	t.Helper()
	o.Dial, o.Tool = n.dial, "test"
	if o.URL == "" {
		o.URL = "http://proxy:80"
	}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	r, err := p.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took >= timeBudget || r.TookSeconds != seconds(took) {
		t.Errorf("it took %v, want less than %v, and says %v s", took, timeBudget, r.TookSeconds)
	}
	if made := n.dialled[p.path.address()]; made >= connectionBudget || r.Connections != made {
		t.Errorf("it made %d connections, want less than %d, and says %d", made, connectionBudget, r.Connections)
	}
	return r
}

// find returns the finding of a check that bears on a transport.
func find(t *testing.T, r *Report, check string, on Transport) Finding {
	t.Helper()
	i := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Check == check && f.bearsOn(on) })
	if i < 0 {
		t.Fatalf("nothing was found by %s for %s", check, on)
	}
	return r.Findings[i]
}

// behind probes the reference server behind a proxy, in a bubble where time costs nothing.
func behind(t *testing.T, b badProxy, judge func(t *testing.T, r *Report)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.reference(t, "backend:1")
		b.start(t, n, "proxy:80")
		judge(t, probed(t, n, Options{}))
	})
}

func TestProxyThatBehaves(t *testing.T) {
	behind(t, badProxy{}, func(t *testing.T, r *Report) {
		if have, want := summaryOf(r), "websocket=fine longpoll=fine sse=fine connections=true"; have != want {
			t.Errorf("have %s, want %s", have, want)
		}
		for _, f := range r.Findings {
			if f.Verdict != Fine && f.Verdict != Untried {
				t.Errorf("%+v", f)
			}
		}
	})
}

func TestProxyThatCutsSilence(t *testing.T) {
	behind(t, badProxy{cutIdle: 20 * time.Second}, func(t *testing.T, r *Report) {
		if have, want := summaryOf(r), "websocket=impaired longpoll=broken sse=impaired connections=true"; have != want {
			t.Errorf("have %s, want %s", have, want)
		}
		for _, c := range []struct {
			check   string
			on      Transport
			verdict Verdict
		}{{"idle-websocket", WebSocket, Impaired}, {"idle-longpoll", LongPoll, Broken}, {"keep-alive-idle", LongPoll, Fine}} {
			f := find(t, r, c.check, c.on)
			if after := number(t, f, "cut_after_seconds"); f.Verdict != c.verdict || after != 20 {
				t.Errorf("%s: %s, cut after %v s, want %s after 20", c.check, f.Verdict, after, c.verdict)
			}
		}
		if f := find(t, r, "idle-websocket-pings", WebSocket); f.Verdict != Fine || number(t, f, "pongs") != pingsPerBound {
			t.Errorf("%+v", f)
		}
	})
}

func TestProxyWithOneFault(t *testing.T) {
	for _, c := range []struct {
		name     string
		proxy    badProxy
		check    string
		on       Transport
		verdict  Verdict
		measured map[string]float64
		summary  string
	}{
		{
			"drops the upgrade",
			badProxy{dropUpgrade: true},
			"upgrade", WebSocket, Broken,
			map[string]float64{"status": 426},
			"websocket=broken longpoll=fine sse=fine connections=true",
		},
		{
			"gives up on slow answers",
			badProxy{holdLimit: 10 * time.Second},
			"idle-longpoll", LongPoll, Broken,
			map[string]float64{"cut_after_seconds": 10},
			"websocket=fine longpoll=broken sse=fine connections=true",
		},
		{
			"gives up on slow answers, but late",
			badProxy{holdLimit: 40 * time.Second},
			"idle-longpoll", LongPoll, Impaired,
			map[string]float64{"cut_after_seconds": 40},
			"websocket=fine longpoll=impaired sse=fine connections=true",
		},
		{
			"closes whatever is old",
			badProxy{cutAlways: 30 * time.Second},
			"idle-websocket-pings", WebSocket, Broken,
			map[string]float64{"alive_seconds": 30},
			"websocket=broken longpoll=impaired sse=impaired connections=true",
		},
		{
			"does not keep connections",
			badProxy{closeAfter: 1},
			"keep-alive", LongPoll, Impaired,
			map[string]float64{"answered": 1},
			"websocket=fine longpoll=impaired sse=fine connections=true",
		},
		{
			"keeps them for a while",
			badProxy{closeAfter: 100},
			"keep-alive", LongPoll, Impaired,
			map[string]float64{"closed_after_requests": 100},
			"websocket=fine longpoll=impaired sse=fine connections=true",
		},
		{
			"keeps idle ones for five seconds",
			badProxy{idleKeep: 5 * time.Second},
			"keep-alive-idle", LongPoll, Impaired,
			map[string]float64{"cut_after_seconds": 5},
			"websocket=fine longpoll=impaired sse=fine connections=true",
		},
		{
			"has no room for cookies", badProxy{maxHeader: 2 << 10}, "header-size", LongPoll, Impaired, // net/http adds 4 KiB
			map[string]float64{"accepted_bytes": 4096, "refused_bytes": 8192}, "websocket=impaired longpoll=impaired sse=impaired connections=true",
		},
		{
			"collects events",
			badProxy{buffer: 4096},
			"buffering", SSE, Broken,
			map[string]float64{"published_before_bytes": float64(len(newToken()) + 3<<10), "published_bytes": float64(len(newToken()) + 7<<10), "arrived_bytes": 4096},
			"websocket=fine longpoll=fine sse=broken connections=true",
		},
		{
			"waits for more",
			badProxy{lag: 200 * time.Millisecond},
			"buffering", SSE, Impaired,
			map[string]float64{"arrived_seconds": .2, "other_seconds": 0},
			"websocket=fine longpoll=fine sse=impaired connections=true",
		},
		{
			"keeps events to the end",
			badProxy{buffer: 1 << 20},
			"buffering", SSE, Broken,
			map[string]float64{"published_bytes": float64(len(newToken()) + 123<<10)},
			"websocket=fine longpoll=fine sse=broken connections=true",
		},
		{
			"takes nothing published",
			badProxy{noPublish: true},
			"delivery-websocket", WebSocket, Fine,
			nil, "websocket=fine longpoll=fine sse=fine connections=true",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			behind(t, c.proxy, func(t *testing.T, r *Report) {
				f := find(t, r, c.check, c.on)
				if f.Verdict != c.verdict {
					t.Errorf("%s, want %s: %+v", f.Verdict, c.verdict, f)
				}
				for name, want := range c.measured {
					if have := number(t, f, name); have != want {
						t.Errorf("%s: %v, want %v", name, have, want)
					}
				}
				if have := summaryOf(r); have != c.summary {
					t.Errorf("have %s, want %s", have, c.summary)
				}
				if f.Verdict != Fine && len(f.Change) < 5 {
					t.Errorf("%d settings are named: %v", len(f.Change), f.Change)
				}
			})
		})
	}
}

// TestSeveralBackends sends each request to another of two servers, as a balancer without stickiness does.
func TestSeveralBackends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNetwork()
		n.reference(t, "backend:1")
		n.reference(t, "backend:2")
		b := badProxy{backends: []string{"backend:1", "backend:2"}, via: "1.1 varnish"}
		b.start(t, n, "proxy:80")
		r := probed(t, n, Options{})
		if f := find(t, r, "stickiness", LongPoll); f.Verdict != Impaired || number(t, f, "backends") != 2 {
			t.Errorf("%+v", f)
		}
		if !slices.Equal(r.Proxies, []string{"Varnish"}) {
			t.Errorf("proxies: %v", r.Proxies)
		}
	})
}
