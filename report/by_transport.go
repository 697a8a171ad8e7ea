package report

import (
	"pushbench/report/format"
	"pushbench/results"
)

// partColumns are what the clients of a mix received over each of its transports.
var partColumns = []column{
	{head: "clients", dim: counts, read: func(r row) value { return count(int64(r.Cell.Clients)) }},
	p50, p99, maximum,
	{head: "connect", per: " p99", name: "p99 of connecting", dim: latency, read: func(r row) value { return percentileOf(r.Cell.Connect, 0.99, p99Of) }},
	beginning(overhead), requests, batch, missed, undeliv, dupl,
}

// partRows are an arm's parts, as if each were an arm of its own.
func partRows(r row) []row {
	var rows []row
	for i := range r.Cell.ByTransport {
		p := &r.Cell.ByTransport[i]
		rows = append(rows, row{
			value: r.value,
			Arm: format.Arm{Index: r.Index, Look: format.LookOf(p.Transport), Name: format.LookOf(p.Transport).Name, Cell: &results.Cell{
				Scenario: r.Cell.Scenario, Transport: p.Transport, Target: r.Cell.Target, Params: r.Cell.Params, Clients: int(p.Clients), Verdict: r.Cell.Verdict,
				Measured: results.Measured{Latency: p.Latency, Connect: p.Connect, Delivery: p.Delivery(), Wire: p.Wire},
			}},
		})
	}
	return rows
}
