package model

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"pgregory.net/rapid"
)

// millis prints a duration to the digits a check value is given with.
func millis(d time.Duration, digits int) string {
	return fmt.Sprintf("%.*f", digits, float64(d)/1e6)
}

// Values worked out by hand from the formulas, for d = 50 ms and keep-alive.
func TestLongPollCheckValues(t *testing.T) {
	tests := []struct {
		rate   float64
		share  string
		mean   string
		p99    string
		digits int // of the mean
	}{
		{1, "0.0995", "54.98", "140.0", 2},
		{4, "0.374", "68.7", "147.3", 1},
		{10, "0.731", "86.6", "148.6", 1},
		{100, "1.0", "100.0", "149.0", 1},
	}
	for _, tt := range tests {
		law := LongPoll{Path: Path{Delay: 50 * ms}}.Latency(tt.rate)
		if got := fmt.Sprintf("%.*f", len(tt.share)-2, law.Share); got != tt.share {
			t.Errorf("rate %v: share %v, want %v", tt.rate, got, tt.share)
		}
		if got := millis(law.Mean(), tt.digits); got != tt.mean {
			t.Errorf("rate %v: mean %v ms, want %v", tt.rate, got, tt.mean)
		}
		if got := millis(law.Quantile(0.99), 1); got != tt.p99 {
			t.Errorf("rate %v: p99 %v ms, want %v", tt.rate, got, tt.p99)
		}
	}
}

func TestPathCheckValues(t *testing.T) {
	for setup, want := range map[Setup][2]int{KeepAlive: {3, 1}, NewTCP: {5, 3}, NewTLS13: {7, 5}, NewTLS12: {9, 7}} {
		p := Path{Delay: 10 * ms, Setup: setup}
		if got := (LongPoll{Path: p}).Latency(5).Max(); got != time.Duration(want[0])*p.Delay {
			t.Errorf("setup %d: long-poll's longest is %v, want %d d", setup, got, want[0])
		}
		if got := p.Post(); got != time.Duration(want[1])*p.WebSocketSend() {
			t.Errorf("setup %d: a POST takes %v, want %d d", setup, got, want[1])
		}
		if got := p.WebSocket(); got.Max() != p.Delay || got.Mean() != p.Delay {
			t.Errorf("setup %d: a WebSocket takes up to %v", setup, got.Max())
		}
	}
}

func TestRatesAtRest(t *testing.T) {
	poll := LongPoll{Path: Path{Delay: 50 * ms}, Hold: 24900 * ms}
	if got := poll.RequestsPerSecond(0); !within(got, 1/25.0, 1e-12) {
		t.Errorf("%v requests per second at rest, want one in 25 s", got)
	}
	if got := poll.EmptyShare(0); got != 1 {
		t.Errorf("%v of responses are empty at rest", got)
	}
	if got := poll.MessagesPerResponse(0); got != 0 {
		t.Errorf("%v messages per response at rest", got)
	}
	forever := LongPoll{Path: Path{Delay: 50 * ms}}
	if r, m, s := forever.RequestsPerSecond(0), forever.MessagesPerResponse(0), forever.DelayedShare(0); r != 0 || m != 0 || s != 0 {
		t.Errorf("at rest without a hold limit: %v requests per second, %v messages per response, share %v; want 0", r, m, s)
	}
	if got := (LongPoll{}).DelayedShare(5); got != 0 {
		t.Errorf("without a gap %v of messages wait", got)
	}
}

func TestStallCheckValues(t *testing.T) {
	law := Stall{Length: 500 * ms, Every: 5 * time.Second}.Latency(10 * ms)
	for q, want := range map[float64]time.Duration{0.5: 10 * ms, 0.9: 10 * ms, 0.95: 260 * ms, 0.99: 460 * ms, 1: 510 * ms} {
		if got := law.Quantile(q); !near(got, want, time.Microsecond) {
			t.Errorf("Q(%v) = %v, want %v", q, got, want)
		}
	}
	whole := Stall{Length: time.Second, Every: time.Second}
	if got := whole.Latency(0).Mean(); got != 500*ms {
		t.Errorf("a server that always stalls delays by %v in the mean, want half the stall", got)
	}
	if (Stall{}).Latency(ms).Max() != ms || (Stall{}).ClosedLoopShare(ms) != 0 || whole.ClosedLoopShare(ms) != 1 {
		t.Error("a stall of nothing or of everything is misjudged")
	}
}

func TestFrameHeader(t *testing.T) {
	for payload, want := range map[int]int{0: 2, 100: 2, 125: 2, 126: 4, 65535: 4, 65536: 10} {
		if got := FrameHeader(payload, false); got != want {
			t.Errorf("FrameHeader(%d) = %d, want %d", payload, got, want)
		}
		if got := FrameHeader(payload, true); got != want+4 {
			t.Errorf("FrameHeader(%d) with mask = %d, want %d", payload, got, want+4)
		}
	}
}

func TestBytesByHand(t *testing.T) {
	answer := strings.Join([]string{
		"HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "", "",
	}, "\r\n")
	tests := []struct {
		name      string
		got, want int
	}{
		{"minimal 101", MinimalUpgradeResponse, len(answer)},
		{"no segments", Segments(0), 0},
		{"one full segment", Segments(1448), 1},
		{"one byte more", Segments(1449), 2},
		{"a frame of 102 B with its ACK", PushBytes(102), 102 + 2*52},
		{"three segments, two ACKs", PushBytes(3 * 1448), 3*1448 + 5*52},
		{"request, response, ACK", ExchangeBytes(400, 300), 700 + 3*52},
		{"a request of three segments has one ACK of its own", ExchangeBytes(3*1448, 300), 3*1448 + 300 + (3+1+1+1)*52},
		{"TLS 1.3, one record", TLS13.Bytes(100), 122},
		{"TLS 1.2, two records", TLS12.Bytes(16385), 16385 + 58},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: %d B, want %d", tt.name, tt.got, tt.want)
		}
	}
}

func TestPublishedFigures(t *testing.T) {
	want := []string{"1000: 6.6 0.015", "10000: 66 0.153", "100000: 665 1.526"} // as printed in the article
	for i, c := range UseCases() {
		polling := fmt.Sprintf("%.0f", c.Polling)
		if c.Polling < 10 {
			polling = fmt.Sprintf("%.1f", c.Polling)
		}
		if got := fmt.Sprintf("%d: %s %.3f", c.Clients, polling, c.WebSocket); got != want[i] {
			t.Errorf("got %q, the article has %q", got, want[i])
		}
	}
	headers, ip := PublishedRatios()
	if headers != 435.5 || math.Round(ip*10) != 97 {
		t.Errorf("ratios %v and %v, want 435.5 and about 9.7", headers, ip)
	}
}

func TestPaidAfter(t *testing.T) {
	websocket := Cost{Setup: 155 + 129, PerMessage: 2}
	tests := []struct {
		name    string
		polling Cost
		per     float64
		want    float64
		ok      bool
	}{
		{"the article's headers", Cost{PerExchange: 871}, 1, 1, true},
		{"bare headers", Cost{PerExchange: 102}, 1, 3, true}, // 284 ÷ 100
		{"ten to a response", Cost{PerExchange: 102, PerMessage: 1}, 10, 31, true},
		{"a dear setup of its own", Cost{Setup: 1000, PerExchange: 871}, 1, 0, true},
		{"never", Cost{PerExchange: 10, PerMessage: 1}, 10, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := PaidAfter(websocket, tt.polling, tt.per)
			if got != tt.want || ok != tt.ok {
				t.Errorf("got %v, %v; want %v, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestCrossovers(t *testing.T) {
	poll := LongPoll{Path: Path{Delay: 50 * ms}, Hold: 25 * time.Second}
	websocket := Cost{PerMessage: float64(PushBytes(102))}
	polling := Cost{PerExchange: float64(ExchangeBytes(500, 371)), PerMessage: 101}
	found := Crossovers(websocket, polling, poll.RequestsPerSecond)
	if len(found) != 1 || !found[0].PollingAbove {
		t.Fatalf("got %+v, want one rate above which polling is cheaper", found)
	}
	// Where one response carries e ÷ (mʷ − mᵖ) messages.
	if got, want := poll.MessagesPerResponse(found[0].Rate), polling.PerExchange/(websocket.PerMessage-polling.PerMessage); !within(got, want, 1e-3) {
		t.Errorf("%v messages per response at the crossover, want %v", got, want)
	}

	websocket.PerSecond = 100 // pings: at rest, polling is cheaper now
	found = Crossovers(websocket, polling, poll.RequestsPerSecond)
	if len(found) != 2 || found[0].PollingAbove || !found[1].PollingAbove {
		t.Fatalf("got %+v, want WebSocket cheaper in between only", found)
	}
	for _, c := range found {
		if a, b := websocket.Rate(c.Rate, 0), polling.Rate(c.Rate, poll.RequestsPerSecond(c.Rate)); !within(a, b, 1e-3) {
			t.Errorf("at %v/s the costs are %v and %v", c.Rate, a, b)
		}
	}
	polling.PerMessage, websocket.PerSecond = 300, 0
	if found = Crossovers(websocket, polling, poll.RequestsPerSecond); len(found) != 0 {
		t.Errorf("got %+v where a WebSocket is always cheaper", found)
	}
}

func TestEmpirical(t *testing.T) {
	e := NewEmpirical([]Bin{{30, 1}, {10, 2}, {99, 0}, {20, 1}})
	for at, want := range map[time.Duration]float64{9: 0, 10: 0.5, 19: 0.5, 20: 0.75, 30: 1, 31: 1} {
		if got := e.CDF(at); got != want {
			t.Errorf("CDF(%d) = %v, want %v", at, got, want)
		}
	}
	for q, want := range map[float64]time.Duration{0: 10, 0.5: 10, 0.51: 20, 0.75: 20, 0.76: 30, 1: 30} {
		if got := e.Quantile(q); got != want {
			t.Errorf("Quantile(%v) = %d, want %d", q, got, want)
		}
	}
	if e.Mean() != 18 { // 17.5
		t.Errorf("mean %d, want 17.5 rounded", e.Mean())
	}
	nothing := NewEmpirical(nil)
	if !math.IsNaN(nothing.CDF(0)) || nothing.Quantile(0.5) != 0 || nothing.Mean() != 0 {
		t.Error("the distribution of nothing has values")
	}
	if !math.IsNaN(Distance(nothing, e)) || !math.IsNaN(Distance(&Empirical{}, nothing)) {
		t.Error("there is a distance to nothing")
	}
}

func TestFromHistogram(t *testing.T) {
	h := hdrhistogram.New(1, 60e9, 3)
	for i := range int64(1000) {
		if err := h.RecordValue(50e6 + i*1e5); err != nil {
			t.Fatal(err)
		}
	}
	e := FromHistogram(h)
	for _, q := range []float64{0.01, 0.5, 0.99, 1} {
		if got, want := e.Quantile(q), time.Duration(h.ValueAtQuantile(q*100)); !near(got, want, want/1000) {
			t.Errorf("Quantile(%v) = %v, the histogram says %v", q, got, want)
		}
	}
	if got := e.Mean(); !near(got, time.Duration(h.Mean()), 50*time.Microsecond) {
		t.Errorf("mean %v, the histogram says %v", got, time.Duration(h.Mean()))
	}
}

// The convolution of a constant is the law itself.
func TestConvolveOfAConstantIsTheLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		law := UniformWait{
			Base:  time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "base")),
			Gap:   time.Duration(rapid.Int64Range(1, 1e9).Draw(t, "gap")),
			Share: rapid.Float64Range(0.001, 1).Draw(t, "share"),
		}
		convolved := Convolve(NewEmpirical([]Bin{{law.Base, 3}}), law.Share, law.Gap)
		if d := Distance(law, convolved); d > 1e-6 {
			t.Errorf("they are %v apart", d)
		}
		if a, b := law.Mean(), convolved.Mean(); !near(a, b, 1) {
			t.Errorf("means %v and %v", a, b)
		}
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		if a, b := law.Quantile(q), convolved.Quantile(q); !near(a, b, 1+law.Gap/1e6) {
			t.Errorf("Quantile(%v) is %v and %v", q, a, b)
		}
	})
}

// Quantile and CDF are each other's inverse, and CDF rises from 0 to 1, for all three kinds.
func TestDistributionsAreConsistent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var bins []Bin
		for range rapid.IntRange(1, 20).Draw(t, "bins") {
			bins = append(bins, Bin{time.Duration(rapid.Int64Range(0, 1e8).Draw(t, "value")), rapid.Int64Range(1, 1000).Draw(t, "count")})
		}
		share, gap := rapid.Float64Range(0, 1).Draw(t, "share"), time.Duration(rapid.Int64Range(0, 1e8).Draw(t, "gap"))
		measured := NewEmpirical(bins)
		for _, d := range []Distribution{measured, Convolve(measured, share, gap), UniformWait{Base: bins[0].Value, Gap: gap, Share: share}} {
			checkConsistent(t, d, rapid.Float64Range(0.001, 1).Draw(t, "q"))
			if got := Distance(d, d); got != 0 {
				t.Errorf("%T is %v from itself", d, got)
			}
		}
	})
}

func checkConsistent(t *rapid.T, d Distribution, q float64) {
	const rounding = 1e-6
	at := d.Quantile(q)
	if below, upTo := d.CDF(at-2), d.CDF(at+1); below > q+rounding || upTo < q-rounding {
		t.Errorf("%T: Quantile(%v) = %v, but CDF goes from %v to %v there", d, q, at, below, upTo)
	}
	if low, high := d.CDF(d.Quantile(0)-1), d.CDF(d.Quantile(1)); low != 0 || high < 1-1e-12 {
		t.Errorf("%T: CDF goes from %v to %v", d, low, high)
	}
	if d.Mean() < d.Quantile(0) || d.Mean() > d.Quantile(1) {
		t.Errorf("%T: the mean %v lies outside [%v, %v]", d, d.Mean(), d.Quantile(0), d.Quantile(1))
	}
}
