package report

import (
	"pushbench/report/compare"
	"pushbench/report/format"
)

// Compared is what [CompareTable] prints, as data, for renderers elsewhere.
type Compared struct {
	// Sides are the letters of the runs, the first being what the others are compared with.
	Sides    []ComparedSide
	Sheets   []ComparedSheet
	Warnings []Warning
	Notes    []string
}

// ComparedSide is a run's letter and id.
type ComparedSide struct{ Letter, ID string }

// ComparedSheet is one scenario.
type ComparedSheet struct {
	Title string
	Rows  []ComparedRow
}

// ComparedRow is one metric of an arm: the sides' medians with their intervals, and for each side after the first what the change amounts to.
type ComparedRow struct {
	Arm, Metric string
	// Samples are by side: "12.3", "±4%".
	Samples []ComparedSample
	// Changes are of the sides after the first.
	Changes []ComparedChange
}

// ChangeOf is the change of a side against the first; nil for the first.
func (r ComparedRow) ChangeOf(side int) *ComparedChange {
	if side < 1 || side > len(r.Changes) {
		return nil
	}
	return &r.Changes[side-1]
}

// ComparedSample is a median and its interval in words.
type ComparedSample struct{ Median, Interval string }

// ComparedChange is a change in words, its p-value and how many rounds stand behind it.
type ComparedChange struct {
	Outcome      compare.Outcome
	Change, P, N string
}

// ComparedOf reads a comparison.
func ComparedOf(c *compare.Comparison) Compared {
	out := Compared{Warnings: comparisonWarnings(c), Notes: comparisonNotes(c)}
	for _, s := range c.Sides {
		out.Sides = append(out.Sides, ComparedSide{format.Clean(s.Letter), format.Clean(s.ID)})
	}
	for _, a := range c.Arms {
		title := format.Clean(a.Scenario)
		if len(out.Sheets) == 0 || out.Sheets[len(out.Sheets)-1].Title != title {
			out.Sheets = append(out.Sheets, ComparedSheet{Title: title})
		}
		sheet := &out.Sheets[len(out.Sheets)-1]
		for _, m := range a.Metrics {
			sheet.Rows = append(sheet.Rows, comparedRow(a, m))
		}
	}
	return out
}

func comparedRow(a compare.Arm, m compare.Metric) ComparedRow {
	line := metricLine(m)
	row := ComparedRow{Arm: comparedName(a), Metric: format.Clean(line.name)}
	for i, group := range line.groups {
		row.Samples = append(row.Samples, ComparedSample{group[0], group[1]})
		if i > 0 {
			row.Changes = append(row.Changes, ComparedChange{m.Changes[i-1].Outcome, group[2], group[3], group[4]})
		}
	}
	return row
}
