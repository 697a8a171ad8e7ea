package report

import (
	"strings"
	"testing"

	"pushbench/report/internal/sample"
	"pushbench/results"
	"pushbench/scenarios"
)

// tableOf returns the lines of the printed table of a title, its header first.
func tableOf(t *testing.T, text, title string) []string {
	t.Helper()
	_, after, found := strings.Cut(text, "\n"+title)
	if !found {
		t.Fatalf("no table %q in\n%s", title, text)
	}
	table, _, _ := strings.Cut(title+after, "\n\n")
	return strings.Split(table, "\n")
}

// hasFields fails unless some line of a table consists of these words.
func hasFields(t *testing.T, table []string, want string) {
	t.Helper()
	for _, line := range table {
		if strings.Join(strings.Fields(line), " ") == want {
			return
		}
	}
	t.Errorf("no line %q in\n%s", want, strings.Join(table, "\n"))
}

// idle is a run in which nothing was published.
func idle(t *testing.T) *results.Run {
	run := made(t, 10, sample.Default[:2]...)
	run.Scenarios[0].Rate = 0
	for i := range run.Cells {
		c := &run.Cells[i]
		c.Measured = results.Measured{
			Wire: results.Wire{Connections: 3000, HandshakeBytes: 100, ReceivedBytes: 100}, Server: &results.Server{CPU: new(int64(36e6)), RSSPerClient: new(20e3)},
			Upkeep: &results.Upkeep{ClientHours: 2, SentBytes: 600, ReceivedBytes: int64(400 + 5000*i), Requests: int64(288 * i), EmptyResponses: int64(280 * i)},
		}
		c.Generator.RSSPerClient = new(30e3)
		c.Upkeep.SetHourly(c.Server, c.Generator)
		c.Rounds = nil
	}
	return run
}

// Where nothing was sent there is no table of latencies, but one of what the sessions took.
func TestIdleHasATableOfItsUpkeep(t *testing.T) {
	text := printed(t, idle(t), Style{Width: 120})
	table := tableOf(t, text, "a client's hour")
	hasFields(t, table, "WebSocket 500 1.00× 0 0 0 18.0 1.00× n/a 20.0 30.0 yes")
	hasFields(t, table, "Long-poll 3000 6.00× 144 140 0 18.0 1.00× n/a 20.0 30.0 yes")
	for _, wrong := range []string{"p50", "/msg", "poisson", "NaN", "Inf"} {
		if strings.Contains(text, wrong) {
			t.Errorf("%q stands in\n%s", wrong, text)
		}
	}
	if !strings.Contains(text, "nothing is sent") || !strings.Contains(text, "✓") {
		t.Errorf("it is not said that nothing was sent, and that the books hold:\n%s", text)
	}
	if text := markdownOf(t, idle(t)); !strings.Contains(text, "a client's hour") {
		t.Errorf("no table in\n%s", text)
	}
}

// A run shows the tables of the blocks that its cells have, and only those.
func TestUplinkHasATable(t *testing.T) {
	run := made(t, 1000, sample.Default[:2]...)
	if text := printed(t, run, Style{}); strings.Contains(text, "sent up") {
		t.Errorf("a run without an uplink shows one:\n%s", text)
	}
	for i, scale := range []int64{1, 3} {
		c := &run.Cells[i]
		c.Uplink = &results.Uplink{
			Latency:  &results.Summary{Count: 600, Independent: 600, P50: scale * 50e6, P99: scale * 51e6, Max: scale * 60e6},
			Overhead: &results.Summary{Count: 600, Independent: 600, Mean: 8, P50: 8},
			Delivery: results.Delivery{Expected: 601, Delivered: 600, Missed: 1}, SteadyRequests: 600 * int64(i),
		}
	}
	text := printed(t, run, Style{Width: 120})
	table := tableOf(t, text, "sent up")
	hasFields(t, table, "WebSocket 50.0 1.00× 51.0 1.00× 60.0 8.00 0 1 0 0")
	hasFields(t, table, "Long-poll 150 3.00× 153 3.00× 180 8.00 1.00 1 0 0")
	if !strings.Contains(text, "✓") {
		t.Errorf("the books do not hold:\n%s", text)
	}
	run.Cells[1].Uplink.Delivery.Missed = 2
	if text := printed(t, run, Style{}); !strings.Contains(text, "Long-poll, up: 601 expected ≠ 600 delivered + 2 missed") {
		t.Errorf("an uplink's books that do not add up are not reported:\n%s", text)
	}
}

// What opening a session takes has a table where it is asked for, also where nothing is sent and a parameter is swept.
func TestOpeningHasATable(t *testing.T) {
	run := made(t, 10, sample.Default[:2]...)
	run.Scenarios[0].Rate, run.Scenarios[0].Answer = 0, []scenarios.Figure{scenarios.AnswerOpening}
	for i := range run.Cells {
		c := &run.Cells[i]
		c.Measured = results.Measured{
			Connect: &results.Summary{Count: 1000, Independent: 1000, P50: int64(2e6 * (i + 1)), P99: 9e6},
			Opening: &results.Opening{Sessions: 1000, Elapsed: 5e8, SentBytes: 600e3, ReceivedBytes: 200e3, Connections: 1000, ServerCPU: new(int64(1e8))},
		}
		c.Opening.Divide()
		c.Rounds = nil
	}
	text := printed(t, run, Style{Width: 120})
	table := tableOf(t, text, "opening sessions")
	hasFields(t, table, "WebSocket 2.00 1.00× 9.00 1.00× 2000 800 1.00× 1.00 100 1.00× n/a yes")
	hasFields(t, table, "Long-poll 4.00 2.00× 9.00 1.00× 2000 800 1.00× 1.00 100 1.00× n/a yes")
	if strings.Contains(text, "latency, integrity") || strings.Contains(text, "a client's hour") || strings.Contains(text, "NaN") {
		t.Errorf("more is said than was asked:\n%s", text)
	}
}

// A mix has a table with a row for each of its transports.
func TestAMixHasATable(t *testing.T) {
	run := made(t, 1000, sample.Default[:2]...)
	mix := &run.Cells[1]
	for i, c := range run.Cells {
		p := results.TransportPart{Transport: c.Transport, Clients: []int64{970, 30}[i], Latency: c.Latency, Wire: c.Wire}
		p.SetDelivery(c.Delivery)
		mix.ByTransport = append(mix.ByTransport, p)
	}
	mix.Transport = scenarios.Mix
	table := strings.Join(tableOf(t, printed(t, run, Style{Width: 120}), "by transport"), "\n")
	for _, want := range []string{"WebSocket", "970", "Long-poll", "30"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
	if text := markdownOf(t, run); !strings.Contains(text, "by transport") {
		t.Errorf("no table in\n%s", text)
	}
}

// The last receiver has a table where it is asked for: what a finding says stands in a table.
func TestTheLastReceiverHasATable(t *testing.T) {
	run := made(t, 400, sample.Default[:2]...)
	for i := range run.Cells {
		run.Cells[i].Last = &results.Summary{Count: 400, Independent: 400, P50: int64(i+1) * 2e6, P99: int64(i+1) * 9e6, Max: int64(i+1) * 11e6}
	}
	if text := printed(t, run, Style{Width: 120}); strings.Contains(text, "the last receiver") {
		t.Errorf("nobody asked for the last receiver:\n%s", text)
	}
	run.Scenarios[0].Answer = []scenarios.Figure{scenarios.AnswerLastReceiver}
	hasFields(t, tableOf(t, printed(t, run, Style{Width: 120}), "the last receiver"), "Long-poll 4.00 2.00× 18.0 2.00× 22.0")
}
