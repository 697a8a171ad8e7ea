package results

import (
	"fmt"
	"slices"
)

// Quantity is one number of a round or a cell that two versions of a server can be compared by. More of any is worse.
type Quantity struct {
	// Key names it in rules and files, such as "latency_p99"; Name is for people. Both are stable.
	Key, Name string
	// Unit is "ns", "B" or "" for a count.
	Unit string
	// Exact is true of what repeats from run to run on the same schedule unless something is wrong, and so needs no statistics.
	Exact bool
	read  func(*Measured) (v float64, behind *Summary, ok bool)
}

// Reading is a quantity as it was measured.
type Reading struct {
	Value float64 `json:"value"`
	// Messages stand behind it, Independent of which are independent of each other.
	Messages    int64 `json:"messages"`
	Independent int64 `json:"n_independent"`
}

// Quantities lists every one, in the order that reports show them.
var Quantities = []Quantity{
	percentileQuantity("latency_p50", "p50", func(s *Summary) int64 { return s.P50 }),
	percentileQuantity("latency_p90", "p90", func(s *Summary) int64 { return s.P90 }),
	percentileQuantity("latency_p99", "p99", func(s *Summary) int64 { return s.P99 }),
	percentileQuantity("latency_p999", "p99.9", func(s *Summary) int64 { return s.P999 }),
	costQuantity("server_cpu_per_message", "server CPU per message", "ns", func(s *Server) *float64 { return s.CPUPerMessage }),
	costQuantity(rssPerClient, "server memory per client", "B", func(s *Server) *float64 { return s.RSSPerClient }),
	{"overhead_bytes_p50", "overhead per message", "B", true, func(m *Measured) (float64, *Summary, bool) {
		if m.Wire.Overhead == nil {
			return 0, nil, false
		}
		return float64(m.Wire.Overhead.P50), m.Wire.Overhead, true
	}},
	// A message still awaited when the drain ended is as lost to its receiver as one that was passed over.
	countQuantity("missed", "missed messages", func(d Delivery) int64 { return d.Missed + d.Undelivered }),
	countQuantity("duplicated", "duplicated messages", func(d Delivery) int64 { return d.Duplicated }),
}

// LookupQuantity finds a quantity by its key.
func LookupQuantity(key string) (Quantity, error) {
	for _, q := range Quantities {
		if q.Key == key {
			return q, nil
		}
	}
	return Quantity{}, fmt.Errorf("%q is not something to compare by: want one of %q", key, QuantityKeys())
}

// QuantityKeys lists the key of every quantity.
func QuantityKeys() []string {
	keys := make([]string, len(Quantities))
	for i, q := range Quantities {
		keys[i] = q.Key
	}
	return slices.Clip(keys)
}

// NeedsMessages says whether it is measured on messages, so that a run which sends none lacks it.
func (q Quantity) NeedsMessages() bool { return q.Key != rssPerClient }

const rssPerClient = "server_rss_per_client"

// Of is the quantity of a round or a cell; ok is false where it was not measured.
func (q Quantity) Of(m *Measured) (r Reading, ok bool) {
	v, behind, ok := q.read(m)
	if !ok {
		return Reading{}, false
	}
	if behind == nil {
		return Reading{v, m.Delivery.Expected, m.Delivery.Expected}, true
	}
	return Reading{v, behind.Count, behind.Independent}, true
}

func percentileQuantity(key, name string, pick func(*Summary) int64) Quantity {
	return Quantity{key, name, "ns", false, func(m *Measured) (float64, *Summary, bool) {
		if m.Latency == nil || m.Latency.Count == 0 {
			return 0, nil, false
		}
		return float64(pick(m.Latency)), m.Latency, true
	}}
}

func costQuantity(key, name, unit string, pick func(*Server) *float64) Quantity {
	return Quantity{key, name, unit, false, func(m *Measured) (float64, *Summary, bool) {
		if m.Server == nil || pick(m.Server) == nil {
			return 0, nil, false
		}
		return *pick(m.Server), nil, true
	}}
}

func countQuantity(key, name string, pick func(Delivery) int64) Quantity {
	return Quantity{key, name, "", true, func(m *Measured) (float64, *Summary, bool) {
		return float64(pick(m.Delivery)), nil, m.Delivery.Expected > 0
	}}
}
