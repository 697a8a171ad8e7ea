package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"pushbench/results"
	"pushbench/scenarios"
)

// clientsAgree measures the same workload with our lean clients and with those of coder/websocket and net/http.
var clientsAgree = Check{
	Name:   "clients",
	Source: "coder/websocket and net/http, which share no protocol code with the lean clients",
	Run:    runClients,
}

// clientsScenario is light, and its network slow, so that what a client costs does not show.
const clientsScenario = `
name: verify-clients
pattern: direct
clients: 50
rate_per_client: 4/s
warmup: 100ms
duration: 600ms
rounds: 1
transports: [%s]
network: {delay: 20ms}
headers: browser
shortpoll: {interval: 100ms}
`

// The repetitions alternate, so that a machine that slows down hits both alike.
var clientsPlans = map[Depth]struct {
	transports  string
	repetitions int
}{
	Default: {"websocket, sse, longpoll", 3},
	Long:    {"websocket, sse, longpoll, longpoll-newconn, shortpoll", 8},
}

// keepAliveLine is the line that a browser's poll carries and net/http's does not: it leaves out what HTTP/1.1 takes for granted.
const keepAliveLine = "Connection: keep-alive\r\n"

// contender is what one kind of client measured: one cell for each repetition, by transport.
type contender map[scenarios.Transport][]results.Cell

func runClients(ctx context.Context, lab Lab, depth Depth) ([]Finding, error) {
	plan := clientsPlans[depth]
	lean, library := contender{}, contender{}
	for i := range plan.repetitions {
		for _, side := range []struct {
			cells   contender
			library bool
		}{{lean, false}, {library, true}} {
			all, err := measureText(ctx, lab, fmt.Sprintf(clientsScenario, plan.transports), Options{Library: side.library, Seed: uint64(i + 1)})
			if err != nil {
				return nil, err
			}
			for _, m := range all {
				side.cells[m.Cell.Transport] = append(side.cells[m.Cell.Transport], m.Cell)
			}
		}
	}
	var found []Finding
	for _, t := range scenarios.Transports {
		if len(lean[t]) == 0 {
			continue
		}
		f, err := compareClients(t, lean[t], library[t])
		if err != nil {
			return found, err
		}
		found = append(found, f...)
	}
	return found, nil
}

func compareClients(t scenarios.Transport, lean, library []results.Cell) ([]Finding, error) {
	leanBooks, libraryBooks := books(lean), books(library)
	found := []Finding{{
		What:     fmt.Sprintf("%s: schedule, offered/published/expected/delivered/missed/undelivered/duplicated/reordered/foreign, library = lean", t),
		Expected: listed(leanBooks), Measured: listed(libraryBooks), Tolerance: "exact", Pass: slices.Equal(leanBooks, libraryBooks),
	}}
	leanBytes, errLean := bytesPerAnswer(lean)
	libraryBytes, errLibrary := bytesPerAnswer(library)
	if err := errors.Join(errLean, errLibrary); err != nil {
		return found, fmt.Errorf("%s: %w", t, err)
	}
	expected, tolerance, reason := byteDifference(t)
	found = append(found, within(fmt.Sprintf("%s: overhead beyond the library's, for each answer or frame", t), expected, leanBytes-libraryBytes, tolerance, "bytes", reason))
	leanP50, libraryP50 := leastP50(lean), leastP50(library)
	return append(found, within(fmt.Sprintf("%s: least p50 of the repetitions, library = lean", t), leanP50, libraryP50, 0.05*leanP50, "ms",
		"5 %: the clients' own cost, and the machine's noise")), nil
}

// books are the counts of each repetition that must not depend on the client.
func books(cells []results.Cell) []string {
	var all []string
	for _, c := range cells {
		d := c.Delivery
		all = append(all, fmt.Sprintf("%.8s: %d/%d/%d/%d/%d/%d/%d/%d/%d",
			c.ScheduleDigest, d.Offered, d.Published, d.Expected, d.Delivered, d.Missed, d.Undelivered, d.Duplicated, d.Reordered, d.Foreign))
	}
	return all
}

// byteDifference is by how much a lean client's exchange is longer.
func byteDifference(t scenarios.Transport) (expected, tolerance float64, reason string) {
	switch t {
	case scenarios.WebSocket:
		return 0, 0, "a frame's header is the same"
	case scenarios.SSE:
		return 0, 0, "an event is the same"
	case scenarios.LongPollNewConn:
		return 0, cursorNoise, "both say Connection: close; each server's cursors may be shorter, in request and response"
	}
	return float64(len(keepAliveLine)), cursorNoise, "net/http leaves out Connection: keep-alive, 24 B; each server's cursors may be shorter, in request and response"
}

// cursorNoise is what the random epochs of two servers' logs can make a mean of polls differ by: two characters, in request and response.
const cursorNoise = 4

// bytesPerAnswer is the overhead without the framing of the messages within an answer, over the answers that led to deliveries. Where the server pushes it is
// the median of messages: the libraries read ahead, so they charge two frames that arrive together to the first.
func bytesPerAnswer(cells []results.Cell) (float64, error) {
	var bytes, answers int64
	for _, c := range cells {
		w := c.Wire
		switch {
		case w.Overhead == nil:
		case c.Transport == scenarios.WebSocket || c.Transport == scenarios.SSE:
			bytes, answers = bytes+w.Overhead.P50, answers+1
		default:
			framing := int64(netstringSize(defaultPayload) - defaultPayload)
			bytes, answers = bytes+w.OverheadBytes-framing*w.SteadyMessages, answers+w.SteadyResponses
		}
	}
	if answers == 0 {
		return 0, errors.New("nothing was answered")
	}
	return float64(bytes) / float64(answers), nil
}

// defaultPayload is that of a scenario that names none.
var defaultPayload = int(scenarios.Default().Payload)

// leastP50 is the least over the repetitions, in milliseconds: what disturbs a round only makes it slower.
func leastP50(cells []results.Cell) float64 {
	var least float64
	for _, c := range cells {
		if c.Latency == nil {
			continue
		}
		if p50 := milliseconds(time.Duration(c.Latency.P50)); least == 0 || p50 < least {
			least = p50
		}
	}
	return least
}
