package chart

import (
	"pushbench/report/format"
	"pushbench/report/review"
)

// answers is a panel for each number that answers the scenario's question, from the table that the page and the CSV have.
func answers(g format.Group, arms []series) figure {
	t := review.AnswerTable(g)
	var all []panel
	for i, column := range t.Columns {
		if i == 0 {
			continue // the arms
		}
		p := panel{title: column.Title, units: []format.Unit{{Name: column.Unit, Size: column.Size}}}
		for _, s := range arms {
			p.bars = append(p.bars, bar{series: s, parts: []part{answerOf(t, s.Index, i)}})
		}
		all = append(all, p)
	}
	return panels(Answer, "the answer", all, t.Shows)
}

// answerOf is an arm's number in a column, without a value where it was not measured.
func answerOf(t review.Table, arm, column int) part {
	for _, r := range t.Rows {
		if v := r.Cells[column]; r.Arm == arm && v.Known {
			return part{shade: 1, value: &v.Number, rough: v.Rough}
		}
	}
	return part{shade: 1}
}
