package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"pushbench/results"
)

// exactBytes holds the meters and codecs of the load generator to the protocols, byte by byte, and to the kernel's own count.
var exactBytes = Check{
	Name:   "bytes",
	Source: "RFC 6455 §5.2 (frames) and §4 (upgrade), RFC 9112 (HTTP/1.1), WHATWG HTML §9.2 (server-sent events), RFC 8446 §5.2 and RFC 5288 §3 (TLS records), RFC 7692 §7.2 and RFC 1952 §2.3 (compression), RFC 7541 §2.3 (HTTP/2's header lines), package longpoll (netstrings), the kernel's TCP_INFO",
	Run:    runBytes,
}

// payloadSizes are the boundaries of frame headers and of a stamp. Those below scenarios.MinPayload never occur in a run; the codecs carry them all the same.
var payloadSizes = []int{0, 1, 47, 48, 125, 126, 127, 65_535, 65_536, 70_000}

func runBytes(ctx context.Context, lab Lab, _ Depth) ([]Finding, error) {
	protocol, err := protocolBytes(ctx, payloadSizes)
	for _, exchange := range []func(context.Context) ([]Finding, error){compressedBytes, http2Bytes} {
		found, failed := exchange(ctx)
		protocol, err = append(protocol, found...), errors.Join(err, failed)
	}
	if err != nil {
		return protocol, fmt.Errorf("against a server in this process: %w", err)
	}
	run, err := runBytesThroughLab(ctx, lab)
	return append(protocol, run...), err
}

// Six small runs: frames with each of the three lengths of header, in records of both versions of TLS, events in chunks whose size has two, three and
// five digits, compressed messages, polls over HTTP/2 in clear and encrypted, and every polling transport.
const (
	framedWebSocket = `
name: verify-frames
pattern: direct
clients: 4
rate: 40/s
warmup: 100ms
duration: 400ms
rounds: 1
transports: [websocket]
headers: none
sweep: {payload: [125B, 126B, 65536B]}
`
	framedTLS = `
name: verify-records
pattern: direct
clients: 4
rate: 40/s
arrivals: constant
payload: 125B
warmup: 100ms
duration: 400ms
rounds: 1
transports: [websocket]
headers: none
sweep: {tls: [tls1.3, tls1.2]}
`
	framedEvents = `
name: verify-events
pattern: direct
clients: 4
rate: 40/s
warmup: 100ms
duration: 400ms
rounds: 1
transports: [sse]
headers: none
sweep: {payload: [125B, 1000B, 65536B]}
`
	framedCompressed = `
name: verify-compressed
pattern: direct
clients: 4
rate: 40/s
payload: 2000B
content: text
warmup: 100ms
duration: 400ms
rounds: 1
transports: [websocket, longpoll]
headers: none
compression: deflate
`
	framedHTTP2 = `
name: verify-http2
pattern: direct
clients: 4
rate: 40/s
warmup: 100ms
duration: 400ms
rounds: 1
transports: [longpoll]
client: library
http: h2
sweep: {tls: [off, tls1.3]}
`
	framedPolling = `
name: verify-polls
pattern: direct
clients: 4
rate: 40/s
warmup: 100ms
duration: 400ms
rounds: 1
transports: [longpoll, longpoll-newconn, shortpoll]
headers: browser
shortpoll: {interval: 100ms}
`
)

// runBytesThroughLab proves that the same figures come out at the end of a run: processes, engine, histograms and merging included.
func runBytesThroughLab(ctx context.Context, lab Lab) ([]Finding, error) {
	var frames, records, events, packed, shared, polls []Measurement
	group, groupCtx := errgroup.WithContext(ctx) // bytes do not depend on load
	for _, part := range []struct {
		scenario string
		into     *[]Measurement
	}{
		{framedWebSocket, &frames},
		{framedTLS, &records},
		{framedEvents, &events},
		{framedCompressed, &packed},
		{framedHTTP2, &shared},
		{framedPolling, &polls},
	} {
		group.Go(func() (err error) {
			*part.into, err = measureText(groupCtx, lab, part.scenario, Options{})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	if len(frames) != 3 || len(records) != 2 || len(events) != 3 || len(packed) != 2 || len(shared) != 2 || len(polls) != 3 {
		return nil, errors.New("a measurement lacks some of its arms")
	}
	var found []Finding
	for i, header := range []int64{2, 4, 10} {
		found = append(found, framing(frames[i].Cell, "WebSocket message", header))
	}
	for i, payload := range []int{125, 1000, 65_536} {
		found = append(found, framing(events[i].Cell, "event", int64(len(eventChunk(likeACursor, sample(payload)))-payload)))
	}
	for i, record := range []int64{22, 29} {
		found = append(found, recordOverhead(records[i].Cell, record))
	}
	for _, m := range packed {
		found = append(found, unpackedPayload(m.Cell))
	}
	for _, m := range shared {
		w := m.Cell.Wire
		found = append(found, exactly(fmt.Sprintf("run: connections of %d clients that poll over HTTP/2, tls %s", m.Cell.Clients, m.Cell.Params["tls"]), int64(m.Cell.Clients), w.Connections))
	}
	all := slices.Concat(frames, records, events, packed, shared, polls)
	return append(found, wireParts(all), overheadParts(all)), nil
}

// framing compares the least and the most overhead of any message with what its framing takes.
func framing(c results.Cell, kind string, takes int64) Finding {
	what := fmt.Sprintf("run: overhead of each of %d %ss of %s (least, most; bytes)", c.Delivery.Delivered, kind, c.Params["payload"])
	o := c.Wire.Overhead
	if o == nil {
		return Finding{What: what, Expected: fmt.Sprint(takes), Measured: "no message arrived", Tolerance: "exact"}
	}
	return allExactly(what, []int64{takes, takes}, []int64{o.Min, o.Max})
}

// recordOverhead compares what the books say went into TLS and into framing with a record and a short frame header for each message.
func recordOverhead(c results.Cell, record int64) Finding {
	messages, p := c.Wire.SteadyMessages, c.Wire.OverheadParts
	what := fmt.Sprintf("run: of %d WebSocket messages over %s, TLS and framing (bytes)", messages, c.Params["tls"])
	if p == nil || messages == 0 {
		return Finding{What: what, Expected: fmt.Sprint(record, " 2"), Measured: "not told apart", Tolerance: "exact"}
	}
	return allExactly(what, []int64{record * messages, 2 * messages}, []int64{p.TLS, p.Framing})
}

// unpackedPayload compares what the books say that the messages measure with what was sent, and wants them to have taken less than that and more than nothing.
func unpackedPayload(c results.Cell) Finding {
	const size = 2000
	f := Finding{What: fmt.Sprintf("run: %s, %d messages of %d B compressed: what they measure (bytes)", c.Transport, c.Wire.SteadyMessages, size), Tolerance: "exact, and less than that on the wire"}
	f.Expected, f.Measured = fmt.Sprint(size*c.Wire.SteadyMessages), "not told"
	if u := c.Wire.Unpacked; u != nil {
		f.Measured = fmt.Sprintf("%d, on the wire %d", *u, c.Wire.PayloadBytes)
		f.Pass = *u == size*c.Wire.SteadyMessages && c.Wire.PayloadBytes < *u && c.Wire.PayloadBytes > 0
	}
	return f
}

// overheadParts compares the overhead with the sum of what it went into, as the books tell it apart.
func overheadParts(all []Measurement) Finding {
	var overhead, parts []int64
	for _, m := range all {
		sum := int64(-1) // not told
		if p := m.Cell.Wire.OverheadParts; p != nil {
			sum = p.Sum()
		}
		overhead, parts = append(overhead, m.Cell.Wire.OverheadBytes), append(parts, sum)
	}
	return allExactly("run: framing, headers, TLS and empty polls sum to the overhead (bytes)", overhead, parts)
}

// wireParts compares all that passed the sockets with the sum of what the books say it was for. There must be something: nothing sums to nothing.
func wireParts(all []Measurement) Finding {
	var sockets, parts []int64
	carried := true
	for _, m := range all {
		w := m.Cell.Wire
		sockets = append(sockets, w.SentBytes+w.ReceivedBytes)
		parts = append(parts, w.HandshakeBytes+w.WarmupBytes+w.PayloadBytes+w.OverheadBytes+w.TailBytes)
		carried = carried && m.Cell.Delivery.Delivered > 0 && w.HandshakeBytes > 0 && w.OverheadBytes > 0
	}
	f := allExactly("run: the parts of the socket bytes sum to all of them, three sizes of frame and of event, two versions of TLS, two ways to compress, HTTP/2 in clear and encrypted, and three ways to poll (bytes)", sockets, parts)
	f.Pass = f.Pass && carried
	return f
}
