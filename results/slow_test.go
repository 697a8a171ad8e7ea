package results

import (
	"errors"
	"strings"
	"testing"
)

// slowRound is a round in which slow readers had a message each second, and waited for one at its end.
func slowRound(t tester, index int) RoundData {
	r := round(t, index, [][]int64{{5, 6}, {7, 8}})
	r.Histograms[SlowLatency] = slicesOf(t, [][]int64{{1000}, {2000, 3000}})
	r.Histograms[Overhead] = slicesOf(t, [][]int64{{10, 10, 10}, {10, 10, 10}})
	m := &r.Round.Measured
	m.Slow = &SlowReaders{Clients: 1, Expected: 4, Delivered: 2, Missed: 1, Undelivered: 1, Announced: 1, CutOff: 1}
	m.Wire.PayloadBytes, m.Wire.OverheadBytes = 128*6, 60
	m.Wire.ReceivedBytes += 2 * 138
	for metric := range r.Histograms {
		s, err := r.Histograms.Summarise(metric, 4)
		if err != nil {
			t.Fatal(err)
		}
		*m.Summary(metric) = s
	}
	return r
}

// The books of slow readers are merged and checked as everyone else's, and apart from them.
func TestSlowReaders(t *testing.T) {
	rounds := []RoundData{slowRound(t, 0), slowRound(t, 1)}
	c, err := NewCell(Cell{Scenario: "s", Transport: "websocket"}, rounds)
	if err != nil {
		t.Fatal(err)
	}
	s := c.Slow
	if s == nil || s.Clients != 1 || s.Expected != 8 || s.Delivered != 4 || s.Missed != 2 || s.Undelivered != 2 || s.Announced != 2 || s.CutOff != 2 {
		t.Fatalf("merged to %+v", s)
	}
	if s.Latency.Count != 6 || c.Latency.Count != 8 || c.Received() != 12 || *c.Wire.RequestsPerMessage != 16.0/12 {
		t.Errorf("%d latencies of slow readers, %d of the others, %d received, %v requests a message", s.Latency.Count, c.Latency.Count, c.Received(), *c.Wire.RequestsPerMessage)
	}
	if err := CheckAccounting(c.Measured); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(*SlowReaders){
		"one lost":           func(s *SlowReaders) { s.Delivered-- },
		"one too many":       func(s *SlowReaders) { s.Undelivered, s.Expected = s.Undelivered+1, s.Expected+1 },
		"none of their time": func(s *SlowReaders) { s.Latency = nil },
	} {
		m := c.Measured
		broken := *s
		spoil(&broken)
		m.Slow = &broken
		if err := CheckAccounting(m); !errors.Is(err, ErrAccounting) || !strings.Contains(err.Error(), "slow readers") {
			t.Errorf("%s: %v", name, err)
		}
	}
	rounds[1].Round.Slow = nil
	if c, err := NewCell(Cell{Scenario: "s", Transport: "websocket"}, rounds); err != nil || c.Slow != nil {
		t.Errorf("a cell of which one round does not say: %+v, %v", c.Slow, err)
	}
}
