package review

import (
	"pushbench/report/format"
	"pushbench/scenarios"
)

// AnswerTable is the numbers of the figures that answer a scenario's question, a row for each arm.
func AnswerTable(g format.Group) Table {
	s := sectionTables{group: g}
	for _, a := range g.Arms {
		s.cells = append(s.cells, newCell(g.Scenario, a))
	}
	return s.answer()
}

func (s sectionTables) answer() Table {
	work := s.group.Scenario
	shows := "The numbers that answer the question."
	if q := format.Clean(work.Question); q != "" {
		shows = "The numbers that answer: " + q
	}
	t := s.table(TableAnswer, "The answer", shows, format.Clean(work.Caveat), arms())
	parts := partsOf(work.Answers())
	for _, p := range parts {
		t.Columns = append(t.Columns, Column{Title: capital(p.title), Size: 1, Arm: -1})
	}
	for _, c := range s.cells {
		row := c.row()
		for _, p := range parts {
			row.Cells = append(row.Cells, p.of(c))
		}
		t.Rows = append(t.Rows, row)
	}
	for i, p := range parts {
		t.written(i+1, p.dim)
	}
	return t
}

// partsOf are the numbers of figures; one that this version does not know has none.
func partsOf(all []scenarios.Figure) []part {
	var parts []part
	for _, f := range all {
		parts = append(parts, figures[f]...)
	}
	return parts
}
