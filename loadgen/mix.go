package loadgen

import (
	"strings"

	"pushbench/results"
	"pushbench/scenarios"
)

// partBooks are the books of the clients of an arm that use one of its transports.
type partBooks struct {
	transport scenarios.Transport
	clients   int64
	delivery  results.Delivery
	wire      results.Wire
	parts     results.OverheadParts
	extra     uncounted
}

// newParts are empty books for each transport that has its own.
func (r *round) newParts() []partBooks {
	var parts []partBooks
	for _, t := range r.apart {
		parts = append(parts, partBooks{transport: t})
	}
	return parts
}

// take adds a client's books, which have been settled, given what its sockets passed.
func (p *partBooks) take(c *client, final Traffic, extra uncounted, firstSteady []uint32) {
	p.clients++
	for i := range c.heard {
		flow := c.first + uint32(i)
		c.heard[i].addTo(&p.delivery, firstSteady[flow], c.round.sent[flow].Load())
		if c.excused != nil {
			c.heard[i].excuse(&p.delivery, firstSteady[flow], c.excused[i])
		}
	}
	c.addTo(&p.delivery, &p.wire, final)
	p.parts = p.parts.Add(c.spentOn)
	p.extra.add(extra)
}

// byTransport are the parts' blocks, without summaries. told says whether the overhead could be divided.
func byTransport(parts []partBooks, told bool) []results.TransportPart {
	var all []results.TransportPart
	for _, p := range parts {
		block := results.TransportPart{Transport: p.transport, Clients: p.clients, Wire: p.wire}
		block.SetDelivery(p.delivery)
		if told {
			block.Wire.OverheadParts = &p.parts
		}
		finishWire(&block.Wire, p.delivery.Delivered, p.extra)
		all = append(all, block)
	}
	return all
}

// partOf is the part that a metric is of; nil if it is of the whole.
func partOf(metric results.Metric, parts []results.TransportPart) *results.TransportPart {
	for i := range parts {
		if strings.HasSuffix(string(metric), string(results.PartMetric("", parts[i].Transport))) {
			return &parts[i]
		}
	}
	return nil
}
