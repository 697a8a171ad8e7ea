package verify

import (
	"strings"
	"testing"

	"pushbench/report/model"
	"pushbench/results"
	"pushbench/scenarios"
)

// The expected bytes against figures that stand in the sources, or were counted by hand.
func TestExpectedBytes(t *testing.T) {
	const cursor = "0123456789-0"
	for name, c := range map[string]struct{ got, want int }{
		"upgrade response beyond its cursor and date": {
			len(upgradeResponse(cursor)) - len("Push-Cursor: "+cursor+"\r\n") - len(dateLine), model.MinimalUpgradeResponse,
		},
		"date":                         {len(dateLine), 37},
		"upgrade request":              {len(upgradeRequest("h:1", "/ws")), 18 + 11 + 20 + 21 + 27 + 45 + 2},
		"stream of events, opened":     {len(eventsResponse(cursor)), 17 + 25 + 33 + 23 + 37 + 28 + 2 + 4 + 18 + 2},
		"event of nothing":             {len(eventChunk(cursor, nil)), 4 + 17 + 7 + 1 + 2},
		"event of 100":                 {len(eventChunk(cursor, sample(100))), 4 + 17 + 107 + 1 + 2},
		"event of 231, to the chunk":   {len(eventChunk(cursor, sample(231))) - 231, 5 + 17 + 7 + 1 + 2},
		"poll request":                 {len(pollRequest("h:1", "/poll")), 33},
		"poll request with a line":     {len(pollRequest("h:1", "/poll", "A: b\r\n")), 39},
		"empty response":               {len(emptyResponse(cursor)), 25 + 25 + 27 + 37 + 2},
		"response to 100 bytes":        {len(messageResponseHead(cursor, 100)), 17 + 25 + 21 + 38 + 27 + 37 + 2},
		"response to nothing":          {len(messageResponseHead(cursor, 0)), 17 + 25 + 19 + 38 + 27 + 37 + 2},
		"post":                         {len(postHead("h:1", "/publish", 0)), 24 + 11 + 19 + 2},
		"netstring of nothing":         {netstringSize(0), 3},
		"netstring of 9":               {netstringSize(9), 12},
		"netstring of 10":              {netstringSize(10), 14},
		"netstring of 70,000":          {netstringSize(70_000), 70_007},
		"padding of 100":               {len(paddingLine(100)), 100},
		"padding of the shortest line": {len(paddingLine(14)), 14},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d bytes, want %d", name, c.got, c.want)
		}
	}
}

func TestFrameHeaderAtItsBoundaries(t *testing.T) {
	for payload, want := range map[int]int64{0: 2, 125: 2, 126: 4, 127: 4, 65_535: 4, 65_536: 10, 70_000: 10} {
		if got := frameHeader(payload, false); got != want {
			t.Errorf("payload of %d bytes: header of %d, want %d", payload, got, want)
		}
		if got := frameHeader(payload, true); got != want+4 {
			t.Errorf("payload of %d bytes, masked: header of %d, want %d", payload, got, want+4)
		}
	}
}

// The comparison with the protocols itself, on real sockets.
func TestProtocolBytes(t *testing.T) {
	found, err := protocolBytes(t.Context(), []int{0, 125, 126, 65_536})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 21 {
		t.Errorf("%d quantities compared: some exchange is missing", len(found))
	}
	for _, f := range found {
		if !f.Pass {
			t.Errorf("%s: %s, want %s", f.What, f.Measured, f.Expected)
		}
	}
}

func TestWireParts(t *testing.T) {
	cell := func(change func(*results.Wire)) []Measurement {
		m := Measurement{}
		m.Cell.Delivery.Delivered = 1
		m.Cell.Wire = results.Wire{SentBytes: 100, ReceivedBytes: 200, HandshakeBytes: 150, WarmupBytes: 40, PayloadBytes: 60, OverheadBytes: 30, TailBytes: 20}
		change(&m.Cell.Wire)
		return []Measurement{m}
	}
	for name, c := range map[string]struct {
		change func(*results.Wire)
		pass   bool
	}{
		"sums":           {func(*results.Wire) {}, true},
		"a byte lost":    {func(w *results.Wire) { w.TailBytes-- }, false},
		"a byte unseen":  {func(w *results.Wire) { w.ReceivedBytes++ }, false},
		"nothing at all": {func(w *results.Wire) { *w = results.Wire{} }, false},
	} {
		if f := wireParts(cell(c.change)); f.Pass != c.pass {
			t.Errorf("%s: pass %v: %+v", name, f.Pass, f)
		}
	}
}

func TestRecordOverheadAndParts(t *testing.T) {
	for name, test := range map[string]struct {
		parts            *results.OverheadParts
		records, overall bool
	}{
		"as expected":  {&results.OverheadParts{Framing: 20, TLS: 220}, true, true},
		"a byte apart": {&results.OverheadParts{Framing: 21, TLS: 219}, false, true},
		"a byte lost":  {&results.OverheadParts{Framing: 20, TLS: 219}, false, false},
		"not told":     {nil, false, false},
	} {
		m := Measurement{Cell: results.Cell{Measured: results.Measured{Wire: results.Wire{SteadyMessages: 10, OverheadBytes: 240, OverheadParts: test.parts}}}}
		if got := recordOverhead(m.Cell, 22).Pass; got != test.records {
			t.Errorf("%s: the records pass: %v", name, got)
		}
		if got := overheadParts([]Measurement{m}).Pass; got != test.overall {
			t.Errorf("%s: the parts pass: %v", name, got)
		}
	}
}

func TestFraming(t *testing.T) {
	c := results.Cell{}
	if framing(c, "message", 2).Pass {
		t.Error("no message at all passes")
	}
	for _, overhead := range []results.Summary{{Min: 2, Max: 2}, {Min: 2, Max: 3}, {Min: 1, Max: 2}} {
		c.Wire.Overhead = &overhead
		if want := overhead.Min == 2 && overhead.Max == 2; framing(c, "message", 2).Pass != want {
			t.Errorf("overhead from %d to %d: pass %v", overhead.Min, overhead.Max, !want)
		}
	}
}

func TestKaazingHeadersSumToThePublishedSize(t *testing.T) {
	request, response := kaazingParts(cursorSize)
	if request+response != model.PublishedHeaders {
		t.Errorf("request of %d bytes and response of %d: want %d together", request, response, model.PublishedHeaders)
	}
	h := kaazingHeaders()
	for name, size := range map[string]scenarios.Size{"request": h.Request, "cookie": h.Cookie, "response": h.Response} {
		if size < 20 {
			t.Errorf("%s padded by %d bytes: no line is that short", name, size)
		}
	}
	s, err := workload(kaazingScenario(10_000, 500))
	if err != nil {
		t.Fatal(err)
	}
	if s.Headers != h || s.Payload != kaazingPayload || s.LongPoll.Hold.String() != kaazingHold {
		t.Errorf("the scenario is another: %+v", s)
	}
}

// polledCell is what two clients' polls of ten messages come to, given the host and the cursor that the server had.
func polledCell(host, cursor string) results.Cell {
	h := kaazingHeaders()
	target := "/poll?topic=t000000&hold=" + kaazingHold
	first := len(pollRequest(host, target)) + len(emptyResponse(cursor)) + int(h.Request+h.Cookie+h.Response)
	later := len(pollRequest(host, target+"&cursor="+cursor)) + len(messageResponseHead(cursor, kaazingPayload)) + int(h.Request+h.Cookie+h.Response)
	c := results.Cell{Clients: 2}
	c.Wire = results.Wire{HandshakeBytes: int64(2 * first), SteadyResponses: 10, SteadyMessages: 11, OverheadBytes: int64(10*later + 11*5)}
	return c
}

func TestHeadersPerPoll(t *testing.T) {
	for name, c := range map[string]struct{ host, cursor string }{
		"as sized":                      {"127.0.0.1:40000", "abcdefghij-7"},
		"a shorter epoch":               {"127.0.0.1:40000", "abcdefghi-7"},
		"two shorter":                   {"127.0.0.1:40000", "abcdefgh-7"},
		"a shorter port":                {"127.0.0.1:9999", "abcdefghij-7"},
		"a shorter port and an epoch":   {"127.0.0.1:9999", "abcdefghi-7"},
		"a shorter port and epoch by 2": {"127.0.0.1:9999", "abcdefgh-7"},
	} {
		if got, err := headersPerPoll(polledCell(c.host, c.cursor)); err != nil || got != model.PublishedHeaders {
			t.Errorf("%s: %d, %v", name, got, err)
		}
	}
	more := polledCell("127.0.0.1:40000", "abcdefghij-7")
	more.Wire.OverheadBytes += 10 // one more in each response
	if got, err := headersPerPoll(more); err != nil || got != model.PublishedHeaders+1 {
		t.Errorf("one byte more in each: %d, %v", got, err)
	}
	for name, spoil := range map[string]func(*results.Wire){
		"a byte more in one":      func(w *results.Wire) { w.OverheadBytes++ },
		"no answers":              func(w *results.Wire) { w.SteadyResponses = 0 },
		"a byte more in one hand": func(w *results.Wire) { w.HandshakeBytes++ },
	} {
		c := polledCell("127.0.0.1:40000", "abcdefghij-7")
		spoil(&c.Wire)
		if got, err := headersPerPoll(c); err == nil {
			t.Errorf("%s: %d and no error", name, got)
		}
	}
}

func TestPublishedTable(t *testing.T) {
	for _, u := range published {
		for _, f := range u.findings(model.PublishedHeaders, 2) {
			if !f.Pass {
				t.Errorf("the published sizes do not make the published table: %+v", f)
			}
		}
	}
	last := published[len(published)-1]
	for _, wrong := range []struct{ polled, pushed int64 }{{869, 2}, {873, 2}} {
		if last.findings(wrong.polled, wrong.pushed)[0].Pass {
			t.Errorf("headers of %d bytes pass", wrong.polled)
		}
	}
	if last.findings(871, 4)[1].Pass {
		t.Error("a frame header of 4 bytes passes")
	}
	for _, f := range kaazingRatios(871, 2) {
		if !f.Pass || strings.Contains(f.What, "IP") && !strings.HasPrefix(f.Measured, "9.7") {
			t.Errorf("%+v", f)
		}
	}
	if kaazingRatios(870, 2)[0].Pass {
		t.Error("another ratio passes")
	}
}
