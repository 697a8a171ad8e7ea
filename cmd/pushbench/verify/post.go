package verify

import (
	"context"
	"time"

	"pushbench/scenarios"
)

// post holds a client's own messages against the published ratio of three.
var post = Check{
	Name:   "post",
	Source: `I. Hickson, quoted by P. Lubbers and F. Greco (2010): "reducing latency from 150ms to 50ms": a POST on a new connection takes 3d to the server, a WebSocket message d`,
	Run:    runPost,
}

// postDelay is the 50 ms of the quotation.
const postDelay = 50 * time.Millisecond

// runPost measures messages that clients send and get back. They are so far apart that a poll is always there for them; so the way back takes d on either
// transport, which is half of what the WebSocket's whole way takes.
func runPost(ctx context.Context, lab Lab, depth Depth) ([]Finding, error) {
	l := load{
		delay: postDelay, pattern: scenarios.Echo, arrivals: scenarios.Constant, clients: 60, rate: 1, duration: time.Second, transports: reconnecting,
	}
	if depth == Long {
		l.duration = 6 * time.Second
	}
	cells, err := measure(ctx, lab, l.scenario("verify-post"))
	if err != nil {
		return nil, err
	}
	sent, err := latencies(cells[scenarios.WebSocket])
	if err != nil {
		return nil, err
	}
	posted, err := latencies(cells[scenarios.LongPollNewConn])
	if err != nil {
		return nil, err
	}
	back := sent.Quantile(.5) / 2
	push, request := sent.Quantile(.5)-back, posted.Quantile(.5)-back
	const reason = "the server's and the clients' work, and timers, at the median"
	return []Finding{
		within("WebSocket message to the server", milliseconds(postDelay), milliseconds(push), milliseconds(lateness), "ms", reason),
		within("POST on a new connection to the server", milliseconds(3*postDelay), milliseconds(request), 3*milliseconds(lateness), "ms", reason+", on each of three transits"),
		within("ratio", 3, float64(request)/float64(push), .06, "", "both of the above"),
	}, nil
}
