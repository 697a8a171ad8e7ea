package report

import (
	"pushbench/report/format"
	"pushbench/report/sweep"
	"pushbench/results"
)

// block is everything shown of one scenario.
type block struct {
	title, workload string
	finding         Finding // zero where none was made
	tables          []table
	findings        []string // what a sweep shows, or what a target adds to another, in words
	// legend explains the heads that are cut short, and notes the marks.
	legend, notes []string
	warnings      []Warning
	accounts      []Account
	rules         []ruled
}

// table is rows × columns with their values read and units chosen.
type table struct {
	heading string // of several alike; empty otherwise
	beside  bool   // of a block that not every cell has; its rows stand in a table before it, too
	title   string
	columns []column
	rows    []row
	values  [][]value
	units   map[dimension]format.Unit
}

// newBlocks are the run's scenarios with their findings and what became of their thresholds.
func newBlocks(run *results.Run, findings []Finding) []block {
	var blocks []block
	for _, g := range format.Groups(run) {
		b := newBlock(g)
		b.finding = FindingOf(findings, g)
		b.rules = rules(g, run.Thresholds)
		blocks = append(blocks, b)
	}
	return blocks
}

// newBlock reads a scenario's arms once, for every renderer.
func newBlock(g format.Group) block {
	b := block{title: blockTitle(g), workload: format.Workload(g.Scenario)}
	if len(g.Arms) == 0 {
		b.notes = []string{"nothing was measured of this scenario"}
		return b
	}
	if s, swept := sweep.Of(g); swept {
		b.sweep(g, s)
	} else {
		rows := newRows(g.Arms)
		further := besideTables(&g.Scenario, rows, "")
		// Without a message there is nothing to say of one, if there is anything else to say.
		if len(further) == 0 || g.Expected() > 0 || g.Scenario.Rate > 0 {
			b.tables = []table{newTable("latency, integrity", latencyColumns, rows), newTable("cost", costColumns, rows)}
		}
		b.tables = append(b.tables, further...)
		b.findings = targetFindings(g)
	}
	m := marksOf(b.tables)
	b.legend, b.notes = m.legend(), append(m.notes(b.tables), b.notes...)
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
		rows[i] = row{Arm: a, base: baseOf(a, arms)}
	}
	return rows
}

// baseOf is the cell an arm's ratios divide by, nil where there is none.
func baseOf(a format.Arm, arms []format.Arm) *results.Cell {
	base, _ := format.WebSocketOf(a, arms)
	return base.Cell
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

// name is the row's first cell: the swept value, where there is one, and the arm. An invalid row is marked in every table, not only in the one with the verdict.
func (t table) name(r int) string {
	name := t.rows[r].Name
	if t.rows[r].Invalid() {
		name = "! " + name
	}
	if t.rows[r].value == "" {
		return name
	}
	return t.rows[r].value + "  " + name
}
