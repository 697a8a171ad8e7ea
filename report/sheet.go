package report

import (
	"cmp"

	"pushbench/report/format"
	"pushbench/results"
)

// Block is everything the terminal and Markdown show of one scenario, as data, for renderers elsewhere.
type Block struct {
	// Name is the scenario's, Title what the terminal heads it with.
	Name, Title, Workload string
	Sheets                []Sheet
	// Findings are a sweep's crossovers in words; Notes explain the marks that occur. What explains heads cut short is left out: sheets have names in full.
	Findings, Notes []string
	Warnings        []Warning
	Accounts        []Account
}

// Sheet is one table of a block.
type Sheet struct {
	// Heading tells several sheets of a sweep apart; empty otherwise. Title heads the column of names.
	Heading, Title string
	Columns        []SheetColumn
	Rows           []SheetRow
}

// SheetColumn is one quantity.
type SheetColumn struct {
	// Head and Per are the quantity and what it is counted per; Unit is what texts are written in, and Size how many base units (nanoseconds, bytes) it holds.
	Head, Per, Unit string
	// Name is the quantity in full.
	Name string
	Size float64
	// Words columns hold no numbers.
	Words bool
}

// SheetRow is one arm.
type SheetRow struct {
	// Cell is the index in the run's cells.
	Cell    int
	Name    string
	Invalid bool
	Values  []SheetValue
}

// SheetValue is one cell of a sheet, in base units, with the text that every renderer prints.
type SheetValue struct {
	// Number is the value, or with High the lower end of an interval. Known is false where the text is no number.
	Number, High float64
	Known, Rough bool
	Text         string
}

// Blocks are the scenarios of a run as [Table] and [Markdown] print them.
func Blocks(run *results.Run) []Block {
	var blocks []Block
	for _, g := range format.Groups(run) {
		b := newBlock(g)
		out := Block{Name: cmp.Or(format.Clean(g.Scenario.Name), g.Title()), Title: b.title, Workload: b.workload, Findings: b.findings, Notes: b.explained(), Warnings: b.warnings, Accounts: b.accounts}
		for _, t := range b.tables {
			out.Sheets = append(out.Sheets, t.sheet())
		}
		blocks = append(blocks, out)
	}
	return blocks
}

// explained are the notes, after those on what tables count from, which renderers with full names need, too.
func (b block) explained() []string { return append(marksOf(b.tables).sessionNotes(), b.notes...) }

func (t table) sheet() Sheet {
	s := Sheet{Heading: t.heading, Title: t.title}
	for _, c := range t.columns {
		u := t.units[c.dim]
		s.Columns = append(s.Columns, SheetColumn{Head: c.head, Per: c.per, Name: c.fullName(), Unit: u.Name, Size: max(1, u.Size), Words: c.dim == words})
	}
	for r := range t.rows {
		row := SheetRow{Cell: t.rows[r].Index, Name: t.name(r), Invalid: t.rows[r].Invalid()}
		for c, v := range t.values[r] {
			known := v.trust < tooFew && t.columns[c].dim != words
			row.Values = append(row.Values, SheetValue{Number: v.num, High: v.hi, Known: known, Rough: v.trust == rough, Text: t.text(r, c)})
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}
