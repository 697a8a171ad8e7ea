package verify

import (
	"context"
	"errors"
	"fmt"

	"pushbench/report/model"
	"pushbench/results"
	"pushbench/scenarios"
)

// lubbersGreco measures the example by which WebSockets became known.
var lubbersGreco = Check{
	Name:   "lubbers-greco",
	Source: `P. Lubbers and F. Greco, "HTML5 WebSocket: A Quantum Leap in Scalability for the Web" (Kaazing, 2010): 871 B of headers, one message a second for each client`,
	Run:    runLubbersGreco,
}

// What the example's clients do. The rates differ from the published ones only in time: 1,000 clients get a message a second each, as published, and 10,000
// get one in twenty, so that the server's processor does not decide how many bytes there are.
const (
	kaazingPayload = 100
	kaazingHold    = "25s"
)

// kaazingCases are what really runs. The 100,000 are computed from the bytes measured for each message.
var kaazingCases = []struct{ clients, rate int }{{1_000, 1_000}, {10_000, 500}}

func runLubbersGreco(ctx context.Context, lab Lab, _ Depth) ([]Finding, error) {
	var polled, pushed int64
	var found []Finding
	for _, c := range kaazingCases {
		all, err := measureText(ctx, lab, kaazingScenario(c.clients, c.rate), Options{})
		if err != nil {
			return found, err
		}
		if len(all) != 2 {
			return found, errors.New("a measurement lacks one of its arms")
		}
		found = append(found, allDelivered(c.clients, all))
		headers, err := headersPerPoll(all[1].Cell)
		if err != nil {
			return found, fmt.Errorf("%d clients: %w", c.clients, err)
		}
		frames := all[0].Cell.Wire.Overhead
		if frames == nil {
			return found, fmt.Errorf("%d clients: no message arrived", c.clients)
		}
		polled, pushed = headers, frames.Max
		found = append(found,
			exactly(fmt.Sprintf("%d clients, long polling: headers of each request and response together (bytes)", c.clients), model.PublishedHeaders, polled),
			allExactly(fmt.Sprintf("%d clients, WebSocket: frame header of each message (least, most; bytes)", c.clients), []int64{2, 2},
				[]int64{frames.Min, pushed}))
	}
	for _, row := range published {
		found = append(found, row.findings(polled, pushed)...)
	}
	return append(found, kaazingRatios(polled, pushed)...), nil
}

// allDelivered is that every message arrived. Whether each was on time is no matter of bytes, so the cells need not be valid.
func allDelivered(clients int, all []Measurement) Finding {
	var expected, delivered []int64
	for _, m := range all {
		expected, delivered = append(expected, m.Cell.Delivery.Offered), append(delivered, m.Cell.Delivery.Delivered)
	}
	return allExactly(fmt.Sprintf("%d clients: messages delivered, WebSocket and long polling", clients), expected, delivered)
}

// useCase is a row of their table, in Mbps of 2^20 bit/s, with half of the last digit they print.
type useCase struct {
	clients                  int64
	polling, pollingDigit    float64
	webSocket, frameRounding float64
}

var published = []useCase{
	{1_000, 6.6, 0.05, 0.015, 0.0005},
	{10_000, 66, 0.5, 0.153, 0.0005},
	{100_000, 665, 0.5, 1.526, 0.0005},
}

// findings compare the row with what the bytes measured for each message come to.
func (u useCase) findings(polled, pushed int64) []Finding {
	const mebibit = 1 << 20 / 8
	of := func(way string, expected float64, bytes int64, tolerance float64) Finding {
		return within(fmt.Sprintf("%d clients, one message a second each, headers of %s", u.clients, way), expected,
			float64(u.clients*bytes)/mebibit, tolerance, "Mbps", "half of the last digit they print; their Mbps is 2^20 bit/s")
	}
	return []Finding{of("polling", u.polling, polled, u.pollingDigit), of("WebSocket", u.webSocket, pushed, u.frameRounding)}
}

func kaazingRatios(polled, pushed int64) []Finding {
	headers, ip := model.PublishedRatios()
	request, response := kaazingParts(cursorSize)
	exchange, push := model.ExchangeBytes(request, response), model.PushBytes(int(pushed))
	return []Finding{
		within("ratio of header bytes", headers, float64(polled)/float64(pushed), 0, ": 1", "exact"),
		note("ratio with IP and TCP headers", fmt.Sprintf("%.1f : 1 (published figures: %.1f : 1)", float64(exchange)/float64(push), ip),
			fmt.Sprintf("modelled, %d B against %d B: segments of %d B payload and %d B headers, and their acknowledgements", exchange, push, model.MSS, model.SegmentHeader)),
	}
}

// kaazingScenario is the workload with headers padded to the published size.
func kaazingScenario(clients, rate int) string {
	h := kaazingHeaders()
	return fmt.Sprintf(`
name: verify-lubbers-greco
pattern: direct
clients: %d
rate: %d/s
payload: %dB
warmup: 200ms
duration: 1s
rounds: 1
transports: [websocket, longpoll]
headers: {request: %dB, cookie: %dB, response: %dB}
longpoll: {hold: %s}
`, clients, rate, kaazingPayload, int64(h.Request), int64(h.Cookie), int64(h.Response), kaazingHold)
}

// Sizes of what varies: the reference server listens on a port of five digits, and a cursor is an epoch of ten characters, a dash and, while a topic has
// fewer than 36 messages, one digit.
const (
	kaazingHost = "127.0.0.1:32768"
	cursorSize  = 12
)

// kaazingHeaders are the paddings that bring request and response to the published sum: a cookie, as their example has one, and the rest in halves.
func kaazingHeaders() scenarios.Headers {
	const cookie = 200
	rest := model.PublishedHeaders - protocolRequest(cursorSize) - protocolResponse(cursorSize) - cookie
	return scenarios.Headers{Preset: scenarios.HeadersSized, Request: scenarios.Size(rest / 2), Cookie: cookie, Response: scenarios.Size(rest - rest/2)}
}

// kaazingParts are the sizes of request and response heads with their padding.
func kaazingParts(cursor int) (request, response int) {
	h := kaazingHeaders()
	return protocolRequest(cursor) + int(h.Request) + int(h.Cookie), protocolResponse(cursor) + int(h.Response)
}

// protocolRequest and protocolResponse are what the protocol's own lines take.
func protocolRequest(cursor int) int {
	return len(pollRequest(kaazingHost, "/poll?topic=t000000&hold="+kaazingHold+"&cursor=")) + cursor
}

func protocolResponse(cursor int) int {
	return len(messageResponseHead("", kaazingPayload)) + cursor
}

// headersPerPoll is the bytes of request and response headers of each poll, a whole number or an error. It counts by response: a message that was due while
// an answer was on its way shares the next one.
//
// The epoch of a server's log is random, and 36 in 100 are a character shorter than the padding counts with; so may a port be. Such a poll is counted at full
// length: its first poll, which carries the cursor once instead of twice, shows by how much.
func headersPerPoll(c results.Cell) (int64, error) {
	w := c.Wire
	clients, answers := int64(c.Clients), w.SteadyResponses
	framing := int64(netstringSize(kaazingPayload) - kaazingPayload)
	total := w.OverheadBytes - framing*w.SteadyMessages
	if answers == 0 || total%answers != 0 || w.HandshakeBytes%clients != 0 {
		return 0, fmt.Errorf("polls differ in size: %d B of headers in %d responses, %d B of handshakes of %d clients", total, answers, w.HandshakeBytes, clients)
	}
	each := total / answers
	host, cursor := missingCharacters(w.HandshakeBytes/clients, each)
	if host < 0 || host > 1 || cursor < 0 || cursor > 2 {
		return each, nil // not explained by a short cursor or port: show it as it is
	}
	return each + host + 2*cursor, nil
}

// missingCharacters solves for how much shorter than counted with the host and the cursor are: the first poll lacks host + cursor bytes, each later one
// host + 2 cursor.
func missingCharacters(first, later int64) (host, cursor int64) {
	request, response := kaazingParts(cursorSize)
	h := kaazingHeaders()
	full := len(pollRequest(kaazingHost, "/poll?topic=t000000&hold="+kaazingHold)) + len(emptyResponse("")) + cursorSize + int(h.Request+h.Cookie+h.Response)
	lackFirst, lackLater := int64(full)-first, int64(request+response)-later
	cursor = lackLater - lackFirst
	return lackFirst - cursor, cursor
}
