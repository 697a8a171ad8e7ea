package verify

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pushbench/results"
	"pushbench/scenarios"
	"pushbench/server"
)

func TestNearestRank(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i + 1)
	}
	for _, c := range []struct {
		sorted []time.Duration
		q      float64
		want   time.Duration
	}{
		{nil, 0.99, 0},
		{[]time.Duration{7}, 0, 7},
		{[]time.Duration{7}, 1, 7},
		{hundred, 0.5, 50},
		{hundred, 0.99, 99},
		{hundred, 0.991, 100},
		{hundred, 1, 100},
	} {
		if got := nearestRank(c.sorted, c.q); got != c.want {
			t.Errorf("%v of %d samples is %v, want %v", c.q, len(c.sorted), got, c.want)
		}
	}
}

func TestNaiveReport(t *testing.T) {
	p := naivePlan{Connections: 2, Interval: 10 * time.Millisecond, Span: time.Second}
	samples := slices.Repeat([]time.Duration{time.Millisecond}, 150)
	samples[3] = 500 * time.Millisecond
	n := p.report(samples)
	if n.Due != 200 || n.Sent != 150 || n.P50 != time.Millisecond || n.P99 != time.Millisecond || n.Max != 500*time.Millisecond {
		t.Errorf("%+v", n)
	}
}

// The closed loop really meets the stall, and really sends nothing meanwhile.
func TestClosedLoopOmitsWhatAStallKeepsBack(t *testing.T) {
	p := naivePlan{Connections: 2, Interval: 2 * time.Millisecond, Span: 300 * time.Millisecond, Stall: 100 * time.Millisecond}
	n, err := measureNaively(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	if n.Max < p.Stall*9/10 {
		t.Errorf("its longest answer took %v: it did not meet the stall", n.Max)
	}
	if unsent := n.Due - n.Sent; unsent < 2*40 {
		t.Errorf("it left out %d messages, want 80 or more: it sent while an answer was outstanding", unsent)
	}
}

func TestOmissionFindings(t *testing.T) {
	m := Measurement{}
	m.Cell.Generator = results.Generator{OfferedRate: omissionOnce.rate, AchievedRate: omissionOnce.rate}
	m.Cell.Latency = &results.Summary{P50: int64(time.Millisecond), P99: int64(471 * time.Millisecond)}
	if failed := failures(omissionOnce.findings(m)); len(failed) > 0 {
		t.Errorf("the truth fails: %v", failed)
	}
	m.Cell.Latency.P99 = int64(time.Millisecond)
	if failed := failures(omissionOnce.findings(m)); len(failed) != 1 {
		t.Errorf("a p99 without the stall: failed %v", failed)
	}
	m.Cell.Generator.AchievedRate *= 0.99
	if failed := failures(omissionOnce.findings(m)); len(failed) != 2 {
		t.Errorf("a hundredth not released: failed %v", failed)
	}
	m.Cell.Latency = nil
	if _, err := omissionOnce.findings(m); err == nil {
		t.Error("no message, and no error")
	}
}

func TestNaiveFindings(t *testing.T) {
	n := naive{
		naivePlan: naivePlan{Connections: 10, Interval: 10 * time.Millisecond}, Due: 3000, Sent: 2500,
		P50: time.Millisecond, P99: 2 * time.Millisecond, Max: stallLength,
	}
	if failed := failures(naiveFindings(n), nil); len(failed) > 0 {
		t.Errorf("failed %v", failed)
	}
	n.P99, n.Sent, n.Max = 460*time.Millisecond, 3000, time.Millisecond // an open loop, and no stall
	if failed := failures(naiveFindings(n), nil); len(failed) != 3 {
		t.Errorf("failed only %v", failed)
	}
}

// failures are the findings that did not pass; an error is one, too.
func failures(found []Finding, err error) (names []string) {
	if err != nil {
		names = append(names, err.Error())
	}
	for _, f := range found {
		if !f.Pass {
			names = append(names, f.What)
		}
	}
	return names
}

// lossyCell agrees with its server.
func lossyCell() results.Cell {
	c := results.Cell{Transport: scenarios.LongPoll}
	c.Delivery = results.Delivery{Published: 100, Expected: 100, Delivered: 90, Missed: 8, Undelivered: 2, Duplicated: 5, Reordered: 4}
	c.Latency, c.Wire.Overhead = &results.Summary{Count: 92}, &results.Summary{Count: 90}
	c.Server = &results.Server{InjectedCounts: &results.InjectedCounts{Dropped: 10, Duplicated: 5, Reordered: 4}}
	return c
}

func TestLossFindings(t *testing.T) {
	for name, c := range map[string]struct {
		spoil    func(*results.Cell)
		failures int
	}{
		"agrees":               {func(*results.Cell) {}, 0},
		"a drop not noticed":   {func(c *results.Cell) { c.Server.InjectedCounts.Dropped++ }, 2},
		"a duplicate too many": {func(c *results.Cell) { c.Delivery.Duplicated++ }, 1},
		"a late one not seen":  {func(c *results.Cell) { c.Delivery.Reordered-- }, 1},
		"books broken":         {func(c *results.Cell) { c.Delivery.Expected++ }, 1},
		"no faults at all": {func(c *results.Cell) {
			c.Server.InjectedCounts = &results.InjectedCounts{}
			c.Delivery = results.Delivery{Published: 90, Expected: 90, Delivered: 90}
			c.Latency.Count = 90
		}, 3},
		"server not asked": {func(c *results.Cell) { c.Server.InjectedCounts = nil }, 1},
	} {
		cell := lossyCell()
		c.spoil(&cell)
		if failed := failures(lossFindings(cell)); len(failed) != c.failures {
			t.Errorf("%s: failed %q, want %d", name, failed, c.failures)
		}
	}
}

func TestVerdictFinding(t *testing.T) {
	lag := results.Warning{Code: "lag", Text: "the generator released messages late", Invalidates: true}
	books := results.Warning{Code: results.WarnAccounting, Text: "books", Invalidates: true}
	injected := results.Warning{Code: "injected", Text: "the server was told to misbehave"}
	delivered := results.Measured{Delivery: results.Delivery{Delivered: 1}}
	for name, c := range map[string]struct {
		invalid bool
		cell    results.Cell
		pass    bool
	}{
		"overload found":                   {true, results.Cell{Verdict: results.Invalid, Warnings: []results.Warning{lag}}, true},
		"overload not found":               {true, results.Cell{Verdict: results.Valid, Measured: delivered}, false},
		"overload without a cause":         {true, results.Cell{Verdict: results.Invalid}, false},
		"overload that breaks the books":   {true, results.Cell{Verdict: results.Invalid, Warnings: []results.Warning{lag, books}}, false},
		"warning without its consequence":  {true, results.Cell{Verdict: results.Valid, Warnings: []results.Warning{lag}}, false},
		"at ease":                          {false, results.Cell{Verdict: results.Valid, Measured: delivered}, true},
		"at ease, nothing delivered":       {false, results.Cell{Verdict: results.Valid}, false},
		"a slow server":                    {false, results.Cell{Verdict: results.Valid, Warnings: []results.Warning{injected}, Measured: delivered}, true},
		"at ease, blamed":                  {false, results.Cell{Verdict: results.Invalid, Warnings: []results.Warning{lag}, Measured: delivered}, false},
		"at ease, invalid for some reason": {false, results.Cell{Verdict: results.Invalid, Warnings: []results.Warning{books}, Measured: delivered}, false},
	} {
		if f := verdictFinding(name, c.invalid, c.cell); f.Pass != c.pass {
			t.Errorf("%s: pass %v: %+v", name, f.Pass, f)
		}
	}
}

// Every scenario text and fault that a check measures with can be read.
func TestScenariosOfChecks(t *testing.T) {
	texts := map[string]string{
		"frames": framedWebSocket, "polls": framedPolling, "omission": omissionOnce.scenario, "repeated omission": omissionEverySecond.scenario, "histograms": histogramScenario,
		"kaazing": kaazingScenario(1000, 1000), "loss": strings.ReplaceAll(lossScenario, "%[1]s", "longpoll"),
	}
	for _, l := range saturationLoads {
		texts[l.name] = l.scenario()
	}
	for depth, p := range clientsPlans {
		texts["clients "+string(rune('0'+depth))] = strings.ReplaceAll(clientsScenario, "%s", p.transports)
	}
	for name, text := range texts {
		if _, err := workload(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	faults := []string{omissionOnce.fault, omissionEverySecond.fault, lossFaults}
	for _, l := range saturationLoads {
		faults = append(faults, l.faults)
	}
	for _, f := range faults {
		if _, err := server.ParseInject(f); err != nil {
			t.Errorf("%q: %v", f, err)
		}
	}
	if _, err := workload("name: x\npattern: sideways\n"); err == nil {
		t.Error("a broken scenario can be read")
	}
}

// A generator that counts from the release hides its lag: then the latency is less than the sum of its parts.
func TestLagFinding(t *testing.T) {
	of := func(ms float64) *results.Summary { return &results.Summary{Count: 100, Mean: ms * 1e6} }
	for name, tt := range map[string]struct {
		latency, lag *results.Summary
		pass         bool
	}{
		"contained":               {of(700), of(100), true},
		"hidden":                  {of(600), of(100), false},
		"too little to be missed": {of(601), of(1), false},
		"no latency":              {nil, of(100), false},
		"no lag":                  {of(600), nil, false},
	} {
		c := results.Cell{Measured: results.Measured{Latency: tt.latency, Lag: tt.lag, SendDelay: of(400), Service: of(200)}}
		if f := lagFinding("overload", c); f.Pass != tt.pass {
			t.Errorf("%s: %+v, want pass %v", name, f, tt.pass)
		}
	}
}
