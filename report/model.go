package report

import (
	"fmt"
	"slices"
	"strings"

	"pushbench/report/format"
	"pushbench/results"
	"pushbench/scenarios"
)

// block is everything shown of one scenario.
type block struct {
	title, workload string
	tables          []table
	notes           []string
	warnings        []warning
	accounts        []account
}

// table is rows × columns with their values read and units chosen.
type table struct {
	title   string
	columns []column
	rows    []row
	values  [][]value
	units   map[dimension]format.Unit
}

// newBlock reads a scenario's arms once, for every renderer.
func newBlock(g format.Group) block {
	b := block{title: blockTitle(g), workload: format.Workload(g.Scenario)}
	if len(g.Arms) == 0 {
		b.notes = []string{"nothing was measured of this scenario"}
		return b
	}
	rows := newRows(g.Arms)
	b.tables = []table{newTable("latency, integrity", latencyColumns, rows), newTable("cost", costColumns, rows)}
	b.notes = notes(b.tables)
	b.warnings = cellWarnings(g.Arms)
	b.accounts = accounting(g.Arms)
	return b
}

// blockTitle begins with the name, which is what the command line takes.
func blockTitle(g format.Group) string {
	name := format.Clean(g.Scenario.Name)
	if name == "" || name == g.Title() {
		return g.Title()
	}
	return name + ": " + g.Title()
}

func newRows(arms []format.Arm) []row {
	rows := make([]row, len(arms))
	for i, a := range arms {
		rows[i] = row{a, baseOf(a, arms)}
	}
	return rows
}

// baseOf is the WebSocket cell of the same target, with the same parameters where there is one. Across targets a ratio would compare servers, not transports.
func baseOf(a format.Arm, arms []format.Arm) *results.Cell {
	var base *results.Cell
	for _, b := range arms {
		if b.Cell.Transport != scenarios.WebSocket || b.Cell.Target != a.Cell.Target {
			continue
		}
		if sameParams(a.Cell.Params, b.Cell.Params) {
			return b.Cell
		}
		if base == nil {
			base = b.Cell
		}
	}
	return base
}

// sameParams compares what both name: a poll interval is no parameter of a WebSocket cell.
func sameParams(a, b map[string]string) bool {
	for k, v := range b {
		if a[k] != v {
			return false
		}
	}
	return true
}

func newTable(title string, columns []column, rows []row) table {
	t := table{title: title, columns: columns, rows: rows, units: map[dimension]format.Unit{}}
	for _, r := range rows {
		line := make([]value, len(columns))
		for i, c := range columns {
			line[i] = c.read(r)
		}
		t.values = append(t.values, line)
	}
	for _, c := range columns {
		if units := c.dim.units(); units != nil {
			t.units[c.dim] = format.Common(units, t.numbers(c.dim))
		}
	}
	return t
}

// numbers are all known values of a dimension, intervals' ends included.
func (t table) numbers(d dimension) []float64 {
	var all []float64
	for _, line := range t.values {
		for i, v := range line {
			if t.columns[i].dim != d || v.trust >= tooFew {
				continue
			}
			all = append(all, v.num)
			if v.hi > 0 {
				all = append(all, v.hi)
			}
		}
	}
	return all
}

// unit is the second header line of column i: its unit and what it is counted per.
func (t table) unit(i int) string {
	return t.units[t.columns[i].dim].Name + t.columns[i].per
}

// text is the cell of row r and column c.
func (t table) text(r, c int) string {
	return t.values[r][c].write(t.columns[c].dim, t.units[t.columns[c].dim])
}

// name is the row's first cell. An invalid row is marked in every table, not only in the one with the verdict.
func (t table) name(r int) string {
	if t.rows[r].Invalid() {
		return "! " + t.rows[r].Name
	}
	return t.rows[r].Name
}

// notes explains the marks that occur, and only those.
func notes(tables []table) []string {
	seen := map[trust]bool{}
	invalid, based := false, false
	for _, t := range tables {
		for r, line := range t.values {
			invalid = invalid || t.rows[r].Invalid()
			based = based || t.rows[r].base != nil
			for _, v := range line {
				seen[v.trust] = true
			}
		}
	}
	out := []string{"server, gen: CPU time of the server and of the load generator for a delivered message; memory the server adds for a client."}
	if based {
		out = append(out, "÷ WS: times the WebSocket arm's value. spread: (largest − smallest) ÷ median of the rounds' p99.")
	} else {
		out = append(out, "÷ WS: n/a, there is no WebSocket arm of the same target. spread: (largest − smallest) ÷ median of the rounds' p99.")
	}
	if seen[rough] || seen[tooFew] {
		out = append(out, tooFewNote(tables[0].rows))
	}
	if seen[absent] {
		out = append(out, "n/a: not measured, not readable here, or a ratio to an invalid arm; it does not mean zero.")
	}
	if invalid {
		out = append(out, "!: an invalid measurement. Do not quote its numbers; the warnings say why and what to do.")
	}
	return out
}

// tooFewNote says how many samples are needed and how many there are, once where all arms have as many.
func tooFewNote(rows []row) string {
	var each, sizes []string
	for _, r := range rows {
		if s := samples(r.Cell.Latency); s != nil && !format.Enough(s.Independent, 0.99) {
			n := format.Grouped(s.Independent)
			each = append(each, n+" ("+r.Name+")")
			sizes = append(sizes, n)
		}
	}
	if len(slices.Compact(sizes)) == 1 {
		each = sizes[:1]
	}
	return fmt.Sprintf("~, n<%d: n too small. A p99 needs %d independent samples (p50 %d); there are %s. Lengthen the run or raise its rate.",
		format.Needed(0.99), format.Needed(0.99), format.Needed(0.5), strings.Join(each, ", "))
}
