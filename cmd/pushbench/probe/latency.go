package probe

import (
	"context"
	"fmt"
	"slices"
	"time"

	"pushbench/report/format"
)

// trips are the round trips that were measured, in ascending order.
type trips struct {
	TCP           time.Duration // of one connection, to the near end
	Request, Ping []time.Duration
}

var latency = checkOf(plan{
	name: "latency", bears: Transports, harvest: true, tried: "the time of a TCP handshake, of requests on an open connection and of WebSocket pings",
}, lookTrips, judgeTrips)

// lookTrips uses what other checks measured: the requests of keep-alive, the pings of idle-websocket-pings.
func lookTrips(_ context.Context, p *Path) (trips, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := trips{TCP: p.hello.conn.tcp, Request: slices.Sorted(slices.Values(p.trips)), Ping: slices.Sorted(slices.Values(p.pings))}
	if len(t.Request)+len(t.Ping) == 0 {
		return t, untried("no connection carried a second request, and no WebSocket a ping")
	}
	return t, nil
}

func median(sorted []time.Duration) time.Duration { return sorted[len(sorted)/2] }

func judgeTrips(t trips) []Finding {
	f := Finding{Verdict: Fine, Happened: "TCP handshake " + about(t.TCP), Measured: map[string]float64{"tcp_seconds": seconds(t.TCP)}}
	f.Means = "A handshake goes to the near end of the path only, a request and a ping to the server and back: what they take more is the rest of the path and the server's own time."
	for _, kind := range []struct {
		name, key string
		all       []time.Duration
	}{{"request", "request", t.Request}, {"WebSocket ping", "ping", t.Ping}} {
		if len(kind.all) == 0 {
			continue
		}
		m := median(kind.all)
		f.Happened += fmt.Sprintf("; %s %s (%s to %s, %d of them)", kind.name, about(m), about(kind.all[0]), about(kind.all[len(kind.all)-1]), len(kind.all))
		f.Measured[kind.key+"_median_seconds"] = seconds(m)
		f.Measured[kind.key+"_beyond_tcp_seconds"] = seconds(m - t.TCP)
	}
	if len(t.Request) > 0 {
		f.Means += fmt.Sprintf(" The blind gap of a long-poller, in which a message waits, is one request: %s.", format.Nanoseconds(float64(median(t.Request))))
	}
	return []Finding{f}
}
