package results

import (
	"errors"
	"fmt"
	"slices"

	"pushbench/scenarios"
)

// TransportPart is what the clients of a mix received that use one of its transports. The parts are of the same round and the same server, whose CPU and
// memory are not told apart by them. They sum to the whole, exactly.
type TransportPart struct {
	Transport scenarios.Transport `json:"transport"`
	Clients   int64               `json:"clients"`
	Latency   *Summary            `json:"latency_ns,omitempty"`
	Connect   *Summary            `json:"connect_ns,omitempty"`
	// The counts are as those of [Delivery].
	Expected    int64 `json:"expected"`
	Delivered   int64 `json:"delivered"`
	Missed      int64 `json:"missed"`
	Undelivered int64 `json:"undelivered"`
	Duplicated  int64 `json:"duplicated"`
	Reordered   int64 `json:"reordered"`
	Announced   int64 `json:"announced_missed"`
	Foreign     int64 `json:"foreign"`
	Wire        Wire  `json:"wire"`
}

// Delivery is the part's as other blocks have it: what was offered and published is not its own.
func (p *TransportPart) Delivery() Delivery {
	return Delivery{
		Expected: p.Expected, Delivered: p.Delivered, Missed: p.Missed, Undelivered: p.Undelivered, Duplicated: p.Duplicated, Reordered: p.Reordered,
		Announced: p.Announced, Foreign: p.Foreign,
	}
}

// SetDelivery takes the counts.
func (p *TransportPart) SetDelivery(d Delivery) {
	p.Expected, p.Delivered, p.Missed, p.Undelivered = d.Expected, d.Delivered, d.Missed, d.Undelivered
	p.Duplicated, p.Reordered, p.Announced, p.Foreign = d.Duplicated, d.Reordered, d.Announced, d.Foreign
}

// partMetrics are those that a mix has for each of its transports.
var partMetrics = []Metric{Latency, Connect, Overhead}

// PartMetric is a metric of the clients of a mix that use one transport, such as latency.longpoll.
func PartMetric(m Metric, t scenarios.Transport) Metric { return m + "." + Metric(t) }

func allPartMetrics() (all []Metric) {
	for _, m := range partMetrics {
		for _, t := range scenarios.Transports {
			all = append(all, PartMetric(m, t))
		}
	}
	return all
}

// partSummary is where the summary of a part's metric stands; nil if it is none, or the part is absent.
func (m *Measured) partSummary(metric Metric) **Summary {
	for i := range m.ByTransport {
		p := &m.ByTransport[i]
		switch metric {
		case PartMetric(Latency, p.Transport):
			return &p.Latency
		case PartMetric(Connect, p.Transport):
			return &p.Connect
		case PartMetric(Overhead, p.Transport):
			return &p.Wire.Overhead
		}
	}
	return nil
}

// mergeByTransport adds up the parts, but for the summaries; none if the rounds' are not of the same transports.
func mergeByTransport(rounds []Round) []TransportPart {
	parts := slices.Clone(rounds[0].ByTransport)
	for i := range parts {
		p := &parts[i]
		p.Latency, p.Connect = nil, nil
		alone := make([]Round, len(rounds)) // as if there were nothing but this part
		for j, r := range rounds {
			if len(r.ByTransport) != len(parts) || r.ByTransport[i].Transport != p.Transport {
				return nil
			}
			other := r.ByTransport[i]
			alone[j].Delivery, alone[j].Wire = other.Delivery(), other.Wire
			p.Clients = other.Clients
		}
		p.SetDelivery(mergeDelivery(alone))
		p.Wire = mergeWire(alone)
	}
	return parts
}

// checkByTransport proves the identities for each part, and that the parts sum to the whole.
func checkByTransport(m Measured) error {
	if len(m.ByTransport) == 0 {
		return nil
	}
	var problems []error
	var deliveries Delivery
	var wire Wire
	for i := range m.ByTransport {
		p := &m.ByTransport[i]
		d := p.Delivery()
		err := errors.Join(checkDelivery(d), checkWire(p.Wire), checkParts(p.Wire),
			checkSamples("overhead", p.Wire.Overhead, d, d.Delivered, m.Generator.Unrecorded),
			checkSamples("latency", p.Latency, d, d.Delivered+d.Undelivered, m.Generator.Unrecorded))
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", p.Transport, err))
		}
		deliveries.add(d)
		addBytes(&wire, p.Wire)
		addCounts(&wire, p.Wire)
	}
	return errors.Join(append(problems, checkSums(m, deliveries, wire))...)
}

func checkSums(m Measured, d Delivery, w Wire) error {
	whole := m.Delivery
	whole.Offered, whole.Published, whole.Errors = 0, 0, nil
	var wire Wire
	addBytes(&wire, m.Wire)
	addCounts(&wire, m.Wire)
	if sum := fmt.Sprintf("%+v", d); sum != fmt.Sprintf("%+v", whole) {
		return fmt.Errorf("%w: the parts by transport sum to %s, the whole is %+v", ErrAccounting, sum, whole)
	}
	if w != wire {
		return fmt.Errorf("%w: the parts' bytes and requests by transport sum to %+v, the whole is %+v", ErrAccounting, w, wire)
	}
	return nil
}
