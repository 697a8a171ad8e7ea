package report

import (
	"pushbench/report/format"
	"pushbench/report/sweep"
)

// sweepColumns are what changes over a sweep, latency and then cost; the run file has the rest.
var sweepColumns = []column{p50, ratioOf(p50), p99, ratioOf(p99), beginning(batch), srvCPU, genCPU, srvShare, verdict}

func beginning(c column) column {
	c.begins = true
	return c
}

// lost stands in a sweep's table only if any message was lost: the accounting says so of all arms together.
var lost = column{head: "lost", dim: counts, read: func(r row) value { return count(r.Cell.Delivery.Missed + r.Cell.Delivery.Undelivered) }}

// sweep fills the block with one table for each slice: rows are the axis's values × transports.
func (b *block) sweep(g format.Group, s sweep.Sweep) {
	g.Scenario.Sweep = s.Parameters()
	b.workload = format.Workload(g.Scenario)
	columns := sweepColumns
	for _, a := range g.Arms {
		if d := a.Cell.Delivery; d.Missed+d.Undelivered != 0 {
			columns = append(columns[:4:4], append([]column{lost}, columns[4:]...)...)
			break
		}
	}
	for _, slice := range s.Slices {
		rows := sweepRows(s.Axis, slice)
		further := besideTables(&g.Scenario, rows, slice.Name)
		// Without a message there is nothing to say of one, if there is anything else to say.
		if len(further) == 0 || g.Expected() > 0 || g.Scenario.Rate > 0 {
			t := newTable(s.Axis.Parameter, columns, rows)
			t.heading = slice.Name
			b.tables = append(b.tables, t)
			b.findings = append(b.findings, findings(s.Axis, slice)...)
		}
		b.tables = append(b.tables, further...)
	}
	b.notes = []string{sweep.Rule}
}

// maxValue bounds the swept value in a row's name.
const maxValue = 14

// sweepRows are ordered by value, then transport: what is compared stands under one another.
func sweepRows(axis sweep.Axis, slice sweep.Slice) []row {
	var arms []format.Arm
	for _, c := range slice.Curves {
		for _, a := range c.Points {
			if a.Cell != nil {
				arms = append(arms, a)
			}
		}
	}
	width := 0
	for _, v := range axis.Values {
		width = max(width, min(maxValue, format.Width(v.Text)))
	}
	var rows []row
	for i, v := range axis.Values {
		for _, c := range slice.Curves {
			if a := c.Points[i]; a.Cell != nil {
				rows = append(rows, row{Arm: a, base: baseOf(a, arms), value: format.Pad(format.Clip(v.Text, width), width, true)})
			}
		}
	}
	return rows
}

func findings(axis sweep.Axis, slice sweep.Slice) []string {
	var out []string
	for _, m := range []sweep.Metric{sweep.P50, sweep.P99} {
		line := slice.Finding(axis, m)
		if slice.Name != "" {
			line = slice.Name + ", " + line
		}
		out = append(out, line)
	}
	return out
}
