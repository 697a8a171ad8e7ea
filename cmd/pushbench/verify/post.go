package verify

import (
	"context"
	"time"

	"pushbench/results"
	"pushbench/scenarios"
)

// post holds a client's own messages against the published ratio of three.
var post = Check{
	Name:   "post",
	Source: `I. Hickson, quoted by P. Lubbers and F. Greco (2010): "reducing latency from 150ms to 50ms": a POST on a new connection takes 3d to the server, a WebSocket message d; on a kept one d`,
	Run:    runPost,
}

// postDelay is the 50 ms of the quotation.
const postDelay = 50 * time.Millisecond

// runPost measures messages that clients send to the application while they receive others. The application is beside the server, so the way up is all of it.
func runPost(ctx context.Context, lab Lab, depth Depth) ([]Finding, error) {
	l := load{
		delay: postDelay, pattern: scenarios.Duplex, arrivals: scenarios.Constant, clients: 60, rate: 1, duration: time.Second, transports: allPushed,
	}
	if depth == Long {
		l.duration = 6 * time.Second
	}
	cells, err := measure(ctx, lab, l.scenario("verify-post"))
	if err != nil {
		return nil, err
	}
	up := map[scenarios.Transport]time.Duration{}
	for t, m := range cells {
		seen, err := distribution(m, results.UplinkLatency)
		if err != nil {
			return nil, err
		}
		up[t] = seen.Quantile(.5)
	}
	push, kept, fresh := up[scenarios.WebSocket], up[scenarios.LongPoll], up[scenarios.LongPollNewConn]
	const reason = "the server's and the clients' work, and timers, at the median"
	return []Finding{
		within("WebSocket message to the server", milliseconds(postDelay), milliseconds(push), milliseconds(lateness), "ms", reason),
		within("POST on a kept connection to the server", milliseconds(postDelay), milliseconds(kept), milliseconds(lateness), "ms", reason),
		within("POST on a new connection to the server", milliseconds(3*postDelay), milliseconds(fresh), 3*milliseconds(lateness), "ms", reason+", on each of three transits"),
		within("ratio of the new connection's to the WebSocket's", 3, float64(fresh)/float64(push), .06, "", "both of the above"),
	}, nil
}
