package loadgen

import (
	"testing"

	"pushbench/results"
	"pushbench/scenarios"
)

// Three of five clients poll, and one of them lacks every third message: the books of each transport are its own, to the message and the byte, and sum to
// the whole, whatever the pattern.
func TestMixKeepsBooksByTransport(t *testing.T) {
	for _, pattern := range []scenarios.Pattern{scenarios.Broadcast, scenarios.Direct, scenarios.Echo, scenarios.Rooms} {
		t.Run(string(pattern), func(t *testing.T) {
			plan := testPlan(pattern, scenarios.Mix)
			plan.Scenario.RoomSize = 2
			plan.Scenario.Mix = []scenarios.TransportShare{{Transport: scenarios.WebSocket, Share: .4}, {Transport: scenarios.LongPoll, Share: .6}}
			seats := plan.Scenario.Seats(scenarios.Mix)
			lossy := -1
			for client, seat := range seats {
				if seat == 1 {
					lossy = client
				}
			}
			m := measure(t, plan, &fakeServer{Relay: func(c *fakeConn, n int, message []byte) {
				if c.spec.ID != lossy || n%3 != 1 {
					c.deliver(message)
				}
			}})
			if m.err != nil || len(m.Round.ByTransport) != 2 {
				t.Fatalf("error %v, parts %+v", m.err, m.Round.ByTransport)
			}
			if err := results.CheckAccounting(m.Round.Measured); err != nil {
				t.Error(err)
			}
			ws, poll := m.Round.ByTransport[0], m.Round.ByTransport[1]
			if ws.Transport != scenarios.WebSocket || ws.Clients != 2 || poll.Transport != scenarios.LongPoll || poll.Clients != 3 {
				t.Errorf("%d clients over %s and %d over %s", ws.Clients, ws.Transport, poll.Clients, poll.Transport)
			}
			if ws.Missed+ws.Undelivered != 0 || ws.Delivered == 0 || poll.Missed == 0 || poll.Delivered == 0 {
				t.Errorf("over a WebSocket %+v, with long-polling %+v: want losses of the latter only", ws.Delivery(), poll.Delivery())
			}
			for _, p := range m.Round.ByTransport {
				if p.Latency == nil || p.Connect == nil || p.Connect.Count != p.Clients || p.Wire.Overhead == nil || p.Wire.ModelledIP == nil {
					t.Errorf("%s: latency %+v, connect %+v, overhead %+v", p.Transport, p.Latency, p.Connect, p.Wire.Overhead)
				}
			}
			if whole, parts := m.Round.Latency.Count, ws.Latency.Count+poll.Latency.Count; whole != parts {
				t.Errorf("%d latencies, of the parts %d", whole, parts)
			}
		})
	}
}

// A cell of several rounds of a mix has parts that sum to it.
func TestMixOfSeveralRounds(t *testing.T) {
	plan := testPlan(scenarios.Direct, scenarios.Mix)
	plan.Scenario.Mix = []scenarios.TransportShare{{Transport: scenarios.WebSocket, Share: .8}, {Transport: scenarios.LongPoll, Share: .2}}
	var rounds []results.RoundData
	for i := range 2 {
		plan.Index, plan.Seed = i, uint64(i)
		m := measure(t, plan, &fakeServer{})
		rounds = append(rounds, m.RoundResult)
	}
	cell, err := results.NewCell(results.Cell{Scenario: "x", Transport: scenarios.Mix, Clients: 5}, rounds)
	if err != nil {
		t.Fatal(err)
	}
	if err := results.CheckAccounting(cell.Measured); err != nil || len(cell.ByTransport) != 2 {
		t.Fatalf("%v, parts %+v", err, cell.ByTransport)
	}
	p := cell.ByTransport[1]
	if p.Clients != 1 || p.Latency == nil || p.Latency.Count != p.Delivered || p.Connect == nil || p.Connect.Count != 2 || p.Wire.RequestsPerMessage == nil {
		t.Errorf("long-polling: %+v", p)
	}
	// What does not add up is found.
	cell.ByTransport[0].Missed++
	cell.ByTransport[0].Expected++
	if results.CheckAccounting(cell.Measured) == nil {
		t.Error("parts that are more than the whole pass")
	}
}
